"""The flows on a work pool: the file says what the plan says, and a real worker runs a real sweep."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import yaml
from prefect import Flow
from prefect.client.schemas.objects import ConcurrencyLimitStrategy
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import load_flow_from_entrypoint

from config.settings import Settings
from flows.deploy import POOL
from flows.serve import PARALLEL, at_once, deployments
from tests.support.offices import Bench
from tests.support.prefect_servers import started
from tests.support.processes import ROOT, ask, free_port, until
from wiring import now, office

if TYPE_CHECKING:
    from pathlib import Path

ZONE = "Asia/Shanghai"


def declared() -> list[dict[str, Any]]:
    content = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))
    assert content["pull"] == []
    found = content["deployments"]
    assert isinstance(found, list)
    return found


def test_the_file_names_flows_that_exist() -> None:
    names = []
    for deployment in declared():
        flow: Flow[..., Any] = load_flow_from_entrypoint(deployment["entrypoint"])
        assert isinstance(flow, Flow)
        assert deployment["description"] == flow.description
        names.append(flow.name)
    assert len(set(names)) == 5


def test_the_file_says_what_the_plan_says() -> None:
    in_file = {}
    for deployment in declared():
        (schedule,) = deployment["schedules"]
        in_file[deployment["entrypoint"]] = (
            deployment["name"],
            schedule["cron"],
            schedule["timezone"],
            deployment["concurrency_limit"]["limit"],
            deployment["concurrency_limit"]["collision_strategy"],
            deployment["tags"],
        )
        assert deployment["work_pool"] == {"name": POOL}
    in_plan = {}
    for planned in deployments(ZONE, PARALLEL):
        assert planned.schedules
        cron = planned.schedules[0].schedule
        assert isinstance(cron, CronSchedule)
        assert planned.concurrency_options is not None
        in_plan[planned.entrypoint] = (
            planned.name,
            cron.cron,
            cron.timezone,
            planned.concurrency_limit,
            planned.concurrency_options.collision_strategy.value,
            planned.tags,
        )
    assert in_file == in_plan


def test_only_sweeps_and_deliveries_share_their_work() -> None:
    limits = {planned.flow_name: planned.concurrency_limit for planned in deployments(ZONE, 4)}
    assert {name for name, limit in limits.items() if limit == 4} == {"sweep-deadlines", "deliver-outbox"}
    assert {limit for limit in limits.values() if limit != 4} == {1}
    assert at_once(Settings(database_url="postgresql://duban@db/duban")) == PARALLEL
    assert at_once(Settings()) == 1
    for planned in deployments(ZONE, at_once(Settings())):
        assert planned.concurrency_limit == 1
        assert planned.concurrency_options is not None
        assert planned.concurrency_options.collision_strategy is ConcurrencyLimitStrategy.CANCEL_NEW


def test_a_worker_on_the_pool_runs_a_sweep(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Bench("", home) as bench:
        bench.office.installation.prepare(now())
        served = (now() - timedelta(days=60)).date().isoformat()
        number = bench.case(bench.ordered(served, found=served, number=None)).number
    api = f"http://127.0.0.1:{free_port()}/api"
    environment = dict(os.environ) | {  # noqa: TID251  # for children
        "DUBAN_HOME": str(home),
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_CLI_PROMPT": "false",
    }
    port = api.rpartition(":")[2].removesuffix("/api")
    prefect = [sys.executable, "-m", "prefect"]
    children = []
    with (tmp_path / "log").open("wb") as log:

        def start(*words: str) -> None:
            child = subprocess.Popen(
                [*prefect, *words], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )
            children.append(child)

        try:
            serve = [*prefect, "server", "start", "--host", "127.0.0.1", "--port", port]
            children.append(started(serve, environment, tmp_path / "log"))
            for _ in range(2):  # repeating changes nothing
                subprocess.run(
                    [sys.executable, "-m", "flows.deploy"],
                    cwd=ROOT,
                    env=environment,
                    check=True,
                    stdout=log,
                    stderr=log,
                )
            assert len(ask(f"{api}/deployments/filter", {})) == 5
            done = subprocess.run(
                [*prefect, "deploy", "--all"], cwd=ROOT, env=environment, check=False, stdout=log, stderr=log
            )
            assert done.returncode == 0, (tmp_path / "log").read_text("utf-8")[-2000:]
            made = ask(f"{api}/deployments/filter", {})
            assert {item["work_pool_name"] for item in made} == {POOL}
            assert len(made) == 5
            assert {item["entrypoint"] for item in made} == {item["entrypoint"] for item in declared()}
            start("worker", "start", "--pool", POOL)
            sweep = next(item for item in made if item["entrypoint"].endswith("sweep_deadlines"))
            ask(f"{api}/deployments/{sweep['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}})

            def finished() -> list[str]:
                wanted = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
                runs = ask(f"{api}/flow_runs/filter", wanted)
                return [run["state"]["message"] for run in runs if run["deployment_id"] == sweep["id"]]

            assert re.match(r"fired [1-9]", until(finished)[0])
            wanted = {"artifacts": {"key": {"any_": ["sweep-deadlines"]}}}
            (left, *_more) = until(lambda: ask(f"{api}/artifacts/filter", wanted))
            steps = json.loads(left["data"])
            assert {step["案号 case"] for step in steps} == {number}
            assert any("亮黄灯" in step["事项 act"] for step in steps)
        finally:
            for child in reversed(children):
                child.send_signal(signal.SIGTERM)
            for child in children:
                try:
                    child.wait(15)
                except subprocess.TimeoutExpired:
                    os.killpg(child.pid, signal.SIGKILL)
                    child.wait()
    with office(Settings(home=home)) as here:
        assert here.overview.health(now()).last_sweep_at is not None
