"""Commands for what waits for somebody's decision, and for document numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.console import Json, now, office, say
from cli.documents import add_to as add_documents
from cli.documents import on_their_way, void
from cli.recounting import on_progress, say_recount
from states.errors import Sentence
from states.vocabulary import Act, Role, State, name
from store import proposals

if TYPE_CHECKING:
    from datetime import datetime

    from wiring import Office

proposal = typer.Typer(no_args_is_help=True, help="What waits for a decision. 待决事项。")
document = typer.Typer(no_args_is_help=True, help="Document numbers. 发文字号。")

As = Annotated[str, typer.Option("--as", help="Who decides: a user or a role. 办理人。")]

_REJECTED: Final = Sentence("待决事项{id}未获批准。", "The proposal {id} was rejected.")
_VOIDED: Final = Sentence("发文字号{number}已作废留存。", "The document number {number} is kept as void.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    proposal.command("list")(proposal_list)
    proposal.command("approve")(proposal_approve)
    proposal.command("reject")(proposal_reject)
    document.command("list")(document_list)
    document.command("next")(document_next)
    document.command("void")(document_void)
    app.add_typer(proposal, name="proposal")
    add_documents(document)
    app.add_typer(document, name="document")


def proposal_list(
    role: Annotated[Role | None, typer.Option(help="Only what waits for this role. 决定人。")] = None,
    as_json: Json = False,
) -> None:
    """List what waits for a decision, the oldest first, with its age in working days. 待决事项清单。"""
    with office() as here:
        here.database.require_current()
        lang = here.settings.lang
        rows = _waiting(here, now())
        if role is not None:
            rows = [row for row in rows if role.value in row["approvers"]]
        lines = [
            f"{row['id'] or '—'}\t{row['number'] or row['kind']}\t{row['move_text']}\t{row['age']}\t"
            + "、".join(name(Role(word)).text(lang) for word in row["approvers"])
            for row in rows
        ]
        say({"proposals": rows}, "\n".join(lines) or "—", as_json=as_json)


def _waiting(here: Office, at: datetime) -> list[dict[str, Any]]:
    """Return escalations of cases and proposals for the office in one list; `age` is in working days."""
    today, lang = here.today(at), here.settings.lang
    calendar = here.rulebook.calendar
    rows: list[dict[str, Any]] = []
    escalations, proposed = here.console.waiting()
    for case in escalations:
        since = case.proposed_on or case.last_on
        rows.append(
            {
                "id": None,
                "kind": "escalation",
                "number": case.number,
                "move": case.proposal,
                "move_text": name(State(case.proposal)).text(lang),
                "approvers": list(case.approvers),
                "since": since.isoformat(),
                "age": calendar.working_days_between(since, today),
            }
        )
    for found in proposed:
        since = found.proposed_at.astimezone(here.settings.tz).date()
        rows.append(
            {
                "id": found.id,
                "kind": found.kind,
                "number": None,
                "move": found.content["to"],
                "move_text": f"→ {found.content['name']} ({found.content['how']})",
                "approvers": [found.approver],
                "since": since.isoformat(),
                "age": calendar.working_days_between(since, today),
            }
        )
    return sorted(rows, key=lambda row: str(row["since"]))


def proposal_approve(
    id_: Annotated[int, typer.Argument(metavar="ID", help="Which, as `duban proposal list` says. 编号。")],
    reason: Annotated[str, typer.Option(help="Why. 理由。")] = "",
    user: As = "",
    as_json: Json = False,
) -> None:
    """Approve what was proposed for the office; it is carried out at once. 批准。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(user, Role.LEADER)
        total = here.policy_change.decide(id_, proposals.APPROVED, actor, reason, now(), on_progress)
        if total is not None:
            say_recount(total, here.settings.lang, as_json=as_json)


def proposal_reject(
    id_: Annotated[int, typer.Argument(metavar="ID", help="Which, as `duban proposal list` says. 编号。")],
    reason: Annotated[str, typer.Option(help="Why. 理由。")],
    user: As = "",
    as_json: Json = False,
) -> None:
    """Reject what was proposed for the office. 不批准。"""
    with office() as here:
        here.database.require_current()
        here.policy_change.decide(id_, proposals.REJECTED, here.console.actor(user, Role.LEADER), reason, now())
        text = _REJECTED.fill(id=id_).text(here.settings.lang)
        say({"proposal": id_, "outcome": proposals.REJECTED}, text, as_json=as_json)


def document_list(
    part: Annotated[str, typer.Argument(help="Only numbers with this in them, such as 〔2026〕. 包含。")] = "",
    as_json: Json = False,
) -> None:
    """List the document numbers that were given, voids among them. 发文字号登记簿。"""
    with office() as here:
        lang = here.settings.lang
        found = here.console.documents(part)
        rows = [
            {
                "number": document_.number,
                "case": document_.case_number or None,
                "act": document_.act or None,
                "void": bool(document_.void_by),
                "reason": document_.void_reason or None,
            }
            for document_ in found
        ]
        lines = [
            f"{document_.number}\t{document_.case_number or '作废'}\t"
            + (name(Act(document_.act)).text(lang) if document_.act else document_.void_reason)
            for document_ in found
        ]
        say({"documents": rows, "official": on_their_way(here)}, "\n".join(lines) or "—", as_json=as_json)


def document_next(as_json: Json = False) -> None:
    """Take the next document number; use it in an act, or make it void. 取号。"""
    with office() as here:
        here.database.require_current()
        number = here.console_desk.next_document(here.today(now()))
        say({"number": number}, number, as_json=as_json)


def document_void(
    number: Annotated[str, typer.Argument(metavar="ID|NUMBER", help="A document, or a number. 文书编号或发文字号。")],
    reason: Annotated[str, typer.Option(help="Why. 理由。")],
    user: As = "",
    as_json: Json = False,
) -> None:
    """Keep a number that no document will carry. 作废留号。"""
    with office() as here:
        here.database.require_current()
        if number.isdecimal():
            void(here, int(number), reason, user, as_json=as_json)
            return
        here.console_desk.void_document(number, user, reason, now())
        text = _VOIDED.fill(number=number).text(here.settings.lang)
        say({"number": number, "void": True}, text, as_json=as_json)
