"""Commands for the obligations of the year: what recurs, who has handed it in, who has signed for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cases import evidence as evidence_room
from cli.console import Json, On, day_of, now, office, say
from states.errors import Sentence
from states.obligation import OBLIGATION_STATES, ObligationState
from states.terms import date_text, parse_date
from states.vocabulary import Role
from store.obligations import Asked
from wiring.schemas.obligations import obligation_json

if TYPE_CHECKING:
    from store.obligations import Obligation
    from wiring import Office

obligation = typer.Typer(no_args_is_help=True, help="What recurs each year. 年度职责。")

As = Annotated[str, typer.Option("--as", help="Who acts: a user or a role. 办理人。")]
Which = Annotated[int, typer.Argument(metavar="ID", help="The number of the obligation. 职责编号。")]
Proof = Annotated[Path | None, typer.Option("--file", help="A file that shows it. 佐证材料文件。")]
_GENERATED: Final = Sentence(
    "{year}年度职责：新增{new}项，已有{kept}项，按现行规定调整{changed}项，撤回{removed}项。",
    "Obligations of {year}: {new} new, {kept} were there, {changed} brought to the rules of today, {removed} removed.",
)
_ENTERED: Final = Sentence("{id}号职责：{state}。", "Obligation {id}: {state}.")
_NONE: Final = Sentence("没有年度职责。", "There is no obligation.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    obligation.command("generate")(obligation_generate)
    obligation.command("list")(obligation_list)
    obligation.command("submit")(obligation_submit)
    obligation.command("receipt")(obligation_receipt)
    obligation.command("excuse")(obligation_excuse)
    obligation.command("claim")(obligation_claim)
    obligation.command("correct")(obligation_correct)
    app.add_typer(obligation, name="obligation")


def obligation_generate(
    year: Annotated[int, typer.Option(help="The year. 年度。")],
    unit: Annotated[str, typer.Option(help="One unit only. 只生成一个单位的。")] = "",
    due_from: Annotated[str, typer.Option(help="Only what is due from this day on. 只生成这一天起到期的。")] = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Write down what recurs in a year for every unit that it binds. 生成年度职责。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.DIRECTOR)
        since = parse_date(due_from) if due_from else None
        done = here.obligations.generate(year, actor, now(), unit=unit, due_from=since)
        document = {
            "year": year,
            "new": done.new,
            "kept": done.kept,
            "changed": done.changed,
            "removed": done.removed,
        }
        say(document, _GENERATED.fill(**document).text(here.settings.lang), as_json=as_json)


def obligation_list(
    year: Annotated[int, typer.Option(help="Of one year only. 年度。")] = 0,
    unit: Annotated[str, typer.Option(help="Of one unit only. 单位。")] = "",
    state: Annotated[ObligationState | None, typer.Option(help="Only those in this state. 状态。")] = None,
    as_json: Json = False,
) -> None:
    """List the obligations. 年度职责清单。"""
    with office() as here:
        here.database.require_current()
        states = frozenset({state}) if state is not None else frozenset[ObligationState]()
        found = here.obligations.listed(Asked(year=year, unit=unit, states=states))
        lang = here.settings.lang
        text = "\n".join(_line(here, one, lang) for one in found) or _NONE.text(lang)
        say({"obligations": [obligation_json(one) for one in found]}, text, as_json=as_json)


def obligation_submit(
    which: Which,
    on: On = "",
    evidence: Annotated[str, typer.Option(help="What was done, and what shows it. 做了什么、凭什么材料。")] = "",
    file: Proof = None,
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Enter that it was done once. 登记报送或完成一次。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.HANDLER)
        done = here.obligations.submit(
            which, day_of(on, here), actor, now(), note=evidence, file=_kept(here, file, actor.user)
        )
        _say(here, done, as_json=as_json)


def obligation_receipt(
    which: Which,
    receiver: Annotated[str, typer.Option("--from", help="Who has signed. 签收单位。")],
    on: On = "",
    note: Annotated[str, typer.Option(help="How it was signed for. 说明。")] = "",
    file: Proof = None,
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Enter that one of the receivers has signed. 登记收文单位的签收回执。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.HANDLER)
        done = here.obligations.receive(
            which, receiver, day_of(on, here), actor, now(), note=note, file=_kept(here, file, actor.user)
        )
        _say(here, done, as_json=as_json)


def obligation_excuse(
    which: Which,
    reason: Annotated[str, typer.Option(help="Why. 理由。")],
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Let a unit off an obligation, with the reason. 同意不办。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.DIRECTOR)
        _say(here, here.obligations.excuse(which, reason, day_of(on, here), actor, now()), as_json=as_json)


def obligation_claim(
    which: Which,
    reason: Annotated[str, typer.Option(help="Why it is no miss. 理由。")],
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Ask to take a miss back: all was there in time and only entered late. 提请更正到期未完成。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.HANDLER)
        _say(here, here.obligations.claim(which, reason, actor, now()), as_json=as_json)


def obligation_correct(which: Which, as_user: As = "", as_json: Json = False) -> None:
    """Take the miss back as the second person, and its open clue with it. 确认更正到期未完成。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.DIRECTOR)
        _say(here, here.obligations.correct(which, actor, now()), as_json=as_json)


def _kept(here: Office, file: Path | None, user: str) -> str | None:
    return evidence_room.keep(here.database, here.settings.home, file, user, now()) if file is not None else None


def _say(here: Office, done: Obligation, *, as_json: bool) -> None:
    state = Sentence(*OBLIGATION_STATES[done.state])
    text = _ENTERED.fill(id=done.id, state=state).text(here.settings.lang)
    say({"obligation": obligation_json(done)}, text, as_json=as_json)


def _line(here: Office, one: Obligation, lang: str) -> str:
    clause = here.obligations.rules.clause(one.clause)
    title = clause.title.text(lang) if clause is not None else one.clause
    state = Sentence(*OBLIGATION_STATES[one.state]).text(lang)
    signed = f"{len(one.received)}/{len(one.receivers)}" if one.receivers else f"{len(one.done_on)}/{one.times}"
    return f"{one.id}\t{one.unit}\t{title}\t{date_text(one.due_on, lang)}\t{signed}\t{state}"
