"""What every chapter shows of its trials: verdicts, how long each took, how they learned."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np

from replicate import wording
from replicate.engine.library import LANES
from replicate.experiments import setting_of
from replicate.figures.charts import Band, Group, band, curves, dots
from replicate.figures.pages import Table, show, table
from replicate.records import Record
from replicate.trials import spans
from replicate.verdicts import Verdict

Records = Sequence[Record]
Panels = Mapping[str, Mapping[str, Band]]
QUANTILES = ("Median", "Lowest tenth", "Highest tenth")


class Html(str):
    """Text that is HTML already."""

    def _repr_html_(self) -> str:
        return str(self)


def with_small(text: str, *small: str) -> Html:
    """Return a cell of a table with remarks in small print under it."""
    return Html(escape(text) + "".join(f"<br><small>{escape(s)}</small>" for s in small if s))


def verdicts(headed: Mapping[str, Sequence[Verdict]], caption: str) -> Html:
    """Return verdicts as a table, under headings."""
    heads = ["Claim", "Paper", "Ours, 95 % interval", "Solved", "Chance", "Verdict"]
    rows: list[Sequence[object]] = []
    for heading, group in headed.items():
        rows += [[heading], *(_verdict(verdict, heading) for verdict in group)]
    return Html(table(heads, rows, caption))


def _verdict(verdict: Verdict, heading: str) -> Sequence[object]:
    interval = wording.interval(verdict).replace(wording.NOTHING, "")
    return [
        verdict.claim.quantity.removesuffix(f", {heading}"),
        wording.paper(verdict.claim),
        with_small(wording.ours(verdict), interval),
        wording.trials(verdict),
        wording.chance(verdict),
        Html(wording.badge(verdict) + with_small("", *wording.remarks(verdict))),
    ]


def sequences(trials: Records, solved: bool = True) -> list[int]:
    """Return how many sequences each trial took that was solved, or was not."""
    ends = [r["outcome"] for r in trials]
    return [o["sequences"] for o in ends if (o["status"] == "solved") == solved]


def solved(trials: Records) -> list[Record]:
    """Return the trials that were solved."""
    return [r for r in trials if r["outcome"]["status"] == "solved"]


def mean(trials: Records, measure: str) -> float:
    """Return the mean over solved trials of ``sequences`` or of a number of the test."""
    outcomes = [r["outcome"] for r in solved(trials)]
    return (
        float(np.mean([{**o["test"], **o}[measure] for o in outcomes])) if outcomes else np.nan
    )


def group(
    label: str,
    trials: Records,
    paper: float | None = None,
    paper_range: tuple[float, float] | None = None,
) -> Group:
    """Return trials as one row of ``show_dots``."""
    return Group(label, sequences(trials), sequences(trials, False), paper, paper_range)


def show_dots(groups: Sequence[Group], caption: str) -> None:
    """Display every trial as a dot beside the paper's numbers."""
    if groups:
        figure = dots(groups, "training sequences until solved")
        show(figure, alt=_said(groups), caption=caption, table=_ranked(groups))


def _said(groups: Iterable[Group]) -> str:
    words = []
    for g in groups:
        word = f"{g.label}: {len(g.solved)} of {len(g.solved) + len(g.unsolved)} trials solved"
        if len(g.solved):
            word += f", their median {wording.number(np.median(g.solved))}"
        words.append(word + (f", the paper's mean {wording.exact(g.paper)}" if g.paper else ""))
    return "Training sequences of each trial. " + "; ".join(words) + "."


def _ranked(groups: Iterable[Group]) -> Table:
    """Return all trials, a column for each group and a row for each rank."""
    ends = {
        g.label: [f"{n:,}" for n in sorted(g.solved)] + [f"> {n:,}" for n in sorted(g.unsolved)]
        for g in groups
    }
    ranks = range(max(map(len, ends.values())))
    rows = [[i + 1, *("".join(each[i : i + 1]) for each in ends.values())] for i in ranks]
    return ["Rank", *ends], rows


