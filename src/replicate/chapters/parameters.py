"""The parameters of a chapter: what papermill infers from the tagged cell, checked in earnest.

Papermill itself lets unknown names and texts for numbers pass. Here a value must fit its
annotation, the rules that all chapters share, and the setting of the chapter's experiment.
"""

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from typing import Any, get_args, get_origin, get_type_hints

from replicate.chapters.catalogue import Chapter
from replicate.errors import ReplicateError
from replicate.settings import Setting
from replicate.trials import PRESETS

DEVICES = ("cpu", "cuda", "auto")
KIND = re.compile(r"(?P<optional>Optional\[)?(?P<list>List\[)?(?P<item>int|float|str|bool)\]*")


@dataclass(frozen=True)
class Parameter:
    """One line of the parameters cell: ``name: kind = default  # meaning``."""

    name: str
    kind: str
    default: Any
    meaning: str

    def parse(self, text: str) -> Any:
        """Return the value that a text stands for; raises ``ReplicateError`` for any other."""
        match = KIND.fullmatch(self.kind)
        if match is None:
            raise ReplicateError(
                f"parameter {self.name} is annotated {self.kind}: mend the cell"
            )
        if match["optional"] and text in ("None", "none", "null"):
            return None
        item = ITEMS[match["item"]]
        try:
            return [item(part) for part in _parts(text)] if match["list"] else item(text)
        except ValueError as error:
            raise ReplicateError(f"{self.name} = {text}: give {error}") from error


def read(chapter: Chapter) -> list[Parameter]:
    """Return the parameters that papermill infers, with their defaults as Python values."""
    import papermill

    inferred = papermill.inspect_notebook(str(chapter.path)).values()
    return [
        Parameter(p["name"], p["inferred_type_name"], _literal(chapter, p), p["help"])
        for p in inferred
    ]


def of_setting(kind: type[Setting]) -> list[Parameter]:
    """Return the fields of a setting as parameters, for ``replicate run -p``."""
    hints = get_type_hints(kind)
    return [Parameter(f.name, _annotation(hints[f.name]), f.default, "") for f in fields(kind)]


def parse(owner: str, known: Sequence[Parameter], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values that the texts stand for, in the order of the known parameters.

    Raises ``ReplicateError``, naming parameter, value and what is allowed, for an unknown name
    or a wrong type.
    """
    names = [parameter.name for parameter in known]
    for name in texts:
        if name not in names:
            alike = [n for n in names if n.lower() == name.lower()]
            near = alike or get_close_matches(name, names, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(names)}"
            raise ReplicateError(f"{owner} has no parameter {name!r}: {hint}")
    return {p.name: p.parse(texts[p.name]) for p in known if p.name in texts}


def check(chapter: Chapter, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values that the texts stand for, in the order of the chapter's cell.

    Raises ``ReplicateError`` as ``parse`` does, and for values that no chapter can have or that
    the chapter's experiment cannot have.
    """
    known = read(chapter)
    values = parse(chapter.name, known, texts)
    _check_common(values)
    defaults = {p.name: p.default for p in known if p.name not in texts}
    _check_setting(chapter, values, defaults)
    return values


def _check_common(values: Mapping[str, Any]) -> None:
    for name, choices in (("preset", PRESETS), ("device", DEVICES)):
        if values.get(name, choices[0]) not in choices:
            raise ReplicateError(f"{name} = {values[name]}: give one of {', '.join(choices)}")
    for name, low in (("n_trials", 1), ("seed", 0)):
        value = values.get(name)
        if value is not None and value < low:
            raise ReplicateError(f"{name} = {value}: give an integer of at least {low}")


def _check_setting(chapter: Chapter, values: dict[str, Any], defaults: dict[str, Any]) -> None:
    """Let the setting judge every value that has the name of one of its fields."""
    kind = _setting(chapter)
    if kind is None:
        return
    smoke = {**defaults, **values}.get("preset") == "smoke"
    chosen = {**defaults, **(kind.smoke if smoke else {}), **values}
    names = {field.name for field in fields(kind)}
    kind.of({n: v for n, v in chosen.items() if n in names and v is not None})


def _setting(chapter: Chapter) -> type[Setting] | None:
    """Return what judges a chapter's values: its first experiment, or what it names itself."""
    from replicate.experiments import experiment

    if chapter.experiments:
        return experiment(chapter.experiments[0])
    if chapter.setting is None:
        return None
    module, _, name = chapter.setting.partition(":")
    return getattr(import_module(module), name)


def _annotation(kind: Any) -> str:
    """Return a type of a setting's field as a chapter's parameter is annotated."""
    if get_origin(kind) is tuple:
        return f"List[{get_args(kind)[0].__name__}]"
    if type(None) in get_args(kind):
        inner = next(k for k in get_args(kind) if k is not type(None))
        return f"Optional[{_annotation(inner)}]"
    return str(kind.__name__)


def _literal(chapter: Chapter, inferred: Mapping[str, Any]) -> Any:
    try:
        return ast.literal_eval(inferred["default"])
    except (ValueError, SyntaxError) as error:
        raise ReplicateError(
            f"{chapter.name}: the default of {inferred['name']} must be a literal"
        ) from error


def _number(text: str, wanted: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(wanted) from None
    if not number.is_finite() or abs(number.adjusted()) > 400:
        raise ValueError(wanted)
    return number


def _integer(text: str) -> int:
    number = _number(text, "an integer")
    if number.adjusted() > 18 or number != number.to_integral_value():
        raise ValueError("an integer")
    return int(number)


def _float(text: str) -> float:
    value = float(_number(text, "a finite number"))
    if not math.isfinite(value):
        raise ValueError("a finite number")
    return value


def _word(words: Mapping[str, bool], text: str) -> bool:
    if text.lower() not in words:
        raise ValueError("True or False")
    return words[text.lower()]


def _parts(text: str) -> list[str]:
    inside = text.strip().removeprefix("[").removesuffix("]").strip()
    return [part.strip().strip("'\"") for part in inside.split(",")] if inside else []


ITEMS: dict[str, Callable[[str], Any]] = {
    "int": _integer,
    "float": _float,
    "str": str,
    "bool": partial(_word, {"true": True, "false": False}),
}
