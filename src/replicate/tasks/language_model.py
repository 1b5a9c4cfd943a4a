"""Language modelling (Sundermeyer, Schlüter & Ney, Interspeech 2012): which word comes next.

Our reading: a projection layer, an LSTM with forget gates and peepholes, and an output layer
with word classes found by perplexity, trained by gradient descent through whole sentences. The
paper's abstract and references do not say which of these its nets had, nor sizes and rates.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from replicate.errors import SettingError
from replicate.settings import Setting, choice, ranged
from replicate.training import texts
from replicate.training.schedule import Rule, Schedule


@dataclass(frozen=True)
class LanguageModel(Setting):
    """A recurrent or feed-forward net that predicts the next word of a corpus."""

    experiment: ClassVar[str] = "sundermeyer2012/language-model"
    version: ClassVar[int] = 1
    backends: ClassVar[tuple[str, ...]] = ("torch",)
    trainer: ClassVar[str] = "replicate.training.language_model"
    factors: ClassVar[dict[str, float]] = {"valid_perplexity": 1.02, "test_perplexity": 1.02}
    # All settings of a cell become this one: a smoke test of a chapter trains it once.
    smoke: ClassVar[dict[str, Any]] = {
        "corpus": "bible", "n_projection": 32, "n_hidden": 32, "output": "classes",
        "classes": "square_root", "n_classes": 32, "initial_size": 0.1, "batch_size": 128,
        "learning_rate": 1.0, "clip": 0.5, "max_epochs": 1,
    }  # fmt: skip

    # bfloat16: weights in float32, products in bfloat16 where torch holds it safe; GPU only.
    dtype: str = choice("float32", "float64", "bfloat16")
    corpus: str = "ptb"  # as replicate.corpora names it; toy needs no data
    # What a sequence is, in training and in tests: a sentence, or the whole text.
    text: str = choice("sentences", "running")
    cell: str = choice("lstm", "rnn", "window")
    forget_gate: bool = True  # of an LSTM
    peepholes: bool = True  # likewise
    squash: str = choice("tanh", "logistic")  # of an rnn
    order: int = ranged(5, 3, 100)  # of a window: words of an n-gram
    n_layers: int = ranged(1, 1, 100)
    n_projection: int = ranged(200, 1, 65_536)
    n_hidden: int = ranged(200, 1, 65_536)
    output: str = choice("classes", "full")
    # By perplexity, or bins of equal frequency or of its square root (Mikolov et al., 2011).
    classes: str = choice("clustered", "frequency", "square_root")
    n_classes: int = ranged(100, 1, 1_000_000)
    initial: str = choice("normal", "uniform")
    initial_size: float = ranged(0.1, 0.0, 100.0)  # standard deviation, or largest weight
    batch_size: int = ranged(32, 1, 1_000_000)  # sentences, or columns of a running text
    n_steps: int = ranged(35, 1, 1_000_000)  # of a running text through which errors go back
    # Errors of a batch are summed over time; over what the sum is averaged.
    averaged_over: str = choice("sequences", "words", "nothing")
    learning_rate: float = ranged(1.0, 0.0, 1e6)
    clip: float | None = ranged(5.0, 0.0, 1e9)  # largest norm of the gradient
    dropout: float = ranged(0.0, 0.0, 0.99)  # of projected words and of each layer's outputs
    # The rate is multiplied by decay where the validation perplexity is not this factor better
    # than the best so far, or after each epoch from decay_after on.
    decay: float = ranged(0.5, 0.0, 1.0)
    improves_by: float = ranged(1.01, 1.0, 2.0)
    decay_after: int | None = ranged(None, 0, 1_000_000)
    roll_back: bool = True  # to the best weights, where an epoch has not improved them
    max_decays: int = ranged(5, 1, 1_000_000)  # and then training ends
    max_epochs: int = ranged(30, 1, 1_000_000)

    def check(self) -> None:
        """Raise ``SettingError`` for a clip of zero, with which nothing is learnt."""
        if self.clip == 0.0:
            raise SettingError("clip = 0.0: give a positive norm, or none for no clipping")

    def possible(self) -> bool:
        """Return whether the texts of its corpus are here."""
        return texts.here(self.corpus)

    def rule(self) -> Rule:
        """Return how weights change, and until when."""
        schedule = Schedule(
            self.decay, self.improves_by, self.decay_after, self.roll_back, self.max_decays,
            self.max_epochs,
        )  # fmt: skip
        return Rule(self.learning_rate, self.averaged_over, self.clip, schedule)
