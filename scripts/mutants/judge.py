"""Let the tests judge mutants: which of the planted changes do they notice?

Runs in `.venv` and reads what `plant.py` wrote. Each mutant gets its own process, forked after everything of others is
loaded, with the changed source in the place of the file. Nothing on the disk is changed, so that a run that is ended
leaves nothing behind. A mutant is noticed when a test fails, when it cannot be imported, or when it takes too long.

    .venv/bin/python scripts/mutants/judge.py mutants.jsonl --at-least 95 -- tests/states
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from importlib.abc import MetaPathFinder, SourceLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

ROOT: Final = Path(__file__).parents[2]
OURS: Final = frozenset(path.name for path in ROOT.iterdir() if path.is_dir())
PYTEST: Final = ("-x", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:randomly", "-o", "addopts=")
# Plugins are loaded before the forks, when pytest cannot rewrite their assertions any more.
OPTIONS: Final = ("--import-mode=importlib", "-W", "ignore::pytest.PytestAssertRewriteWarning")


class Changed(MetaPathFinder, SourceLoader):  # type: ignore[misc]  # the stubs of the two disagree
    """Loads one module from a changed source, and leaves all others to Python."""

    def __init__(self, file: str, code: str) -> None:
        """Take the source for the file, which is named from the root of the repository."""
        self.name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.path, self.code = str(ROOT / file), code

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where to load the module from, if it is the changed one."""
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_filename(self, _fullname: str) -> str:
        """Return the file for tracebacks."""
        return self.path

    def get_data(self, path: str | bytes) -> bytes:
        """Return the changed source; there is no compiled file."""
        if str(path) != self.path:
            raise OSError(path)
        return self.code.encode()


@dataclass
class Running:
    """A mutant that is being judged."""

    change: dict[str, Any]
    since: float


def tests_pass(tests: Sequence[str]) -> bool:
    """Say whether all tests pass, in this process."""
    import pytest  # noqa: PLC0415  # loaded before the forks, see `warmed`

    return pytest.main([*PYTEST, *OPTIONS, *tests]) == pytest.ExitCode.OK


def fork(work: Any) -> int:  # noqa: ANN401  # whatever can be called
    """Run the work in a process of its own that says nothing; its exit code is 0 if it returned true."""
    process = os.fork()
    if process:
        return process
    os.setsid()
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    code = 1
    try:
        code = 0 if work() else 1
    finally:
        os._exit(code)


def warmed(tests: Sequence[str], list_of_modules: Path) -> float:
    """Load what others wrote and the tests use; return how many seconds the unchanged tests take.

    Raises:
        SystemExit: the tests fail without any change.
    """

    def look() -> bool:
        passed = tests_pass(tests)
        list_of_modules.write_text("\n".join(sys.modules), "utf-8")
        return passed

    if os.waitpid(fork(look), 0)[1]:
        sys.exit("the tests fail without any change")
    for name in list_of_modules.read_text("utf-8").split():
        if name.partition(".")[0] not in OURS and name not in sys.modules and not name.startswith("__"):
            try:
                importlib.import_module(name)
            except Exception:  # noqa: BLE001, S112  # a module that cannot be loaded alone is loaded by each mutant
                continue
    since = time.monotonic()
    if os.waitpid(fork(lambda: tests_pass(tests)), 0)[1]:
        sys.exit("the tests fail when the libraries are loaded before")
    return time.monotonic() - since


def judged(changes: Iterator[dict[str, Any]], tests: Sequence[str], longest: float, at_once: int) -> Iterator[Any]:
    """Yield each change with whether it was noticed, as they end."""
    running: dict[int, Running] = {}

    def judge(change: dict[str, Any]) -> int:
        def work() -> bool:
            sys.meta_path.insert(0, Changed(change["file"], change["code"]))
            return tests_pass(tests)

        return fork(work)

    more = True
    while more or running:
        while more and len(running) < at_once:
            change = next(changes, None)
            more = change is not None
            if change is not None:
                running[judge(change)] = Running(change, time.monotonic())
        if not running:  # the last one ended in the round before
            return
        for process in [process for process, one in running.items() if time.monotonic() - one.since > longest]:
            os.killpg(process, signal.SIGKILL)
        process, status = os.waitpid(-1, os.WNOHANG)
        if process:
            yield running.pop(process).change, status != 0
        else:
            time.sleep(0.02)


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
    alone = warmed(wanted.tests, wanted.mutants.with_suffix(".modules"))
    print(f"{len(changes)} mutants; the tests take {alone:.1f} s without a change", flush=True)
    survivors: list[Any] = []
    since = time.monotonic()
    for place, (change, noticed) in enumerate(judged(iter(changes), wanted.tests, 10 + 5 * alone, wanted.at_once), 1):
        if place % 50 == 0:
            print(f"{place} judged, {len(survivors)} not noticed", flush=True)
        if not noticed:
            survivors.append({key: value for key, value in change.items() if key != "code"})
            print(f"{change['file']}:{change['line']}: {change['operator']}")
            print(f"  - {change['before']}\n  + {change['after']}")
            sys.stdout.flush()
    share = 100 * (1 - len(survivors) / len(changes))
    if wanted.survivors:
        wanted.survivors.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in survivors), "utf-8")
    took = time.monotonic() - since
    print(f"{len(changes) - len(survivors)} of {len(changes)} noticed: {share:.1f} % in {took:.0f} s")
    if share < wanted.at_least:
        sys.exit(f"fewer than {wanted.at_least} %")


if __name__ == "__main__":
    main()
