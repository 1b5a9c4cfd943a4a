"""Settings: bad values are named with what is allowed; one text for one meaning."""

import json
import math
from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate.errors import SettingError
from replicate.settings import Setting, choice, per_task, ranged


@dataclass(frozen=True)
class Made(Setting):
    """A setting with a field of every kind."""

    experiment: ClassVar[str] = "toys/made"
    version: ClassVar[int] = 1
    before: ClassVar[dict] = {"late": 3}

    task: str = choice("1a", "1b")
    n: int = ranged(10, 1, 100)
    rate: float = per_task(0.0, 10.0, _1a=0.5, _1b=0.1)
    bias: tuple[float, ...] = per_task(_1a=(-1.0,), _1b=(-1.0, -2.0))
    mask: tuple[int, ...] = ()
    limit: float | None = None
    flag: bool = False
    late: int = 4

    def check(self):
        if self.flag and self.n == 1:
            raise SettingError("flag = True with n = 1: give a larger n")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"m": 1}, "toys/made has no setting 'm'; it has dtype, task, n, "),
        ({"n": 0}, "n = 0: give 1 to 100"),
        ({"n": 2.0}, "n = 2.0: give int, not float"),
        ({"n": True}, "n = True: give int, not bool"),
        ({"n": "2"}, "n = '2': give int, not str"),
        ({"rate": math.nan}, "rate = nan: give a finite number"),
        ({"rate": math.inf}, "rate = inf: give a finite number"),
        ({"rate": -0.5}, "rate = -0.5: give 0.0 to 10.0"),
        ({"bias": -1.0}, "bias = -1.0: give a list of float"),
        ({"bias": ["a"]}, "bias = 'a': give float, not str"),
        ({"task": "1c"}, "task = '1c': give one of 1a, 1b"),
        ({"dtype": "float16"}, "dtype = 'float16': give one of float64, float32"),
        ({"flag": True, "n": 1}, "flag = True with n = 1: give a larger n"),
    ],
)
def test_bad_values_are_named_with_what_is_allowed(values, message):
    with pytest.raises(SettingError) as raised:
        Made.of(values)
    assert str(raised.value).startswith(message)


def test_defaults_follow_the_task_and_given_values_stay():
    assert (Made().rate, Made().bias) == (0.5, (-1.0,))
    assert (Made(task="1b").rate, Made(task="1b").bias) == (0.1, (-1.0, -2.0))
    assert Made(task="1b", rate=2).rate == 2.0
    assert Made(task="1b") == Made(task="1b", rate=0.1, bias=[-1, -2])


def test_whole_numbers_are_floats_and_lists_are_tuples():
    made = Made(rate=1, bias=[-3], limit=2)
    assert (made.rate, made.bias, made.limit) == (1.0, (-3.0,), 2.0)
    assert type(made.limit) is float
    assert hash(made) == hash(Made(rate=1.0, bias=(-3.0,), limit=2.0))


settings_made = st.builds(
    Made,
    task=st.sampled_from(["1a", "1b"]),
    n=st.integers(2, 100),
    rate=st.floats(0, 10) | st.none(),
    bias=st.lists(st.floats(-5, 5)) | st.none(),
    limit=st.floats(allow_nan=False, allow_infinity=False) | st.none(),
    flag=st.booleans(),
)


@given(settings_made)
def test_the_canonical_text_holds_everything(setting):
    values = json.loads(setting.canonical())
    assert list(values) == sorted(values)
    assert None not in (values["rate"], values["bias"])
    assert Made.of(setting.values()) == setting
    assert Made.of(setting.values()).canonical() == setting.canonical()


@given(settings_made)
def test_changes_are_those_from_the_tasks_default_and_make_the_setting_again(setting):
    changes = setting.changes()
    assert Made.of(changes) == setting
    assert ("task" in changes) == (setting.task != "1a")
    assert set(Made(task="1b").changes()) == {"task"}
    assert Made().changes() == {}


def test_changes_from_another_setting():
    assert Made(task="1b").changes(Made()) == {"task": "1b", "rate": 0.1, "bias": [-1.0, -2.0]}
    assert Made(n=3).changes(Made(n=3, late=5)) == {"late": 4}


def test_an_old_record_takes_what_held_before_a_field_was():
    assert Made.recorded({"n": 5}).late == 3
    assert Made.recorded({"n": 5, "late": 7}).late == 7
