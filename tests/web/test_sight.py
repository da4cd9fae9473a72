"""Who may see what, against an oracle in plain Python over events, without a line of SQL (docs/domain.md §2.7)."""

from __future__ import annotations

import random
import secrets
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import select

from cases import evidence
from states.case import Actor
from states.errors import BadData, NotFound
from states.vocabulary import Act, Role, State
from store import accounts, case_counts, case_filters, case_lists, counters, events, organisation, visibility
from store.schema.organisation import UnitRow
from tests.support.runs import FULL
from wiring import now

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from states.case import Event
    from tests.support.offices import Bench

PAIRS: Final = 10_000 if FULL else 800
TREE: Final = {
    # Two counties under a city, each with an office, bureaus and a station below one of them; a loner beside them.
    "安平市": ("", "government"),
    "安平市督察办": ("安平市", "office"),
    "临溪县": ("安平市", "government"),
    "临溪县督察办": ("临溪县", "office"),
    "临溪县教育局": ("临溪县", "department"),
    "临溪县第一小学": ("临溪县教育局", "department"),
    "临溪县水利局": ("临溪县", "department"),
    "北川县": ("安平市", "government"),
    "北川县督察办": ("北川县", "office"),
    "北川县教育局": ("北川县", "department"),
    "独立局": ("", "department"),
}
INSPECTED: Final = [name for name, (_, kind) in TREE.items() if kind != "office"]
CASES: Final = 60
REMARKED: Final = 0.25
"""Of how many cases the mark is changed later."""


@dataclass(frozen=True)
class Somebody:
    """A user as the oracle knows one: the words of the account, no row."""

    name: str
    role: Role
    unit: str


def chain(unit: str) -> list[str]:
    """Return the unit and all above it."""
    found = []
    while unit:
        found.append(unit)
        unit = TREE[unit][0]
    return found


def not_for(who: Somebody, history: list[Event]) -> bool:
    """Say whether the case is a work secret by now, and none of this person's (ADR 0028)."""
    if [event.data["confidentiality"] for event in history if "confidentiality" in event.data][-1:] != ["work_secret"]:
        return False
    match who.role:
        case Role.DIRECTOR | Role.LEADER | Role.AUDITOR | Role.DISCIPLINE:
            return False
        case Role.LIAISON | Role.HEAD:
            return who.unit != str(history[0].data["unit"])
        case Role.INSPECTOR | Role.HANDLER:
            return not took_part(who, history)
        case _:
            return True


def took_part(who: Somebody, history: list[Event]) -> bool:
    own = {Role.INSPECTOR, Role.HANDLER}
    return any(event.actor.user == who.name and event.actor.role in own for event in history)


def may_see(who: Somebody, history: list[Event]) -> bool:
    """Say what the table says, by reading the history from its beginning to its end."""
    if not_for(who, history):
        return False
    unit = str(history[0].data["unit"])
    handed_over = history[-1].to_state == State.TRANSFERRED
    match who.role:
        case Role.LIAISON | Role.HEAD:
            return bool(who.unit) and who.unit in chain(unit) and not handed_over
        case Role.DISCIPLINE:
            letters = {Act.PROPOSE_ACCOUNTABILITY, Act.RECORD_ACCOUNTABILITY}
            return handed_over or any(event.act in letters for event in history)
        case Role.ADMINISTRATOR | Role.SECURITY_ADMINISTRATOR | Role.AUDIT_ADMINISTRATOR | Role.SYSTEM:
            return False
        case _:
            above = TREE[who.unit][0] if who.unit else ""
            watched = above if who.unit and TREE[who.unit][1] == "office" else who.unit
            everything = not above  # the top of the tree, or nowhere in it
            own = who.role in {Role.INSPECTOR, Role.HANDLER} and took_part(who, history)
            return everything or watched in chain(unit) or own


def a_town(bench: Bench, chance: random.Random) -> list[Somebody]:
    """Draw the tree, employ people everywhere in every role, and let them bring cases into every kind of state."""
    staff = []
    with bench.office.database.transaction() as session:
        for name, (above, kind) in TREE.items():
            parent = session.scalar(select(UnitRow.id).where(UnitRow.name == above))
            row = organisation.ensure_unit(session, name, kind, parent)
            for role in Role:
                staff.append(Somebody(f"{role.value}-{row.id}", role, name))
                accounts.add_person(session, staff[-1].name, staff[-1].name, role, row.id)
        for role in Role:
            staff.append(Somebody(f"{role.value}-nowhere", role, ""))
            accounts.add_person(session, staff[-1].name, staff[-1].name, role, None)
    inspectors = [one for one in staff if one.role in {Role.INSPECTOR, Role.HANDLER}]
    for _ in range(CASES):
        a_case(bench, chance, inspectors)
    return staff


