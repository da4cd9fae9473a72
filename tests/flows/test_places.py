"""A machine that loses its power in the middle of a sweep: the sweep's place must become free again."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

from cli.up import ProcessTree
from config.settings import Settings
from operations.prefect_server import login
from tests.support.prefect_servers import killed, started
from tests.support.processes import ROOT, ask, free_port, until
from wiring import now, office

if TYPE_CHECKING:
    from pathlib import Path


def test_the_place_of_a_sweep_that_died_with_prefects_server_becomes_free_again(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", prefect_port=free_port())
    with office(settings) as here:
        here.installation.prepare(now())
    tree = ProcessTree(settings)
    api, known = tree.prefect, login(settings)
    # The shortest that Prefect allows; as it is else, it takes five minutes.
    quick = {
        "PREFECT_SERVER_CONCURRENCY_INITIAL_DEPLOYMENT_LEASE_DURATION": "30",
        "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "1",
        "PYTHONPATH": str(ROOT),
    }
    environment = tree.children[0].environment | quick

    def begun() -> str:
        """Ask for a sweep and take its place, as a runner does before it starts the run; return what came of it."""
        run = until(
            lambda: ask(f"{api}/deployments/{sweep}/create_flow_run", {"state": {"type": "SCHEDULED"}}, login=known)
        )
        wanted = {"state": {"type": "PENDING"}}
        answer: dict[str, Any] = until(lambda: ask(f"{api}/flow_runs/{run['id']}/set_state", wanted, login=known))
        return str(answer["state"]["type"])

    log = tmp_path / "log"
    server = started(tree.children[0].command, environment, log)
    try:
        subprocess.run([sys.executable, "-m", "flows.deploy"], cwd=ROOT, env=environment, check=True)
        deployments = until(lambda: ask(f"{api}/deployments/filter", {}, login=known))
        sweep = next(item["id"] for item in deployments if item["entrypoint"].endswith("sweep_deadlines"))
        assert begun() == "PENDING"
        assert begun() == "CANCELLED"  # the place is taken
        killed(server)  # and whoever took it died with the machine
        server = started(tree.children[0].command, environment, log)
        assert until(lambda: begun() == "PENDING", 90)
    finally:
        killed(server)