def show_learning(of: Mapping[str, Records], caption: str, levels: Mapping[str, float]) -> None:
    """Display the learning curves of trials by name; ``levels`` are errors to compare with."""
    known = {name: [r for r in trials if r["outcome"]["curve"]] for name, trials in of.items()}
    panels = learning({name: trials for name, trials in known.items() if trials})
    if panels:
        figure = curves(panels, "training sequences", levels)
        show(figure, alt=described(panels), caption=caption, table=points(panels, 8))


def learning(of: Mapping[str, Records]) -> Panels:
    """Return mean |error| and share of wrong sequences over training, for trials by name."""
    parts = {"mean |error|": _error, "share of sequences that are wrong": _wrong}
    return {
        title: {name: band(map(part, trials)) for name, trials in of.items()}
        for title, part in parts.items()
        if of
    }


def _error(trial: Record) -> tuple[np.ndarray, np.ndarray]:
    ends, errors, _ = np.array(trial["outcome"]["curve"]).T
    return ends, errors


def _wrong(trial: Record) -> tuple[np.ndarray, np.ndarray]:
    ends, _, wrong = np.array(trial["outcome"]["curve"]).T
    return ends, wrong / np.diff(ends, prepend=0)


def points(panels: Panels, every: int = 1, parts: Sequence[str] = QUANTILES) -> Table:
    """Return points of all curves as a table; ``parts``: what middle, low and high are.

    Without the last two there is no band, and the table has the middle alone.
    """
    shown = 1 + len(parts)
    rows = [
        [f"{name}: {title}", *(wording.number(part[i]) for part in line[:shown])]
        for title, lines in panels.items()
        for name, line in lines.items()
        for i in range(0, len(line.x), every)
    ]
    return ["Curve", "At", *parts], rows


def described(panels: Panels, middle: str = QUANTILES[0]) -> str:
    """Return where all curves begin, pass and end, in words; ``middle``: what they are."""
    words = []
    for title, lines in panels.items():
        for name, line in lines.items():
            n = len(line.x)
            at = ", ".join(
                f"{wording.number(line.middle[i])} at {wording.number(line.x[i])}"
                for i in sorted({0, n // 2, n - 1})
            )
            words.append(f"{title}, {name}: {at}")
    return f"{middle} curves. " + "; ".join(words) + "."


def provenance(trials: Iterable[Record], caption: str) -> Html:
    """Return which trials there are, what made them, and what they cost."""
    known = {r["identity"]: r for r in trials}
    by_experiment: dict[str, dict[str, list[Record]]] = {}
    for r in known.values():
        settings = by_experiment.setdefault(r["experiment"], {})
        settings.setdefault(_changes(r), []).append(r)
    rows: list[Sequence[object]] = []
    for name, settings in by_experiment.items():
        rows.append([name])
        for changes, of in settings.items():
            seeds, backend = (
                spans([r["seed"] for r in of]),
                f"{of[0]['backend']}, {of[0]['device']}",
            )
            rows.append([changes, seeds, backend, wording.number(core_hours(of))])
    hours = wording.number(core_hours(known.values()))
    rows += [["together"], [f"{len(known):,} trials", "", "", hours]]
    made = {
        f"{str(r['commit'])[:10]}{' with changes' * bool(r['dirty'])}" for r in known.values()
    }
    uses = {f"{k} {v}" for r in known.values() for k, v in r["versions"].items()}
    said = f"Made by commits {', '.join(sorted(made))}, with {', '.join(sorted(uses))}."
    heads = ["Setting", "Seeds", "Backend", "Core-hours"]
    return Html(table(heads, rows, caption) + f"<p>{escape(said)}</p>")


def _changes(record: Record) -> str:
    changed = [f"{k}={v}" for k, v in setting_of(record).changes().items()]
    return ", ".join(changed) or "default"


def core_hours(trials: Iterable[Record]) -> float:
    """Return the time on one core; each core walks eight of the engine's trials at a time."""
    shared = [r["seconds"] / (LANES if r["backend"] == "engine" else 1) for r in trials]
    return sum(shared) / 3600
