"""The experiments there are: every setting class in a module of ``replicate.tasks``."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any

from replicate import tasks
from replicate.errors import ReplicateError
from replicate.settings import Setting


@cache
def experiments() -> dict[str, type[Setting]]:
    """Return every experiment's setting class by name, in order of the names."""
    modules = [
        importlib.import_module(f"{tasks.__name__}.{module.name}")
        for module in pkgutil.iter_modules(tasks.__path__)
    ]
    found = {
        item.experiment: item
        for module in modules
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, Setting) and hasattr(item, "experiment")
    }
    return dict(sorted(found.items()))


def experiment(name: str) -> type[Setting]:
    """Return the setting class of an experiment; raises ``ReplicateError`` if there is none."""
    known = experiments()
    if name not in known:
        raise ReplicateError(f"no experiment {name!r}; there are {', '.join(known)}")
    return known[name]


def setting_of(record: Mapping[str, Any]) -> Setting:
    """Return the setting of a recorded trial; raises ``ReplicateError`` if it is of none."""
    return experiment(record["experiment"]).recorded(record["setting"])


def matching(prefix: str) -> list[str]:
    """Return the experiments of this name or below it, as ``hochreiter1997`` for a paper's.

    Raises ``ReplicateError`` if there is none.
    """
    known = experiments()
    names = [name for name in known if f"{name}/".startswith(f"{prefix}/")]
    if not names:
        raise ReplicateError(f"no experiment {prefix!r}; there are {', '.join(known)}")
    return names
