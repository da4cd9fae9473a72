"""What the unchanged tests reach: which lines, and how much processor time each test takes."""

from __future__ import annotations

import ast
import gc
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence


ROOT: Final = Path(__file__).parents[2]
OURS: Final = frozenset(path.name for path in ROOT.iterdir() if path.is_dir())


@dataclass
class Reached:
    """What the unchanged tests reach, learnt by running them once; a plugin of pytest."""

    files: Sequence[str]
    seconds: dict[str, float] = field(default_factory=dict)
    """The processor time of each test, which is the same on a busy machine."""
    tests: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    """The tests that reach a line of a file; lines that run when the module is loaded are not here."""
    failed: str = ""
    coverage: Any = None
    _caches: list[Any] = field(default_factory=list)
    _began: float = 0

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Let the lines that are reached from now on belong to this test."""
        for one in self._caches:
            one.cache_clear()
        self.coverage.switch_context(nodeid)
        self._began = time.process_time()

    def pytest_runtest_logreport(self, report: Any) -> None:  # noqa: ANN401  # pytest's own
        """Keep what is said of a test that fails."""
        if report.failed:
            self.failed = f"{report.nodeid}: {str(report.longrepr)[-800:]}"

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Keep how long the test took, and let what lies between two tests belong to none."""
        self.seconds[nodeid] = time.process_time() - self._began
        self.coverage.switch_context("")

    def learn(self, session: Any) -> bool:  # noqa: ANN401  # pytest's own
        """Run the collected tests of the session; return whether all passed."""
        import coverage  # noqa: PLC0415

        # A test that finds an answer remembered would not reach the lines that give it.
        self._caches = our_caches()
        session.config.pluginmanager.register(self)
        self.coverage = coverage.Coverage(
            data_file=None, config_file=False, include=[str(ROOT / file) for file in self.files], messages=False
        )
        self.coverage.start()
        passed = loop(session)
        self.coverage.stop()
        data = self.coverage.get_data()
        for file in self.files:
            for line, contexts in data.contexts_by_lineno(str(ROOT / file)).items():
                if names := {name for name in contexts if name}:
                    self.tests[file, line] = names
        self.coverage = None
        return passed

    def is_reached(self, change: dict[str, Any]) -> bool:
        """Say whether a test reaches the changed statement."""
        lines = statement(change["file"], change["line"], conditions=True) or ()
        return any((change["file"], line) in self.tests for line in lines)

    def longest(self, order: Sequence[str]) -> float:
        """Return how many seconds of processor time these tests may take before something must be wrong."""
        return 20 + 10 * sum(self.seconds[name] for name in order)

    def concerned(self, change: dict[str, Any], noticed: Counter[tuple[str, str]], *, loads: bool) -> list[str]:
        """Return the tests that reach the changed statement, best first; `noticed`: what noticed changes before.

        What no test reaches may still run when its module is loaded (`loads`), as what makes guards and machines does.
        """
        file = change["file"]
        lines = statement(file, change["line"], conditions=not loads) or ()
        near = set().union(*(self.tests.get((file, line), set()) for line in lines))
        found = near
        if not near:
            near = {name for (where, _line), names in self.tests.items() if where == file for name in names}
            modules = {name.partition("::")[0] for name in near}
            # A file of tables alone has no line that a test could reach.
            found = {name for name in self.seconds if name.partition("::")[0] in modules or not modules}
        return sorted(found, key=lambda name: (-noticed[file, name], name not in near, self.seconds[name]))


@cache
def statement(file: str, line: int, *, conditions: bool) -> range | None:
    """Return the lines of the innermost statement around a line, or None where it runs when the module is loaded.

    Of a statement that holds others, only the head counts. With `conditions`, a condition in a table of rules (a
    `lambda`) counts as a statement of its own: it runs when it is asked, and not when the table is made.
    """
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    inside: ast.stmt | ast.Lambda | None = None
    within = False

    def head(node: ast.stmt | ast.Lambda) -> int:
        inner = [one.lineno for one in ast.walk(node) if isinstance(one, ast.stmt) and one is not node]
        body = getattr(node, "body", None)
        return min(inner) - 1 if body and inner and min(inner) > node.lineno else node.end_lineno or node.lineno

    def look(node: ast.AST, in_function: bool) -> None:  # noqa: FBT001
        nonlocal inside, within
        for child in ast.iter_child_nodes(node):
            start, end = getattr(child, "lineno", None), getattr(child, "end_lineno", None)
            if start is not None and not start <= line <= (end or start):
                continue
            if isinstance(child, ast.stmt):
                inside, within = child, in_function
            deeper = in_function or isinstance(child, ast.Lambda)
            if conditions and isinstance(child, ast.Lambda) and not in_function:
                inside, within = child, True
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                deeper = in_function or line > head(child)
            look(child, deeper)

    look(tree, False)  # noqa: FBT003
    if inside is None or not within:
        return None
    return range(inside.lineno, max(head(inside), inside.lineno) + 1)


def our_caches() -> list[Any]:
    """Return what our functions remember between calls."""
    kind = type(cache(lambda: None))
    return [one for one in gc.get_objects() if isinstance(one, kind) and str(one.__module__).partition(".")[0] in OURS]


def loop(session: Any) -> bool:  # noqa: ANN401  # pytest's own
    """Run the collected tests of the session; return whether all passed."""
    from _pytest.main import pytest_runtestloop  # noqa: PLC0415  # there is no public way to go on from here

    try:
        pytest_runtestloop(session)
    except (session.Failed, session.Interrupted):
        return False
    return not session.testsfailed
