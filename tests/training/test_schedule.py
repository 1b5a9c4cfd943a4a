"""When the rate falls, when weights are put back, and when training ends."""

import math

import pytest

from replicate.training.schedule import Position, Schedule, after_epoch


def walked(rule, losses, rate=1.0):
    """Return a position after epochs with these losses, and what each of them asked for."""
    at, asked = Position(rate), []
    for loss in losses:
        at.nats, at.words, at.batch = 20.0, 10, 7
        asked.append(after_epoch(rule, at, loss))
        if at.ended:
            break
    return at, asked


def test_the_rate_is_halved_and_weights_put_back_where_validation_does_not_improve():
    at, asked = walked(Schedule(), [5.0, 4.0, 4.5, 4.0, 3.9])
    assert asked == [(True, False), (True, False), (False, True), (False, True), (True, False)]
    assert (at.rate, at.decays, at.best, at.epoch, at.batch) == (0.25, 2, 3.9, 5, 0)


def test_an_improvement_may_be_too_small_and_is_kept_all_the_same():
    rule = Schedule(improves_by=1.01)
    at, asked = walked(rule, [5.0, 5.0 - math.log(1.009)])
    assert asked[1] == (True, False)
    assert at.rate == 0.5
    at, _ = walked(rule, [5.0, 5.0 - math.log(1.011)])
    assert at.rate == 1.0


def test_without_roll_back_training_goes_on_from_where_it_is():
    _, asked = walked(Schedule(roll_back=False), [5.0, 6.0])
    assert asked == [(True, False), (False, False)]


def test_the_rate_may_fall_after_each_epoch_from_some_epoch_on():
    rule = Schedule(decay_after=4, roll_back=False, max_epochs=6)
    at, _ = walked(rule, [5.0, 6.0, 4.0, 3.0, 2.0, 1.0])
    assert (at.rate, at.ended) == (0.125, "capped")


@pytest.mark.parametrize(
    ("rule", "losses", "ended", "epochs"),
    [
        (Schedule(max_epochs=3), [5.0, 4.0, 3.0, 2.0], "capped", 3),
        (Schedule(max_decays=2), [5.0, 6.0, 4.0, 4.0, 3.0], "solved", 4),
        (Schedule(), [5.0, math.nan, 3.0], "diverged", 2),
        (Schedule(), [math.inf], "diverged", 1),
        (Schedule(max_epochs=9), [5.0], None, 1),
    ],
)
def test_training_ends(rule, losses, ended, epochs):
    at, _ = walked(rule, losses)
    assert (at.ended, at.epoch) == (ended, epochs)


def test_history_holds_words_and_perplexities_and_only_finite_numbers():
    at, _ = walked(Schedule(), [math.log(50), math.log(40), math.nan])
    assert at.history[:2] == [[10, 7.38906, 50], [20, 7.38906, 40]]
    assert math.isfinite(sum(at.history[2]))
    assert (at.nats, at.words) == (0.0, 0)
