"""Let the tests judge mutants: which of the planted changes do they notice?

Runs in `.venv` and reads what `plant.py` wrote. The tests are collected once and run once unchanged, to learn how long
each takes and which lines of the changed files it reaches. A change within a function is judged in a process forked
from there, in which the function got the changed code: nothing is loaded again. A change of what runs when a module is
loaded (a table of rules) is judged in a process that loads anew what can see it. Only the tests that reach the changed
statement run, or the changed file where it runs on loading; those that noticed another change of the file come first,
then the quick ones. Nothing on the disk is changed, so that a run that is ended leaves nothing behind. A mutant is
noticed when a test fails, when it cannot be loaded, or when it takes too long; too long is counted in processor time,
so that a busy machine does not make a survivor look noticed, and those that took too long are listed.

    .venv/bin/python -m scripts.mutants.judge mutants.jsonl --at-least 95 -- tests/states
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import json
import math
import os
import pickle
import resource
import signal
import sys
import time
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scripts.mutants.reached import OURS, ROOT, Reached, loop
from scripts.mutants.replaced import Changed, new_codes, put_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from types import CodeType

PYTEST: Final = ("-x", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:randomly", "-o", "addopts=")
# Plugins are loaded before the forks, when pytest cannot rewrite their assertions any more.
OPTIONS: Final = ("--import-mode=importlib", "-m", "not slow", "-W", "ignore::pytest.PytestAssertRewriteWarning")
WAITING: Final = 6
"""How many times its processor time a mutant may take by the clock of the wall: one that waits for ever uses none."""
TOO_LONG: Final = "takes too long"
NOT_LOADED: Final = "cannot be loaded"


class Chosen:
    """A plugin of pytest: runs the chosen tests alone, in their order, and writes down which one failed first."""

    def __init__(self, order: Sequence[str], report: Path) -> None:
        """Take the names of the tests in the order in which they are to run, and where to write the one that failed."""
        self.places = {name: place for place, name in enumerate(order)}
        self.report = report

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Leave the others out."""
        items[:] = sorted(
            (item for item in items if item.nodeid in self.places), key=lambda item: self.places[item.nodeid]
        )

    def pytest_runtest_logreport(self, report: Any) -> None:  # noqa: ANN401  # pytest's own
        """Write the name of the test that failed."""
        if report.failed:
            self.report.write_text(report.nodeid, "utf-8")


@dataclass
class Running:
    """A mutant that is being judged."""

    change: dict[str, Any]
    since: float
    longest: float
    report: Path


def run(tests: Sequence[str], *plugins: object) -> bool:
    """Say whether all tests pass, in this process."""
    import pytest  # noqa: PLC0415  # loaded before the forks, see `warm_libraries`

    return pytest.main([*PYTEST, *OPTIONS, *tests], plugins=list(plugins)) == pytest.ExitCode.OK


def fork(work: Callable[[], bool], *, silent: bool = True, longest: float | None = None) -> int:
    """Run the work in a process of its own; its exit code is 0 if it returned true.

    After `longest` seconds of processor time the kernel ends it.
    """
    sys.stdout.flush()
    process = os.fork()
    if process:
        return process
    os.setsid()
    if silent:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
    if longest is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(longest), math.ceil(longest)))
    code = 1
    try:
        code = 0 if work() else 1
    finally:
        sys.stdout.flush()
        os._exit(code)


