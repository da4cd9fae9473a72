"""Every branch of the rules and of the desk is reached by a test: asked in the run itself (`-p tests.support.reached`).

Tracing costs half as much again, so it is switched on for the tests that are about the rules and the desk; all others
run without it. So the last branches have tests of their own, and are not reached by chance somewhere else.
"""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import pytest
from coverage import Coverage

if TYPE_CHECKING:
    from collections.abc import Generator

ROOT: Final = Path(__file__).parents[2]
RULES: Final = ("states", "cases")
"""Whose lines and branches must be reached, every one."""
WATCHED: Final = ("tests/states/", "tests/cases/")
"""Which tests reach them, by the beginning of their node ids; of two databases, on SQLite."""
WHOLE: Final = 100.0


def pytest_configure(config: pytest.Config) -> None:
    """Watch in each process that runs tests; judge in the one that was started."""
    # xdist's workers are told where the run keeps what they have reached, each under a name of its own.
    worker: dict[str, str] | None = getattr(config, "workerinput", None)
    if worker is not None:
        config.pluginmanager.register(Watching(worker["reached"], worker["workerid"]))
        return
    verdict = ReachedVerdict(config)
    config.pluginmanager.register(verdict)
    if not config.getoption("numprocesses", None):
        config.pluginmanager.register(Watching(verdict.folder.name, "all"))


def _coverage(folder: str, name: str | None) -> Coverage:
    return Coverage(
        data_file=str(Path(folder) / "reached"),
        data_suffix=name,
        branch=True,
        source=[str(ROOT / part) for part in RULES],
        config_file=str(ROOT / "pyproject.toml"),
    )


class Watching:
    """Watches the tests of the rules and of the desk, in the process that runs them."""

    def __init__(self, folder: str, name: str) -> None:
        self.coverage = _coverage(folder, name)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        if not item.nodeid.startswith(WATCHED) or _kind_of(item) == "postgresql":
            return (yield)
        self.coverage.start()
        try:
            return (yield)
        finally:
            self.coverage.stop()

    def pytest_sessionfinish(self) -> None:
        self.coverage.save()


def _kind_of(item: pytest.Item) -> str:
    asked = getattr(item, "callspec", None)
    return str(asked.params.get("database_kind", "")) if asked is not None else ""


class ReachedVerdict:
    """Puts together what all processes have reached, and fails the run where something was not."""

    def __init__(self, config: pytest.Config) -> None:
        self.folder = TemporaryDirectory(prefix="duban-reached-")
        config.add_cleanup(self.folder.cleanup)
        self.said = ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # xdist's own
        node.workerinput["reached"] = self.folder.name

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        # What a module does when it is loaded was done before anybody could watch.
        subprocess.run([sys.executable, "-m", "tests.support.reached", self.folder.name], cwd=ROOT, check=True)
        whole = _coverage(self.folder.name, None)
        whole.combine()
        lines = StringIO()
        if whole.report(file=lines) < WHOLE:
            self.said = lines.getvalue()
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.said:
            terminalreporter.section("branches of the rules and of the desk that their tests do not reach", red=True)
            terminalreporter.write(self.said)


def load(folder: str) -> None:
    """Load every module of the rules and of the desk, and keep what that reaches."""
    coverage = _coverage(folder, "loaded")
    coverage.start()
    for part in RULES:
        package = importlib.import_module(part)
        for found in pkgutil.walk_packages(package.__path__, f"{part}."):
            importlib.import_module(found.name)
    coverage.stop()
    coverage.save()


if __name__ == "__main__":
    load(sys.argv[1])
