"""What the machine must have, installed where that is allowed and asked for in one line where it is not.

    python tools/system.py uv             uv in .tools (with any Python ≥ 3.11)
    python tools/system.py browser        Debian's Chromium and CJK fonts, for the page tests
    python tools/system.py java           Debian's Java 17 for the Spark tests, else say loudly what is skipped
    python tools/system.py postgres       exit 0 when PostgreSQL answers, else say loudly what is skipped
    python tools/system.py postgres-url   the address the tests use

Only the standard library: this runs before anything is installed.
"""

import os
import shutil
import socket
import subprocess
import sys
import venv
from pathlib import Path
from urllib.parse import urlparse

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = os.environ.get("LIANFANG_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres")


def is_debian_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet, stdout=subprocess.DEVNULL)
    subprocess.run(["apt-get", "install", "-y", "-qq", *packages], check=True, env=quiet, stdout=subprocess.DEVNULL)


def install_uv() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  (this runs before anything is checked or installed)
        sys.exit("Lianfang needs Python 3.11 or later: install it (Debian 12: apt-get install python3 python3-venv)")
    folder = ROOT / ".tools"
    try:
        venv.create(folder, with_pip=True, clear=True)
    except (subprocess.CalledProcessError, SystemExit, ImportError):
        if not is_debian_root():
            sys.exit("Python's venv is not complete: run 'apt-get install python3-venv' as root, then make again")
        apt_install("python3-venv")
        # In a new process: this one has already looked for ensurepip and not found it.
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    subprocess.run([str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "uv>=0.9"], check=True)


def need_browser() -> None:
    has_browser = shutil.which("chromium") is not None
    has_fonts = (
        shutil.which("fc-list") is not None
        and subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=False).stdout.strip() != ""
    )
    if has_browser and has_fonts:
        return
    if is_debian_root():
        print("Installing Debian's Chromium and fonts-noto-cjk for the page tests …", file=sys.stderr)
        apt_install("chromium", "fonts-noto-cjk", "fontconfig")
        return
    sys.exit("The page tests need Chromium and Chinese fonts: apt-get install chromium fonts-noto-cjk fontconfig")


def need_java() -> None:
    if os.environ.get("JAVA_HOME") or shutil.which("java"):
        return
    if is_debian_root():
        print("Installing Debian's Java 17 for the Spark tests …", file=sys.stderr)
        apt_install("openjdk-17-jre-headless")
        return
    say_loudly("Java is not here: THE SPARK TESTS ARE NOT RUN.", "Install it: apt-get install openjdk-17-jre-headless")


def say_loudly(*lines: str) -> None:
    rule = "!" * 78
    print("", rule, *(f"!! {line}" for line in lines), rule, "", sep="\n", file=sys.stderr)


def postgres_answers() -> bool:
    address = urlparse(POSTGRES)
    try:
        with socket.create_connection((address.hostname or "127.0.0.1", address.port or 5432), timeout=3):
            return True
    except OSError:
        say_loudly(
            f"PostgreSQL does not answer at {address.hostname}:{address.port}: THE POSTGRESQL TESTS ARE NOT RUN.",
            "Start it, or name another in LIANFANG_TEST_POSTGRES.",
        )
        return False


if __name__ == "__main__":
    act = sys.argv[1] if len(sys.argv) == 2 else ""
    if act == "uv":
        install_uv()
    elif act == "browser":
        need_browser()
    elif act == "java":
        need_java()
    elif act == "postgres":
        sys.exit(0 if postgres_answers() else 1)
    elif act == "postgres-url":
        print(POSTGRES)
    else:
        sys.exit(__doc__)
