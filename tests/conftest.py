"""What all tests share: the databases, an office at work, and how hard properties are tried."""

from __future__ import annotations

import gc
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from anyio.from_thread import start_blocking_portal
from argon2 import PasswordHasher
from starlette.testclient import TestClient

import tests.support.properties  # noqa: F401  # says how hard properties are tried
from accounts import login
from store.database import Database
from tests.support import reached, statements
from tests.support.databases import Databases
from tests.support.offices import Bench
from tests.support.runs import ENVIRON, KINDS, folder_of_databases
from tests.support.scheduling import GroupedScheduling, is_left_to_the_other

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run be of the tests alone that must reach every branch of the rules and of the desk, or of all others."""
    parser.addoption("--branches", choices=("watched", "left"), help="see tests/support/reached.py")


def pytest_configure(config: pytest.Config) -> None:
    """Set the developer's own installation aside: no test reads its settings, none writes into its home."""
    if config.getoption("branches") == "watched":
        config.pluginmanager.register(reached)
    for name in [name for name in ENVIRON if name.startswith(("DUBAN_", "PREFECT_"))]:
        if name not in {"DUBAN_TEST_DATABASES", "DUBAN_PROOF"}:
            del ENVIRON[name]
    ENVIRON["DO_NOT_TRACK"] = "1"
    statements.share()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Leave what was loaded to begin with out of every later search for garbage, and search less often.

    A million objects stay for the whole run, and walking through them again and again was a fifth of the time of the
    tests of pages. The web process does the same when it starts.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupedScheduling:  # xdist's own
    """Keep in one worker what shares something that is slow to make."""
    return GroupedScheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of pages that the other database has, where both are asked for, and what another run has."""
    part = config.getoption("branches")
    left = [
        item
        for item in items
        if (len(KINDS) > 1 and is_left_to_the_other(item, _kind_of(item)))
        or (part is not None and reached.is_watched(item) is not (part == "watched"))
    ]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def _kind_of(item: pytest.Item) -> str:
    asked = getattr(item, "callspec", None)
    return str(asked.params.get("database_kind", "")) if asked is not None else ""


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    ENVIRON["DUBAN_HOME"] = str(home)
    ENVIRON["PREFECT_HOME"] = str(home / "prefect")


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Let a password cost little here: the shipped cost is a tenth of a second, and most tests log somebody in.

    It is still argon2id. That the shipped hashes cost what they should is tested in `tests/web/test_people.py`.
    """
    shipped = login.HASHER
    login.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield
    login.HASHER = shipped


@pytest.fixture(scope="session", autouse=True)
def _one_loop() -> Iterator[None]:
    """Answer all requests of tests in one loop: else each request starts one of its own, in a thread of its own.

    A client that is entered (`with TestClient(…)`) has its own loop as before, and its application starts and stops.
    """
    with start_blocking_portal() as portal:
        TestClient.portal = portal
        yield
        TestClient.portal = None


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Give fresh databases of both kinds; one real PostgreSQL server for each worker that needs one.

    Not below pytest's own folder: every other run of pytest on the machine closes that to all but its user, and when
    root runs the tests, the server runs as another user.
    """
    with (
        TemporaryDirectory(prefix="duban-databases-", dir=folder_of_databases(), ignore_cleanup_errors=True) as folder,
        Databases(Path(folder)) as found,
    ):
        yield found


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Give `sqlite`, then `postgresql`: what uses this, runs on both. DUBAN_TEST_DATABASES chooses one."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, databases: Databases) -> Iterator[str]:
    """Give the address of a fresh, migrated database, once of each kind."""
    url = databases.fresh(database_kind)
    yield url
    databases.drop(url)


@pytest.fixture
def empty_url(database_kind: str, databases: Databases) -> Iterator[str]:
    """Give the address of a database without a schema, once of each kind."""
    url = databases.empty(database_kind)
    yield url
    databases.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give a fresh, migrated database, open, once of each kind."""
    found = Database(database_url)
    yield found
    found.close()


@pytest.fixture
def bench(database_url: str, tmp_path: Path) -> Iterator[Bench]:
    """Give an office at work on a fresh database, under the default policy."""
    with Bench(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def sqlite_bench(databases: Databases, tmp_path: Path) -> Iterator[Bench]:
    """Give an office at work on a fresh SQLite database alone, for what does not depend on the database."""
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path) as found:
        yield found
    databases.drop(url)


@pytest.fixture(scope="module")
def sqlite_shared(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Give one office for a whole module of properties: each example opens cases of its own."""
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path_factory.mktemp("shared")) as found:
        yield found
    databases.drop(url)
