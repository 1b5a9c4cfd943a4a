"""Compile the engine when the package is installed or put into a wheel."""

import importlib.util
import re
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class EngineBuildHook(BuildHookInterface):
    """Call ``engine/build.py``, loaded by its path: the package is not importable yet."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Leave the shared libraries in ``engine/lib``, put the platform in the wheel's tag.

        ctypes loads them, so one wheel serves every Python on a platform.
        """
        engine = Path(self.root, "src", "replicate", "engine")
        spec = importlib.util.spec_from_file_location("engine_build", engine / "build.py")
        if spec is None or spec.loader is None:
            raise ImportError(f"{engine / 'build.py'} cannot be loaded")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.build(engine / "lib")
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-" + re.sub(r"[-.]", "_", sysconfig.get_platform())
