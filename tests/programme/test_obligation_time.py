"""Time and the obligations of a year: reminders, outages, crashes, another calendar."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from states.obligation import ObligationState
from states.vocabulary import Role
from store.schema.obligations import ObligationStepRow
from tests.support.obligated_office import COUNTY, clues_of, generated, one, sweep, told, verified, with_county
from tests.support.offices import ZONE, Bench, at, day

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


# --- reminders -------------------------------------------------------------------------------------------------------


def test_liaison_and_head_are_reminded_once_each_time_and_not_once_it_is_done(bench: Bench) -> None:
    report = generated(with_county(bench))
    days = ("01-04", "03-03", "03-17", "03-26", "03-31")
    for on in days:
        sweep(bench, on, 8, 59)
        for minute in (0, 1):
            sweep(bench, on, 9, minute)
    kinds = ("begun", "reminder", "reminder", "reminder", "due_today")
    assert told(bench, report) == [
        (f"{on} 09:00", f"obligation_{kind}") for on, kind in zip(days, kinds, strict=True) for _post in range(2)
    ]
    study = one(bench, "art6-7c")
    bench.office.obligations.submit(study.id, day("04-01"), bench.actor(Role.LIAISON), at("04-01"), note="测试成绩单")
    before = told(bench, study)
    sweep(bench, "12-31")
    assert told(bench, study) == before


def test_after_an_outage_only_the_latest_reminder_is_sent(bench: Bench) -> None:
    report = generated(with_county(bench))
    sweep(bench, "03-30")
    assert [notice for _at, notice in told(bench, report)] == ["obligation_reminder"] * 2
    sweep(bench, "04-07")
    assert len(told(bench, report)) == 2, "a miss is no message to the unit"
    assert len(clues_of(bench)) == 1


def test_a_message_names_the_number_and_the_day_and_leads_to_the_page(sqlite_bench: Bench) -> None:
    from tests.support.mailboxes import mail_server  # noqa: PLC0415  # only here

    bench = with_county(sqlite_bench)
    with mail_server() as mails:
        settings = replace(bench.settings, smtp_host="127.0.0.1", smtp_port=mails.port)
        with Bench(settings.database, settings.home, smtp_host="127.0.0.1", smtp_port=mails.port) as sending:
            sending.reach(COUNTY, "联络员", ("mail", "liaison@example.cn"))
            report = generated(sending)
            sweep(sending, "03-31")
            assert sending.office.rounds.deliver(at("03-31", 9, 1)).letters == 2, "the last day waits for no digest"
        (text,) = [one for one in mails.texts() if "最后一个工作日" in one]
    assert f"年度职责〔2026〕{report.id}号" in text
    assert f"/obligations/{report.id}" in text
    assert "法治" not in text, "what is owed is not said"


# --- crashes and other calendars -------------------------------------------------------------------------------------


def test_a_sweep_that_breaks_in_the_middle_leaves_nothing_half_done(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = with_county(sqlite_bench)
    generated(bench)
    with monkeypatch.context() as broken:
        broken.setattr("programme.obligation_sweep.clues.add", _broken)
        assert bench.office.rounds.sweep(at("04-01", 9), at("04-01", 9)).failed == 1
    assert (one(bench).state, clues_of(bench)) == (ObligationState.OPEN, [])
    with bench.office.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ObligationStepRow)) == 0
    sweep(bench, "04-01", 9, 30)
    assert clues_of(bench) == [], "it was put aside for an hour"
    sweep(bench, "04-01", 10, 0)
    assert len(clues_of(bench)) == 1
    assert verified(bench)


def _broken(*_arguments: object) -> None:
    raise RuntimeError("the power fails")


def test_a_new_calendar_moves_the_moments_and_never_the_day(sqlite_bench: Bench, tmp_path: Path) -> None:
    bench = with_county(sqlite_bench)
    report = generated(bench, 2027, "11-28")
    sweep(bench, "11-28")
    before = one(bench, year=2027).next_at
    assert before is not None
    assert before.astimezone(UTC).isoformat() == "2027-01-04T01:00:00+00:00"
    notice = tmp_path / "2027.json"
    days = "".join(f'{{"name": "元旦", "date": "2027-01-0{n}", "isOffDay": true}},' for n in range(1, 5)).rstrip(",")
    notice.write_text(f'{{"year": 2027, "papers": [], "days": [{days}]}}', "utf-8")
    assert re.search("2027-01-04", notice.read_text("utf-8"))
    from config.calendars import load_calendar  # noqa: PLC0415  # only here

    bench.office.rulebook.calendar = load_calendar([notice])
    sweep(bench, "11-28", 10)
    after = one(bench, year=2027)
    assert after.next_at is not None
    assert after.next_at.astimezone(ZONE).date().isoformat() == "2027-01-05"
    assert after.due_on == report.due_on
