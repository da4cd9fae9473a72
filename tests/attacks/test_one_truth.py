"""Several processes on one database: a calendar that one of them loads, and settings in which one of them differs."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from config.settings import Settings
from operations.diagnosis import differences_of, rows_of
from operations.installation import FILE, VARIABLES, OtherInstallation
from states.errors import BadData
from states.vocabulary import Act
from store import cases, installation
from store.installation import RulesChanged
from store.schema.events import CaseEventRow
from store.schema.installation import InstallationRow
from tests.support.applications import over
from tests.support.offices import Bench, at
from tests.support.processes import ROOT, free_port
from wiring import now, office

if TYPE_CHECKING:
    from pathlib import Path

    from states.working_days import Calendar
    from tests.support.databases import Databases

NOTICE = "\n".join(f"2026-03-{day:02} off 全市防汛" for day in (2, 3, 4, 5))


def notice(folder: Path) -> Path:
    path = folder / "notice.txt"
    path.write_text(NOTICE, "utf-8")
    return path


@pytest.fixture
def two(database_url: str, tmp_path: Path) -> Any:
    """Give two processes of one installation: one that is running, and one that loads a calendar."""
    home = tmp_path / "home"
    with Bench(database_url, home) as running, Bench(database_url, home) as other:
        running.office.installation.prepare(now())
        yield running, other


def test_an_order_served_by_a_process_that_was_running_goes_by_the_calendar_that_another_one_loaded(
    two: tuple[Bench, Bench], tmp_path: Path
) -> None:
    running, other = two
    before = running.due(running.ordered("02-24", unit="甲局", term="5wd"))
    old = running.office.rulebook.calendar.hash
    other.office.calendar_change.import_calendar(notice(tmp_path), at("02-24", 11))
    case = running.ordered("02-24", unit="乙局", term="5wd")
    assert (before, running.due(case)) == ("03-02", "03-06")
    assert running.office.rulebook.calendar.hash == other.office.rulebook.calendar.hash != old
    # And the case that was there before was counted again: both have the same day.
    with running.office.database.reading() as session:
        assert {found.calendar_hash for found in session.scalars(select(CaseEventRow)) if found.case_id == case} == {
            other.office.rulebook.calendar.hash
        }
    assert not running.office.rounds.rebuild(at("02-24", 12)).differing


def test_an_act_in_the_middle_of_which_a_calendar_comes_is_worked_out_anew(
    two: tuple[Bench, Bench], tmp_path: Path, database_kind: str
) -> None:
    running, other = two
    case = running.open("02-24")
    if database_kind == "sqlite":
        pytest.skip("SQLite lets one writer in: nothing comes in the middle of an act")
    hash_ = running.office.rulebook.calendar.hash
    with pytest.raises(RulesChanged), running.office.database.transaction() as session:  # noqa: PT012  # one act
        work = running.office.desk.unit_of_work.begin(session, cases.get(session, case, to_change=True))
        with other.office.database.transaction() as theirs:
            calendar = other.office.calendar_change.preview_calendar(notice(tmp_path))
            other.office.rulebook.put_in_force(theirs, at("02-24", 11), calendar)
        running.office.desk.unit_of_work.note(
            session, work, Act.CASE_VIEWED, {"who": "a", "role": "director", "how": "page"}, at("02-24", 12)
        )
        running.office.desk.unit_of_work.write(session, [work], at("02-24", 12))
    assert running.office.rulebook.calendar.hash != hash_  # whoever asks again asks by what is in force
    running.act(case, Act.SERVE_ORDER, "02-24", term="5wd")
    assert running.due(case) == "03-06"


def test_a_page_and_a_sweep_of_a_running_process_go_by_what_is_in_force(
    two: tuple[Bench, Bench], tmp_path: Path
) -> None:
    running, other = two
    running.ordered("02-24", term="5wd")
    other.office.calendar_change.import_calendar(notice(tmp_path), at("02-24", 11))
    with TestClient(over(running.office)) as client:
        with running.office.database.reading() as session:
            running.office.installation.up_to_date(session)
        assert client.get("/health/live").status_code == 200
    assert not running.office.rulebook.calendar.works(at("03-02").date())
    tally = running.office.rounds.sweep(at("03-03", 9, 30), at("03-03", 9, 30))
    assert tally.failed == 0


def test_notices_that_two_processes_take_in_at_the_same_time_are_both_in_force(
    two: tuple[Bench, Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, other = two
    second = tmp_path / "second.txt"
    second.write_text("2026-03-16 off 本市活动\n", "utf-8")
    preview = running.office.calendar_change.preview_calendar

    def overtaken(source: Path) -> Calendar:
        found = preview(source)
        other.office.calendar_change.import_calendar(second, at("02-24", 11))
        return found

    monkeypatch.setattr(running.office.calendar_change, "preview_calendar", overtaken)
    running.office.calendar_change.import_calendar(notice(tmp_path), at("02-24", 12))
    calendar = running.office.rulebook.calendar
    assert not any(calendar.works(at(on).date()) for on in ("03-02", "03-16"))


def test_a_calendar_that_could_not_be_put_in_force_is_not_left_among_the_files(
    two: tuple[Bench, Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, _ = two

    def refuse(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr("cases.calendar_change.own_hash", refuse)
    hash_ = running.office.rulebook.calendar.hash
    with pytest.raises(OSError, match="gone"):
        running.office.calendar_change.import_calendar(notice(tmp_path), at("02-24", 11))
    assert list((running.settings.home / "calendars").iterdir()) == []
    with running.office.database.reading() as session:
        assert installation.in_force(session).calendar == hash_
    running.ordered("02-24")


def test_a_case_is_opened_by_the_policy_in_force_whatever_a_process_was_started_with(
    two: tuple[Bench, Bench], tmp_path: Path
) -> None:
    running, _ = two
    with Bench(running.settings.database_url, tmp_path / "home", policy="decree-733") as stray:
        assert stray.office.rulebook.policy.name == "decree-733"
        case = stray.open("01-28")
        assert stray.case(case).policy_hash == running.office.rulebook.policy.hash


# --- the settings that all processes share ----------------------------------------------------------------------------


def changed(name: str, folder: Path) -> dict[str, Any]:
    """Return a setting of another installation."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    found: dict[str, dict[str, Any]] = {
        "office": {"office": "另一办公室"},
        "series": {"series": "另一督案"},
        "zone": {"zone": "Asia/Urumqi"},
        "policy": {"policy": "decree-733"},
        "origin": {"origin": "other.example/history"},
        "calendar": {"calendars": str(notice(folder))},
        "home": {"home": elsewhere},
    }
    assert found.keys() == VARIABLES.keys()
    return found[name]


