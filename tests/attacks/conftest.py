"""What attacks share: an installation whose Prefect server runs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cli.up import ProcessTree
from config.settings import Settings
from tests.support.prefect_servers import served
from tests.support.processes import ROOT, free_port
from wiring import now, office

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def running_tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessTree]:
    """Give an installation whose Prefect server runs as `duban up` starts it, with the plan on it; nobody works."""
    folder = tmp_path_factory.mktemp("installation")
    settings = Settings(home=folder / "home", prefect_port=free_port())
    with office(settings, compared=False) as here:
        here.installation.prepare(now())
    tree = ProcessTree(settings)
    seen = tree.children[0].environment | {"PYTHONPATH": str(ROOT)}
    with served(tree.children[0].command, seen, folder / "server.log"):
        planning = {name: value for name, value in seen.items() if not name.endswith("AUTH_STRING")}
        # The plan is made by a process that was not handed the login: it stands in the home.
        subprocess.run([sys.executable, "-m", "flows.deploy"], cwd=ROOT, env=planning, check=True)
        yield tree
