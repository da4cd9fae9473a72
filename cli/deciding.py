"""Commands for what changes many cases at once, and for what waits for somebody's decision."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.console import Json, actor_of, now, office, say
from config.policy import differences, find_policy, read_policy
from states.case import Actor
from states.errors import Sentence
from states.recount import How
from states.terms import date_text
from states.vocabulary import DEADLINES, Act, Role, State, name
from store import cases, documents, proposals

if TYPE_CHECKING:
    from datetime import datetime

    from cases.recount import Recount
    from states.recount import Moved
    from wiring import Office
    from wiring.container import Preview

proposal = typer.Typer(no_args_is_help=True, help="What waits for a decision. 待决事项。")
document = typer.Typer(no_args_is_help=True, help="Document numbers. 发文字号。")

File = Annotated[Path, typer.Argument(help="The State Council's notice: JSON, or one day a line. 放假通知文件。")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would move. 只预览，不写入。")]
As = Annotated[str, typer.Option("--as", help="Who decides: a user or a role. 办理人。")]

_WOULD: Final = Sentence("将调整{n}案：", "{n} case(s) would change:")
_DONE: Final = Sentence(
    "已核对{looked_at}案，调整{changed}案、{moved}个期限。",
    "looked at {looked_at} cases, changed {changed}, moved {moved} deadlines.",
)
_PROPOSED: Final = Sentence(
    "已提出为待决事项{id}，须由第二人（上级党委主要负责人）批准：duban proposal approve {id} --as 用户",
    "Proposed as {id}; a second person (the leader) approves it: duban proposal approve {id} --as USER",
)
_REJECTED: Final = Sentence("待决事项{id}未获批准。", "The proposal {id} was rejected.")
_SAME: Final = Sentence("两个政策没有差别。", "The two policies do not differ.")
_VOIDED: Final = Sentence("发文字号{number}已作废留存。", "The document number {number} is kept as void.")


def add_to(app: typer.Typer, calendars: typer.Typer, policies: typer.Typer) -> None:
    """Add the commands to the application."""
    calendars.command("import")(calendar_import)
    policies.command("diff")(policy_diff)
    policies.command("migrate")(policy_migrate)
    proposal.command("list")(proposal_list)
    proposal.command("approve")(proposal_approve)
    proposal.command("reject")(proposal_reject)
    document.command("list")(document_list)
    document.command("next")(document_next)
    document.command("void")(document_void)
    app.add_typer(proposal, name="proposal")
    app.add_typer(document, name="document")


def _progress(done: int, of: int) -> None:
    """Show on the terminal how far a long run is; programs that read the output do not see it."""
    typer.echo(f"\r{done}/{of}", nl=done >= of, err=True)


def _moves(moves: tuple[Moved, ...]) -> list[dict[str, Any]]:
    return [
        {
            "kind": moved.old.kind,
            "old_day": moved.old.due_on.isoformat(),
            "new_day": moved.new.due_on.isoformat(),
            "was_provisional": moved.old.provisional,
            "provisional": moved.new.provisional,
            "old_calendar": moved.old.calendar_hash,
            "new_calendar": moved.new.calendar_hash,
            "held": moved.held,
        }
        for moved in moves
    ]


def _shown(preview: Preview, here: Office) -> dict[str, Any]:
    """Return what would become of each deadline of a case: kept, recomputed or restarted, and who would be told."""
    changed = {moved.old.kind: moved for moved in preview.moves}
    fates = {}
    for line in preview.case.deadlines:
        moved = changed.get(line.kind)
        if moved is None:
            fates[line.kind] = "kept"
        else:
            fates[line.kind] = "recomputed" if moved.new.started_on == line.started_on else "restarted"
    return {
        "id": preview.case.id,
        "number": preview.case.number,
        "deadlines": fates,
        "moved": _moves(preview.moves),
        "told": list(preview.told) if preview.moves else [],
        "on": here.today(now()).isoformat(),
    }


def _preview_text(previews: list[Preview], lang: str) -> str:
    lines = [_WOULD.fill(n=len(previews)).text(lang)]
    for preview in previews:
        lines.append(preview.case.number)
        changed = {moved.old.kind for moved in preview.moves}
        for moved in preview.moves:
            kind = Sentence(*DEADLINES[moved.old.kind]).text(lang)
            lines.append(f"  {kind}: {date_text(moved.old.due_on, lang)} → {date_text(moved.new.due_on, lang)}")
        lines.extend(
            f"  {Sentence(*DEADLINES[line.kind]).text(lang)}: {date_text(line.due_on, lang)} ="
            for line in preview.case.deadlines
            if line.kind not in changed
        )
    return "\n".join(lines)


def _say_recount(total: Recount, lang: str, *, as_json: bool) -> None:
    counted = {"looked_at": total.looked_at, "changed": total.changed, "moved": total.moved}
    say(counted, _DONE.fill(**counted).text(lang), as_json=as_json)


def calendar_import(file: File, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Take a new notice in, and count every running deadline again. 导入放假通知并重算期限。"""
    with office() as here:
        here.database.require_current()
        lang = here.settings.lang
        if dry_run:
            here.archive.calendar = here.preview_calendar(file)
            previews = list(here.what_would_move(now()))
            document_ = {"dry_run": True, "cases": [_shown(preview, here) for preview in previews]}
            say(document_, _preview_text(previews, lang), as_json=as_json)
            return
        _say_recount(here.import_calendar(file, now(), _progress), lang, as_json=as_json)


