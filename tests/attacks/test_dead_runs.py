"""Processes that die in the middle of a run: their places are free within a minute, and it is said meanwhile."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from operations.prefect_server import login
from operations.runs import LATE, LOOK_EVERY, PATIENCE, Keeper, hold, is_held, note_stuck
from tests.support.applications import over
from tests.support.processes import ROOT, ask, until
from wiring import now, office

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cli.up import ProcessTree
    from tests.support.offices import Bench


class Served:
    """An installation whose Prefect server runs, with the plan on it and nobody who works."""

    def __init__(self, tree: ProcessTree) -> None:
        self.settings = tree.settings
        self.tree = tree
        # A machine under all tests is slow to answer; what is tested here is what follows from the answer.
        self.keeper = Keeper(tree.settings, tree.children[0].environment, answer_within=60)
        tree.keeper = self.keeper

    def ask(self, path: str, content: dict[str, Any]) -> Any:
        return ask(f"{self.tree.prefect}{path}", content, login=login(self.settings))

    def begun(self, deployment: str, state: str = "PENDING") -> tuple[str, str]:
        """Ask for a run and take its place, as a runner does before it starts the process; return it and its state."""
        run = self.ask(f"/deployments/{deployment}/create_flow_run", {"state": {"type": "SCHEDULED"}})
        answer = self.ask(f"/flow_runs/{run['id']}/set_state", {"state": {"type": "PENDING"}})
        if state != "PENDING":
            answer = self.ask(f"/flow_runs/{run['id']}/set_state", {"state": {"type": state}})
        return run["id"], str(answer["state"]["type"])

    def free_places(self, at: datetime) -> None:
        """Let the tree see to its runs at a moment, as soon as Prefect's busy server says that it is there."""
        until(lambda: self.tree.free_places(at))

    def state(self, run: str) -> str:
        (found,) = self.ask("/flow_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
        return str(found["state"]["type"])


@pytest.fixture
def served(running_tree: ProcessTree) -> tuple[Served, dict[str, str]]:
    """Give an installation whose Prefect server runs, and the deployments of its plan by their flows."""
    found = Served(running_tree)
    planned = found.ask("/deployments/filter", {})
    return found, {item["entrypoint"].rpartition(".")[2]: item["id"] for item in planned}


def test_a_place_is_free_again_within_a_minute() -> None:
    assert PATIENCE + timedelta(seconds=LOOK_EVERY) < timedelta(minutes=1)
    assert LATE < PATIENCE


def test_a_run_that_was_to_begin_and_whose_runner_died_gives_its_place_back(
    served: tuple[Served, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    found, plan = served
    run, state = found.begun(plan["sweep_deadlines"])
    assert state == "PENDING"
    assert found.begun(plan["sweep_deadlines"])[1] == "CANCELLED"  # the place is taken
    began = now()
    assert found.keeper.look(began + LATE - timedelta(seconds=2)) == []  # it may be about to begin
    found.free_places(began + LATE + timedelta(seconds=2))
    assert found.state(run) == "PENDING"
    with office(found.settings) as here:
        assert here.overview.health(now()).stuck_runs
        answer = TestClient(over(here)).get("/health/deadlines")
        assert (answer.status_code, answer.json()["ok"], answer.json()["stuck_runs"]) == (503, False, 1)
    found.free_places(began + PATIENCE + timedelta(seconds=2))
    assert found.state(run) == "CRASHED"
    assert "已结束该运行" in capsys.readouterr().out
    again, state = found.begun(plan["sweep_deadlines"])
    assert state == "PENDING"
    found.ask(f"/flow_runs/{again}/set_state", {"state": {"type": "CANCELLED"}, "force": True})
    found.free_places(now())
    with office(found.settings) as here:
        assert not here.overview.health(now()).stuck_runs


def test_a_run_whose_process_was_killed_is_ended_at_the_next_look(served: tuple[Served, dict[str, str]]) -> None:
    found, plan = served
    run, state = found.begun(plan["sweep_deadlines"], "RUNNING")
    assert state == "RUNNING"
    code = (
        "import sys, time; from pathlib import Path; from operations.runs import hold\n"
        "hold(Path(sys.argv[1]), sys.argv[2]); print('held', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", code, str(found.settings.home), run]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as worker:
        try:
            assert worker.stdout is not None
            assert worker.stdout.readline() == b"held\n"
            # However long it works, a run with a living process is left alone.
            assert found.keeper.look(now() + timedelta(hours=5)) == []
            assert found.state(run) == "RUNNING"
            assert found.begun(plan["sweep_deadlines"])[1] == "CANCELLED"
        finally:
            worker.send_signal(signal.SIGKILL)
    (stuck,) = found.keeper.look(now())
    assert stuck.ended
    assert found.state(run) == "CRASHED"
    other, state = found.begun(plan["sweep_deadlines"])
    assert state == "PENDING"  # Prefect by itself: within seven minutes
    found.ask(f"/flow_runs/{other}/set_state", {"state": {"type": "CANCELLED"}, "force": True})
    found.keeper.look(now())
    assert not (found.settings.home / "runs" / run).exists()  # nothing is left behind


def test_the_lock_of_a_run_says_whether_its_process_lives(tmp_path: Path) -> None:
    assert is_held(tmp_path, "a") is None
    code = f"from pathlib import Path; from operations.runs import hold; hold(Path({str(tmp_path)!r}), 'a')"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    assert is_held(tmp_path, "a") is False
    hold(tmp_path, "b")
    assert is_held(tmp_path, "b") is True


def test_time_that_stands_still_is_said_before_anything_was_missed(sqlite_bench: Bench) -> None:
    moment = now()
    sqlite_bench.ordered(moment.date().isoformat(), found=moment.date().isoformat())
    found = sqlite_bench.office.overview.health(moment)
    assert not found.sweep_stopped(moment)  # a new installation gets its first minutes
    sqlite_bench.office.rounds.sweep(moment, moment)
    found = sqlite_bench.office.overview.health(moment)
    assert not found.sweep_stopped(moment + timedelta(minutes=3))
    assert found.sweep_stopped(moment + timedelta(minutes=3, seconds=1))
    note_stuck(sqlite_bench.office.database, [], moment)