@dataclass
class Warm:
    """A plugin of pytest: once the tests are collected, it judges in processes forked from there instead of running."""

    changes: Sequence[dict[str, Any]]
    at_once: int
    beside: Path

    def pytest_runtestloop(self, session: Any) -> bool:  # noqa: ANN401  # pytest's own
        """Learn what the tests reach, then judge each change; write down what was found."""
        self._prepare_databases()
        # The tests leave what was loaded out of the search for garbage; the functions to be changed are found by it.
        gc.unfreeze()
        # What a room loads when it is first asked for would come from the disk, without the change.
        for file in {change["file"] for change in self.changes}:
            importlib.import_module(file.removesuffix(".py").replace("/", "."))
        reached = Reached(sorted({change["file"] for change in self.changes}))
        learnt = self.beside.with_suffix(".reached")
        if os.waitpid(fork(lambda: self._learn(session, reached, learnt)), 0)[1]:
            raise session.Failed(f"without any change: {learnt.with_suffix('.failed').read_text('utf-8')}")
        reached.seconds, reached.tests = pickle.loads(learnt.read_bytes())  # noqa: S301  # written a moment ago by us
        seconds = sum(reached.seconds.values())
        print(
            f"{len(self.changes)} mutants; {len(reached.seconds)} tests take {seconds:.1f} s of processor time",
            flush=True,
        )
        within = [
            (change, codes)
            for change in self.changes
            if reached.is_reached(change) and (codes := new_codes(change)) is not None
        ]
        codes_of_change = {id(change): codes for change, codes in within}

        def judge(change: dict[str, Any], order: Sequence[str], report: Path) -> int:
            passes = partial(self._passes, session, codes_of_change[id(change)], Chosen(order, report))
            return fork(passes, longest=reached.longest(order))

        noticed = Counter[tuple[str, str]]()
        with self.beside.with_suffix(".results").open("w", encoding="utf-8") as results:
            for change, by in judged(
                [change for change, _ in within], judge, reached, self.at_once, self.beside, noticed, loads=False
            ):
                results.write(json.dumps([self.changes.index(change), by]) + "\n")
                tell(change, by, reached)
        learnt.write_bytes(pickle.dumps((reached.seconds, reached.tests, noticed)))
        return True

    def _prepare_databases(self) -> None:
        """Migrate the database that all tests copy, once for all processes."""
        module = sys.modules.get("tests.support.databases")
        if module is not None:
            path = self.beside.with_suffix(".template.db").absolute()
            path.unlink(missing_ok=True)
            module._migrate(f"sqlite:///{path}")  # noqa: SLF001  # as its own template is made
            module.Databases._sqlite_template = property(lambda _: path)  # noqa: SLF001

    @staticmethod
    def _learn(session: Any, reached: Reached, learnt: Path) -> bool:  # noqa: ANN401  # pytest's own
        session.config.get_terminal_writer()._file = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SLF001, SIM115
        passed = reached.learn(session)
        learnt.write_bytes(pickle.dumps((reached.seconds, reached.tests)))
        learnt.with_suffix(".failed").write_text(reached.failed, "utf-8")
        return passed

    @staticmethod
    def _passes(session: Any, codes: dict[CodeType, CodeType], chosen: Chosen) -> bool:  # noqa: ANN401  # pytest's own
        put_in(codes)
        session.config.get_terminal_writer()._file = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SLF001, SIM115
        session.config.pluginmanager.register(chosen)
        chosen.pytest_collection_modifyitems(session.items)
        return loop(session)


# --- a change of what runs when a module is loaded: load it anew -------------------------------------------------


def blind(files: Sequence[str]) -> frozenset[str]:
    """Return our packages that cannot import the changed files: the layers beside and below them."""
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0][
        "layers"
    ]
    packages = [[name.strip() for name in layer.split("|")] for layer in layers]
    changed = {file.partition("/")[0] for file in files}
    lowest = max(place for place, names in enumerate(packages) if changed & set(names))
    return frozenset(name for names in packages[lowest:] for name in names) - changed


def warm_libraries(files: Sequence[str], loaded: Collection[str]) -> None:
    """Load what cannot see the changes: what others wrote, and our lower layers."""
    unseeing = blind(files)
    for name in loaded:
        package = name.partition(".")[0]
        if (package not in OURS or package in unseeing) and name not in sys.modules and not name.startswith("__"):
            try:
                importlib.import_module(name)
            except Exception:  # noqa: BLE001, S112  # a module that cannot be loaded alone is loaded by each mutant
                continue


