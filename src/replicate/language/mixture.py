"""The linear interpolation of models by weights tuned on held-out text.

All models must have said the probability of the same tokens: every word and one end for each
sentence, no start. A mixture's probability of a token is the weighted sum of theirs.
"""

from collections.abc import Sequence

import numpy as np

from replicate.errors import ReplicateError

ENOUGH = 1e-10
"""Weights are tuned until a round of EM gains no more than this, in nats a token."""
ROUNDS = 100_000


def mixed(models: Sequence[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """Return (token,) float64: the weighted sum of the models' (token,) probabilities.

    ``weights``: (model,), none negative, their sum 1.
    """
    given = _checked(models)
    weights = np.asarray(weights, np.float64)
    proper = weights.shape == (len(given),) and (weights >= 0).all()
    if not proper or abs(weights.sum() - 1) > 1e-9:
        raise ReplicateError(f"weights = {weights}: give one for each model, with a sum of 1")
    return weights @ given


def tuned(models: Sequence[np.ndarray]) -> np.ndarray:
    """Return (model,) float64 weights under which these tokens are the most probable, by EM.

    Each model's (token,) probabilities are those of held-out text. The likelihood is concave
    in the weights, so that EM from equal weights finds its one maximum.
    """
    given = _checked(models)
    if not given.any(axis=0).all():
        raise ReplicateError("a token has probability 0 in every model: no weights help")
    weights = np.full(len(given), 1 / len(given))
    before = -np.inf
    for _ in range(ROUNDS):
        together = weights @ given
        now = np.log(together).mean()
        if now - before <= ENOUGH:
            break
        before = now
        weights = weights * (given / together).mean(axis=1)
    return weights / weights.sum()


def _checked(models: Sequence[np.ndarray]) -> np.ndarray:
    """Return (model, token) float64, or say what is no probability."""
    shapes = {np.shape(each) for each in models}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1 or not np.size(models[0]):
        raise ReplicateError(
            f"probabilities of shapes {sorted(shapes)}: give each model's for the same tokens"
        )
    given = np.asarray(models, np.float64)
    if not ((given >= 0) & (given <= 1 + 1e-9)).all():
        raise ReplicateError(f"probabilities lie in 0 to 1, not {given.min()} to {given.max()}")
    return given
