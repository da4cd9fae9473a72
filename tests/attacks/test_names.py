"""Names and numbers that are not what they look like: refused wherever given, and never taken for another's."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import console, requests, units
from accounts.administration import change_account
from accounts.operators import Operator
from config.settings import BadSetting, Settings
from notifications.mail import written_mail
from notifications.servers import Message, Servers
from states.errors import BadData, NotFound
from states.names import is_case_number, is_plain_name, plain_name
from states.vocabulary import Act, Role
from store import accounts, cases, organisation, tokens
from tests.support.offices import UNIT, Bench, at
from wiring import now

UNSEEN: Final = {
    "right-to-left override": "\u202e",
    "isolate": "\u2067",
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "delete": "\x7f",
    "next line": "\x85",
    "line separator": "\u2028",
    "tag": "\U000e0041",
    "Hangul filler": "\u3164",
    "line end": "\n",
    "tab": "\t",
}
GOOD: Final = (
    "临法治督案〔2026〕7号",
    "北川督〔2026〕777号",
    "LX法督〔2026〕12号",
    "督(办)〔1999〕001号",
    "临法治督案〔2026〕7号-移1",
)
BAD: Final = (
    "7",
    "2026",
    "７",
    "1号",
    "临法治督案[2026]7号",
    "临法治督案〔26〕7号",
    "临法治督案〔2026〕号",
    "临法治督案〔2026〕七号",
    "临法治督案〔２０２６〕7号",
    "临法治督案〔2026〕7号 http://evil.example",
    "http://evil.example/〔2026〕7号",
    "<b>〔2026〕7号",
    "临法治督案〔2026〕7号\u202e",
    "临法治\u200b督案〔2026〕7号",
    "⼀法督〔2026〕7号",
    "A" * 41 + "〔2026〕7号",
)
SYS: Final = Operator("sys", Role.ADMINISTRATOR)


@pytest.mark.parametrize("number", GOOD)
def test_a_number_of_an_organ_a_year_and_a_place_is_one(number: str) -> None:
    assert is_case_number(number)


@pytest.mark.parametrize("number", BAD)
def test_nothing_else_opens_a_case_as_its_number(bench: Bench, number: str) -> None:
    assert not is_case_number(number)
    with pytest.raises(BadData, match=r"格式|看不见|控制"):
        bench.open(number=number)


def test_digits_are_an_id_and_never_anothers_number(bench: Bench) -> None:
    first, second = bench.open(), bench.open()
    with bench.office.database.transaction() as session:  # a number from before numbers were looked at
        session.connection().exec_driver_sql(f"UPDATE cases SET number = '{first}' WHERE id = {second}")
    with bench.office.database.reading() as session:
        assert cases.find(session, str(first)) == first
        for nothing in ("999", str(2**31), "9" * 18, "9" * 19, "9" * 4000, "-1", "１"):
            with pytest.raises(NotFound):
                cases.find(session, nothing)


@pytest.mark.parametrize("mark", UNSEEN.values(), ids=UNSEEN.keys())
def test_no_name_holds_what_nobody_sees(bench: Bench, mark: str) -> None:
    office, bad = bench.settings.office, f"临溪{mark}局"
    case, reported = bench.ordered(), bench.ordered()
    bench.act(reported, Act.SUBMIT_REPORT, "02-12")
    database, moment = bench.office.database, now()
    console.add(database, "sys", "", Role.ADMINISTRATOR, office, office, moment)
    with database.reading() as session:
        unit = str(organisation.unit_by_name(session, UNIT).id)
    fields = {"name": bad, "role": "handler", "unit": office}
    attempts: list[Any] = [
        lambda: bench.open(unit=bad),
        lambda: bench.open(post=bad),
        lambda: bench.open(liaison=bad),
        lambda: bench.act(case, Act.SUBMIT_REPORT, "02-12", signed_by=bad),
        lambda: bench.act(case, Act.SUBMIT_REPORT, "02-12", document_number=bad),
        lambda: bench.act(reported, Act.VERIFY_PASS, "02-13", verifiers=["甲", bad]),
        lambda: change_account(database, SYS, "add", {"do": "add", "username": "li", **fields}, moment),
        lambda: console.add(database, "li", bad, Role.HANDLER, office, office, moment),
        lambda: console.add(database, "li", "李", Role.HANDLER, bad, office, moment),
        lambda: console.give_token(database, "sys", moment, name=bad, scopes=["read"], days=1),
        lambda: units.change_unit(database, SYS, "want_add_unit", {"name": bad}, moment),
        lambda: units.change_unit(database, SYS, "add_post", {"unit": unit, "name": bad, "role": "head"}, moment),
    ]
    for attempt in attempts:
        with pytest.raises(BadData):
            attempt()
    with database.reading() as session:
        assert [one.name for one in organisation.unit_tree(session) if not is_plain_name(one.name)] == []
        assert [one.username for one in accounts.people(session)] == ["sys"]
        assert (tokens.of(session), requests.waiting(session)) == ([], [])


@pytest.mark.parametrize("name", ["system", "console", "Console", "console/handler", "SYSTEM"])
def test_nobody_is_called_what_histories_call_the_system_or_the_console(bench: Bench, name: str) -> None:
    office = bench.settings.office
    fields = {"do": "add", "username": name, "name": "李", "role": "handler", "unit": office}
    bench.open()
    for attempt in (
        lambda: console.add(bench.office.database, name, "", Role.HANDLER, office, office, now()),
        lambda: change_account(bench.office.database, SYS, "add", fields, now()),
    ):
        with pytest.raises(BadData, match="用户名"):
            attempt()


def test_a_title_of_years_ago_makes_no_second_line_in_a_mail() -> None:
    subject = "督办 \u202e号7\r\nBcc: all@evil.example\u200b"
    message = Message(message_id="m", subject=subject, body="b", created_at=at("03-05"))
    mail = written_mail(Servers(), "head@example.invalid", message, subject, "b")
    assert mail["Subject"] == plain_name(subject)
    assert mail["Bcc"] is None
    assert "\u202e" not in str(mail["Subject"])


def test_a_series_that_makes_no_number_is_refused_at_the_start() -> None:
    for series in ("", "7", "临\u200b法", "a b", "<b>"):
        with pytest.raises(BadSetting, match="SERIES"):
            Settings(series=series)


@given(st.text(min_size=1, max_size=12))
def test_a_plain_name_has_the_length_of_the_name_and_is_one(text: str) -> None:
    plain = plain_name(text)
    assert len(plain) == len(text)
    assert is_plain_name(plain)
    assert plain == text or not is_plain_name(text)
