"""Several sweeps at once on one PostgreSQL: each escalation once, whoever is killed meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import scale
from tests.conftest import FULL, KINDS
from wiring import Office

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Databases

CASES = 20_000 if FULL else 2000
UNITS = 20
KILLS = 30 if FULL else 3

pytestmark = pytest.mark.skipif("postgresql" not in KINDS, reason="several workers need PostgreSQL")


def test_workers_that_are_killed_escalate_every_case_exactly_once(databases: Databases, tmp_path: Path) -> None:
    url = databases.fresh("postgresql")
    office = Office(scale.settings(url, tmp_path))
    office.prepare()
    try:
        scale.copy_cases(office, url, scale.models(office, UNITS, scale.MISSED), CASES - UNITS)
        went = scale.worked_off(url, tmp_path, workers=3, kill_every=0.4, batch=20, kills=KILLS)
        assert went["killed"] >= 1
        assert went["events"] == CASES
        assert scale.escalated(url) == {"escalated": CASES, "doubled": 0, "gaps": 0}
        assert office.verify().ok
        assert office.rebuild(scale.MISSED).differing == ()
    finally:
        office.close()
        databases.drop(url)