def policy_diff(
    a: Annotated[str, typer.Argument(help="A name or a file. 名称或文件。")],
    b: Annotated[str, typer.Argument(help="A name or a file. 名称或文件。")],
    as_json: Json = False,
) -> None:
    """Say in what two policies differ. 比较两个政策。"""
    found = differences(read_policy(find_policy(a)), read_policy(find_policy(b)))
    with office() as here:
        lang = here.settings.lang
    lines = [f"{key}\t{before} → {after}" for key, before, after in found]
    rows = [{"key": key, "a": before, "b": after} for key, before, after in found]
    say({"a": a, "b": b, "differences": rows}, "\n".join(lines) or _SAME.text(lang), as_json=as_json)


def policy_migrate(
    to: Annotated[str, typer.Option("--to", help="The new policy, a name or a file. 新政策。")] = "",
    how: Annotated[How, typer.Option(help="What becomes of running terms. 在办期限如何处理。")] = How.RECOMPUTE,
    dry_run: DryRun = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what was approved. 继续已批准的迁移。")] = False,
    user: As = "",
    as_json: Json = False,
) -> None:
    """Propose that all open cases go by another policy. 提出政策迁移。"""
    with office() as here:
        here.database.require_current()
        lang = here.settings.lang
        if resume:
            total = here.carry_out_migration(now(), _progress)
            if total is not None:
                _say_recount(total, lang, as_json=as_json)
            return
        path = find_policy(to)
        policy = read_policy(path)
        if dry_run:
            previews = list(here.what_would_move(now(), policy, how))
            document_ = {"dry_run": True, "to": policy.hash, "cases": [_shown(preview, here) for preview in previews]}
            say(document_, _preview_text(previews, lang), as_json=as_json)
            return
        actor = _decider(here, user, Role.DIRECTOR)
        id_ = here.propose_migration(policy, path.read_text("utf-8"), how, actor.user, now())
        say({"proposal": id_, "to": policy.hash}, _PROPOSED.fill(id=id_).text(lang), as_json=as_json)


def _decider(here: Office, user: str, role: Role) -> Actor:
    return (
        actor_of(here, user, Act.APPROVE_ESCALATION, State.ORDERED)
        if user
        else Actor(user=f"console/{role.value}", role=role, unit=here.settings.office)
    )


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
    calendar = here.archive.calendar
    rows: list[dict[str, Any]] = []
    with here.database.reading() as session:
        for stored in cases.waiting_for_decision(session):
            case = stored.case
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
        for found in proposals.waiting(session):
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
        actor = _decider(here, user, Role.LEADER)
        total = here.decide_proposal(id_, proposals.APPROVED, actor, reason, now(), _progress)
        if total is not None:
            _say_recount(total, here.settings.lang, as_json=as_json)


def proposal_reject(
    id_: Annotated[int, typer.Argument(metavar="ID", help="Which, as `duban proposal list` says. 编号。")],
    reason: Annotated[str, typer.Option(help="Why. 理由。")],
    user: As = "",
    as_json: Json = False,
) -> None:
    """Reject what was proposed for the office. 不批准。"""
    with office() as here:
        here.database.require_current()
        here.decide_proposal(id_, proposals.REJECTED, _decider(here, user, Role.LEADER), reason, now())
        text = _REJECTED.fill(id=id_).text(here.settings.lang)
        say({"proposal": id_, "outcome": proposals.REJECTED}, text, as_json=as_json)


def document_list(
    part: Annotated[str, typer.Argument(help="Only numbers with this in them, such as 〔2026〕. 包含。")] = "",
    as_json: Json = False,
) -> None:
    """List the document numbers that were given, voids among them. 发文字号登记簿。"""
    with office() as here, here.database.reading() as session:
        found = documents.listed(session, part)
        rows = [
            {
                "number": line.number,
                "case": line.case_number or None,
                "act": line.act or None,
                "void": bool(line.void_by),
                "reason": line.void_reason or None,
            }
            for line in found
        ]
        lang = here.settings.lang
        lines = [
            f"{line.number}\t{line.case_number or '作废'}\t"
            + (name(Act(line.act)).text(lang) if line.act else line.void_reason)
            for line in found
        ]
        say({"documents": rows}, "\n".join(lines) or "—", as_json=as_json)


def document_next(as_json: Json = False) -> None:
    """Take the next document number; use it in an act, or make it void. 取号。"""
    with office() as here:
        here.database.require_current()
        with here.database.transaction() as session:
            number = here.desk.numbering.next_document(session, here.today(now()))
        say({"number": number}, number, as_json=as_json)


def document_void(
    number: Annotated[str, typer.Argument(help="The number. 发文字号。")],
    reason: Annotated[str, typer.Option(help="Why. 理由。")],
    user: As = "",
    as_json: Json = False,
) -> None:
    """Keep a number that no document will carry. 作废留号。"""
    with office() as here:
        here.database.require_current()
        actor = _decider(here, user, Role.HANDLER)
        with here.database.transaction() as session:
            documents.void(session, number, actor.user, reason, now())
        text = _VOIDED.fill(number=number).text(here.settings.lang)
        say({"number": number, "void": True}, text, as_json=as_json)
