"""A run of a chapter with its trials and verdicts: what every chapter shows of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from replicate import records, wording
from replicate.chapters.reporting import report
from replicate.chapters.run import Found, Run, changes
from replicate.claim import Claim
from replicate.figures import exhibits, table
from replicate.figures.exhibits import Html
from replicate.records import Record
from replicate.settings import Setting
from replicate.verdicts import Verdict

Readings = dict[Setting, tuple[str, str, list[Record]]]
"""Trials by setting, with what the reading is called and what it takes otherwise."""
Which = Callable[[Any], bool]
"""Which settings to tell of."""
EACH: Which = lambda setting: True  # noqa: E731


@dataclass
class Told:
    """The trials of a run, the verdicts on them, and all trials that the page has shown."""

    run: Run
    found: Found
    verdicts: list[Verdict]
    shown: list[Record] = field(default_factory=list)

    @classmethod
    def of(cls, run: Run) -> "Told":
        """Return a run with its trials, of which none may be missing, and its verdicts."""
        found = run.trials()
        every = [r for outcomes in found.values() for r in outcomes]
        return cls(run, found, run.judged(found), every)

    @property
    def headlines(self) -> dict[Setting, Verdict]:
        """The verdict that the page begins with, by setting."""
        return {v.claim.setting: v for v in self.verdicts if v.claim.leads}

    def badges(self, of: Which = EACH) -> Html:
        """Return one line a setting, or each of some: the verdict, our number, the paper's."""
        lines = [
            f"{self.run.title(s)}: {wording.badge(v)} {_led(v)}; "
            f"the paper: {wording.paper(v.claim)}"
            for s, v in self.headlines.items()
            if of(s)
        ]
        return Html(f"<p>{'<br>'.join(lines)}</p>")

    def paper_table(self, columns: Mapping[str, str], caption: str) -> Html:
        """Return the paper's numbers, a row a setting; ``columns`` names measures."""
        rows = []
        for setting in dict.fromkeys(c.setting for c in self.run.claims):
            claims = [c for c in self.run.claims if c.setting == setting]
            own = {c.measure: c for c in claims if _tabled(c, set(columns))}
            if own:
                cells = [wording.paper(own[m]) if m in own else "" for m in columns]
                rows.append([self.run.title(setting), *cells])
        return Html(table(["", *columns.values()], rows, caption))

    def remarks(self) -> Html:
        """Return what else the paper says, as a list."""
        said = dict.fromkeys(c.text for c in self.run.claims if c.text)
        return Html(f"<ul>{''.join(f'<li>{text}</li>' for text in said)}</ul>")

    def verdict_table(self, caption: str, measures: Iterable[str], rest: bool = False) -> Html:
        """Return the verdicts on these measures, or all other verdicts, under their settings.

        A range that the text gives, or an order, is not a number of these measures.
        """
        wanted = set(measures)
        chosen = [v for v in self.verdicts if _tabled(v.claim, wanted) != rest]
        headed: dict[str, list[Verdict]] = {}
        for v in chosen:
            headed.setdefault(self.run.title(v.claim.setting), []).append(v)
        return exhibits.verdicts(headed, caption)

    def dots(self, caption: str, of: Which = EACH) -> None:
        """Display every trial as a dot beside the paper's numbers and, in a rerun, ours."""
        claims = self.run.claims
        key = {c.setting: c for c in claims if c.until_solved}
        within = {c.setting: (c.low, c.high) for c in claims if c.low and c.high}
        beside = self.run.beside
        groups = []
        for setting, outcomes in self.found.items():
            if not of(setting):
                continue
            paper = key[beside[setting]].value if beside[setting] in key else None
            bounds = within.get(beside[setting])
            groups.append(exhibits.group(self.run.title(setting), outcomes, paper, bounds))
        if not self.run.strict and self.run.preset != "smoke":
            for s in dict.fromkeys(beside.values()):
                known = list(records.load(s, overlay=False).values())
                if s in key and s not in self.found and known:
                    label = f"{self.run.title(s)}, in the book"
                    groups.append(exhibits.group(label, known, key[s].value, within.get(s)))
        exhibits.show_dots(groups, caption)

    def learning(
        self,
        caption: str,
        levels: Mapping[str, float],
        of: Which = EACH,
    ) -> None:
        """Display the learning curves of the settings that have a headline, or some of them."""
        shown = {self.run.title(s): self.found[s] for s in self.headlines if of(s)}
        exhibits.show_learning(shown, caption, levels)

    def example(self, setting: Setting) -> Record:
        """Return the first solved trial of a setting, else its first."""
        return (exhibits.solved(self.found[setting]) or self.found[setting])[0]

    def readings(self, claim: Claim, prefix: str) -> Readings:
        """Return a claim's literal trials, and those of readings whose id begins so."""
        literal = self.run.published(claim.setting, claim.trials_required)
        known = {claim.setting: ("literal", "as the text says", literal)} if literal else {}
        for reading in self.run.readings:
            outcomes = self.run.published(reading.setting, reading.trials)
            if reading.id.startswith(prefix) and outcomes:
                changed = changes(reading.setting, claim.setting).items()
                name = ", ".join(f"{k}={v}" for k, v in changed)
                known[reading.setting] = (name, reading.text, outcomes)
        self.shown += [r for *_, outcomes in known.values() for r in outcomes]
        return known

    def passages(self, readings: Readings) -> Html:
        """Return what the paper leaves open, as a list."""
        said = dict.fromkeys(r.passage for r in self.run.readings if r.setting in readings)
        return Html(f"<ul>{''.join(f'<li>{passage}</li>' for passage in said)}</ul>")

    def reading_dots(self, claim: Claim, readings: Readings, caption: str) -> None:
        """Display every trial of each reading as a dot, with the paper's number."""
        rows = [exhibits.group(name, of, claim.value) for name, _, of in readings.values()]
        exhibits.show_dots(rows, caption)

    def reading_table(
        self, claim: Claim, readings: Readings, extra: Mapping[str, str], caption: str
    ) -> Html:
        """Return the verdict on a claim by each reading; ``extra`` names more measures."""
        rows = []
        for setting, (name, text, outcomes) in readings.items():
            verdict = self.run.judge(claim, setting, outcomes)
            rows.append([
                exhibits.with_small(name, text),
                wording.trials(verdict),
                exhibits.with_small(wording.ours(verdict), wording.interval(verdict)),
                *(wording.number(exhibits.mean(outcomes, measure)) for measure in extra),
                wording.chance(verdict),
            ])  # fmt: skip
        heads = ["Reading", "Solved", "Sequences, 95 % interval", *extra.values(), "Chance"]
        return Html(table(heads, rows, caption))

    def provenance(self, caption: str) -> Html:
        """Return which trials the page has shown, what made them, and what they cost."""
        return exhibits.provenance(self.shown, caption)

    def report(self, names: Mapping[str, str], unsolved: bool = False) -> None:
        """Tell the run's verdicts, trials and numbers in a form that a program can read.

        ``names``, ``unsolved``: as in ``Run.numbers``.
        """
        trials: Sequence[Record] = [r for outcomes in self.found.values() for r in outcomes]
        report(self.verdicts, trials, self.run.numbers(self.found, names, unsolved))


def _led(verdict: Verdict) -> str:
    if not verdict.claim.until_solved:
        return f"{wording.ours(verdict)} {verdict.claim.unit}"
    if verdict.ours is None:
        return "no trial solved"
    return f"{wording.ours(verdict)} training sequences"


def _tabled(claim: Claim, measures: set[str]) -> bool:
    bounded = claim.low is not None or claim.high is not None
    return claim.measure in measures and claim.kind != "order" and not bounded
