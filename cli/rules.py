"""Commands for new calendars and policies, which change many cases at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.administration import calendars, policies
from cli.console import Json, now, office, say
from cli.recounting import on_progress, say_recount
from cli.whatif import policy_whatif
from config.calendars import read_notice
from config.policy import find_policy, read_policy
from config.policy_meaning import differences
from states.errors import Sentence
from states.recount import How
from states.terms import date_text
from states.vocabulary import DEADLINES, Role

if TYPE_CHECKING:
    from cases.calendar_change import Preview
    from states.recount import Moved
    from wiring import Office

File = Annotated[Path, typer.Argument(help="The State Council's notice: JSON, or one day a line. 放假通知文件。")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would move. 只预览，不写入。")]

_WOULD: Final = Sentence("将调整{n}案：", "{n} case(s) would change:")
_NOT_WHOLE: Final = Sentence(
    "文件没有写全{year}年的法定节假日，或者把补班日写在了星期一至星期五；{year}年的期限仍为暂定。",
    "The file lacks statutory holidays of {year}, or has a make-up day from Monday to Friday; terms of {year} stay"
    " provisional.",
)
_PROPOSED: Final = Sentence(
    "已提出为待决事项{id}，须由第二人（上级党委主要负责人）批准：duban proposal approve {id} --as 用户",
    "Proposed as {id}; a second person (the leader) approves it: duban proposal approve {id} --as USER",
)
_SAME: Final = Sentence("两个政策没有差别。", "The two policies do not differ.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application, beside those that only read a policy or a calendar."""
    calendars.command("import")(calendar_import)
    calendars.command("withdraw")(calendar_withdraw)
    policies.command("diff")(policy_diff)
    policies.command("migrate")(policy_migrate)
    policies.command("whatif")(policy_whatif)
    app.add_typer(policies, name="policy")
    app.add_typer(calendars, name="calendar")


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


def _previewed(preview: Preview, here: Office) -> dict[str, Any]:
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


def calendar_withdraw(
    year: Annotated[int, typer.Argument(help="Whose notices are withdrawn. 年份。")], as_json: Json = False
) -> None:
    """Take the imported notices of a year out of force, and count all deadlines again. 撤回放假通知。"""
    with office() as here:
        here.database.require_current()
        lang = here.settings.lang
        say_recount(here.calendar_change.withdraw_calendar(year, now(), on_progress), lang, as_json=as_json)


def calendar_import(file: File, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Take a new notice in, and count every running deadline again. 导入放假通知并重算期限。"""
    with office() as here:
        here.database.require_current()
        lang = here.settings.lang
        if dry_run:
            here.rulebook.calendar = here.calendar_change.preview_calendar(file)
            previews = list(here.calendar_change.what_would_move(now()))
            document_ = {"dry_run": True, "cases": [_previewed(preview, here) for preview in previews]}
            say(document_, _preview_text(previews, lang), as_json=as_json)
            return
        say_recount(here.calendar_change.import_calendar(file, now(), on_progress), lang, as_json=as_json)
        notice = read_notice(file)
        if notice.year is not None and not notice.covers:
            typer.echo(_NOT_WHOLE.fill(year=notice.year).text(lang), err=True)


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
    user: Annotated[str, typer.Option("--as", help="Who proposes: a user or a role. 办理人。")] = "",
    as_json: Json = False,
) -> None:
    """Propose that all open cases go by another policy. 提出政策迁移。"""
    with office() as here:
        here.database.require_current()
        lang = here.settings.lang
        if resume:
            total = here.policy_change.carry_out(now(), on_progress)
            if total is not None:
                say_recount(total, lang, as_json=as_json)
            return
        path = find_policy(to)
        policy = read_policy(path)
        if dry_run:
            previews = list(here.calendar_change.what_would_move(now(), policy, how))
            document_ = {
                "dry_run": True,
                "to": policy.hash,
                "cases": [_previewed(preview, here) for preview in previews],
            }
            say(document_, _preview_text(previews, lang), as_json=as_json)
            return
        actor = here.console.actor(user, Role.DIRECTOR)
        id_ = here.policy_change.propose(policy, path.read_text("utf-8"), how, actor.user, now())
        say({"proposal": id_, "to": policy.hash}, _PROPOSED.fill(id=id_).text(lang), as_json=as_json)