def judged(
    changes: Iterable[dict[str, Any]],
    judge: Callable[[dict[str, Any], Sequence[str], Path], int],
    reached: Reached,
    at_once: int,
    beside: Path,
    noticed: Counter[tuple[str, str]],
    *,
    loads: bool,
) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each change with what noticed it, or with nothing, as they end; `judge` starts the process.

    `loads`: the process loads the changed module anew, so that what runs on loading is changed as well.
    """
    running: dict[int, Running] = {}
    places = enumerate(changes)
    more = True
    while more or running:
        while more and len(running) < at_once:
            place, change = next(places, (0, None))
            more = change is not None
            if change is None:
                break
            order = reached.concerned(change, noticed, loads=loads)
            if not order:
                yield change, ""
                continue
            report = beside.with_suffix(f".{place}")
            report.write_text("", "utf-8")
            longest = WAITING * reached.longest(order)
            running[judge(change, order, report)] = Running(change, time.monotonic(), longest, report)
        if not running:
            return
        for process in [process for process, one in running.items() if time.monotonic() - one.since > one.longest]:
            os.killpg(process, signal.SIGKILL)
        process, status = os.waitpid(-1, os.WNOHANG)
        if process:
            one = running.pop(process)
            by = one.report.read_text("utf-8")
            one.report.unlink()
            if status and by:
                noticed[one.change["file"], by] += 1
            ended = TOO_LONG if os.WIFSIGNALED(status) else NOT_LOADED
            yield one.change, (by or ended) if status else ""
        else:
            time.sleep(0.01)


def tell(change: dict[str, Any], by: str, reached: Reached) -> None:
    """Print a change that nobody noticed, or that took too long, so that somebody can look whether it would."""
    if not by or by == TOO_LONG:
        unreached = "" if reached.is_reached(change) else "  (no test reaches it, unless on loading)"
        print(f"{change['file']}:{change['line']}: {change['operator']}{f'  ({by})' if by else unreached}")
        print(f"  - {change['before']}\n  + {change['after']}", flush=True)


def verdicts(changes: list[dict[str, Any]], tests: Sequence[str], at_once: int, beside: Path) -> list[str]:
    """Return for each change what noticed it; nothing where nobody did.

    Raises:
        SystemExit: the tests fail without any change.
    """
    modules = beside.with_suffix(".modules")
    files = sorted({change["file"] for change in changes})

    def within_functions() -> bool:
        passed = run(tests, Warm(changes, at_once, beside))
        modules.write_text("\n".join(sys.modules), "utf-8")
        return passed

    if os.waitpid(fork(within_functions, silent=False), 0)[1]:
        sys.exit("the tests fail without any change")
    results = [json.loads(line) for line in beside.with_suffix(".results").read_text("utf-8").splitlines()]
    found: dict[int, str] = dict(results)
    seconds, lines, noticed = pickle.loads(beside.with_suffix(".reached").read_bytes())  # noqa: S301  # our own
    reached = Reached(files, seconds, lines)
    warm_libraries(files, modules.read_text("utf-8").split())
    options = [one for place, one in enumerate(tests) if one.startswith("-") or tests[place - 1] == "-p"]

    def judge(change: dict[str, Any], order: Sequence[str], report: Path) -> int:
        def work() -> bool:
            sys.meta_path.insert(0, Changed(change["file"], change["code"]))
            return run([*options, *sorted({name.partition("::")[0] for name in order})], Chosen(order, report))

        return fork(work, longest=reached.longest(order))

    left = [change for place, change in enumerate(changes) if place not in found]
    for change, by in judged(left, judge, reached, at_once, beside, noticed, loads=True):
        found[changes.index(change)] = by
        tell(change, by, reached)
    return [found[place] for place in range(len(changes))]


def main() -> None:
    """Judge the mutants, list who survived, and fail when too few were noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mutants", type=Path)
    parser.add_argument("--at-least", type=float, default=0, help="percent that must be noticed")
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--survivors", type=Path, help="where to write those that were not noticed")
    parser.add_argument("tests", nargs="+")
    wanted = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    changes = [json.loads(line) for line in wanted.mutants.read_text("utf-8").splitlines()]
    since = time.monotonic()
    found = verdicts(changes, wanted.tests, wanted.at_once, wanted.mutants)
    survivors = [change for change, by in zip(changes, found, strict=True) if not by]
    share = 100 * (1 - len(survivors) / len(changes))
    if wanted.survivors:
        wanted.survivors.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in survivors), "utf-8")
    took = time.monotonic() - since
    slow, unloaded = found.count(TOO_LONG), found.count(NOT_LOADED)
    print(f"{len(changes) - len(survivors)} of {len(changes)} noticed: {share:.1f} % in {took:.0f} s")
    print(f"among those noticed: {slow} took too long, {unloaded} could not be loaded")
    if share < wanted.at_least:
        sys.exit(f"fewer than {wanted.at_least} %")


if __name__ == "__main__":
    main()