@pytest.mark.parametrize("name", VARIABLES)
def test_a_process_with_another_setting_is_refused_with_its_name(database_url: str, tmp_path: Path, name: str) -> None:
    ours = Settings(home=tmp_path / "home", database_url=database_url)
    with office(ours, compared=False) as here:
        here.installation.prepare(now())
    stray = replace(ours, **changed(name, tmp_path))
    with pytest.raises(OtherInstallation, match=VARIABLES[name]), office(stray):
        pass
    with office(stray, compared=False) as here:
        with pytest.raises(OtherInstallation, match=VARIABLES[name]):
            here.installation.prepare(now())
        told = [line for line in differences_of(here.database, stray) if not line.good]
        assert [VARIABLES[name] in line.sentence.text("en") for line in told] == [True]
        assert not here.overview.health(now()).ready
        # Until the office says that it has changed.
        here.installation.prepare(now(), adopt=[name])
    with office(stray) as here:
        assert differences_of(here.database, stray) == []
    with pytest.raises(OtherInstallation, match=VARIABLES[name]), office(ours):
        pass


FINDING = (
    "open",
    "--unit",
    "甲局",
    "--post",
    "局长",
    "--duty",
    "art7-1a",
    "--inspection",
    "regular",
    "--finding",
    "无",
)
ENTRIES = {
    "command": ("-m", "cli.main", *FINDING),
    "migrate": ("-m", "cli.main", "migrate"),
    "up": ("-m", "cli.main", "up"),
    "web": (
        "-c",
        (
            "import asyncio\nfrom web.app import make_app\napp = make_app()\n"
            "asyncio.run(app.router.lifespan_context(app).__aenter__())"
        ),
    ),
    "flow": ("-c", "from flows.working import at_work\nwith at_work('sweep-deadlines'): print('worked')"),
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_kind_of_process_compares_before_it_does_anything(
    databases: Databases, tmp_path: Path, entry: str
) -> None:
    url = databases.fresh("sqlite")
    ours = Settings(home=tmp_path / "home", database_url=url)
    with office(ours, compared=False) as here:
        here.installation.prepare(now())
    more = {"DUBAN_SERIES": "另一督案", "DUBAN_WEB_PORT": str(free_port()), "DUBAN_PREFECT_PORT": str(free_port())}
    done = run(url, tmp_path / "home", *ENTRIES[entry], **more)
    assert done.returncode == 1, done.stdout
    assert "DUBAN_SERIES" in done.stderr
    assert "worked" not in done.stdout
    with office(ours) as here, here.database.reading() as session:
        assert session.scalar(select(CaseEventRow.seq)) is None
    databases.drop(url)


def run(url: str, home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items()}  # noqa: TID251, C416  # for a child
    seen = inherited | {"DUBAN_HOME": str(home), "DUBAN_DATABASE_URL": url} | more
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=seen, check=False, capture_output=True, text=True)


