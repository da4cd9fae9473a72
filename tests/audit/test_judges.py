"""Programs that others wrote accept our checkpoints, proofs and exports."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from audit.checkpoints import tree_of
from audit.exports import histories, write_xes
from states.vocabulary import Act
from store import checkpoints, events, leaves
from tests.support.offices import Bench, at

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
JUDGES = ROOT / ".venv-judges/bin/python"
pytestmark = pytest.mark.skipif(not JUDGES.exists(), reason="`make judges` makes their environment")


def _judged(name: str, *words: str, given: object = None) -> subprocess.CompletedProcess[str]:
    command = [str(JUDGES), str(ROOT / "tests/judges" / name), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, input=json.dumps(given))


def _grown(bench: Bench) -> dict[str, Any]:
    """Let a history grow with a checkpoint now and then; return all that the judges need."""
    roots = {}
    for n in range(40):
        case = bench.ordered(unit=f"第{n % 7}局", finding=f"第{n}项")
        if n % 3 == 0:
            bench.act(case, Act.SUBMIT_PLAN, "02-13")
        made = bench.office.signing.checkpoint(at("02-13", 10, n))
        assert made is not None
        roots[str(made.checkpoint.size)] = made.checkpoint.root.hex()
    with bench.office.database.reading() as session:
        newest = checkpoints.latest(session)
        assert newest is not None
        tree = tree_of(session)
        found_leaves = leaves.hashes(session, 0, newest.size)
        found = [
            {
                "leaf_index": place,
                "tree_size": newest.size,
                "leaf": found_leaves[place].hex(),
                "proof": [step.hex() for step in tree.inclusion(place, newest.size)],
                "root": newest.root,
                "checkpoint": newest.note,
            }
            for place in range(newest.size)
        ]
        key = checkpoints.keys(session)[0]
    return {"key": key, "proofs": found, "roots": roots, "leaves": [leaf.hex() for leaf in found_leaves]}


def test_sigstore_and_pymerkle_accept_every_checkpoint_and_proof(sqlite_bench: Bench) -> None:
    given = _grown(sqlite_bench)
    done = _judged("log.py", given=given)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"proofs": len(given["proofs"]), "roots": 40}


def _other_leaf(given: dict[str, Any]) -> None:
    given["proofs"][5]["leaf"] = given["proofs"][6]["leaf"]


def _other_note(given: dict[str, Any]) -> None:
    note = given["proofs"][0]["checkpoint"]
    given["proofs"][0]["checkpoint"] = note.replace("\n", "x\n", 1)


def _other_root(given: dict[str, Any]) -> None:
    size = next(iter(given["roots"]))
    given["roots"][size] = "0" * 64


@pytest.mark.parametrize("change", [_other_leaf, _other_note, _other_root])
def test_the_judges_refuse_what_was_changed(sqlite_bench: Bench, change: Callable[[dict[str, Any]], None]) -> None:
    given = _grown(sqlite_bench)
    change(given)
    assert _judged("log.py", given=given).returncode == 1


def test_two_readers_find_every_trace_and_event_of_an_xes_export(sqlite_bench: Bench, tmp_path: Path) -> None:
    bench = sqlite_bench
    _grown(bench)
    bench.open(finding='=1+1 <b>&"引号"')
    path = tmp_path / "all.xes"
    with bench.office.database.reading() as session, path.open("w", encoding="utf-8") as file:
        count = write_xes(file, histories(session, None))
        size = events.size(session)
    assert count == size
    done = _judged("xes.py", str(path))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"rustxes": [41, size], "opyenxes": [41, size]}
