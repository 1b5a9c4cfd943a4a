"""The scoreboard: every claim judged by the published trials, and what is still missing.

Only ``data/runs`` counts, and of a setting's trials those with the seeds 0, 1, 2, … without a
gap. The README shows one row an experiment, the page of the book all claims.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from html import escape
from itertools import groupby

from replicate import wording
from replicate.claim import Claim
from replicate.errors import ReplicateError
from replicate.papers import claims, comparisons, readings
from replicate.records import load, published
from replicate.root import root
from replicate.settings import Setting
from replicate.trials import command
from replicate.verdicts import VERDICTS, Verdict, judge

START, END = "<!-- scoreboard -->", "<!-- /scoreboard -->"
README_HEADS = (
    "Experiment", "Key figure", "Paper", "Ours (95 % interval)", "Solved", "Verdict",
    "All its claims",
)  # fmt: skip
HEADS = ("Claim", "Paper", "Criterion", "Ours", "95 % interval", "Solved", "Chance", "Verdict")


def score(prefix: str = "") -> list[Verdict]:
    """Return the verdict on each claim whose id begins so, in the order of the papers."""
    ours = cache(published)
    return [
        judge(
            c,
            ours(c.setting) if c.trials_required else (),
            ours(c.other) if c.other else (),
        )
        for c in claims(prefix)
    ]


def totals(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Return how many claims have each verdict that occurs."""
    counts = Counter(v.verdict for v in verdicts)
    return {verdict: counts[verdict] for verdict in VERDICTS if counts[verdict]}


def chapter(claim: Claim) -> str | None:
    """Return the chapter of a claim, as ``hochreiter1997/4-adding``; None if there is none.

    It is called as the experiment, after a number, or names the experiment as its own.
    """
    paper, name = claim.experiment.split("/")
    paths = sorted((root() / "chapters" / paper).glob("*.ipynb"))
    called = [path for path in paths if path.stem.partition("-")[2] == name]
    names_it = (p for p in paths if f'"{claim.experiment}"' in p.read_text(encoding="utf-8"))
    path = next(iter(called), None) or next(names_it, None)
    return f"{paper}/{path.stem}" if path else None


def table(verdicts: Sequence[Verdict]) -> str:
    """Return all claims as an HTML table, each row linked to its chapter beside this page."""
    heads = "".join(f'<th scope="col">{head}</th>' for head in HEADS)
    bodies = []
    for title, group in groupby(verdicts, key=lambda v: v.claim.title):
        head = f'<tr><th scope="rowgroup" colspan="{len(HEADS)}">{escape(title)}</th></tr>'
        bodies.append(f"<tbody>{head}{''.join(map(_row, group))}</tbody>")
    return f'<table class="scoreboard"><thead><tr>{heads}</tr></thead>{"".join(bodies)}</table>'


def _row(verdict: Verdict) -> str:
    claim = verdict.claim
    said, page = _text(claim.quantity), chapter(claim)
    if page:
        said = f'<a href="{page}.html">{said}</a>'
    cells = [
        _text(wording.paper(claim)),
        _text(wording.required(claim)) + _small(claim.because if claim.limit else ""),
        _text(wording.ours(verdict)),
        _text(wording.interval(verdict)),
        _text(wording.trials(verdict)),
        _text(wording.chance(verdict)),
        wording.badge(verdict) + _small(*wording.remarks(verdict)),
    ]
    rest = "".join(f"<td>{cell}</td>" for cell in cells)
    head = f'<th scope="row">{said}{_small(claim.place, claim.text)}</th>'
    return f'<tr id="{escape(claim.id)}">{head}{rest}</tr>'


def _small(*remarks: str) -> str:
    return "".join(f"<br><small>{_text(remark)}</small>" for remark in remarks if remark)


def _text(text: str) -> str:
    """Return text as HTML in which no line begins with a per cent sign."""
    return escape(text).replace(" %", "&nbsp;%")


def readme_table(verdicts: Sequence[Verdict]) -> str:
    """Return one markdown row an experiment: its headline, and how all of its claims fare."""
    rows = [README_HEADS, ("---",) * len(README_HEADS)]
    for title, group in groupby(verdicts, key=lambda v: v.claim.title):
        everything = list(group)
        key = next((v for v in everything if v.claim.headline), everything[0])
        page, found, spread = chapter(key.claim), wording.ours(key), wording.interval(key)
        if spread != wording.NOTHING:
            found += f" ({spread})"
        cells = (
            f"[{title}](chapters/{page}.ipynb)" if page else title,
            key.claim.quantity,
            wording.paper(key.claim),
            found,
            wording.trials(key),
            key.verdict,
            ", ".join(f"{n} {verdict}" for verdict, n in totals(everything).items()),
        )
        rows.append(cells)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def update() -> bool:
    """Write the table of the README; return whether it changed."""
    old, new = _readme()
    if new != old:
        (root() / "README.md").write_text(new, encoding="utf-8")
    return new != old


def _readme() -> tuple[str, str]:
    """Return the README as it is and as it should be."""
    path = root() / "README.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not end:
        raise ReplicateError(f"README.md has no place for the table: give it {START} {END}")
    return text, f"{before}{start}\n\n{readme_table(score())}\n\n{end}{after}"


def check(prefix: str = "") -> list[str]:
    """Return what is missing: trials, with the command that runs them, or a fresh README."""
    wanted: dict[Setting, list[tuple[int, str]]] = {}
    for c in claims(prefix):
        for setting in filter(None, (c.setting, c.other)):
            wanted.setdefault(setting, []).append((c.trials_required, c.id))
    for v in [*readings(prefix), *comparisons(prefix)]:
        wanted.setdefault(v.setting, []).append((v.trials, v.id))
    problems = []
    for setting, asked in wanted.items():
        n, id = max(asked, key=lambda ask: ask[0])
        there = load(setting, overlay=False)
        missing = [seed for seed in range(n) if seed not in there]
        if missing:
            lack = f"{len(missing)} of {n} trials are missing"
            problems.append(f"{id}: {lack}; run: {command(setting, missing)}")
    try:
        old, new = _readme()
    except ReplicateError as error:
        return [*problems, str(error)]
    if new != old:
        problems.append("the table of README.md is stale; run: replicate score")
    return problems
