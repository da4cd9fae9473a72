"""The gate of branches: what of the rules and of the desk their own tests do not reach (`--branches watched`).

Tracing costs half as much time again, so it is on for these tests alone; `--branches left` runs all the others. They
run in processes of their own, because what a test before them had worked out and remembered would not be worked out
again where it is watched. So each branch has a test that is about it, and is not reached by chance somewhere else.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import pytest
from coverage import Coverage
from starlette.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import Generator

ROOT: Final = Path(__file__).parents[2]
RULES: Final = ("states", "cases")
"""Whose lines and branches must be reached, every one."""
ON_SQLITE: Final = ("tests/states/", "tests/cases/")
"""Which tests reach them, by the beginning of their node ids, on SQLite."""
ON_EITHER: Final = (
    "tests/attacks/test_one_truth.py",
    "tests/attacks/test_units_out_of_sight.py",
    "tests/audit/test_edges_of_erasure.py",
    "tests/audit/test_erasure.py",
    "tests/cases/test_many_workers.py",
    "tests/cli/test_calendar_commands.py",
    "tests/cli/test_documents.py",
    "tests/cli/test_storyline.py",
    "tests/programme/test_ranking.py",
    "tests/web/test_administration.py",
    "tests/web/test_api.py",
    "tests/web/test_ledger_mapping.py",
    "tests/web/test_lists.py",
    "tests/web/test_office_proposals.py",
    "tests/web/test_officer.py",
    "tests/web/test_reading.py",
    "tests/web/test_waiting.py",
    "tests/web/test_year_pages.py",
)
"""The others, on whichever database they run: erasing, lists and forms have their tests where they are shown."""


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


def is_watched(item: pytest.Item) -> bool:
    """Say whether a test is one of those that must reach every branch."""
    asked = getattr(item, "callspec", None)
    kind = str(asked.params.get("database_kind", "")) if asked is not None else ""
    return item.nodeid.startswith(ON_EITHER) or (item.nodeid.startswith(ON_SQLITE) and kind != "postgresql")


def _coverage(folder: str, name: str | None) -> Coverage:
    return Coverage(
        data_file=str(Path(folder) / "reached"),
        data_suffix=name,
        branch=True,
        source=[str(ROOT / part) for part in RULES],
        config_file=str(ROOT / "pyproject.toml"),
    )


class Watching:
    """Watches the tests in the process that runs them."""

    def __init__(self, folder: str, name: str) -> None:
        self.coverage = _coverage(folder, name)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        self.coverage.start()
        try:
            return (yield)
        finally:
            self.coverage.stop()
            self.coverage.save()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        # A loop that began before cannot be watched: here each request has its own again.
        kept, TestClient.portal = TestClient.portal, None
        try:
            return (yield)
        finally:
            TestClient.portal = kept


class ReachedVerdict:
    """Puts together what all processes have reached, and fails the run where something was not."""

    def __init__(self, config: pytest.Config) -> None:
        self.folder = TemporaryDirectory(prefix="duban-reached-")
        config.add_cleanup(self.folder.cleanup)
        self.said: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # xdist's own
        node.workerinput["reached"] = self.folder.name

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        # What a module does when it is loaded was done before anybody could watch.
        subprocess.run([sys.executable, "-m", "tests.support.reached", self.folder.name], cwd=ROOT, check=True)
        whole = _coverage(self.folder.name, None)
        whole.combine()
        report = Path(self.folder.name) / "report.json"
        whole.json_report(outfile=str(report))
        for path, found in sorted(json.loads(report.read_text("utf-8"))["files"].items()):
            if left := _left_out(found):
                self.said.append(f"{path}: {', '.join(left)}")
        if self.said:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.said:
            terminalreporter.section(
                "lines and branches that the tests of the rules and of the desk leave out", red=True
            )
            for line in self.said:
                terminalreporter.write_line(line)


def _left_out(found: dict[str, Any]) -> list[str]:
    """Return the lines of a file that were not reached, and the branches between those that were."""
    lines = set(found["missing_lines"])
    branches = [f"{here}→{there}" for here, there in found["missing_branches"] if not {here, there} & lines]
    return [*map(str, sorted(lines)), *branches]


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
