"""What leaves the house: bundles, exports, and histories of others that come in."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from audit.exports import histories, safe_cell, write_csv, write_ocel, write_xes
from audit.imported_logs import derived, gaps, import_xes
from states.errors import BadData
from states.terms import Term
from store import imported_logs
from tests.support.offices import Bench, at

XES = Path(__file__).parents[1] / "data/xes"


def test_the_xes_export_keeps_the_schema_and_reads_back(bench: Bench, tmp_path: Path) -> None:
    bench.reported()
    path = tmp_path / "out.xes"
    with bench.office.database.reading() as session, path.open("w", encoding="utf-8") as file:
        assert write_xes(file, histories(session, None)) == 3
    schema = etree.XMLSchema(etree.parse(str(XES / "xes-ieee-1849-2016.xsd")))
    assert schema.validate(etree.parse(str(path))), schema.error_log
    with bench.office.database.transaction() as session:
        back = import_xes(session, path, at("02-12"))
    assert (back.traces, back.events, back.odd.total()) == (1, 3, 0)


def test_the_ocel_export_names_cases_units_posts_and_acts(bench: Bench) -> None:
    bench.reported()
    out = io.StringIO()
    with bench.office.database.reading() as session:
        assert write_ocel(out, histories(session, None)) == 3
    log = json.loads(out.getvalue())
    known = {thing["id"] for thing in log["objects"]}
    assert {thing["type"] for thing in log["objects"]} == {"case", "unit", "post"}
    assert {kind["name"] for kind in log["eventTypes"]} == {event["type"] for event in log["events"]}
    assert all(related["objectId"] in known for event in log["events"] for related in event["relationships"])


def test_no_cell_of_an_export_is_a_formula(bench: Bench) -> None:
    assert [safe_cell(text) for text in ("=1", "+1", "-1", "@x", "\t=1", "ok", 5)] == [
        "'=1",
        "'+1",
        "'-1",
        "'@x",
        "'\t=1",
        "ok",
        5,
    ]
    bench.reported()
    out = io.StringIO()
    with bench.office.database.reading() as session:
        write_csv(out, histories(session, None))
    rows = list(csv.reader(io.StringIO(out.getvalue())))
    assert len(rows) == 4
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_a_real_enforcement_log_is_read_and_its_penalties_come_after_sixty_days(bench: Bench) -> None:
    with bench.office.database.transaction() as session:
        found = import_xes(session, XES / "12_roadtraffic_1t_per_variant.xes.gz", at("02-06"))
    assert (found.traces, found.events) == (231, 1891)
    assert found.odd == {"moment without an offset, taken as local time": 1891}
    with bench.office.database.reading() as session:
        days = gaps(session, found.log_id, "Insert Fine Notification", "Add penalty", ZoneInfo("Europe/Rome"))
        assert set(days) == {60}
        again = derived(
            session, found.log_id, "Insert Fine Notification", "Add penalty", ZoneInfo("Europe/Rome"), Term.parse("60d")
        )
        assert again == (days.total(), days.total())
        assert imported_logs.activities(session, found.log_id)["Add penalty"] == days.total()
    with pytest.raises(BadData, match="第1号"), bench.office.database.transaction() as session:
        import_xes(session, XES / "12_roadtraffic_1t_per_variant.xes.gz", at("02-06"))


def test_a_file_that_is_no_xes_is_one_sentence_and_leaves_nothing(bench: Bench, tmp_path: Path) -> None:
    for name, content in (
        ("a.xes", b"no xml"),
        ("b.xes", b"<html></html>"),
        ("c.xes", b'<!DOCTYPE x [<!ENTITY a "b">]><log/>'),
        ("d.xes.gz", b"\x1f\x8bbroken"),
        ("e.xes", b"<log><trace>"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(BadData, match=name), bench.office.database.transaction() as session:
            import_xes(session, path, at("02-06"))
    odd = tmp_path / "odd.xes"
    odd.write_text('<log><trace><event><string key="concept:name" value="x"/></event></trace></log>', "utf-8")
    with bench.office.database.transaction() as session:
        found = import_xes(session, odd, at("02-06"))
    assert (found.events, sorted(found.odd)) == (0, ["event without a moment that can be read", "trace without a name"])
