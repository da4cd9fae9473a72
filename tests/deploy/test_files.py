"""What stands in deploy/: whole, and about things that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kubernetes_validate  # type: ignore[import-untyped]  # it has no types
import pytest
import yaml
from fastapi.testclient import TestClient

from tests.support.applications import over

if TYPE_CHECKING:
    from tests.support.offices import Bench

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUSTOMIZE = DEPLOY / "kustomize"
KUBERNETES = "1.37"


def compose() -> dict[str, Any]:
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def resources() -> list[dict[str, Any]]:
    base = yaml.safe_load((KUSTOMIZE / "kustomization.yaml").read_text("utf-8"))
    assert {path.name for path in KUSTOMIZE.iterdir()} == {*base["resources"], "kustomization.yaml"}
    return [
        content
        for name in base["resources"]
        for content in yaml.safe_load_all((KUSTOMIZE / name).read_text("utf-8"))
        if content
    ]


def pods() -> list[dict[str, Any]]:
    return [item["spec"]["template"]["spec"] for item in resources() if item["kind"] in {"Deployment", "Job"}]


def containers() -> list[dict[str, Any]]:
    return [found for pod in pods() for found in [*pod.get("initContainers", []), *pod["containers"]]]


def exists(words: list[str]) -> bool:
    """Say whether a command of the image is a script or a module that the locked packages or we bring."""
    if words[:2] == ["python", "-m"]:
        return (ROOT / Path(*words[2].split("."))).with_suffix(".py").is_file()
    return (ROOT / ".venv" / "bin" / words[0]).is_file()


def test_compose_has_every_part_and_waits_for_what_it_needs() -> None:
    services = compose()["services"]
    assert {"postgres", "migrate", "prefect", "plan", "web-1", "web-2", "worker-1", "worker-2"} <= set(services)
    ends = {"volumes", "migrate", "plan"}
    for name, service in services.items():
        assert ("healthcheck" in service) is (name not in ends), name
        for needed, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if needed in ends else "service_healthy"
            assert how["condition"] == wanted, (name, needed)
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose()["volumes"]
        if "duban" in service["image"]:
            assert exists(service.get("command", ["uvicorn"])), name
            assert service["environment"]["DUBAN_DATABASE_URL"].startswith("postgresql://")
    order: list[str] = []
    left = dict(services)
    while left:  # no circle, and the schema before all that uses it
        free = [name for name, service in left.items() if not set(service.get("depends_on", {})) & set(left)]
        assert free
        order += free
        for name in free:
            del left[name]
    assert order.index("migrate") < min(order.index(name) for name in services if name.startswith(("web", "worker")))


def test_no_secret_is_written_down() -> None:
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            text = re.sub(r"(?m)^ *#.*$", "", path.read_text("utf-8"))
            for value in re.findall(r"_PASSWORD: +\"?([^\s\"}]*)", text):
                assert not value or value.startswith("${"), (path, value)
            assert not re.search(r"://\w+:[^$@\s{]+@", text), path
    assert all(item["kind"] != "Secret" for item in resources())


def test_the_image_holds_all_packages() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for package in wheel["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        assert f"COPY {package} {package}/" in text
    for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE):
        assert all((ROOT / name).exists() for name in line.split())
    assert re.search(r"^USER 10001$", text, re.MULTILINE)


@pytest.mark.parametrize("resource", resources(), ids=lambda item: f"{item['kind']} {item['metadata']['name']}")
def test_kubernetes_takes_every_resource(resource: dict[str, Any]) -> None:
    kubernetes_validate.validate(resource, KUBERNETES, strict=True)


def test_the_cluster_gets_what_its_parts_refer_to() -> None:
    items = resources()
    names = {(item["kind"], item["metadata"]["name"]) for item in items}
    labels = [item["spec"]["template"]["metadata"]["labels"] for item in items if item["kind"] == "Deployment"]
    for item in items:
        if item["kind"] == "Service":
            assert any(item["spec"]["selector"].items() <= found.items() for found in labels)
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"]
        for volume in pod["volumes"]:
            claim = volume.get("persistentVolumeClaim")
            assert claim is None or ("PersistentVolumeClaim", claim["claimName"]) in names
    for container in containers():
        assert exists(container["args"]), container["name"]
        references = {next(iter(source)): next(iter(source.values()))["name"] for source in container["envFrom"]}
        assert ("ConfigMap", references["configMapRef"]) in names
        assert references["secretRef"] == "duban"
        assert not any("PASSWORD" in variable["name"] for variable in container.get("env", []))


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed; the other tests read the files")
def test_kustomize_builds_the_base() -> None:
    done = subprocess.run(["kubectl", "kustomize", str(KUSTOMIZE)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    built = [item for item in yaml.safe_load_all(done.stdout) if item]
    assert len(built) == len(resources())
    assert {item["metadata"]["namespace"] for item in built} == {"duban"}


def test_every_figure_of_dashboard_and_alerts_is_in_the_metrics(sqlite_bench: Bench) -> None:
    with TestClient(over(sqlite_bench.office)) as client:
        answer = client.get("/metrics")
    assert answer.status_code == 200
    given = set(re.findall(r"^# TYPE (duban_\w+) gauge$", answer.text, re.MULTILINE))
    tasks = set(re.findall(r'task="(\w+)"', answer.text))
    dashboard = json.loads((DEPLOY / "grafana" / "duban.json").read_text("utf-8"))
    places = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    alerts = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text("utf-8"))
    places += [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    asked = {name for place in places for name in re.findall(r"duban_\w+", place)}
    assert asked
    assert asked <= given
    assert {task for place in places for task in re.findall(r'task="(\w+)"', place)} <= tasks
    scrape = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text("utf-8"))
    (job,) = scrape["scrape_configs"]
    assert job["metrics_path"] == "/metrics"
    assert {target.partition(":")[0] for target in job["static_configs"][0]["targets"]} <= set(compose()["services"])
