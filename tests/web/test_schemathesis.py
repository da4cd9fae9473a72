"""schemathesis, from an environment of its own, against the real server: what OpenAPI says is what is answered."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import httpx2
import pytest

from states.vocabulary import Role
from store import accounts, unit_posts
from tests.support.processes import ROOT, free_port
from tests.support.runs import ENVIRON, FULL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.offices import Bench

JUDGE: Final = ROOT / ".venv-judges" / "bin" / "schemathesis"
EXAMPLES: Final = 200 if FULL else 5


# What the rules refuse, no schema can say: a day that does not exist, a duty that is not in the catalogue, a version
# that is past. The sentence comes with 422 or 412, both described.
CONFIG: Final = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "412", "422", "429"]

# A moment is read as freely as people write it, so no schema can say which ones exist; 400 is described.
[[operations]]
include-path = "/api/v1/cases/{case_id}/replay"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "403", "404", "409", "422", "429"]

# It says with 503 that a deadline was missed: here nobody sweeps, and the office has cases of the past.
[[operations]]
include-path = "/health/deadlines"
checks.not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "503"]
"""


@pytest.fixture
def server(sqlite_bench: Bench) -> Iterator[tuple[str, str]]:
    """Give the address of the real server over an office with a few cases, and the token of its director."""
    token = secrets.token_urlsafe(16)
    with sqlite_bench.office.database.transaction() as session:
        office = unit_posts.ensure_office(session, sqlite_bench.settings.office)
        accounts.add_person(session, "director", "director", Role.DIRECTOR, office)
        accounts.give_token(session, "director", sha256(token.encode()).hexdigest())
    for _ in range(3):
        sqlite_bench.ordered()
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "web.app:make_app", "--factory", "--port", str(port)]
    settings = {"DUBAN_HOME": str(sqlite_bench.settings.home), "DUBAN_DATABASE_URL": sqlite_bench.settings.database_url}
    settings["DUBAN_RATE_API"] = "0"  # or most answers would be 429, which says nothing about what was asked
    process = subprocess.Popen([*command, "--log-level", "error"], env={**ENVIRON, **settings}, cwd=ROOT)
    try:
        address = f"http://127.0.0.1:{port}"
        await_answer(process, f"{address}/health/live")
        yield address, token
    finally:
        process.terminate()
        process.wait()


def await_answer(process: subprocess.Popen[bytes], address: str) -> None:
    while process.poll() is None:
        try:
            if httpx2.get(address).is_success:
                return
        except httpx2.TransportError:
            time.sleep(0.1)  # only how often it is asked; nothing is asserted by waiting
    raise AssertionError("the server did not start")


@pytest.mark.skipif(not JUDGE.exists(), reason="the judges' environment is not installed")
def test_every_answer_is_one_that_openapi_describes(server: tuple[str, str], tmp_path: Path) -> None:
    address, token = server
    command = [str(JUDGE), "run", f"{address}/api/v1/openapi.json", "--checks", "all", "--continue-on-failure"]
    command += ["--max-examples", str(EXAMPLES), "--header", f"Authorization: Bearer {token}", "--no-color"]
    command += ["--request-timeout", "30", "--report-dir", str(tmp_path)]
    command += [] if FULL else ["--seed", "5", "--generation-database", "none"]
    (tmp_path / "schemathesis.toml").write_text(CONFIG, "utf-8")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    sys.stdout.write(done.stdout[-3_000:])  # `pytest -s` shows how much was asked
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
