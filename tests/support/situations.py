"""Cases in every state and under every overlay that matters, made by the rules alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from states.case import changed
from states.evolve import evolve
from states.vocabulary import Act, Role
from tests.support.lives import (
    FINDING,
    after,
    criticized,
    criticized_by_time,
    done,
    found,
    held_accountable,
    interviewed,
    interviewed_by_time,
    missed,
    ordered,
    rules,
)

if TYPE_CHECKING:
    from states.case import Case

DECREE = rules("decree-733")
RULES = rules()
MISSED = missed("publicly_criticized")


def situations() -> dict[str, tuple[Case, str]]:
    """Return cases in every state and under every overlay, each with the day on which it is looked at."""
    here = ordered(RULES)
    verifying = after(here, Act.SUBMIT_REPORT, "03-04", RULES)
    verified = after(verifying, Act.VERIFY_PASS, "03-11", RULES)
    suspended = after(here, Act.SUSPEND, "02-13", RULES, reason="防汛")
    asked = after(here, Act.REQUEST_EXTENSION, "02-24", RULES, reason="汛期", term="10wd")
    objected = after(here, Act.FILE_OBJECTION, "02-24", RULES, reason="事实有误")
    tolerance = after(here, Act.REQUEST_TOLERANCE, "02-24", RULES, reason="改革试点")
    proposed = after(ordered(DECREE), Act.ESCALATION_PROPOSED, "03-06", DECREE, **MISSED, approvers=["leader"])
    blocked = after(
        criticized(RULES),
        Act.ESCALATION_BLOCKED,
        "04-13",
        RULES,
        **(missed("interviewed") | {"guard": "help", "reason": "", "reason_en": ""}),
    )
    owed = criticized_by_time(RULES)
    held_by_clock = after(
        here,
        Act.ESCALATION_BLOCKED,
        "03-12",
        RULES,
        **(MISSED | {"guard": "clock_gap", "reason": "", "reason_en": ""}),
    )
    to_be_held = interviewed_by_time(RULES)
    noticed = after(
        after(to_be_held, Act.APPROVE_INTERVIEW, "04-14", RULES), Act.SERVE_INTERVIEW_NOTICE, "04-14", RULES
    )
    held = after(noticed, Act.HOLD_INTERVIEW, "04-20", RULES, role=Role.DIRECTOR)
    refused = after(noticed, Act.RECORD_ABSENCE, "04-20", RULES, reason="未到场")
    refused = after(refused, Act.SERVE_INTERVIEW_NOTICE, "04-21", RULES)
    refused = after(refused, Act.RECORD_ABSENCE, "04-27", RULES, reason="仍未到场")
    asked_for = after(
        interviewed(RULES), Act.ESCALATION_PROPOSED, "05-20", RULES, **missed("held_accountable"), approvers=["leader"]
    )
    put_forward = after(asked_for, Act.PROPOSE_ACCOUNTABILITY, "05-21", RULES)
    number: dict[str, Any] = {"document_number": "县纪〔2026〕3号", "organ": "县纪委监委"}
    unsigned = evolve(verifying, done(verifying, Act.VERIFY_PASS, "03-11", RULES))
    accountable = held_accountable(RULES)
    closed = after(verified, Act.APPROVE_CLOSURE, "03-13", RULES)
    reopened = after(closed, Act.REOPEN, "04-02", RULES, reason="反弹")
    false = after(closed, Act.REOPEN, "04-02", RULES, role=Role.LEADER, reason="虚假整改", false_rectification=True)
    late = changed(here, {"late_entry": "pending"})
    planned = after(after(here, Act.SUBMIT_PLAN, "02-13", RULES), Act.ACCEPT_PLAN, "02-24", RULES)
    granted = after(planned, Act.REQUEST_TOLERANCE, "02-24", RULES, reason="改革试点")
    granted = after(granted, Act.ACCEPT_TOLERANCE, "02-25", RULES)
    return {
        "found": (found(RULES), "02-02"),
        "ordered_to_rectify": (here, "02-24"),
        "ordered_to_rectify, term over": (here, "03-06"),
        "ordered_to_rectify, plan submitted": (after(here, Act.SUBMIT_PLAN, "02-13", RULES), "02-24"),
        "ordered_to_rectify, verifying": (verifying, "03-05"),
        "ordered_to_rectify, verified": (verified, "03-12"),
        "ordered_to_rectify, suspended": (suspended, "02-24"),
        "ordered_to_rectify, extension_pending": (asked, "02-25"),
        "ordered_to_rectify, under_review": (objected, "03-06"),
        "ordered_to_rectify, tolerance requested": (tolerance, "02-25"),
        "ordered_to_rectify, tolerance accepted": (granted, "02-26"),
        "ordered_to_rectify, listed": (after(here, Act.LIST_CASE, "02-24", RULES, reason="久拖"), "02-25"),
        "ordered_to_rectify, criticism proposed": (proposed, "03-09"),
        "ordered_to_rectify, criticism approved": (after(proposed, Act.APPROVE_ESCALATION, "03-09", DECREE), "03-10"),
        "found, order approved": (after(found(RULES), Act.APPROVE_ORDER, "02-02", RULES), "02-03"),
        "ordered_to_rectify, entered late": (late, "11-28"),
        "ordered_to_rectify, held by the clock": (held_by_clock, "03-13"),
        "ordered_to_rectify, verification to be countersigned": (unsigned, "03-12"),
        "ordered_to_rectify, to be served again": (reopened, "04-03"),
        "publicly_criticized, to be published": (owed, "03-16"),
        "publicly_criticized, to be published again": (false, "04-03"),
        "interviewed, to be held": (to_be_held, "04-14"),
        "interviewed, notice served": (noticed, "04-17"),
        "interviewed, refused": (refused, "05-20"),
        "interviewed, minutes to be issued": (held, "04-21"),
        "interviewed, accountability proposed by time": (asked_for, "05-21"),
        "interviewed, accountability proposed": (put_forward, "05-22"),
        "interviewed, inquiry": (after(put_forward, Act.RECORD_INQUIRY, "05-25", RULES, **number), "05-26"),
        "publicly_criticized": (criticized(RULES), "03-20"),
        "publicly_criticized, term over without help": (criticized(RULES), "04-07"),
        "publicly_criticized, blocked": (blocked, "04-14"),
        "interviewed": (interviewed(RULES), "04-20"),
        "held_accountable": (accountable, "06-01"),
        "held_accountable, under_appeal": (after(accountable, Act.FILE_APPEAL, "06-02", RULES), "06-03"),
        "closed": (closed, "04-01"),
        "unfounded": (after(found(RULES), Act.DISMISS, "02-02", RULES, reason="查否"), "02-03"),
        "withdrawn": (after(found(RULES), Act.WITHDRAW, "02-02", RULES, reason="重复"), "02-03"),
        "merged": (after(found(RULES), Act.MERGE_INTO, "02-02", RULES, target="8"), "02-03"),
        "exempted": (
            after(granted, Act.DECIDE_TOLERANCE, "02-26", RULES, outcome="granted", views=["组", "纪"]),
            "02-27",
        ),
        "transferred": (after(found(RULES), Act.TRANSFER, "02-02", RULES, receiver="市纪委监委"), "02-03"),
    }


def edges() -> dict[str, tuple[Case, str]]:
    """Return cases at the edges: on the due day, the day before and after, and after what came before on the ladder."""
    here, circular = ordered(RULES), criticized(RULES)
    helped = after(circular, Act.RECORD_HELP, "03-16", RULES, helpers=["帮扶组甲"])
    talked = interviewed(RULES)
    accountable = held_accountable(RULES)
    asked = after(here, Act.REQUEST_EXTENSION, "02-28", RULES, reason="汛期", term="10wd")
    longer = after(asked, Act.APPROVE_EXTENSION, "03-03", RULES)
    stood = after(here, Act.SUSPEND, "02-13", RULES, reason="防汛")
    plan = after(here, Act.SUBMIT_PLAN, "02-13", RULES)
    failed = after(after(here, Act.SUBMIT_REPORT, "03-02", RULES), Act.VERIFY_FAIL, "03-04", RULES, false_report=True)
    failed_late = after(after(here, Act.SUBMIT_REPORT, "03-05", RULES), Act.VERIFY_FAIL, "03-05", RULES)
    yellow = after(here, Act.MARKED_YELLOW, "03-06", RULES, key="y", deadline="rectification", due_on="2026-03-05")
    red = after(yellow, Act.MARKED_RED, "03-12", RULES, key="r", deadline="rectification", due_on="2026-03-05")
    blue = after(here, Act.REMINDER_DUE, "03-02", RULES, key="b", deadline="rectification", days_before=3, light="blue")
    held_back = after(here, Act.FILE_OBJECTION, "03-06", RULES, reason="事实有误")
    upheld = after(held_back, Act.DECIDE_REVIEW, "03-20", RULES, outcome="uphold", user="复核人")
    talked_failed = after(after(talked, Act.SUBMIT_REPORT, "05-08", RULES), Act.VERIFY_FAIL, "05-13", RULES)
    by_time = criticized_by_time(RULES)
    ranked = after(None, Act.START_RANKING_INTERVIEW, "01-28", RULES, ranking="1", **_RANKED)
    decree = ordered(DECREE)
    proposed = after(decree, Act.ESCALATION_PROPOSED, "03-12", DECREE, **MISSED, approvers=["leader"])
    approved = after(proposed, Act.APPROVE_ESCALATION, "03-13", DECREE)
    return {
        "due today": (here, "03-05"),
        "due yesterday": (here, "03-06"),
        "plan in, due the day before": (plan, "03-04"),
        "plan returned": (after(plan, Act.RETURN_PLAN, "02-24", RULES, reason="缺时限"), "03-02"),
        "extension asked, latest day": (asked, "03-02"),
        "extended": (longer, "03-06"),
        "extended, suspended": (after(longer, Act.SUSPEND, "03-04", RULES, reason="防汛"), "03-09"),
        "suspended, due day passed": (stood, "03-06"),
        "resumed": (after(stood, Act.RESUME, "03-02", RULES), "03-20"),
        "failed before the due day, false report": (failed, "03-04"),
        "failed on the due day": (failed_late, "03-05"),
        "blue": (blue, "03-02"),
        "yellow": (yellow, "03-06"),
        "red": (red, "03-12"),
        "red, report late": (after(red, Act.SUBMIT_REPORT, "03-13", RULES), "03-13"),
        "red, report entered late": (after(red, Act.SUBMIT_REPORT, "03-04", RULES), "03-13"),
        "objected after the due day": (held_back, "03-12"),
        "review upheld": (upheld, "03-20"),
        "criticized by time, no circular": (by_time, "03-12"),
        "criticized, helped": (helped, "03-20"),
        "criticized, helped, due day passed": (helped, "04-07"),
        "interviewed, term over": (talked, "05-20"),
        "interviewed, verification failed after the term": (talked_failed, "05-13"),
        "interviewed by ranking": (ranked, "01-29"),
        "held accountable, last day of appeal": (accountable, "06-25"),
        "held accountable, appeal over": (accountable, "06-26"),
        "criticism proposed": (proposed, "03-12"),
        "criticism rejected": (after(proposed, Act.REJECT_ESCALATION, "03-13", DECREE, reason="已整改"), "03-13"),
        "criticism approved": (approved, "03-13"),
        "criticism approved, published": (after(approved, Act.PUBLISH_CRITICISM, "03-16", DECREE), "03-16"),
    }


_RANKED: Final[dict[str, Any]] = {key: FINDING[key] for key in ("unit", "unit_kind", "number", "post", "finding")}
