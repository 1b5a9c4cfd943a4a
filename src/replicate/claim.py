"""A claim: one statement of a paper, its place, and the setting of ours that stands for it."""

from collections.abc import Iterator
from dataclasses import dataclass

from replicate.errors import ReplicateError
from replicate.settings import Setting

MEANS = ("sequences", "error", "count")
UNTRIED = ("structure", "quoted")
PAIRED = ("order", "ratio")
KINDS = ("share", *MEANS, *PAIRED, *UNTRIED)
ENDINGS = ("solved", "unsolved")
STRUCTURE = {
    "weights": lambda setting: setting.topology().n_weights,
    "minimal_lag": lambda setting: setting.minimal_lag(),
}
"""What a setting says of its net and its task before any trial."""


@dataclass(frozen=True)
class Claim:
    """One statement of a paper; ``value``, ``low``, ``high`` are the paper's numbers.

    ``kind`` says what is claimed, and so by which criterion it is judged (``verdicts.py``):
    share      fraction of trials that are solved, or unsolved, or whose measure is low to high
    sequences, error, count    mean of the measure over solved trials
    order      the measure is ``less`` or ``greater`` under ``setting`` than under ``other``
    ratio      the measure is ``value`` times what it is under ``other``
    structure  follows from the setting alone
    quoted     another's number, not judged; ours stands beside it if trials are required
    """

    id: str
    title: str  # of the experiment
    place: str  # section, table, row, column
    quantity: str  # in words
    kind: str
    experiment: str
    setting: Setting
    measure: str = ""  # in ENDINGS or STRUCTURE, "sequences", or a name in the outcome's test
    unit: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    order: str | None = None
    other: Setting | None = None
    solved: float = 1.0  # fraction of the paper's trials behind a mean
    trials: int | None = None  # the paper's
    trials_required: int = 0  # of ours
    limit: float | None = None  # a criterion of its own, argued in ``because``
    recalled: bool = False  # the number is not certain
    headline: bool = False  # stands for its experiment in the README
    because: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        for fault in self._faults():
            raise ReplicateError(fault)

    @property
    def until_solved(self) -> bool:
        """Whether it says how many sequences it takes to the end, not to a mark on the way."""
        return self.kind == self.measure == "sequences"

    @property
    def leads(self) -> bool:
        """Whether a page begins with it: how long training takes, or how two nets compare."""
        return self.until_solved or self.kind == "ratio"

    def _faults(self) -> Iterator[str]:
        kind, value, bounds = self.kind, self.value, (self.low, self.high)
        if kind not in KINDS:
            yield f"kind = {kind!r}: give one of {', '.join(KINDS)}"
        if kind != "order" and value is None:
            yield f"a {kind} needs the paper's value"
        if kind == "order" and (self.order not in ("less", "greater") or self.other is None):
            yield "an order needs order: less or greater, and other: the setting compared with"
        if kind != "order" and self.order:
            yield f"a {kind} has no order"
        if kind not in PAIRED and self.other:
            yield f"a {kind} has no other setting"
        if kind == "ratio" and (self.other is None or self.limit is None):
            yield "a ratio needs other: the setting compared with, and limit and because"
        if kind == "structure" and self.measure not in STRUCTURE:
            yield f"measure = {self.measure!r}: give one of {', '.join(STRUCTURE)}"
        if (kind not in UNTRIED or self.trials_required) and not self.measure:
            yield f"a {kind} needs a measure"
        if kind == "share" and (self.measure in ENDINGS) != (bounds == (None, None)):
            yield "a share needs measure: solved or unsolved, or low, high or both of another"
        if kind not in ("share", "quoted") and bounds != (None, None):
            yield f"a {kind} has no low and high; a share of trials from low to high has"
        if self.low is not None and self.high is not None and self.low > self.high:
            yield f"low = {self.low} is above high = {self.high}"
        if kind == "share" and not 0 <= (value or 0) <= 1:
            yield f"value = {value}: give a share of trials, 0 to 1"
        if kind in MEANS and self.limit is None and (value or 0) <= 0:
            yield f"value = {value}: no factor of it is a criterion; give limit and because"
        if not 0 < self.solved <= 1:
            yield f"solved = {self.solved}: give a share of trials above 0, up to 1"
        if self.limit is not None and not self.because:
            yield f"limit = {self.limit}: say why in because"
        if self.recalled and not self.because:
            yield "recalled: say in because what is not certain"
        yield from self._faults_of_trials()

    def _faults_of_trials(self) -> Iterator[str]:
        if self.trials is not None and self.trials < 1:
            yield f"trials = {self.trials}: give at least 1, or leave it out"
        if self.kind == "structure" and self.trials_required:
            yield f"trials_required = {self.trials_required}: a structure needs no trials"
        if self.trials_required < 0:
            yield f"trials_required = {self.trials_required}: give at least 0"
        fewest = 0 if self.kind in UNTRIED else self.trials or 1
        if self.trials_required < fewest and not (self.trials_required == 0 and self.because):
            yield (
                f"trials_required = {self.trials_required}: give the paper's {fewest} or more, "
                "or 0 and say in because why none are run and what they would cost"
            )


@dataclass(frozen=True)
class Variant:
    """Trials that the book shows beside the claims: a reading, or a comparison."""

    id: str
    text: str  # what it takes otherwise
    experiment: str
    setting: Setting
    trials: int  # of ours
    passage: str = ""  # what the paper leaves unclear, in our words

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise ReplicateError(f"trials = {self.trials}: give at least 1")
