"""What the papers say: claims read from ``data/papers``, each with its place, checked.

A file is a list of groups. What a group says holds for all of its ``claims``, ``readings`` (a
setting for each way to understand an unclear passage) and ``comparisons`` (what the paper does
not speak of): places are joined, settings merged, anything else in an entry replaces the
group's. A ``grid`` of values to try makes each entry one for each way to combine them, in the
order of the file: ``id.1``, ``id.2``, and so on. A paper is a file, or a folder with one file
for each chapter; its name is the paper's key in ``references.bib`` and begins every id in it.
"""

import math
from collections.abc import Iterator
from dataclasses import MISSING, fields
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any, get_args, get_type_hints

import yaml

from replicate.claim import Claim, Variant
from replicate.errors import ReplicateError
from replicate.experiments import experiment as setting_class
from replicate.root import root
from replicate.settings import Setting

__all__ = ["Claim", "Variant", "claim", "claims", "comparisons", "plan", "read", "readings"]

SECTIONS: dict[str, type[Claim] | type[Variant]] = {
    "claims": Claim,
    "readings": Variant,
    "comparisons": Variant,
}


def claims(prefix: str = "") -> list[Claim]:
    """Return the claims whose id is ``prefix`` or goes on from it after a dot.

    Raises ``ReplicateError`` if there is none, or if a file says what cannot be.
    """
    everything = _entries("claims")
    found = _begin_with(prefix, everything)
    if not found:
        known = sorted({".".join(c.id.split(".")[:2]) for c in everything})
        raise ReplicateError(f"no claim {prefix!r}; there are {', '.join(known) or 'none yet'}")
    return found


def claim(id: str) -> Claim:
    """Return the one claim of this id."""
    found = claims(id)
    if found[0].id != id:
        raise ReplicateError(f"{id} is not one claim but {len(found)}, such as {found[0].id}")
    return found[0]


def readings(prefix: str = "") -> list[Variant]:
    """Return the settings for the unclear passages."""
    return _begin_with(prefix, _entries("readings"))


def comparisons(prefix: str = "") -> list[Variant]:
    """Return the settings that the book shows beside the paper's."""
    return _begin_with(prefix, _entries("comparisons"))


def plan(experiment: str) -> list[tuple[Setting, int]]:
    """Return each setting that the book needs recorded, with the most trials asked of it."""
    setting_class(experiment)
    asked = [(s, c.trials_required) for c in _entries("claims") for s in (c.setting, c.other)]
    asked += [(v.setting, v.trials) for v in [*readings(), *comparisons()]]
    wanted: dict[Setting, int] = {}
    for setting, trials in asked:
        if setting and setting.experiment == experiment and trials:
            wanted[setting] = max(trials, wanted.get(setting, 0))
    return list(wanted.items())


def _entries(section: str) -> list[Any]:
    files = sorted((root() / "data" / "papers").glob("**/*.yml"))
    return [entry for path in files for entry in read(path)[section]]


def _begin_with(prefix: str, entries: list[Any]) -> list[Any]:
    return [e for e in entries if not prefix or f"{e.id}.".startswith(f"{prefix}.")]


def read(path: Path) -> dict[str, list[Any]]:
    """Return a file's ``claims``, ``readings`` and ``comparisons``.

    Raises ``ReplicateError`` at the first thing that is wrong, naming the file and the id.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ReplicateError(f"{path.name}: {error}") from error
    inside = path.parent.parent == root() / "data" / "papers"
    found = _parsed(text, path, path.parent.name if inside else path.stem)
    return {section: [*entries] for section, entries in found.items()}


@lru_cache(maxsize=64)
def _parsed(text: str, path: Path, paper: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {section: [] for section in SECTIONS}
    ids: set[str] = set()
    for section, group, entry in _raw(text, path):
        id = entry.get("id", "an entry without id")
        try:
            made = _made(SECTIONS[section], _merged(group, entry))
            if not made.id.startswith(f"{paper}."):
                raise ReplicateError(f"an id in this file begins with {paper}.")
            if made.id in ids:
                raise ReplicateError("this id is there twice")
        except ReplicateError as error:
            raise ReplicateError(f"{path.name}: {id}: {error}") from error
        ids.add(made.id)
        found[section].append(made)
    return found


def _raw(text: str, path: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield section, shared keys and entry, in the order of the file."""
    try:
        groups = yaml.load(text, _UniqueKeys)
    except yaml.YAMLError as error:
        raise ReplicateError(f"{path.name}: {' '.join(str(error).split())}") from error
    for group in _dicts(groups, path.name):
        sections = {name: group.pop(name) for name in SECTIONS if name in group}
        if not sections:
            raise ReplicateError(f"{path.name}: {group}: give one of {', '.join(SECTIONS)}")
        grid = group.pop("grid", {})
        for section, entries in sections.items():
            for entry in _dicts(entries, f"{path.name}: {section}"):
                for each in _combined(entry, grid, path.name) if grid else [entry]:
                    yield section, group, each


def _combined(entry: dict[str, Any], grid: Any, where: str) -> Iterator[dict[str, Any]]:
    """Yield the entry once for each combination of the values to try."""
    if not isinstance(grid, dict) or not all(isinstance(v, list) for v in grid.values()):
        raise ReplicateError(f"{where}: grid = {grid!r}: give names and lists of values")
    for i, values in enumerate(product(*grid.values()), 1):
        setting = {**entry.get("setting", {}), **dict(zip(grid, values, strict=True))}
        yield {**entry, "id": f"{entry.get('id')}.{i}", "setting": setting}


def _dicts(value: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise ReplicateError(f"{where}: give a list of entries `key: value`")
    return value


def _merged(group: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    for values in (group, entry):
        for key in ("setting", "other"):
            if not isinstance(values.get(key, {}), dict):
                raise ReplicateError(f"{key} = {values[key]!r}: give names and values")
    merged = {**group, **entry, "setting": group.get("setting", {}) | entry.get("setting", {})}
    if "place" in group and "place" in entry:
        merged["place"] = f"{group['place']}, {entry['place']}"
    return merged


def _made(kind: type[Claim] | type[Variant], values: dict[str, Any]) -> Claim | Variant:
    """Return the entry; every key known, every type right, the setting one of ours."""
    hints = get_type_hints(kind)
    for name, value in values.items():
        if name not in hints:
            raise ReplicateError(f"unknown key {name!r}; known are {', '.join(hints)}")
        if name not in ("setting", "other"):
            _check_type(name, value, hints[name])
    for f in fields(kind):
        if f.default is MISSING and f.name not in values and f.name != "setting":
            raise ReplicateError(f"{f.name} is missing")
    of = setting_class(values["experiment"]).of
    settings = {"setting": of(values["setting"])}
    if "other" in values:
        settings["other"] = of(values["setting"] | values["other"])
    return kind(**{**values, **settings})


def _check_type(name: str, value: Any, hint: Any) -> None:
    allowed = get_args(hint) or (hint,)
    whole = type(value) is int and float in allowed
    finite = not isinstance(value, float) or math.isfinite(value)
    if not finite or not (whole or type(value) in allowed):
        raise ReplicateError(f"{name} = {value!r}: give {allowed[0].__name__}")


class _UniqueKeys(yaml.SafeLoader):
    """YAML takes the last of two equal keys silently; here they are an error."""


def _mapping(loader: _UniqueKeys, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} is there twice", node.start_mark
            )
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
