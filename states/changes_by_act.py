"""What each act changes of a case, beside the deadlines, rungs and fields that every event may name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from states.case import Case, Event, Item
from states.vocabulary import Act, Confidentiality, Light, Phase, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def day_or_none(value: str | None) -> date | None:
    """Return the day that stands in an event's data, if one does."""
    return date.fromisoformat(value) if value else None


def _fired(case: Case, event: Event) -> dict[str, Any]:
    return {"fired": (*case.fired, event.data["key"])}


def _reminded(case: Case, event: Event) -> dict[str, Any]:
    light = event.data.get("light")
    raised = {"light": Light(light)} if light and case.light is Light.GREEN else {}
    return _fired(case, event) | raised


def _decided(case: Case, event: Event) -> dict[str, Any]:
    """Remember who decided: a review of the decision is not theirs."""
    return {"took_part": tuple(dict.fromkeys((*case.took_part, event.actor.user)))}


def items_of(data: Mapping[str, Any]) -> tuple[Item, ...]:
    """Return the list of problems in the data; plain texts stand in old events, where nobody read them."""
    return tuple(
        Item(
            fact=item["fact"],
            criterion=item.get("criterion", ""),
            lead=item.get("lead", ""),
            co=tuple(item.get("co", ())),
            term=item.get("term", ""),
        )
        for item in data.get("items", ())
        if isinstance(item, dict)
    )


def _with_items(case: Case, records: Iterable[Mapping[str, Any]], change: Callable[[Mapping[str, Any]], Any]) -> Any:  # noqa: ANN401  # the fields of a case
    """Return the items changed by the records that name them by their number."""
    items = list(case.items)
    for record in records:
        place = record["item"] - 1
        if 0 <= place < len(items):
            items[place] = replace(items[place], **change(record))
    return tuple(items)


def _served(case: Case, event: Event) -> dict[str, Any]:
    listed = items_of(event.data)
    found = _decided(case, event) | {"phase": Phase.PLANNING, "plan": "", "order_approved": False}
    if listed:
        found["items"] = listed
    if "criteria" in event.data:
        found["criteria"] = event.data["criteria"]
    return found


def _planned(case: Case, event: Event) -> dict[str, Any]:
    def measure(record: Mapping[str, Any]) -> dict[str, Any]:
        return {"measure": record["measure"], "person": record["person"], "plan_day": record["day"]}

    return {"plan": "submitted", "items": _with_items(case, event.data.get("measures", ()), measure)}


def _progressed(case: Case, event: Event) -> dict[str, Any]:
    return {"items": _with_items(case, event.data.get("progress", ()), lambda record: {"progress": record["state"]})}


def _answered(case: Case, event: Event) -> tuple[Item, ...]:
    def answer(record: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "answer": record["answer"],
            "evidence": tuple(record.get("evidence", ())),
            "no_evidence": record.get("no_evidence", ""),
            "verdict": "",
            "remark": "",
        }

    answered: tuple[Item, ...] = _with_items(case, event.data.get("answers", ()), answer)
    return answered


def _judged(case: Case, event: Event) -> tuple[Item, ...]:
    def verdict(record: Mapping[str, Any]) -> dict[str, Any]:
        return {"verdict": record["verdict"], "remark": record.get("remark", "")}

    judged: tuple[Item, ...] = _with_items(case, event.data.get("verdicts", ()), verdict)
    return judged


def _reported(case: Case, event: Event) -> dict[str, Any]:
    # A report that was handed in in time but entered late takes the light back that the sweep had put on meanwhile.
    calmed = {"light": Light.GREEN} if case.light is Light.BLUE or event.data["in_time"] else {}
    return calmed | {
        "phase": Phase.VERIFYING,
        "report_on": event.occurred_on,
        "verified_on": None,
        "proposal": "",
        "approvers": (),
        "proposed_on": None,
        "blocked": "",
        "items": _answered(case, event),
    }


def _passed(case: Case, event: Event) -> dict[str, Any]:
    return {
        "phase": Phase.VERIFIED,
        "verified_on": event.occurred_on,
        "light": Light.GREEN,
        "failed_on": None,
        "proposal": "",
        "approvers": (),
        "proposed_on": None,
        "approved": "",
        "blocked": "",
        "items": _judged(case, event),
    }


def _failed(case: Case, event: Event) -> dict[str, Any]:
    return {
        "phase": Phase.RECTIFYING,
        "failed_on": event.occurred_on,
        "report_on": None,
        "verified_on": None,
        "false_report": case.false_report or event.data.get("false_report", False),
        "blocked": "",
        "retry_on": event.occurred_on,
        "items": _judged(case, event),
    }


def _refused(case: Case, event: Event) -> dict[str, Any]:
    """A proposal is gone; so is an escalation that the clock held, and the missed term does not raise it again."""
    gone: dict[str, Any] = {"proposal": "", "approvers": (), "proposed_on": None}
    if "held_since" not in event.data:
        return gone
    return gone | {"blocked": "", "blocked_on": None} | (_fired(case, event) if "key" in event.data else {})


