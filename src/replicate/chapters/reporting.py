"""What a run of a chapter came to, told by the notebook in a form that a program can read.

A notebook gives its sentences their numbers by ``say`` and calls ``report`` once; the metadata
of that output carry the verdicts, the identities of the trials and the numbers that are
compared with the published run.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from replicate.errors import ReplicateError

if TYPE_CHECKING:
    from replicate.records import Record
    from replicate.verdicts import Verdict

KEY = "replicate"


@dataclass(frozen=True)
class Report:
    """Verdicts in words, the trials behind them, and named numbers of one run."""

    verdicts: list[dict[str, Any]]  # as ``in_words`` tells them
    records: list[dict[str, str]]  # experiment, identity
    numbers: dict[str, float]

    def lines(self) -> list[str]:
        """Return one line a verdict."""
        return [line(told) for told in self.verdicts]

    def differences(self, published: "Report") -> list[str]:
        """Return one line for each number that the published run has too."""
        shared = [label for label in self.numbers if label in published.numbers]
        return [_beside(n, self.numbers[n], published.numbers[n]) for n in shared]


def report(
    verdicts: Sequence["Verdict"], records: Sequence["Record"], numbers: Mapping[str, float]
) -> None:
    """Display what this run came to; ``numbers`` maps labels with units to numbers."""
    from IPython.display import display

    told = [in_words(verdict) for verdict in verdicts]
    used = [{key: record[key] for key in ("experiment", "identity")} for record in records]
    summary = Report(told, used, {label: float(n) for label, n in numbers.items()})
    text = {"text/plain": "\n".join(summary.lines())}
    display(text, metadata={KEY: vars(summary)}, raw=True)


def say(**numbers: object) -> None:
    """Keep numbers for the sentences of a page, which call them by these names."""
    from myst_nb import glue

    for name, number in numbers.items():
        glue(name, number, display=False)


def reported(notebook: Mapping[str, Any]) -> Report:
    """Return the report of an executed notebook; raises ``ReplicateError`` unless it is one."""
    found = [
        output["metadata"][KEY]
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if KEY in output.get("metadata", {})
    ]
    if len(found) != 1:
        raise ReplicateError(
            f"the notebook reports {len(found)} times: it must call report once"
        )
    return Report(**found[0])


def in_words(verdict: "Verdict") -> dict[str, Any]:
    """Return a verdict as the words that ``line`` needs."""
    from replicate import wording

    return {
        "claim": verdict.claim.id,
        "verdict": verdict.verdict,
        "paper": wording.paper(verdict.claim),
        "ours": wording.ours(verdict),
        "interval": wording.interval(verdict),
        "solved": wording.trials(verdict),
        "remarks": wording.remarks(verdict),
    }


def line(told: Mapping[str, Any]) -> str:
    """Return a verdict as one line for a terminal."""
    said = (
        f"{told['claim']}: {told['verdict']}",
        f"paper {told['paper']}",
        f"ours {told['ours']} (95 % interval {told['interval']})",
        f"solved {told['solved']}",
        *told["remarks"],
    )
    return "; ".join(said)


def _beside(label: str, here: float, published: float) -> str:
    from replicate.wording import number

    comparable = published and math.isfinite(here) and math.isfinite(published)
    change = f", {(here - published) / abs(published):+.0%}" if comparable else ""
    return f"{label}: {number(here)} here, {number(published)} published{change}"
