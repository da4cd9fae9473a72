"""Several processes on one database: a calendar that one of them loads, and settings in which one of them differs."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text, update

from config.settings import Settings
from operations.installation import FILE, VARIABLES, OtherInstallation
from states.vocabulary import Act
from store import cases, installation
from store.installation import RulesChanged
from store.tables import CaseEventRow, CaseRow, InstallationRow
from tests.offices import Bench, at
from tests.processes import ROOT
from web.app import application
from wiring import now, office

if TYPE_CHECKING:
    from pathlib import Path

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
        running.office.prepare()
        yield running, other


def test_an_order_served_by_a_process_that_was_running_goes_by_the_calendar_that_another_one_loaded(
    two: tuple[Bench, Bench], tmp_path: Path
) -> None:
    running, other = two
    before = running.due(running.ordered("02-24", unit="甲局", term="5wd"))
    old = running.office.archive.calendar.hash
    other.office.calendar_change.import_calendar(notice(tmp_path), at("02-24", 11))
    case = running.ordered("02-24", unit="乙局", term="5wd")
    assert (before, running.due(case)) == ("03-03", "03-09")
    assert running.office.archive.calendar.hash == other.office.archive.calendar.hash != old
    # And the case that was there before was counted again: both have the same day.
    with running.office.database.reading() as session:
        assert {found.calendar_hash for found in session.scalars(select(CaseEventRow)) if found.case_id == case} == {
            other.office.archive.calendar.hash
        }
    assert not running.office.rebuild(at("02-24", 12)).differing


def test_an_act_in_the_middle_of_which_a_calendar_comes_is_worked_out_anew(
    two: tuple[Bench, Bench], tmp_path: Path, database_kind: str
) -> None:
    running, other = two
    case = running.open("02-24")
    if database_kind == "sqlite":
        pytest.skip("SQLite lets one writer in: nothing comes in the middle of an act")
    hash_ = running.office.archive.calendar.hash
    with pytest.raises(RulesChanged), running.office.database.transaction() as session:
        work = running.office.desk.unit_of_work.begin(session, cases.get(session, case, to_change=True))
        with other.office.database.transaction() as theirs:
            calendar = other.office.calendar_change.preview_calendar(notice(tmp_path))
            other.office.archive.put_in_force(theirs, at("02-24", 11), calendar)
        running.office.desk.unit_of_work.note(
            session, work, Act.CASE_VIEWED, {"who": "a", "role": "director", "how": "page"}, at("02-24", 12)
        )
        running.office.desk.unit_of_work.write(session, [work], at("02-24", 12))
    assert running.office.archive.calendar.hash != hash_  # whoever asks again asks by what is in force
    running.act(case, Act.SERVE_ORDER, "02-24", term="5wd")
    assert running.due(case) == "03-09"


def test_a_page_and_a_sweep_of_a_running_process_go_by_what_is_in_force(
    two: tuple[Bench, Bench], tmp_path: Path
) -> None:
    running, other = two
    running.ordered("02-24", term="5wd")
    other.office.calendar_change.import_calendar(notice(tmp_path), at("02-24", 11))
    with TestClient(application(running.office)) as client:
        with running.office.database.reading() as session:
            running.office.up_to_date(session)
        assert client.get("/health/live").status_code == 200
    assert not running.office.archive.calendar.works(at("03-02").date())
    tally = running.office.sweep(at("03-03", 9, 30), at("03-03", 9, 30))
    assert tally.failed == 0


def test_a_calendar_that_could_not_be_put_in_force_is_not_left_among_the_files(
    two: tuple[Bench, Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, _ = two

    def refuse(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr("cases.calendar_change.own_hash", refuse)
    hash_ = running.office.archive.calendar.hash
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
        assert stray.office.archive.policy.name == "decree-733"
        case = stray.open("01-28")
        assert stray.case(case).policy_hash == running.office.archive.policy.hash


# --- the settings that all processes share ----------------------------------------------------------------------------

CHANGED = {
    "office": {"DUBAN_OFFICE": "另一办公室"},
    "series": {"DUBAN_SERIES": "另一督案"},
    "zone": {"DUBAN_ZONE": "Asia/Urumqi"},
    "policy": {"DUBAN_POLICY": "decree-733"},
    "origin": {"DUBAN_ORIGIN": "other.example/history"},
    "calendar": {"DUBAN_CALENDARS": "NOTICE"},
    "home": {"DUBAN_HOME": "ELSEWHERE"},
}


def run(url: str, home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items()}  # noqa: TID251, C416  # for a child
    seen = inherited | {"DUBAN_HOME": str(home), "DUBAN_DATABASE_URL": url} | more
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=seen, check=False, capture_output=True, text=True)


def test_every_shared_setting_is_compared() -> None:
    assert CHANGED.keys() == VARIABLES.keys()


@pytest.mark.parametrize("name", CHANGED)
def test_a_process_with_another_setting_is_refused_with_its_name(
    empty_url: str, tmp_path: Path, name: str, database_kind: str
) -> None:
    home = tmp_path / "home"
    assert run(empty_url, home, "-m", "cli.main", "migrate").returncode == 0
    more = dict(CHANGED[name])
    for variable, value in more.items():
        if value == "NOTICE":
            more[variable] = str(notice(tmp_path))
        elif value == "ELSEWHERE":
            more[variable] = str(tmp_path / "elsewhere")
            (tmp_path / "elsewhere").mkdir()
    finding = (
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
    entries = [("-m", "cli.main", "sweep"), ("-m", "cli.main", *finding), ("-m", "cli.main", "migrate")]
    if database_kind == "sqlite":
        web = "import asyncio\nfrom web.app import make_app\napp = make_app()\nasyncio.run(app.router.lifespan_context(app).__aenter__())"
        flow = "from flows.working import at_work\nwith at_work('sweep-deadlines'): print('worked')"
        entries += [("-c", web), ("-c", flow)]
    for entry in entries:
        done = run(empty_url, home, *entry, **more)
        assert done.returncode == 1, (entry, done.stdout)
        assert VARIABLES[name] in done.stderr, (entry, done.stderr)
        assert "worked" not in done.stdout
    with office(Settings(home=home, database_url=empty_url)) as here, here.database.reading() as session:
        assert session.scalar(select(CaseEventRow.seq)) is None
    told = run(empty_url, home, "-m", "cli.main", "doctor", **more)
    assert told.returncode == 1
    assert any(line.startswith("✗") and VARIABLES[name] in line for line in told.stdout.splitlines()), told.stdout
    # Until the office says that it has changed.
    assert run(empty_url, home, "-m", "cli.main", "migrate", "--adopt", name, **more).returncode == 0
    assert run(empty_url, home, "-m", "cli.main", "sweep", **more).returncode == 0
    assert VARIABLES[name] in run(empty_url, home, "-m", "cli.main", "sweep").stderr


def test_the_first_process_decides_and_a_home_is_known_by_what_stands_in_it(database_url: str, tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    with office(Settings(home=home, database_url=database_url), compared=False) as here:
        here.prepare()
        here.prepare()
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


def test_a_name_that_is_not_compared_cannot_be_adopted(empty_url: str, tmp_path: Path) -> None:
    done = run(empty_url, tmp_path, "-m", "cli.main", "migrate", "--adopt", "lang")
    assert done.returncode == 1
    assert "lang" in done.stderr


def test_a_database_of_before_has_agreed_about_nothing_and_is_not_refused(database_url: str, tmp_path: Path) -> None:
    with Bench(database_url, tmp_path / "home") as bench:
        bench.ordered()
        with office(bench.settings) as here, here.database.reading() as session:
            here.up_to_date(session)
            assert session.scalars(select(InstallationRow)).all() == []


def test_ready_says_which_setting_differs(database_url: str, tmp_path: Path) -> None:
    with Bench(database_url, tmp_path / "home") as bench:
        bench.office.prepare()
    with Bench(database_url, tmp_path / "home", series="另一督案") as stray:
        answer = TestClient(application(stray.office)).get("/health/ready")
    assert answer.status_code == 503
    assert "DUBAN_SERIES" in answer.json()["reason"]


def test_doctor_tells_of_rows_that_are_not_what_their_events_make(database_url: str, tmp_path: Path) -> None:
    with Bench(database_url, tmp_path / "home") as bench:
        bench.office.prepare()
        case = bench.ordered()
        with bench.office.database.transaction() as session:
            session.execute(update(CaseRow).where(CaseRow.id == case).values(light="red"))
            session.execute(text("DELETE FROM timers"))
    told = run(database_url, tmp_path / "home", "-m", "cli.main", "doctor")
    assert told.returncode == 1
    (line,) = [line for line in told.stdout.splitlines() if "duban verify" in line and line.startswith("✗")]
    assert "1" in line
