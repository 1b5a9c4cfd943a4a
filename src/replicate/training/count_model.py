"""Trials of ``tasks.count_model``: counted, not trained."""

import time
from collections.abc import Iterable, Iterator

import numpy as np

from replicate.language import kneser_ney
from replicate.language.evaluation import by_place, perplexity
from replicate.outcome import Outcome
from replicate.tasks.count_model import CountModel
from replicate.training.texts import corpus


def walk(
    setting: CountModel, seeds: Iterable[int], dtype: str = "float64", device: str = "cpu"
) -> Iterator[Outcome]:
    """Count the training text once for each seed; yield what the model says of the others."""
    texts = corpus(setting.corpus)
    for seed in seeds:
        began = time.perf_counter()
        test: dict[str, float] = {}
        end = int(texts.train[-1])
        model = kneser_ney.fit(
            texts.train, len(texts.vocabulary), end, setting.order, setting.cutoff
        )
        for name in ("valid", "test"):
            logs = np.log(model.probabilities(getattr(texts, name)))
            test |= {f"{name}_perplexity": perplexity(logs), f"{name}_words": len(logs)}
        test |= by_place(logs, texts.test, end)
        seconds, counted = time.perf_counter() - began, len(texts.train)
        sentences = int((texts.train == end).sum())
        yield Outcome(seed, "solved", sentences, counted, test, seconds=seconds)