def _criticized(case: Case, event: Event) -> dict[str, Any]:
    # Who helped before the circular still may not verify. Whether that help counts, the event says.
    fresh = {} if case.state is State.CRITICIZED else {"helps": 0, "helpers": ()}
    return _decided(case, event) | fresh | {"criticized_on": event.occurred_on, "phase": Phase.RECTIFYING}


def _helped(case: Case, event: Event) -> dict[str, Any]:
    names = event.data.get("helpers", [])
    return {
        "helps": case.helps + 1,
        "helpers": tuple(dict.fromkeys((*case.helpers, *names))),
        "blocked": "",
        "retry_on": event.occurred_on if case.blocked else case.retry_on,
    }


def _interviewed(case: Case, event: Event) -> dict[str, Any]:
    held = {"interviewed_on": event.occurred_on, "minutes_on": None, "phase": Phase.MINUTES}
    return _decided(case, event) | held | {"notices": 0, "notice_on": None, "absences": 0}


def _absent(case: Case, event: Event) -> dict[str, Any]:
    if event.data.get("excused"):
        return {"notice_on": None}
    absences = case.absences + 1
    return {"notice_on": None, "absences": absences, "refused_interview": absences >= ABSENCES_THAT_REFUSE}


def _transferred(_case: Case, event: Event) -> dict[str, Any]:
    if not event.data.get("partial"):
        return {"target": event.data["receiver"]}
    # What stays is worded anew; what was handed over is no longer said here (docs/domain.md §4.7).
    if "rest" not in event.data:
        return {"partly_transferred": True}  # an event of a release that did not ask for it
    anew = {"finding": event.data["rest"], "items": (), "criteria": ""}
    return {"partly_transferred": True, "handed_over": event.case_seq, **anew}


def _assigned(_case: Case, event: Event) -> dict[str, Any]:
    return {
        "handler": event.data["handler"],
        "deputy": event.data.get("deputy", ""),
        "deputy_until": day_or_none(event.data.get("until")),
    }


ABSENCES_THAT_REFUSE: Final = 2
"""After so many unexcused absences, each from an interview of which notice was served, the unit has refused it."""


def _escalated(_case: Case, event: Event) -> dict[str, Any]:
    # Time moves the state; the circular and the interview themselves are still to come, and are recorded by people.
    if event.to_state is State.CRITICIZED:
        return {"criticized_on": None, "helps": 0, "helpers": ()}
    if event.to_state is State.INTERVIEWED:
        anew = {"notices": 0, "notice_on": None, "absences": 0, "refused_interview": False}
        return {"interviewed_on": None, "minutes_on": None, **anew}
    return {}


def _proposed(case: Case, event: Event) -> dict[str, Any]:
    return _fired(case, event) | {
        "proposal": event.data["move"],
        "approvers": tuple(event.data["approvers"]),
        "proposed_on": event.occurred_on,
    }


def _approved(case: Case, event: Event) -> dict[str, Any]:
    return _decided(case, event) | {
        "approved": event.data["move"],
        "proposal": "",
        "approvers": (),
        "proposed_on": None,
    }


def _resumed(_case: Case, _event: Event) -> dict[str, Any]:
    return {"suspended_on": None, "paused": ()}


def _reviewed(_case: Case, event: Event) -> dict[str, Any]:
    return {"review": event.data["outcome"], "retry_on": event.occurred_on}


def _appeal_decided(_case: Case, event: Event) -> dict[str, Any]:
    return {"appeal": event.data["outcome"]}


def _reopened(case: Case, event: Event) -> dict[str, Any]:
    criticized = event.to_state is State.CRITICIZED
    forgotten = {"notices": 0, "notice_on": None, "absences": 0, "refused_interview": False, "order_approved": False}
    return forgotten | {
        "reopened": case.reopened + 1,
        "phase": Phase.RECTIFYING if criticized else Phase.PLANNING,
        "criticized_on": event.occurred_on if criticized else None,
        "interviewed_on": None,
        "minutes_on": None,
        "plan": "",
        "helps": 0,
        "helpers": (),
        "false_report": criticized,
        "extensions": 0,
        # The list begins anew: what was answered and judged before the closure proved wrong.
        "items": tuple(
            Item(fact=item.fact, criterion=item.criterion, lead=item.lead, co=item.co, term=item.term)
            for item in case.items
        ),
    }


def _redated(case: Case, event: Event) -> dict[str, Any]:
    # A reminder that was sent for the old day, and whose new day has come as well, is not sent again.
    renamed = dict(event.data.get("renamed", ()))
    changed = {"fired": tuple(renamed.get(key, key) for key in case.fired)}
    return changed | ({"policy_hash": event.data["new_policy"]} if "new_policy" in event.data else {})