def test_the_first_process_decides_and_a_home_is_known_by_what_stands_in_it(database_url: str, tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    with office(Settings(home=home, database_url=database_url), compared=False) as here:
        here.installation.prepare(now())
        here.installation.prepare(now())
        with here.database.reading() as session:
            found = installation.settings_of(session)
    assert found.keys() == VARIABLES.keys()
    assert (home / FILE).read_text("utf-8").strip() == found["home"]
    other.mkdir()
    with pytest.raises(OtherInstallation), office(Settings(home=other, database_url=database_url)):
        pass
    (other / FILE).write_text(found["home"], "utf-8")  # the home was copied, as backups are
    with office(Settings(home=other, database_url=database_url)) as here:
        here.today(now())


def test_a_name_that_is_not_compared_cannot_be_adopted(database_url: str, tmp_path: Path) -> None:
    with Bench(database_url, tmp_path / "home") as bench, pytest.raises(BadData, match="lang"):
        bench.office.installation.prepare(now(), adopt=["lang"])


def test_a_database_of_before_has_agreed_about_nothing_and_is_not_refused(database_url: str, tmp_path: Path) -> None:
    with Bench(database_url, tmp_path / "home") as bench:
        bench.ordered()
        with office(bench.settings) as here, here.database.reading() as session:
            here.installation.up_to_date(session)
            assert session.scalars(select(InstallationRow)).all() == []


def test_ready_says_which_setting_differs(database_url: str, tmp_path: Path) -> None:
    with Bench(database_url, tmp_path / "home") as bench:
        bench.office.installation.prepare(now())
    with Bench(database_url, tmp_path / "home", series="另一督案") as stray:
        answer = TestClient(over(stray.office)).get("/health/ready")
    assert answer.status_code == 503
    assert "DUBAN_SERIES" in answer.json()["reason"]


def test_doctor_tells_of_rows_that_are_not_what_their_events_make(databases: Databases, tmp_path: Path) -> None:
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path / "home") as bench:
        bench.office.installation.prepare(now())
        bench.ordered()
        assert rows_of(len(bench.office.proofs.differing())).good
        with bench.office.database.transaction() as session:
            session.execute(text("DELETE FROM timers"))
    told = run(url, tmp_path / "home", "-m", "cli.main", "doctor", DUBAN_PREFECT_PORT=str(free_port()))
    assert told.returncode == 1
    lines = [line for line in told.stdout.splitlines() if "duban verify" in line and line.startswith("✗")]
    assert any("1件案件" in line for line in lines), told.stdout
    databases.drop(url)
