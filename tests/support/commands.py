"""`duban` as a process of its own each time, forked from one that has loaded what commands need and has run none.

Loading takes three quarters of a short command's time. What is loaded when is tested by itself
(`tests/cli/test_start.py`).
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from tests.support.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

ROOMS: Final = ("cli", "wiring", "programme", "cases", "accounts", "operations", "audit", "config", "store")


class LoadedCommands:
    """Runs commands; ended at the end of the block."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="duban-commands-")

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.support.commands"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()
        self._folder.cleanup()

    def run(self, arguments: tuple[str, ...], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run one command with exactly this environment; return how it ended and what it printed."""
        out, err = (Path(self._folder.name) / name for name in ("out", "err"))
        asked = {"arguments": arguments, "environment": dict(environment), "out": str(out), "err": str(err)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return subprocess.CompletedProcess(["duban", *arguments], code, out.read_text("utf-8"), err.read_text("utf-8"))


def _load() -> None:
    for room in ROOMS:
        for found in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
            if ".migrations." not in found.name:
                importlib.import_module(found.name)


def _become(asked: Mapping[str, Any]) -> None:
    """Be the process of a command: its words, its environment, its streams."""
    os.environ.clear()  # noqa: TID251  # of the child
    os.environ.update(asked["environment"])  # noqa: TID251  # of the child
    for number, path in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(str(path), flags, 0o600), number)
    sys.argv = ["duban", *asked["arguments"]]


def main() -> None:
    """Fork for each line that comes, run its command there and say with which code it has ended."""
    from cli.main import main as run  # noqa: PLC0415  # only in this process

    _load()
    while line := os.read(0, 1 << 20):
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
            run()
            return
        _, status = os.waitpid(child, 0)
        os.write(1, f"{os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    main()
