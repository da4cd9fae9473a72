"""Another account of the machine finds the port of Prefect's server, and wants to run commands as the office."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from cli.up import ProcessTree
from config.settings import Settings
from operations.diagnosis import door_of
from operations.prefect_server import FILE, answers_anybody, environment, login
from tests.support.prefect_servers import served
from tests.support.processes import ROOT, free_port, until
from wiring import now, office

if TYPE_CHECKING:
    from pathlib import Path


def status(address: str, method: str = "GET", content: Any = None, **headers: str) -> tuple[int, dict[str, str]]:
    """Return with which status an address answers, and what it says before its content."""
    data = json.dumps(content).encode() if content is not None else None
    words = {"Content-Type": "application/json"} | headers
    request = urllib.request.Request(address, data, words, method=method)  # noqa: S310  # of this test
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # of this test
            return answer.status, dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers)


def settled(address: str, method: str, content: Any, headers: dict[str, str]) -> int:
    """Return the status once the server is not busy: its database answers 503 while it is written by its own loops."""
    found: int = until(lambda: one if (one := status(address, method, content, **headers)[0]) != 503 else None)
    return found


@pytest.fixture
def installation(running_tree: ProcessTree) -> tuple[Settings, str]:
    """Give an installation whose Prefect server runs, and the address of that."""
    return running_tree.settings, running_tree.prefect


def known(settings: Settings) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(login(settings).encode()).decode()}


def test_a_stranger_gives_no_deployment_a_step_that_runs_a_command(installation: tuple[Settings, str]) -> None:
    settings, api = installation
    shell = {"pull_steps": [{"prefect.deployments.steps.run_shell_script": {"script": "id > /tmp/duban-was-here"}}]}
    for method, path, content in (
        ("POST", "/deployments/filter", {}),
        ("POST", "/deployments/get_scheduled_flow_runs", {"deployment_ids": []}),
        ("POST", "/flow_runs/filter", {}),
        ("POST", "/work_pools/filter", {}),
        ("GET", "/admin/settings", None),
        ("POST", "/admin/database/clear", {"confirm": True}),
        ("POST", "/variables/", {"name": "x", "value": "y"}),
    ):
        assert status(f"{api}{path}", method, content)[0] == 401, path
    request = urllib.request.Request(  # noqa: S310  # of this test
        f"{api}/deployments/filter", b"{}", known(settings) | {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # of this test
        planned = json.loads(answer.read())
    assert len(planned) == 5
    for deployment in planned:
        address = f"{api}/deployments/{deployment['id']}"
        assert status(address, "PATCH", shell)[0] == 401
        assert status(f"{address}/create_flow_run", "POST", {"state": {"type": "SCHEDULED"}})[0] == 401
        assert status(address, "DELETE")[0] == 401
        wrong = {"Authorization": "Basic " + base64.b64encode(b"duban:guess").decode()}
        assert status(address, "PATCH", shell, **wrong)[0] == 401
        # The same request by the installation itself is understood, so it was the login that kept the others out.
        assert settled(address, "PATCH", {"description": "as before"}, known(settings)) == 204


def test_no_page_of_another_origin_may_read_an_answer(installation: tuple[Settings, str]) -> None:
    settings, api = installation
    asks = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PATCH"}
    _, headers = status(f"{api}/deployments/filter", "OPTIONS", None, **asks)
    allowed = {name.lower(): value for name, value in headers.items()}.get("access-control-allow-origin", "")
    assert allowed not in {"*", "http://evil.example"}
    _, headers = status(f"{api}/health", "GET", None, Origin="http://evil.example", **known(settings))
    allowed = {name.lower(): value for name, value in headers.items()}.get("access-control-allow-origin", "")
    assert allowed not in {"*", "http://evil.example"}


@pytest.mark.parametrize("path", ["/events/in", "/events/out", "/logs/out", "/task_runs/subscriptions/scheduled"])
def test_a_stranger_hears_and_says_nothing_on_a_socket(installation: tuple[Settings, str], path: str) -> None:
    _, api = installation
    for protocols in (None, ["prefect"]):
        with pytest.raises((WebSocketException, OSError)):  # noqa: PT012  # refused at the door, or at the first word
            address = api.replace("http", "ws", 1) + path
            with connect(address, subprotocols=protocols, open_timeout=10) as socket:  # type: ignore[arg-type]
                socket.send(json.dumps({"type": "auth", "token": "guess"}))
                first = json.loads(socket.recv(timeout=10))
                assert first.get("type") != "auth_success", path
                socket.recv(timeout=10)


def test_prefects_own_pages_ask_for_the_login(installation: tuple[Settings, str]) -> None:
    settings, api = installation
    with urllib.request.urlopen(f"{api.removesuffix('/api')}/ui-settings", timeout=10) as answer:  # noqa: S310  # ours
        assert json.loads(answer.read())["auth"] == "BASIC"
    assert (settings.home / FILE).stat().st_mode & 0o777 == 0o600
    assert login(settings) == f"duban:{(settings.home / FILE).read_text('utf-8').strip()}"
    assert len(login(settings)) > 40


def test_each_installation_has_a_login_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    found = set()
    for name in ("a", "b"):
        settings = Settings(home=tmp_path / name)
        with office(settings) as here:
            here.installation.prepare(now())
        found.add(login(settings))
        assert login(settings) in found
    assert len(found) == 2


def test_the_web_door_does_not_know_the_login(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    with office(settings) as here:
        here.installation.prepare(now())
    seen = {child.name: child.environment for child in ProcessTree(settings).children}
    secret = login(settings)
    assert secret in seen["prefect"].values()
    assert secret in seen["flows"].values()
    assert secret not in seen["web"].values()
    assert not any(secret in " ".join(child.command) for child in ProcessTree(settings).children)


def test_doctor_tells_of_a_server_that_asks_for_no_login(tmp_path: Path, installation: tuple[Settings, str]) -> None:
    settings, api = installation
    assert answers_anybody(api) is False
    assert door_of(answers_anybody(api), api).good
    port = free_port()
    open_api = f"http://127.0.0.1:{port}/api"
    inherited = {name: value for name, value in os.environ.items()}  # noqa: TID251, C416  # for a child
    seen = inherited | {
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": open_api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with served(command, seen, tmp_path / "server.log"):
        assert answers_anybody(open_api) is True
        told = door_of(answers_anybody(open_api), open_api)
        assert not told.good
        assert "PREFECT_SERVER_API_AUTH_STRING" in told.sentence.text("zh-CN")
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", "doctor"],
            cwd=ROOT,
            env=seen | {"DUBAN_HOME": str(settings.home), "DUBAN_PREFECT_API_URL": open_api},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert any(
            line.startswith("✗") and "PREFECT_SERVER_API_AUTH_STRING" in line for line in done.stdout.splitlines()
        )


def test_nobody_answers_is_told_apart_from_everybody_is_answered() -> None:
    assert answers_anybody(f"http://127.0.0.1:{free_port()}/api") is None


def test_containers_and_pods_start_prefect_only_with_the_login() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
    commands = [service.get("command", []) for service in compose["services"].values()]
    kinds = []
    for path in sorted((ROOT / "deploy" / "kustomize").glob("*.yaml")):
        for item in yaml.safe_load_all(path.read_text("utf-8")):
            if item and item["kind"] in {"Deployment", "Job"}:
                pod = item["spec"]["template"]["spec"]
                commands += [found["args"] for found in [*pod.get("initContainers", []), *pod["containers"]]]
            if item:
                kinds.append((item["kind"], item.get("metadata", {}).get("name")))
    prefects = [command for command in commands if "server" in command or "worker" in command]
    assert len(prefects) == 5
    for command in prefects:
        assert command[:3] == ["python", "-m", "flows.command"], command
    assert ("NetworkPolicy", "duban-prefect") in kinds


def test_a_server_of_a_container_has_the_login_of_its_home(tmp_path: Path) -> None:
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    seen = {name: value for name, value in os.environ.items()} | {  # noqa: TID251, C416  # for a child
        "DUBAN_HOME": str(tmp_path / "home"),
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": api,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "flows.command", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with served(command, seen, tmp_path / "server.log"):
        assert answers_anybody(api) is False
        settings = Settings(home=tmp_path / "home")
        assert status(f"{api}/deployments/filter", "POST", {}, **known(settings))[0] == 200
        assert environment(settings, seen)["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == f"http://127.0.0.1:{port}"


def test_the_login_is_not_in_what_everybody_may_see_of_a_process() -> None:
    """A command line is read by every account of the machine; a login never stands in one of ours."""
    files = [*(ROOT / "deploy").rglob("*.yaml"), ROOT / "prefect.yaml", ROOT / "deploy" / "Containerfile"]
    assert all("AUTH_STRING" not in path.read_text("utf-8") for path in files)
