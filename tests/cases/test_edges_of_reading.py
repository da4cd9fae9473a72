"""What may be read: of events by each role, of kept files by who brought them, of alike cases and posts by who asks."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

import pytest

from cases.duplicates import questions_of
from cases.event_visibility import MASKED, visible_event
from cases.evidence import names_of_own, was_brought_by
from cases.handover import handover, post_named, who_knew
from cases.waiting import Waits, waiting_for
from notifications.delivery import deliver
from states.errors import BadData, NotFound
from states.vocabulary import Act, Role
from store import accounts, message_holders, organisation, unit_posts
from store.schema.evidence import EvidenceRow
from store.visibility import Reader
from tests.support.days import UNIT, ZONE, at, day
from wiring.sample.life import Nowhere

if TYPE_CHECKING:
    from cases.handover import PostHandover
    from states.case import Event
    from tests.support.offices import Bench

OTHER: Final = "临溪市水利局"
POST: Final = f"{UNIT}局长"
TOLD: Final = ("items", "criteria", "measures", "answers", "verdicts", "progress")
"""Beside the finding, the fields in which the text of a part may stand, whatever act wrote them."""
HANDED: Final[dict[str, Any]] = {"receiver": "市纪委监委", "partial": True, "part": "收受礼金", "rest": "制度不健全"}


def reader_of(bench: Bench, role: Role, unit: str = "", username: str = "某人") -> Reader:
    """Return somebody of a unit, or of the office where none is named, as one who reads."""
    with bench.office.database.reading() as session:
        unit_id = organisation.unit_by_name(session, unit).id if unit else unit_posts.office_id(session)
    return Reader(username, role, unit_id)


# --- events ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", [Act.MARKED_YELLOW, Act.SERVE_ORDER, Act.SUBMIT_PLAN, Act.VERIFY_PASS], ids=str)
@pytest.mark.parametrize("field", TOLD)
def test_no_act_of_before_shows_a_field_in_which_the_handed_part_may_stand(
    sqlite_bench: Bench, act: Act, field: str
) -> None:
    case_id = sqlite_bench.ordered()
    before = sqlite_bench.history(case_id)[-1].event._replace(act=act, data={field: "收受礼金", "term": "15wd"})
    sqlite_bench.act(case_id, Act.TRANSFER, "02-11", **HANDED)
    case = sqlite_bench.case(case_id)
    assert dict(visible_event(before, case, Role.HANDLER).data) == {"term": "15wd"}
    assert field in visible_event(before, case, Role.DISCIPLINE).data
    after = before._replace(case_seq=case.version + 1)
    assert field in visible_event(after, case, Role.HANDLER).data, "what is entered afterwards is read again"


def test_in_bulk_a_transferred_case_is_a_stub_also_for_those_who_read_it_alone(sqlite_bench: Bench) -> None:
    case_id = sqlite_bench.ordered()
    event = sqlite_bench.history(case_id)[0].event
    sqlite_bench.act(case_id, Act.TRANSFER, "02-11", role=Role.LEADER, receiver="市纪委监委")
    case = sqlite_bench.case(case_id)
    for role in (Role.LEADER, Role.DISCIPLINE):
        assert visible_event(event, case, role).data == event.data
        stub = visible_event(event, case, role, in_bulk=True)
        assert (dict(stub.data), stub.actor.user) == ({}, "")
    assert dict(visible_event(event, case, Role.DIRECTOR).data) == {}


def test_in_bulk_nobody_reads_the_part_that_was_handed_over_and_everybody_what_is_no_part_of_it(
    sqlite_bench: Bench,
) -> None:
    case_id = sqlite_bench.ordered(finding="制度不健全；收受礼金")
    event = sqlite_bench.history(case_id)[0].event
    sqlite_bench.act(case_id, Act.TRANSFER, "02-11", **HANDED)
    case = sqlite_bench.case(case_id)
    assert "收受礼金" in visible_event(event, case, Role.LEADER).data["finding"]
    for role in (Role.LEADER, Role.HANDLER):
        assert visible_event(event, case, role, in_bulk=True).data["finding"] == case.finding
    open_case = sqlite_bench.case(sqlite_bench.ordered(unit=OTHER))
    told = event._replace(case_id=open_case.id)
    assert visible_event(told, open_case, Role.HANDLER, in_bulk=True).data == told.data


@pytest.mark.parametrize("role", Role, ids=str)
def test_an_accountability_decision_is_read_whole_by_few_and_by_the_liaison_not_at_all(
    sqlite_bench: Bench, role: Role
) -> None:
    case_id = sqlite_bench.ordered()
    said = {"document_number": "县纪〔2026〕3号", "organ": "县纪委监委", "measure": "诫勉", "source": "纪检"}
    event = sqlite_bench.history(case_id)[1].event._replace(act=Act.RECORD_ACCOUNTABILITY, data=said)
    read = dict(visible_event(event, sqlite_bench.case(case_id), role).data)
    if role in (Role.LEADER, Role.DISCIPLINE, Role.ARCHIVIST):
        assert read == said
    elif role is Role.HEAD:
        assert read == {key: value for key, value in said.items() if key != "source"}
    elif role is Role.LIAISON:
        assert read == {}
    else:
        assert read == {"document_number": "县纪〔2026〕3号"}
    assert MASKED not in read.values()


@pytest.mark.parametrize("role", [Role.HEAD, Role.LIAISON], ids=str)
def test_to_whom_a_part_went_and_as_which_case_is_not_told_to_the_unit(sqlite_bench: Bench, role: Role) -> None:
    case_id = sqlite_bench.ordered()
    event: Event = sqlite_bench.act(case_id, Act.TRANSFER, "02-11", **HANDED).event
    case = sqlite_bench.case(case_id)
    assert dict(visible_event(event, case, role).data) == {}
    assert visible_event(event, case, Role.HANDLER).data["child"].endswith("-移1")


# --- kept files --------------------------------------------------------------------------------------------------


def _brought(bench: Bench, name: str, by: str) -> str:
    path = bench.settings.home / name
    path.write_text(name, "utf-8")
    return bench.keep_evidence(path, at("02-10"), by)


def test_what_a_file_is_called_is_told_to_who_brought_it_alone(sqlite_bench: Bench) -> None:
    photo, minutes = _brought(sqlite_bench, "现场照片.txt", "wang"), _brought(sqlite_bench, "会议纪要.txt", "li")
    database = sqlite_bench.office.database
    asked = [photo, minutes, "0" * 64, "没有的材料"]
    assert names_of_own(database, "wang", asked) == {photo: "现场照片.txt"}
    assert names_of_own(database, "li", asked) == {minutes: "会议纪要.txt"}
    assert names_of_own(database, "zhao", asked) == {}
    assert names_of_own(database, "wang", ["没有的材料"]) == {}
    assert [was_brought_by(database, user, photo) for user in ("wang", "li")] == [True, False]
    assert not was_brought_by(database, "wang", "没有的材料")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("报告.pdf", "application/pdf"), ("照片.jpg", "image/jpeg"), ("材料", "application/octet-stream")],
)
def test_the_kind_of_a_file_is_known_by_its_name_or_not_at_all(sqlite_bench: Bench, name: str, kind: str) -> None:
    hash_ = _brought(sqlite_bench, name, "wang")
    with sqlite_bench.office.database.reading() as session:
        row = session.get(EvidenceRow, hash_)
        assert row is not None
        assert row.media_type == kind


def test_a_file_is_cited_by_who_sees_the_case_that_holds_it_and_by_nobody_else(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    mine, theirs = bench.ordered(), bench.ordered(unit=OTHER)
    with bench.office.database.transaction() as session:
        for username, role, unit in (
            ("wang", Role.LIAISON, UNIT),
            ("chen", Role.LIAISON, UNIT),
            ("shui", Role.LIAISON, OTHER),
        ):
            accounts.add_person(session, username, username, role, organisation.unit_by_name(session, unit).id)
    hash_ = _brought(bench, "整改照片.txt", "wang")
    with pytest.raises(BadData):
        bench.act(mine, Act.SUBMIT_PLAN, "02-11", user="chen", evidence=[hash_])
    bench.act(mine, Act.SUBMIT_PLAN, "02-11", user="wang", evidence=[hash_])
    bench.act(mine, Act.SUBMIT_REPORT, "02-12", user="chen", evidence=[hash_])
    with pytest.raises(BadData):
        bench.act(theirs, Act.SUBMIT_PLAN, "02-12", user="shui", evidence=[hash_])


# --- alike cases -------------------------------------------------------------------------------------------------


def test_a_new_finding_is_compared_with_the_cases_that_the_asker_may_see(sqlite_bench: Bench) -> None:
    finding = "法治建设年度工作计划未经常委会会议研究"
    open_, secret, handed = (
        sqlite_bench.open(finding=finding),
        sqlite_bench.open(finding=finding, confidentiality="work_secret"),
        sqlite_bench.open(finding=finding),
    )
    sqlite_bench.act(handed, Act.TRANSFER, "01-29", role=Role.LEADER, receiver="市纪委监委")

    def alike(reader: Reader | None, unit: str = UNIT) -> set[int]:
        found = questions_of(sqlite_bench.office.database, reader, unit, finding, "art7-1a", day("02-02"))
        return {one.case.id for one in found.alike}

    assert alike(None) == {open_, secret}
    assert alike(reader_of(sqlite_bench, Role.DIRECTOR)) == {open_, secret}
    assert alike(reader_of(sqlite_bench, Role.HEAD, UNIT)) == {open_, secret}
    assert alike(reader_of(sqlite_bench, Role.HANDLER)) == {open_}, "a work secret is for those who had a part in it"
    assert alike(None, "临溪市没有的局") == set()


# --- what waits --------------------------------------------------------------------------------------------------


def test_what_the_clock_holds_waits_from_the_day_on_which_it_was_held(sqlite_bench: Bench) -> None:
    held = sqlite_bench.ordered("02-06")
    sqlite_bench.sweeps.sweep(at("03-20", 11), at("03-20", 11), clock_gap="2026-02-13 → 2026-03-20")
    found = waiting_for(
        sqlite_bench.office.database, Reader("某", Role.DIRECTOR, 0), sqlite_bench.actor(Role.DIRECTOR), (Waits.HELD,)
    )
    assert [(one.kind, one.case.id, one.since) for one in found.items] == [(Waits.HELD, held, day("03-20"))]
    assert (dict(found.counts), found.total) == ({Waits.HELD: 1}, 1)


def test_an_accepted_request_for_tolerance_waits_for_the_decision_from_the_day_of_its_term(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered()
    sqlite_bench.act(case, Act.REQUEST_TOLERANCE, "02-24", reason="改革试点")
    sqlite_bench.act(case, Act.ACCEPT_TOLERANCE, "02-25")
    reader = Reader("某", Role.LEADER, 0)
    found = waiting_for(sqlite_bench.office.database, reader, sqlite_bench.actor(Role.LEADER), (Waits.TOLERANCE,))
    deadline = sqlite_bench.case(case).deadline("tolerance_decision")
    assert deadline is not None
    assert [(one.case.id, one.since) for one in found.items] == [(case, deadline.started_on)]


def test_of_each_kind_as_many_come_as_were_asked_for_and_all_are_counted(sqlite_bench: Bench) -> None:
    for n, unit in enumerate((UNIT, OTHER, "临溪市财政局")):
        case = sqlite_bench.ordered(unit=unit)
        sqlite_bench.act(case, Act.REQUEST_EXTENSION, f"02-2{4 + n}", reason="汛期", term="10wd")
    for most, shown in ((1, 1), (2, 2), (3, 3), (4, 3)):
        actor = sqlite_bench.actor(Role.DIRECTOR)
        reader = Reader("某", Role.DIRECTOR, 0)
        found = waiting_for(sqlite_bench.office.database, reader, actor, (Waits.EXTENSION,), most=most)
        assert (len(found.items), found.total) == (shown, 3)


# --- a post that changes hands -----------------------------------------------------------------------------------


def _appointed(bench: Bench, *since: tuple[str, str]) -> int:
    """Let these people hold the post of the head, each from this day on; return the post."""
    with bench.office.database.transaction() as session:
        unit_posts.ensure_office(session, bench.settings.office)
        unit = organisation.ensure_unit(session, UNIT).id
        post = unit_posts.ensure_post(session, unit, POST, "head").id
        for username, first in since:
            person = accounts.add_person(session, username, f"{username}某", Role.HEAD, unit)
            unit_posts.appoint(session, post, person.id, day(first))
    bench.reach(UNIT, POST, ("mail", "head@example.invalid"))
    return post


def _sent(bench: Bench, on: str, hour: int = 16) -> None:
    office = bench.office
    deliver(office.database, Nowhere(office.channels.servers), at(on, hour), office.rounds.manner())


def _holders(found: PostHandover) -> tuple[str, str]:
    return (
        found.holder.username if found.holder else "",
        found.before.username if found.before else "",
    )


@pytest.mark.parametrize(
    ("on", "holder", "before"),
    [
        ("01-04", "", ""),
        ("01-05", "a", ""),
        ("04-30", "a", ""),
        ("05-01", "b", "a"),
        ("06-30", "b", "a"),
        ("07-01", "c", "b"),
    ],
)
def test_who_holds_a_post_and_who_held_it_last_before_changes_on_the_day(
    sqlite_bench: Bench, on: str, holder: str, before: str
) -> None:
    post = _appointed(sqlite_bench, ("a", "01-05"), ("b", "05-01"), ("c", "07-01"))
    assert _holders(handover(sqlite_bench.office.database, post, day(on), ZONE)) == (holder, before)


def test_a_post_hands_over_its_open_cases_the_nearest_due_day_first_each_with_who_stands_in_its_record(
    sqlite_bench: Bench,
) -> None:
    bench = sqlite_bench
    post = _appointed(bench, ("a", "02-01"), ("b", "07-01"))
    vacant = bench.ordered("02-06", found="01-28", post=POST)  # nobody held the post yet
    bench.act(vacant, Act.SUSPEND, "02-09", reason="防汛")  # and nothing is due soon
    late = bench.open("02-02", post=POST)
    soon = bench.ordered("02-06", found="02-02", post=POST)
    bench.act(late, Act.SERVE_ORDER, "02-11", term="30wd")
    over = bench.open("02-02", post=POST)
    bench.act(over, Act.DISMISS, "02-03", reason="查否")
    bench.ordered(unit=OTHER)
    bench.act(soon, Act.REQUEST_EXTENSION, "02-24", reason="汛期", term="10wd")
    found = handover(bench.office.database, post, day("07-01"), ZONE)
    due = [bench.case(one).next_due_on or day("12-31") for one in (soon, late, vacant)]
    assert due == sorted(due)
    assert [one.case.id for one in found.open_cases] == [soon, late, vacant]
    assert [case.id for case in found.cases] == [soon, late, vacant]
    record = {one.case.id: one.record.username if one.record else "" for one in found.open_cases}
    assert record == {vacant: "", late: "a", soon: "a"}
    assert {one.case.id: one.waits for one in found.open_cases} == {vacant: (), late: (), soon: (Waits.EXTENSION,)}


def test_a_handover_is_read_by_the_office_and_the_unit_and_shows_nobody_a_case_that_is_not_for_him(
    sqlite_bench: Bench,
) -> None:
    bench = sqlite_bench
    post = _appointed(bench, ("a", "01-05"))
    open_, secret = bench.ordered(post=POST), bench.ordered(post=POST, confidentiality="work_secret")
    bench.ordered(unit=OTHER)

    def read(reader: Reader | None) -> set[int]:
        return {case.id for case in handover(bench.office.database, post, day("03-02"), ZONE, reader).cases}

    assert read(None) == {open_, secret}
    assert read(reader_of(bench, Role.DIRECTOR)) == {open_, secret}
    assert read(reader_of(bench, Role.HEAD, UNIT)) == {open_, secret}
    assert read(reader_of(bench, Role.HANDLER)) == {open_}, "a work secret is for those who had a part in it"
    with pytest.raises(NotFound):
        read(reader_of(bench, Role.HEAD, OTHER))


def test_what_was_told_belongs_to_the_day_on_which_it_was_sent_in_the_zone_of_the_office(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    post = _appointed(bench, ("a", "01-05"), ("b", "02-10"))
    case = bench.ordered("02-09", found="02-02", post=POST)
    _sent(bench, "02-09")
    bench.act(case, Act.URGE, "02-24", document_number="auto")  # owed, and not sent

    def knew(on: str, reader: Reader | None = None) -> set[tuple[str, ...]]:
        found = who_knew(bench.office.database, case, day(on), ZONE, reader)
        return {tuple(user for user, _ in one.holders) for one in found if one.post_id == post}

    assert knew("02-08") == set()
    assert knew("02-09") == knew("02-10") == knew("03-20") == {("a",)}
    assert knew("02-09", reader_of(bench, Role.HEAD, UNIT)) == {("a",)}
    with pytest.raises(NotFound):
        knew("02-09", reader_of(bench, Role.HEAD, OTHER))
    with bench.office.database.reading() as session:
        moments = [row.sent_at for row, *_ in message_holders.sent_of_case(session, case)]
    (moment,) = {moment for moment in moments if moment is not None}
    # The same moment is already the next day further east.
    east = timezone(timedelta(hours=16))
    assert who_knew(bench.office.database, case, day("02-09"), east) == ()
    assert moment.astimezone(east).date() == day("02-10")


def test_a_message_is_owed_a_signature_until_the_head_has_signed_it(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    post = _appointed(bench, ("a", "01-05"))
    case = bench.ordered("02-09", found="02-02", post=POST)
    _sent(bench, "02-09")

    def notices() -> dict[str, tuple[bool, bool]]:
        found = handover(bench.office.database, post, day("02-12"), ZONE)
        assert {one.notice for one in found.unsigned} == {one.notice for one in found.notices if one.is_unsigned}
        return {one.notice: (one.is_unsigned, one.is_signed) for one in found.notices}

    assert notices()["order_served"] == (True, False)
    assert [pair for notice, pair in notices().items() if notice != "order_served"] in ([], [(False, False)])
    bench.act(case, Act.ACKNOWLEDGE, "02-11", role=Role.HEAD, user="a", of=bench.case(case).version)
    assert notices()["order_served"] == (False, True)


def test_a_post_is_found_by_its_name_or_its_role(sqlite_bench: Bench) -> None:
    post = _appointed(sqlite_bench, ("a", "01-05"))
    assert post_named(sqlite_bench.office.database, UNIT, POST) == post
    assert post_named(sqlite_bench.office.database, UNIT, "head") == post
    with pytest.raises(NotFound):
        handover(sqlite_bench.office.database, post + 100, day("02-12"), ZONE)