def a_case(bench: Bench, chance: random.Random, inspectors: list[Somebody]) -> None:
    mark = chance.choice([None, None, "public", "internal", "work_secret", "work_secret"])
    scan = bench.settings.home / "scan.txt"
    scan.write_text(secrets.token_hex(8), "utf-8")
    kept = bench.keep_evidence(scan, now(), "inspector")
    case = bench.open("01-28", unit=chance.choice(INSPECTED), confidentiality=mark, evidence=[kept])
    one = chance.choice(inspectors)
    path = chance.randrange(8)
    if chance.random() < REMARKED:
        other = "internal" if mark == "work_secret" else "work_secret"
        role, user = chance.choice([(Role.DIRECTOR, "director"), (Role.HANDLER, one.name)])
        why: dict[str, Any] = {"confidentiality": other, "reason": "核定"}
        bench.act(case, Act.MARK_CONFIDENTIALITY, "01-29", role=role, user=user, **why)
    if path == 0:
        bench.act(case, Act.DISMISS, "02-02", reason="查否")
    elif path == 1:
        bench.act(case, Act.TRANSFER, "02-02", receiver="市纪委监委")
    elif path != 7:
        note: dict[str, Any] = {"authorization_note": "经同意"}
        bench.act(case, Act.SERVE_ORDER, "02-06", role=Role.HANDLER, user=one.name, term="15wd", **note)
    if path == 3:
        bench.act(case, Act.TRANSFER, "02-09", receiver="市纪委监委", partial=True, part="线索", rest="制度不健全")
    if path in {4, 5, 6}:
        bench.act(case, Act.PROPOSE_ACCOUNTABILITY, "02-24", grave=True)
    if path in {5, 6}:
        decision: dict[str, Any] = {"organ": "县委", "document_number": "问责〔2026〕1号", "confirmed_by": "乙"}
        bench.act(case, Act.RECORD_ACCOUNTABILITY, "02-25", **decision)
    if path == 6:  # the path that goes back down the ladder
        bench.act(case, Act.FILE_APPEAL, "02-26")
        bench.act(case, Act.DECIDE_APPEAL, "03-02", outcome="revoke")


@pytest.fixture
def chance() -> random.Random:
    return random.Random(None if FULL else 5)


def test_the_query_and_the_oracle_agree_on_who_sees_which_case(bench: Bench, chance: random.Random) -> None:
    staff = a_town(bench, chance)
    with bench.office.database.reading() as session:
        histories: dict[int, list[Event]] = {}
        for batch in events.everything(session):
            for recorded in batch:
                histories.setdefault(recorded.event.case_id, []).append(recorded.event)
        assert {history[-1].to_state for history in histories.values()} >= {State.TRANSFERRED, State.HELD, State.FOUND}
        pairs = [(chance.choice(staff), chance.choice(sorted(histories))) for _ in range(PAIRS)]
        seen: Counter[bool] = Counter()
        for who, case_id in pairs:
            expected = may_see(who, histories[case_id])
            seen[expected] += 1
            assert sees(session, who, case_id) is expected, (who, case_id, histories[case_id])
            cites = may_cite(session, who, histories[case_id])
            # Of what was handed over most see that it was, and nothing in it.
            is_whole = histories[case_id][-1].to_state != State.TRANSFERRED
            if "evidence" in histories[case_id][0].data:  # not what was split off
                assert cites is expected if is_whole else not cites or expected, (who, case_id)
        assert min(seen[True], seen[False]) > PAIRS // 10
        assert counters.wrong(session) == 0
        for who in staff:
            whole = [case_id for case_id, history in sorted(histories.items()) if may_see(who, history)]
            agrees(session, who, whole, histories)


def reader(session: Session, who: Somebody) -> visibility.Reader:
    person = accounts.person(session, who.name)
    return visibility.Reader(person.username, person.role, person.unit_id, person.territory)


def may_cite(session: Session, who: Somebody, history: list[Event]) -> bool:
    """Say whether the desk lets somebody cite the file of this case, as it would in a case of his or her own."""
    actor = Actor(user=who.name, role=who.role, unit=who.unit)
    try:
        evidence.cite(session, history[0]._replace(actor=actor))
    except BadData:
        return False
    return True


def sees(session: Session, who: Somebody, case_id: int) -> bool:
    try:
        return case_lists.case(session, reader(session, who), case_id).case.id == case_id
    except NotFound:
        return False


def agrees(session: Session, who: Somebody, whole: list[int], histories: dict[int, list[Event]]) -> None:
    """Lists, counts, states and the feed hold these cases and no others."""
    me = reader(session, who)
    listed = [item.case.id for item in case_lists.listed(session, me, case_filters.Filter(), limit=500)]
    assert listed == whole, who
    by_due = {item.case.id for item in case_lists.listed(session, me, case_filters.Filter(), limit=500, by_due=True)}
    assert by_due == set(whole), who
    assert case_counts.counted(session, me, case_filters.Filter()) == len(whole), who
    states = Counter(histories[case_id][-1].to_state for case_id in whole)
    assert case_counts.by_state(session, me) == {state: states[state] for state in State}, who
    unit = INSPECTED[2]
    of_unit = [case_id for case_id in whole if histories[case_id][0].data["unit"] == unit]
    assert case_counts.counted(session, me, case_filters.Filter(unit=unit)) == len(of_unit), who
    feed = {recorded.event.case_id for recorded in case_lists.events(session, me, limit=100_000)}
    assert feed == set(whole), who


def test_tallies_count_to_the_end_and_what_they_cannot_count_says_at_least(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_counts, "COUNTED_TO", 3)
    me = visibility.Reader("director", Role.DIRECTOR, 0)
    for n in range(1, 6):
        sqlite_bench.open(unit="临溪市教育局")
        with sqlite_bench.office.database.reading() as session:
            by_unit = case_counts.counted(session, me, case_filters.Filter(unit="临溪市教育局"))
            by_word = case_counts.counted(session, me, case_filters.Filter(text="教育局"))
            by_state = case_counts.by_state(session, me)[State.FOUND]
        assert (f"{by_unit}", f"{by_state}") == (str(n), str(n))
        assert f"{by_word}" == (str(n) if n <= 3 else "3+")  # the bound
