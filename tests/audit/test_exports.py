"""What leaves the house: bundles, exports, and histories of others that come in."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from audit.bundle import check_bundle
from audit.exports import histories, safe_cell, write_csv, write_ocel, write_xes
from audit.imported_logs import derived, gaps, import_xes
from states.errors import BadData, NotFound
from states.terms import Term
from states.vocabulary import Act
from store import imported_logs
from tests.support.offices import Bench, at

if TYPE_CHECKING:
    from collections.abc import Callable

XES = Path(__file__).parents[1] / "data/xes"


def _lived(bench: Bench) -> int:
    case = bench.ordered("02-06", finding='=HYPERLINK("http://x")<b>&"')
    kept = bench.settings.home / "proof.txt"
    kept.write_text("现场照片说明", "utf-8")
    evidence = bench.keep_evidence(kept, at("02-10"))
    bench.act(case, Act.SUBMIT_REPORT, "02-10", evidence=[evidence], note="+1")
    return case


def _bundle(bench: Bench, folder: Path) -> tuple[Path, int]:
    case = _lived(bench)
    bench.office.checkpoint(at("02-11"))
    path = folder / "case.zip"
    path.write_bytes(bench.office.bundle(case))
    return path, case


def _repacked(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Return a copy of the bundle with something changed."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    change(content)
    other = path.with_name("changed.zip")
    with zipfile.ZipFile(other, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return other


def test_a_bundle_is_verified_by_plain_python_that_has_nothing_of_ours(bench: Bench, tmp_path: Path) -> None:
    path, _case = _bundle(bench, tmp_path)
    assert check_bundle(path).ok
    with zipfile.ZipFile(path) as archive:
        archive.extract("verify.py", tmp_path)
        keys = json.loads(archive.read("manifest.json"))["keys"]
        page = archive.read("replay.html").decode()
    command = [sys.executable, "-I", "-S", str(tmp_path / "verify.py"), str(path)]
    for more, code in (([], 0), (keys[:1], 0), ([keys[0].replace("+", "x+", 1)], 1)):
        done = subprocess.run([*command, *more], check=False, capture_output=True, text=True, cwd="/")
        assert done.returncode == code, done.stdout + done.stderr
    assert not re.search(r"(?:src|href|url)\s*[=(]", page.replace("http-equiv", ""))
    assert page.count("<section>") == 3
    assert "<b>" not in page.replace("<body>", "")
    assert "最迟" in page or "截止" in page


def test_a_bundle_that_was_altered_anywhere_is_refused(bench: Bench, tmp_path: Path) -> None:
    path, _case = _bundle(bench, tmp_path)

    def replaced(name: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
        def change(content: dict[str, bytes]) -> None:
            (found,) = [key for key in content if key.startswith(name)]
            assert old in content[found]
            content[found] = content[found].replace(old, new, 1)

        return change

    def without_last_event(content: dict[str, bytes]) -> None:
        content["events.jsonl"] = b"".join(content["events.jsonl"].splitlines(keepends=True)[:-1])

    for change in (
        replaced("events.jsonl", b"02-06", b"02-05"),
        replaced("checkpoint.txt", b"\n3\n", b"\n4\n"),
        replaced("policies/", b"15wd", b"16wd"),
        replaced("calendars/", b"2026-02", b"2026-03"),
        replaced("evidence/", "现场".encode(), "现象".encode()),
        replaced("proofs.json", b"0", b"1"),
        without_last_event,
    ):
        verdict = check_bundle(_repacked(path, change))
        assert not verdict.ok
        assert verdict.first_wrong
    junk = tmp_path / "junk.zip"
    junk.write_bytes(b"no zip")
    with pytest.raises(BadData, match="junk"):
        check_bundle(junk)


def test_a_case_that_no_checkpoint_covers_has_no_bundle_yet(bench: Bench) -> None:
    case = bench.ordered()
    with pytest.raises(NotFound, match="检查点"):
        bench.office.bundle(case)


def test_the_xes_export_keeps_the_schema_and_reads_back(bench: Bench, tmp_path: Path) -> None:
    _lived(bench)
    path = tmp_path / "out.xes"
    with bench.office.database.reading() as session, path.open("w", encoding="utf-8") as file:
        assert write_xes(file, histories(session, None)) == 3
    schema = etree.XMLSchema(etree.parse(str(XES / "xes-ieee-1849-2016.xsd")))
    assert schema.validate(etree.parse(str(path))), schema.error_log
    with bench.office.database.transaction() as session:
        back = import_xes(session, path, at("02-12"))
    assert (back.traces, back.events, back.odd.total()) == (1, 3, 0)


def test_the_ocel_export_names_cases_units_posts_and_acts(bench: Bench) -> None:
    _lived(bench)
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
    _lived(bench)
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


def test_a_bundle_of_a_ten_year_case_is_verified_in_two_seconds(sqlite_bench: Bench, tmp_path: Path) -> None:
    bench = sqlite_bench
    case = bench.ordered("02-06", term="2026-12-31")
    for n in range(600):
        bench.act(case, Act.ACKNOWLEDGE, "02-07", note=f"第{n}次签收")
    bench.office.checkpoint(at("02-11"))
    path = tmp_path / "long.zip"
    path.write_bytes(bench.office.bundle(case))
    with zipfile.ZipFile(path) as archive:
        archive.extract("verify.py", tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "verify.py"), str(path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert "602 events" in done.stdout


BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here; `make browser` brings one")
def test_the_replay_opens_from_disk_in_a_real_browser_and_asks_nobody(bench: Bench, tmp_path: Path) -> None:
    path, _case = _bundle(bench, tmp_path)
    with zipfile.ZipFile(path) as archive:
        archive.extract("replay.html", tmp_path)
    log = tmp_path / "net.json"
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--log-net-log={log}"]
    command += ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--dump-dom"]
    done = subprocess.run(
        [*command, (tmp_path / "replay.html").as_uri()], check=False, capture_output=True, text=True, timeout=120
    )
    assert 'class="now"' in done.stdout
    assert "3 / 3" in done.stdout
