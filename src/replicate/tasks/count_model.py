"""The count model beside which nets are set: interpolated modified Kneser-Ney.

Nothing of it is drawn: a trial is the same whatever its seed.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from replicate.settings import Setting, choice, ranged
from replicate.training import texts


@dataclass(frozen=True)
class CountModel(Setting):
    """A model of n-grams that predicts the next word of a corpus, sentence by sentence."""

    experiment: ClassVar[str] = "sundermeyer2012/count-model"
    version: ClassVar[int] = 1
    backends: ClassVar[tuple[str, ...]] = ("torch",)
    trainer: ClassVar[str] = "replicate.training.count_model"
    factors: ClassVar[dict[str, float]] = {"valid_perplexity": 1.001, "test_perplexity": 1.001}
    smoke: ClassVar[dict[str, Any]] = {"corpus": "bible", "order": 3}

    dtype: str = choice("float64")
    corpus: str = "ptb"  # as replicate.corpora names it; toy needs no data
    order: int = ranged(5, 1, 9)  # words of the longest n-gram
    cutoff: int = ranged(1, 1, 1000)  # n-grams of three words and more that count less go

    def possible(self) -> bool:
        """Return whether the texts of its corpus are here."""
        return texts.here(self.corpus)
