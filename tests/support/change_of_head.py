"""A bureau whose head changes on 1 July 2026: what each of the two is told, answers for, and hands over.

Case 1 is put right in spring; case 2 is tolerated in June; case 3 is found in June and criticised in July, when the
next head is there; case 4 is found in July.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notifications.delivery import deliver
from states.vocabulary import Act, Role
from store import accounts, organisation, unit_posts
from tests.support.days import UNIT, at, day
from wiring.sample.life import Nowhere

if TYPE_CHECKING:
    from tests.support.offices import Bench

BEFORE: Final = "zhang"
AFTER: Final = "li"
BEFORE_NAME: Final = "张远山"
AFTER_NAME: Final = "李清泉"
POST: Final = f"{UNIT}局长"
FIRST_DAY: Final = "07-01"
DATES: Final = ("2026-06-30", "2026-07-01", "2026-07-15", "2026-09-30")
FINDING: Final = f"行政执法公示不全，{BEFORE_NAME}签批的三件决定未经法制审核"


def appoint(bench: Bench) -> None:
    """Let one head hold the post from New Year on, the other from 1 July, and the post be reached."""
    with bench.office.database.transaction() as session:
        unit_posts.ensure_office(session, bench.settings.office)
        unit = organisation.ensure_unit(session, UNIT).id
        post = unit_posts.ensure_post(session, unit, POST, "head").id
        unit_posts.ensure_post(session, unit, f"{UNIT}联络员", "liaison")
        for username, name, first in ((BEFORE, BEFORE_NAME, "01-01"), (AFTER, AFTER_NAME, FIRST_DAY)):
            person = accounts.add_person(session, username, name, Role.HEAD, unit)
            unit_posts.appoint(session, post, person.id, day(first))
    bench.reach(UNIT, POST, ("mail", "head@example.invalid"))


def send(bench: Bench, on: str) -> None:
    """Let everything leave that is due on the afternoon of a day."""
    moment = at(on, 16)
    deliver(bench.office.database, Nowhere(bench.office.channels.servers), moment, bench.office.rounds.manner())


def sign(bench: Bench, case_id: int, on: str) -> None:
    """Let the head sign for what the unit was told last."""
    told = max(item.case_seq for item in bench.told(case_id) if item.post == POST)
    bench.act(case_id, Act.ACKNOWLEDGE, on, role=Role.HEAD, user=BEFORE if on < FIRST_DAY else AFTER, of=told)


def put_right(bench: Bench) -> int:
    """Case 1: found, ordered, reported, verified and closed before the change."""
    case_id = bench.ordered("03-19", found="03-11", post=POST, finding="学法制度没有落实")
    send(bench, "03-19")
    sign(bench, case_id, "03-23")
    bench.act(case_id, Act.SUBMIT_PLAN, "03-30", role=Role.HEAD, user=BEFORE, signed_by=BEFORE_NAME)
    bench.act(case_id, Act.SUBMIT_REPORT, "04-07", role=Role.HEAD, user=BEFORE, signed_by=BEFORE_NAME)
    bench.act(case_id, Act.VERIFY_PASS, "04-14", verifiers=["甲", "乙"])
    bench.act(case_id, Act.APPROVE_CLOSURE, "04-16")
    send(bench, "04-16")
    return case_id


def tolerated(bench: Bench) -> int:
    """Case 2: an honest fault in a trial, tolerated on 22 June."""
    case_id = bench.ordered("05-15", found="05-06", post=POST, duty="art7-4a", finding="改革试点中程序先行先试")
    send(bench, "05-15")
    bench.act(case_id, Act.REQUEST_TOLERANCE, "05-25", role=Role.HEAD, user=BEFORE, reason="改革试点")
    bench.act(case_id, Act.ACCEPT_TOLERANCE, "05-27")
    bench.act(case_id, Act.SUBMIT_REPORT, "06-01", role=Role.HEAD, user=BEFORE, signed_by=BEFORE_NAME)
    bench.act(case_id, Act.VERIFY_PASS, "06-05", verifiers=["甲", "乙"])
    bench.act(case_id, Act.DECIDE_TOLERANCE, "06-22", outcome="granted", views=["组织部门同意", "纪检机关无异议"])
    return case_id


def live(bench: Bench) -> tuple[int, int, int, int]:
    """Let the year pass until September; return the four cases."""
    appoint(bench)
    first, second = put_right(bench), tolerated(bench)
    third = bench.ordered("06-16", found="06-09", post=POST, duty="art7-4a", finding=FINDING)
    send(bench, "06-16")
    bench.pass_days("06-17", "07-07")
    send(bench, "07-07")
    bench.pass_days("07-08", "07-14")
    send(bench, "07-14")
    bench.act(third, Act.APPROVE_CRITICISM, "07-15", role=Role.LEADER)
    bench.act(third, Act.PUBLISH_CRITICISM, "07-16", document_number="临法治督〔2026〕20号")
    send(bench, "07-16")
    sign(bench, third, "07-17")
    fourth = bench.ordered("07-24", found="07-20", post=POST, finding="年度计划没有报备")
    send(bench, "07-24")
    sign(bench, fourth, "07-29")
    bench.act(third, Act.RECORD_HELP, "07-22", helpers=["丙"], what="讲解法制审核")
    return first, second, third, fourth
