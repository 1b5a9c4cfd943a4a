"""Settings: frozen dataclasses whose defaults are the paper's and whose values are checked.

A setting says everything that a trial depends on but the seed. ``Setting`` gives each of them
the same manners: unknown names, wrong types and impossible values are errors that name the
field, the value and what is allowed; and one canonical text, from which identities are made.
"""

import json
import math
import types
import typing
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

from replicate.errors import SettingError
from replicate.topology import Growth


def ranged(default: Any, low: float | None = None, high: float | None = None) -> Any:
    """Return a dataclass field with a default and an inclusive range."""
    return field(default=default, metadata={"low": low, "high": high})


def choice(default: str, *others: str) -> Any:
    """Return a dataclass field that is one of a few words, the first being the default."""
    return field(default=default, metadata={"choices": (default, *others)})


def per_task(low: float | None = None, high: float | None = None, **defaults: Any) -> Any:
    """Return a dataclass field whose default depends on the field ``task``.

    ``defaults``: by task, its name after a ``_``, such as ``_6a=0.5, _6b=0.1``.
    """
    known = {task.removeprefix("_"): value for task, value in defaults.items()}
    return field(default=None, metadata={"low": low, "high": high, "per_task": known})


@dataclass(frozen=True)
class Setting:
    """What a trial depends on besides its seed; each experiment is one subclass."""

    experiment: ClassVar[str]
    version: ClassVar[int]
    backends: ClassVar[tuple[str, ...]] = ("engine", "torch")
    # Values of the preset that takes a few seconds.
    smoke: ClassVar[dict[str, Any]] = {}
    # Values that fields had before they existed: old records keep their meaning.
    before: ClassVar[dict[str, Any]] = {}
    # Who trains on the engine, and who on the torch backend; how far a replay there may be off:
    # numbers of an outcome and the factor that two runs of one trial may be apart.
    engine_trainer: ClassVar[str] = "replicate.engine.training"
    trainer: ClassVar[str] = "replicate.training.online"
    factors: ClassVar[dict[str, float]] = {"sequences": 1.5}

    dtype: str = choice("float64", "float32")  # ours: the precision of the arithmetic

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self))
        for f in fields(self):
            value = getattr(self, f.name)
            if value is None and "per_task" in f.metadata:
                value = f.metadata["per_task"].get(self.task)  # type: ignore[attr-defined]
            value = _typed(f.name, value, hints[f.name])
            object.__setattr__(self, f.name, value)
            _check_range(f.name, value, f.metadata)
        self.check()

    def check(self) -> None:
        """Raise ``SettingError`` for combinations of fields that cannot be."""

    def possible(self) -> bool:
        """Return whether all that its trials need is here."""
        return True

    def check_one_a_block(self, *names: str) -> None:
        """Raise ``SettingError`` unless each of these fields has a number for each block."""
        n_blocks = self.values()["n_blocks"]
        for name in names:
            given = list(getattr(self, name))
            if len(given) != n_blocks:
                raise SettingError(
                    f"{name} = {given}: give one number for each of the n_blocks = "
                    f"{n_blocks} blocks"
                )

    def growth(self) -> Growth | None:
        """Return when memory blocks are added; None: they are there from the beginning."""
        return None

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """Return the setting with these values; raise ``SettingError`` for unknown names."""
        known = [f.name for f in fields(cls)]
        for name in values:
            if name not in known:
                raise SettingError(
                    f"{cls.experiment} has no setting {name!r}; it has {', '.join(known)}"
                )
        return cls(**values)

    @classmethod
    def recorded(cls, values: dict[str, Any]) -> Self:
        """Return the setting of an old record: fields newer than it take their ``before``."""
        return cls.of({**cls.before, **values})

    def values(self) -> dict[str, Any]:
        """Return every field as plain JSON values."""
        return json.loads(self.canonical())

    def changes(self, other: "Setting | None" = None) -> dict[str, Any]:
        """Return the values in which this setting differs from another, the default.

        The default is that of its task; another task is the first change.
        """
        mine, default = self.values(), type(self)()
        of_task = type(self).of({"task": mine["task"]}) if "task" in mine else default
        theirs = (other or of_task).values()
        changed = [name for name in mine if mine[name] != theirs[name]]
        if "task" in mine and (other or default).values()["task"] != mine["task"]:
            changed = ["task", *(name for name in changed if name != "task")]
        return {name: mine[name] for name in changed}

    def canonical(self) -> str:
        """Return the one text of this setting: sorted keys, shortest exact numbers."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _typed(name: str, value: Any, kind: Any) -> Any:
    """Return value as the annotated type; widen int to float, refuse everything else."""
    if typing.get_origin(kind) is tuple:
        item = typing.get_args(kind)[0]
        if not isinstance(value, (tuple, list)):
            raise SettingError(f"{name} = {value!r}: give a list of {item.__name__}")
        return tuple(_typed(name, v, item) for v in value)
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        if value is None and type(None) in typing.get_args(kind):
            return None
        kind = next(k for k in typing.get_args(kind) if k is not type(None))
        return _typed(name, value, kind)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        given = type(value).__name__
        raise SettingError(f"{name} = {value!r}: give {kind.__name__}, not {given}")
    if kind is float and not math.isfinite(value):
        raise SettingError(f"{name} = {value!r}: give a finite number")
    return value


def _check_range(name: str, value: Any, rule: typing.Mapping[str, Any]) -> None:
    choices = rule.get("choices")
    if choices and value not in choices:
        raise SettingError(f"{name} = {value!r}: give one of {', '.join(choices)}")
    low, high = rule.get("low"), rule.get("high")
    for v in value if isinstance(value, tuple) else (value,):
        if v is not None and ((low is not None and v < low) or (high is not None and v > high)):
            allowed = f"at least {low}" if high is None else f"{low} to {high}"
            raise SettingError(f"{name} = {v!r}: give {allowed}")
