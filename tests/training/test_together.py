"""Many nets side by side are the same nets one by one, and descend by the plain formula."""

import numpy as np
import pytest
import torch

from replicate.cells.shape import NETS
from replicate.tasks.puzzle import Puzzle
from replicate.training import together

EASY = {"gap": 2, "cap": 40, "n_test": 10}


@pytest.mark.parametrize("cell", NETS)
def test_trials_do_not_depend_on_their_neighbours(cell):
    setting = Puzzle(cell=cell, **EASY)
    both = {o.seed: o for o in together.walk(setting, [3, 4, 5])}
    (alone,) = together.walk(setting, [4])
    assert both[4].status == alone.status
    assert both[4].sequences == alone.sequences
    np.testing.assert_allclose(both[4].weights, alone.weights, rtol=1e-9)
    assert both[4].curve == alone.curve


def test_a_step_is_the_formula():
    setting = Puzzle(cell="rnn", gap=2, cap=5, learning_rate=0.3)
    (found,) = together.walk(setting, [0])
    w = torch.tensor(setting.initial_weights(0)[None]).requires_grad_()
    x, times, d = together.batch([setting.sequences(0, "training", 0, 4)], w)
    _, loss = together.errors(setting, w, x, times, d)
    (gradient,) = torch.autograd.grad(loss, w)
    np.testing.assert_allclose(found.weights, (w - 0.3 * gradient)[0].detach())
    assert (found.status, found.sequences) == ("capped", 5)


def test_errors_are_of_the_answers_only():
    setting = Puzzle(cell="lstm97", gap=2, n_puzzles=2)
    w = torch.tensor(setting.initial_weights(0)[None])
    x, times, d = together.batch([setting.sequences(0, "test", 0, 3)], w)
    e, loss = together.errors(setting, w, x, times, d)
    assert e.shape == (1, 3, 2, 3)
    assert float(loss) == pytest.approx(-np.log(1 - e[d.numpy() == 1]).mean())


def test_it_learns_and_is_tested_on_what_it_learned():
    outcomes = list(together.walk(Puzzle(gap=2, n_test=50), range(6)))
    assert {o.status for o in outcomes} == {"solved"}
    assert sum(o.test["wrong"] for o in outcomes) == 0
    again = together.tested(Puzzle(gap=2, n_test=50), outcomes[0].seed,
                            torch.tensor(outcomes[0].weights))  # fmt: skip
    assert again == outcomes[0].test


def test_a_wild_rate_diverges_or_is_capped():
    (found,) = together.walk(Puzzle(gap=2, cap=40, learning_rate=100.0), [0])
    assert found.status in ("capped", "diverged")


def test_nothing_to_do():
    assert list(together.walk(Puzzle(), [])) == []


def test_trials_share_the_time_evenly():
    outcomes = list(together.walk(Puzzle(gap=20, cap=40, n_test=1), range(4)))
    seconds = [o.seconds for o in outcomes]
    assert max(seconds) < 2 * min(seconds)
