"""Seconds and peak memory of a command, in a process of its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """What a command took.

    Attributes
    ----------
    seconds : float
        From the start of the process to its end, imports included.
    cpu : float
        Seconds of all cores together.
    megabytes : float
        The most memory that it held (ru_maxrss).
    output : str
        What it printed.
    """

    seconds: float
    cpu: float
    megabytes: float
    output: str


def measure(command: Sequence[str]) -> Measured:
    """Run a command of this Python and measure it.

    Raises
    ------
    RuntimeError
        When it fails; with the end of what it printed.
    """
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, *command], stdout=printed, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        errors.seek(0)
        output, wrong = printed.read(), errors.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {wrong[-800:] or output[-800:]}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)
