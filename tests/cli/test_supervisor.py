"""What the supervisor of `duban up` does when its own sweep stops: it tells, and begins again."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

from cli.processes import ChildProcess
from cli.up import ProcessTree
from tests.support.mailboxes import mail_server
from tests.support.offices import Bench, at

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Say whether a process was ended: one that was sent SIGKILL before ends within a second."""
    try:
        process.wait(1)
    except subprocess.TimeoutExpired:
        return False
    return True


def test_the_supervisor_tells_of_its_own_stopped_sweep_and_starts_the_flows_again(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        mail_server() as mails,
        Bench(
            database_url, tmp_path, smtp_host="127.0.0.1", smtp_port=mails.port, watch_address="mail:duty@a.invalid"
        ) as bench,
    ):
        swept = at("03-02", 9)
        bench.office.rounds.sweep(swept, swept)
        tree = ProcessTree(bench.settings)
        tree.children = [ChildProcess(name, ["sleep", "600"], {}, lambda: True) for name in ("prefect", "web", "flows")]
        try:
            for child in tree.children:
                tree._tend(child)
            first = {child.name: child.process for child in tree.children}

            def died() -> set[str]:
                return {name for name, process in first.items() if process is not None and _ended(process)}

            tree.look(swept + timedelta(minutes=9))
            assert died() == set()
            assert not mails.arrived
            tree.look(swept + timedelta(minutes=11))
            assert len(mails.arrived) == 1
            assert died() == {"prefect", "flows"}
            for child in tree.children:
                tree._tend(child)
                child.not_before = 0.0
                tree._tend(child)
            again = {child.name: child.process for child in tree.children}
            tree.look(swept + timedelta(minutes=12))  # they have just begun, and get their time
            assert all(process is not None and process.poll() is None for process in again.values())
            assert again["web"] is first["web"]
            assert len(mails.arrived) == 1
            tree.look(swept + timedelta(minutes=22))
            assert all(_ended(process) == (name != "web") for name, process in again.items() if process is not None)
        finally:
            tree._stop()
    said = capsys.readouterr().out
    assert "DUBAN_WATCH_ADDRESS" in said
    assert "prefect" in said
