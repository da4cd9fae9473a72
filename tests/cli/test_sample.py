"""`duban sample`: an empty home becomes an office that has worked until today, once, and everybody in it can log in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from config.settings import Settings
from states.errors import Unavailable
from states.evolve import fold
from states.timers import why_no_timer
from states.vocabulary import Act, Light, Role, State
from store import accounts, cases, clues, events, official_documents, organisation, outbox, unit_posts
from tests.support.processes import ROOT
from wiring import Office, now
from wiring.sample import AlreadyFilled, fill, require_fillable
from wiring.sample.script import Script

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from states.case import Case

HOUR: Final = 11
ENVIRON: Final = os.environ  # noqa: TID251  # handed on to the command as it is, not read


def duban(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**ENVIRON, "DUBAN_HOME": str(home)},
        check=False,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sample") / "home"


@pytest.fixture(scope="module")
def told(home: Path) -> dict[str, Any]:
    """Fill a home through the command line, as people do, and give what it printed."""
    done = duban(home, "sample", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def office(home: Path, told: dict[str, Any]) -> Iterator[Office]:
    assert told["logins"]
    found = Office(Settings(home=home))
    yield found
    found.close()


def listed(office: Office) -> list[Case]:
    with office.database.reading() as session:
        return [item.case for item in cases.listed(session)]


def test_the_history_verifies_and_every_row_is_the_fold_of_its_events(office: Office) -> None:
    verdict = office.proofs.verify()
    assert verdict.ok, verdict.first_wrong
    found = listed(office)
    assert len(found) > 40
    with office.database.reading() as session:
        for case in found:
            assert fold(recorded.event for recorded in events.history(session, case.id)) == case


def test_somebody_or_some_timer_looks_at_every_open_case_again(office: Office) -> None:
    with office.database.reading() as session:
        for case in listed(office):
            rules = office.desk.unit_of_work.rulebook.rules_of(session, case)
            assert why_no_timer(case, rules) != "unexplained", case.number


def test_every_role_can_log_in_at_once_with_the_password_that_was_printed(office: Office, told: dict[str, Any]) -> None:
    from accounts import login  # noqa: PLC0415  # argon2 is slow to load, and only this test hashes

    counted = Counter(line["role"] for line in told["logins"])
    assert counted == {role.value: 1 + (role is Role.INSPECTOR) for role in Role if role is not Role.SYSTEM}
    assert len({line["password"] for line in told["logins"]}) == len(told["logins"])
    for line in told["logins"]:
        secret = login.log_in(office.database, frozenset(), line["username"], line["password"], now())
        visit = login.at_page(office.database, secret, now())
        assert visit is not None
        assert visit.person.role.value == line["role"]
        assert not visit.person.must_change, line["username"]


def test_a_second_run_refuses_and_with_once_does_nothing(home: Path, office: Office) -> None:
    before = len(listed(office))
    again = duban(home, "sample")
    assert again.returncode == 1
    assert "已有样例" in again.stderr
    once = duban(home, "sample", "--once")
    assert once.returncode == 0
    assert "Duban-" not in once.stdout
    assert len(listed(office)) == before


def test_a_home_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "台账.xlsx").write_bytes(b"ours")
    refused = duban(tmp_path, "sample", "--once")
    assert refused.returncode == 1
    assert "不是空目录" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["台账.xlsx"]
    (tmp_path / "sample").write_text("unfinished\n", "utf-8")
    with pytest.raises(Unavailable, match="没有填完"):
        require_fillable(tmp_path)
    (tmp_path / "sample").write_text("filled\n", "utf-8")
    with pytest.raises(AlreadyFilled):
        require_fillable(tmp_path)


def test_every_page_has_something_to_show(office: Office) -> None:
    found = listed(office)
    states = {case.state for case in found}
    assert states >= {*State} - {State.WITHDRAWN, State.MERGED, State.EXEMPTED}
    overlays = {word for case in found for word in case.overlays}
    assert overlays >= {
        "suspended",
        "extension_pending",
        "under_review",
        "under_appeal",
        "listed",
        "partly_transferred",
        "tolerance_review",
        "late_entry",
        "to_be_countersigned",
    }
    assert {case.light for case in found} == {*Light}
    assert any(case.proposal for case in found)
    assert any("clock_gap" in case.attention for case in found)
    assert office.console.waiting()[1], "another policy waits for the leader"
    assert any(case.items and case.items[0].answer for case in found)
    assert any(case.items and case.items[0].measure and not case.items[0].answer for case in found)
    acts = Counter[Act]()
    with office.database.reading() as session:
        for case in found:
            acts.update(recorded.event.act for recorded in events.history(session, case.id))
        assert {clue.state.value for clue in clues.listed(session, None)} == {"open", "adopted", "dismissed"}
        assert {kept.status.value for kept in official_documents.listed(session)} >= {"submitted", "served"}
        posts = unit_posts.posts_listed(session, office.today())
        assert all(post.ways for post in posts)
        assert sum(bool(post.holder) for post in posts) > 40
        assert outbox.kinds_sent(session)
    assert acts.keys() >= {
        Act.LOOK_BACK_PASS,
        Act.APPROVE_EXTENSION,
        Act.HOLD_INTERVIEW,
        Act.ISSUE_MINUTES,
        Act.RECORD_ACCOUNTABILITY,
        Act.COUNTERSIGN,
        Act.VERIFY_FAIL,
        Act.RETURN_PLAN,
        Act.REPORT_PROGRESS,
        Act.URGE,
        Act.ESCALATED,
    }


def test_today_has_terms_that_are_near_due_and_over(office: Office) -> None:
    today = office.today()
    due = [line.due_on for case in listed(office) for line in case.running if line.party == "unit"]
    assert today in due
    assert any(day < today for day in due)
    assert any(today < day <= today + timedelta(days=10) for day in due)


def test_units_stand_in_a_tree_and_people_are_told_apart_from_logins(office: Office, told: dict[str, Any]) -> None:
    with office.database.reading() as session:
        depths = Counter(unit.depth for unit in organisation.unit_tree(session))
        everybody = accounts.people(session)
    assert depths[1] >= 3
    assert depths[2] >= 3
    assert len(everybody) > len(told["logins"])


@pytest.mark.parametrize(
    "on",
    [
        pytest.param("2026-02-17", id="in the Spring Festival, before the ledger's rows"),
        pytest.param("2026-05-06", id="after a week of holidays", marks=pytest.mark.slow),
        pytest.param("2027-10-08", id="in a year that no notice covers", marks=pytest.mark.slow),
    ],
)
def test_on_whatever_day_it_is_filled_the_sample_holds(on: str, tmp_path: Path) -> None:
    moment = datetime.combine(date.fromisoformat(on), datetime.min.time(), Settings().tz).replace(hour=HOUR)
    settings = Settings(home=tmp_path / "home")
    filled = Office(settings)
    try:
        fill(filled, moment)
        assert filled.proofs.verify().ok
        script = Script(filled.today(moment), filled.rulebook.calendar)
        assert len(listed(filled)) >= len(script.cases)
        assert any(case.proposal for case in listed(filled))
    finally:
        filled.close()