CHANGES: Final[Mapping[Act, Callable[[Case, Event], dict[str, Any]]]] = {
    Act.SERVE_ORDER: _served,
    Act.SUBMIT_PLAN: _planned,
    Act.REPORT_PROGRESS: _progressed,
    Act.APPROVE_ORDER: lambda case, event: _decided(case, event) | {"order_approved": True},
    Act.APPROVE_CRITICISM: lambda case, event: _decided(case, event) | {"approved": State.CRITICIZED.value},
    Act.APPROVE_INTERVIEW: lambda case, event: _decided(case, event) | {"approved": State.INTERVIEWED.value},
    Act.SERVE_INTERVIEW_NOTICE: lambda case, event: {"notices": case.notices + 1, "notice_on": event.occurred_on},
    Act.RECORD_ABSENCE: _absent,
    Act.RECORD_INQUIRY: lambda case, _event: {"phase": Phase.INQUIRY} if case.is_open else {},
    Act.RECORD_NO_ACCOUNTABILITY: lambda case, _event: {"phase": Phase.RECTIFYING} if case.is_open else {},
    Act.URGE: lambda _case, event: {"urged_on": event.occurred_on},
    Act.ASSIGN: _assigned,
    Act.REFUSE_COUNTERSIGN: lambda _case, _event: {"unsigned": None},
    Act.ACCEPT_PLAN: lambda case, event: (
        _decided(case, event)
        | {"plan": "accepted", "phase": Phase.RECTIFYING if case.phase is Phase.PLANNING else case.phase}
    ),
    Act.RETURN_PLAN: lambda case, event: _decided(case, event) | {"plan": "returned"},
    Act.SUBMIT_REPORT: _reported,
    Act.VERIFY_PASS: _passed,
    Act.VERIFY_FAIL: _failed,
    Act.PUBLISH_CRITICISM: _criticized,
    Act.RECORD_HELP: _helped,
    Act.HOLD_INTERVIEW: _interviewed,
    Act.ISSUE_MINUTES: lambda case, event: (
        _decided(case, event) | {"minutes_on": event.occurred_on, "phase": Phase.RECTIFYING}
    ),
    Act.PROPOSE_ACCOUNTABILITY: lambda case, event: (
        _decided(case, event) | {"phase": Phase.PROPOSED, "approved": "", "proposal": "", "approvers": ()}
    ),
    Act.RECORD_ACCOUNTABILITY: lambda _case, event: {"accountability": event.data["document_number"]},
    Act.REQUEST_EXTENSION: lambda _case, event: {"extension": event.data["term"]},
    Act.APPROVE_EXTENSION: lambda case, event: {
        "extension": "",
        "extended_on": event.occurred_on,
        "extensions": case.extensions + 1,
        "light": Light.GREEN if case.light is Light.BLUE else case.light,
    },
    Act.REFUSE_EXTENSION: lambda _case, event: {"extension": "", "retry_on": event.occurred_on},
    Act.SUSPEND: lambda _case, event: {
        "suspended_on": event.occurred_on,
        "paused": tuple((kind, left) for kind, left in event.data["paused"]),
    },
    Act.RESUME: _resumed,
    Act.FILE_OBJECTION: lambda case, _event: {"review": "pending", "review_of": case.state.value},
    Act.DECIDE_REVIEW: _reviewed,
    Act.REQUEST_TOLERANCE: lambda _case, _event: {"tolerance": "requested"},
    Act.ACCEPT_TOLERANCE: lambda _case, _event: {"tolerance": "accepted"},
    Act.DECIDE_TOLERANCE: lambda _case, event: {"tolerance": event.data["outcome"]},
    Act.FILE_APPEAL: lambda _case, _event: {"appeal": "pending"},
    Act.DECIDE_APPEAL: _appeal_decided,
    Act.LIST_CASE: lambda _case, _event: {"listed": True},
    Act.DELIST_CASE: lambda _case, _event: {"listed": False},
    Act.MERGE_INTO: lambda _case, event: {"target": event.data["target"]},
    Act.TRANSFER: _transferred,
    Act.APPROVE_ESCALATION: _approved,
    Act.REJECT_ESCALATION: _refused,
    Act.ACKNOWLEDGE: lambda case, event: {"acknowledged": (*case.acknowledged, event.data["of"])},
    Act.MARK_CONFIDENTIALITY: lambda _case, event: {"confidentiality": Confidentiality(event.data["confidentiality"])},
    Act.REOPEN: _reopened,
    Act.REMINDER_DUE: _reminded,
    Act.MARKED_YELLOW: lambda case, event: _fired(case, event) | {"light": Light.YELLOW},
    Act.MARKED_RED: lambda case, event: _fired(case, event) | {"light": Light.RED},
    Act.ESCALATED: _escalated,
    Act.ESCALATION_PROPOSED: _proposed,
    Act.ESCALATION_BLOCKED: lambda _case, event: {"blocked": event.data["guard"]},
    Act.DEADLINE_REDATED: _redated,
    Act.CLUE_RAISED: _fired,
    Act.OFFICE_OVERDUE: _fired,
}
