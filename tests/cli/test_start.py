"""A command starts quickly, because it loads what it needs and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from tests.support.processes import ROOT
from tests.support.runs import ENVIRON

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.offices import Bench

HEAVY: Final = (
    "alembic",
    "apprise",
    "argon2",
    "authlib",
    "chinese_calendar",
    "cryptography",
    "fastapi",
    "jinja2",
    "openpyxl",
    "opentelemetry",
    "prefect",
    "pydantic",
    "requests",
    "rich",
    "sqlalchemy.dialects.postgresql",
    "transitions",
    "yaml",
)
"""What listing cases has no use for; each of them takes longer to load than the list takes to write."""

LISTING: Final = """
import json, sys
sys.argv = ["duban", "list"]
from cli.main import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def test_listing_cases_loads_nothing_that_it_has_no_use_for(sqlite_bench: Bench, tmp_path: Path) -> None:
    sqlite_bench.ordered()
    settings = {"DUBAN_HOME": str(tmp_path), "DUBAN_DATABASE_URL": sqlite_bench.settings.database_url}
    done = subprocess.run(
        [sys.executable, "-c", LISTING],
        check=True,
        capture_output=True,
        text=True,
        env={**ENVIRON, **settings},
        cwd=ROOT,
    )
    assert len(done.stdout.splitlines()) == 1
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    assert "cases.console" in loaded
    assert loaded & set(HEAVY) == set()
