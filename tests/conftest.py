"""What all tests share: the databases, an office at work, and how hard properties are tried."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import Databases, postgres_server
from tests.offices import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FULL = os.environ.get("DUBAN_PROOF") == "full"  # noqa: TID251  # a setting of the test run, not of the product
settings.register_profile(
    "bounded", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.register_profile("full", parent=settings.get_profile("bounded"), max_examples=5000)
settings.load_profile("full" if FULL else "bounded")


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Databases]:
    """Give fresh databases of both kinds; one real PostgreSQL server for each worker of the run."""
    with postgres_server(tmp_path_factory.mktemp(f"pg-{worker_id}")) as server:
        yield Databases(tmp_path_factory.mktemp("sqlite"), server)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, databases: Databases) -> str:
    """Give the address of a fresh, migrated database, once of each kind."""
    return databases.fresh(request.param)


@pytest.fixture
def bench(database_url: str, tmp_path: Path) -> Iterator[Bench]:
    """Give an office at work on a fresh database, under the default policy."""
    with Bench(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def sqlite_bench(databases: Databases, tmp_path: Path) -> Iterator[Bench]:
    """Give an office at work on a fresh SQLite database alone, for what does not depend on the database."""
    with Bench(databases.fresh("sqlite"), tmp_path) as found:
        yield found
