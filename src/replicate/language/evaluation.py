"""How a model is judged: log-probabilities of every token of a text, in the text's order.

Two measures that are never mixed: *sentences* forgets at each sentence's beginning, as n-gram
models do; *running* walks the whole text as one sequence.
"""

import numpy as np
import torch
from torch import nn

from replicate.language.layers import State
from replicate.language.model import LanguageModel
from replicate.language.vocabulary import boundaries
from replicate.training.batches import Batch, Columns, in_order

TOGETHER = 64
"""Sentences judged at a time; any number gives the same result."""
PLACES = (1, 2, 3, 5, 9, 17, 33)
"""Tokens of a sentence, counted from 1, with which a range of places begins."""
WINDOW = 256
"""Steps of a running text at a time; likewise."""


def log_probabilities(
    model: LanguageModel, text: np.ndarray, measure: str, together: int = TOGETHER
) -> np.ndarray:
    """Return ln p of each token given those before it, (token,) float64.

    ``text``: (token,) word numbers, the last of them the end of a sentence; it also stands
    before the first. ``measure``: sentences or running.
    """
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            if measure == "running":
                return _running(model, text)
            return _sentences(model, text, together)
    finally:
        model.train(was_training)


def perplexity(log_probabilities: np.ndarray) -> float:
    """Return the perplexity of tokens with these natural logarithms, inf if it is too large."""
    with np.errstate(over="ignore"):
        return float(np.exp(-log_probabilities.mean()))


def by_place(log_probabilities: np.ndarray, text: np.ndarray, end: int) -> dict[str, float]:
    """Return the perplexity of the tokens at a place of their sentences, by ``PLACES``.

    ``log_probabilities``, ``text``: (token,). Keys are ``perplexity_from_N``: from the Nth
    token of a sentence up to the next key's. Places that no sentence has are left out.
    """
    bounds = boundaries(text, end)
    places = np.arange(len(text)) - np.repeat(bounds[:-1], np.diff(bounds))
    found = {}
    for first, after in zip(PLACES, [*PLACES[1:], len(text) + 1], strict=True):
        there = (places + 1 >= first) & (places + 1 < after)
        if there.any():
            found[f"perplexity_from_{first}"] = perplexity(log_probabilities[there])
    return found


def _sentences(model: LanguageModel, text: np.ndarray, together: int) -> np.ndarray:
    batches, found = in_order(text, together), np.empty(len(text))
    for k in range(len(batches)):
        places, shown = batches.places(k)
        logs, _ = model.of_targets(batches[k].to(_device(model)))
        found[places[shown]] = logs.double().numpy(force=True)[shown]
    return found


def _running(model: LanguageModel, text: np.ndarray) -> np.ndarray:
    windows, found = Columns(text, 1, WINDOW), []
    states: list[State] | None = None
    for k in range(len(windows)):
        batch: Batch = windows[k].to(_device(model))
        logs, states = model.of_targets(batch, states)
        found.append(logs.double().numpy(force=True)[:, 0])
    return np.concatenate(found)


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device
