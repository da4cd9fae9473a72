"""Who watches the watchman: a sweep that has stopped is reported, once, and broken promises are counted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, update
from starlette.testclient import TestClient

from config.settings import BadSetting, Settings
from operations.watchdog import Watchman
from states.vocabulary import SPINE, Act
from store.schema.cases import WITHOUT_NEXT_STEP, CaseRow
from store.schema.outbox import OutboxRow
from store.schema.timers import TimerRow
from tests.support.applications import over
from tests.support.mailboxes import mail_server
from tests.support.offices import Bench, at
from wiring import office

if TYPE_CHECKING:
    from pathlib import Path


def test_a_stopped_sweep_is_reported_once_for_each_outage(database_url: str, tmp_path: Path) -> None:
    with (
        mail_server() as mails,
        Bench(
            database_url,
            tmp_path,
            smtp_host="127.0.0.1",
            smtp_port=mails.port,
            watch_address="mail:duty@example.invalid",
        ) as bench,
    ):
        swept = at("03-02", 9)
        bench.office.rounds.sweep(swept, swept)
        assert bench.office.overview.watch(swept + timedelta(minutes=9)) is None
        for minutes in (11, 12, 600):
            bench.office.overview.watch(swept + timedelta(minutes=minutes))
        assert mails.recipients() == {"duty@example.invalid"}
        assert len(mails.arrived) == 1
        assert "2026-03-02 09:00" in mails.texts()[0]
        again = at("03-03", 9)
        bench.office.rounds.sweep(again, again)
        bench.office.overview.watch(again + timedelta(minutes=30))
        assert len(mails.arrived) == 2


def test_a_report_that_could_not_leave_is_tried_again(database_url: str, tmp_path: Path) -> None:
    with (
        mail_server() as mails,
        Bench(
            database_url, tmp_path, smtp_host="127.0.0.1", smtp_port=mails.port, watch_address="mail:duty@a.invalid"
        ) as bench,
    ):
        mails.refuses = "451 later"
        outcome = bench.office.overview.watch(at("03-02", 9))
        assert outcome is not None
        assert not outcome.ok
        mails.refuses = ""
        bench.office.overview.watch(at("03-02", 9, 1))
        assert len(mails.arrived) == 1


def test_the_supervisor_tells_of_a_stopped_sweep_and_of_a_database_that_is_away(
    database_url: str, tmp_path: Path
) -> None:
    with mail_server() as mails:
        more: dict[str, Any] = {
            "smtp_host": "127.0.0.1",
            "smtp_port": mails.port,
            "watch_address": "mail:duty@a.invalid",
        }
        with Bench(database_url, tmp_path, **more) as bench:
            swept = at("03-02", 9)
            bench.office.rounds.sweep(swept, swept)
            watchman = Watchman(bench.settings, office)
            assert watchman.look(swept + timedelta(minutes=9)) == (False, None)
            stopped, outcome = watchman.look(swept + timedelta(minutes=11))
            assert stopped
            assert outcome is not None
            assert outcome.ok
            # The delivery, if it is alive, tells of the same outage no second time, nor does the supervisor.
            assert bench.office.overview.watch(swept + timedelta(minutes=12)) is None
            assert watchman.look(swept + timedelta(minutes=13)) == (True, None)
        assert len(mails.arrived) == 1
        nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
        watchman = Watchman(Settings(home=tmp_path, database_url=nowhere, **more), office)
        for minutes in (0, 9, 10, 11, 600):
            stopped, outcome = watchman.look(swept + timedelta(minutes=minutes))
            assert not stopped  # not known, and starting the flows again would mend nothing
            assert (outcome is not None) == (minutes == 10)
        assert len(mails.arrived) == 2
        assert "2026-03-02 09:00" in mails.texts()[1]


def test_an_office_at_work_keeps_its_promises_and_each_broken_one_shows(bench: Bench) -> None:
    case = bench.ordered()
    suspended = bench.ordered(unit="中止局")
    bench.act(suspended, Act.SUSPEND, "02-09", reason="防汛")
    moment = at("02-09", 10, 5)
    _all_sent(bench)
    bench.ordered("02-09", found="02-09", unit="新案局")
    assert bench.office.overview.promises(moment).kept
    # What was owed at ten may take its time until noon.
    assert bench.office.overview.promises(at("02-09", 12, 5)).left_behind > 0
    _all_sent(bench)
    with bench.office.database.transaction() as session:
        session.execute(update(TimerRow).where(TimerRow.case_id == case).values(due_at=moment - timedelta(minutes=16)))
    assert bench.office.overview.promises(moment).missed > 0
    with bench.office.database.transaction() as session:
        session.execute(delete(TimerRow).where(TimerRow.case_id == case))
        session.execute(update(CaseRow).where(CaseRow.id == case).values(next_due_on=None))
    assert bench.office.overview.promises(moment).aimless == (bench.case(case).number,)


def test_a_watch_address_needs_its_kind() -> None:
    with pytest.raises(BadSetting, match="mail:duty"):
        Settings(watch_address="duty@example.invalid")


def _all_sent(bench: Bench) -> None:
    with bench.office.database.transaction() as session:
        session.execute(update(OutboxRow).values(state="sent"))


def test_the_index_of_aimless_cases_names_every_open_state() -> None:
    assert all(f"'{state.value}'" in WITHOUT_NEXT_STEP for state in SPINE)


def test_broken_promises_turn_the_health_page_and_the_metric(sqlite_bench: Bench) -> None:
    client = TestClient(over(sqlite_bench.office))
    assert client.get("/health/deadlines").json()["ok"] is True
    assert "duban_promises_kept 1" in client.get("/metrics").text
    case = sqlite_bench.ordered()  # in the past, and neither swept nor delivered since
    answer = client.get("/health/deadlines")
    assert answer.status_code == 503
    assert answer.json()["messages_left_behind"] > 0
    assert answer.json()["missed"] > 0
    assert "duban_promises_kept 0" in client.get("/metrics").text
    assert sqlite_bench.case(case).is_open
