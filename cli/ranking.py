"""Commands for the yearly ranking and for commendations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.console import Json, On, data_of, day_of, now, office, say
from states.commendation import COMMENDATION_STATES, CommendationState
from states.errors import Sentence
from states.ranking import RANKING_STATES, RankingState
from states.terms import date_text, parse_date
from states.vocabulary import Role
from wiring.ranking_schemas import commendation_json, objection_json, ranking_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from states.ranking import RankedUnit
    from store.commendations import Commendation
    from store.rankings import Ranking
    from wiring import Office

ranking = typer.Typer(no_args_is_help=True, help="The yearly ranking. 年度排序。")
commendation = typer.Typer(no_args_is_help=True, help="Commendations. 通报表扬。")

As = Annotated[str, typer.Option("--as", help="Who acts: a user or a role. 办理人。")]
Year = Annotated[int, typer.Option("--year", help="Which year's ranking. 年度。")]
Latest = Annotated[int, typer.Option("--year", help="Which year's ranking; the latest if not given. 年度。")]
Which = Annotated[int, typer.Argument(help="The number of the commendation. 表扬编号。")]
_NONE: Final = Sentence("没有表扬。", "There is no commendation.")
_UNTIL: Final = Sentence("，异议期到{day}", ", objections until {day}")
_LAST: Final = Sentence("末位", "last")
_OBJECTED: Final = Sentence("异议{id}已登记。", "Objection {id} was noted.")
_ANSWERED: Final = Sentence("异议{id}已答复。", "Objection {id} was answered.")
_CALLED: Final = Sentence("{unit}的末位约谈已启动：{number}。", "The interview of {unit} was started: {number}.")
_PROPOSED: Final = Sentence("表扬{id}已提请。", "Commendation {id} was proposed.")
_DECIDED: Final = Sentence("表扬{id}：{state}。", "Commendation {id}: {state}.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for name, command in (
        ("compute", ranking_compute),
        ("show", ranking_show),
        ("announce", ranking_announce),
        ("object", ranking_object),
        ("answer", ranking_answer),
        ("approve", ranking_approve),
        ("withdraw", ranking_withdraw),
        ("interview", ranking_interview),
    ):
        ranking.command(name)(command)
    for name, action in (
        ("propose", commendation_propose),
        ("draft", commendation_draft),
        ("approve", commendation_approve),
        ("refuse", commendation_refuse),
        ("list", commendation_list),
    ):
        commendation.command(name)(action)
    app.add_typer(ranking, name="ranking")
    app.add_typer(commendation, name="commendation")


def ranking_compute(
    year: Year,
    as_of: Annotated[
        str, typer.Option("--as-of", help="As of the end of this day; today if not given. 截止日期。")
    ] = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Compute the scores of a year, each as a sum of what happened. 计算排序。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.DIRECTOR)
        day = parse_date(as_of) if as_of else here.today(now())
        found = here.rankings.compute(year, day, actor, now())
        say(ranking_json(found, found.rows), _table(found, found.rows, here.settings.lang), as_json=as_json)


def ranking_show(year: Latest = 0, as_json: Json = False) -> None:
    """Show the ranking of a year. 查看排序。"""
    with office() as here:
        here.database.require_current()
        shown = here.rankings.show(year or _latest_year(here))
        document = {
            **ranking_json(shown.ranking, shown.rows),
            "objections": [objection_json(one) for one in shown.objections],
        }
        say(document, _table(shown.ranking, shown.rows, here.settings.lang), as_json=as_json)


def _latest_year(here: Office) -> int:
    """Return the latest year that has a ranking, or this year, whose ranking is then said to be missing."""
    return next(iter(here.rankings.years()), day_of("", here).year)


def ranking_announce(year: Year, on: On = "", as_user: As = "", as_json: Json = False) -> None:
    """Send the ranking to the units, which may object from then on. 发单位核对。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.DIRECTOR)
        found = here.rankings.announce(year, day_of(on, here), actor, now())
        say(ranking_json(found, found.rows), _heading(found, here.settings.lang), as_json=as_json)


def ranking_object(
    year: Year,
    unit: Annotated[str, typer.Option(help="Which unit objects. 提出单位。")],
    text: Annotated[str, typer.Option(help="What it says. 异议内容。")],
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Note what a unit says against its score. 登记异议。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.LIAISON, unit)
        found = here.rankings.object_to(year, unit, text, day_of(on, here), actor, now())
        say(objection_json(found), _OBJECTED.fill(id=found.id).text(here.settings.lang), as_json=as_json)


def ranking_answer(
    year: Year,
    objection: Annotated[int, typer.Argument(help="The number of the objection. 异议编号。")],
    text: Annotated[str, typer.Option(help="The answer. 答复内容。")],
    accept: Annotated[bool, typer.Option("--accept", help="The objection is accepted. 采纳。")] = False,
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Answer an objection. 答复异议。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.DIRECTOR)
        found = here.rankings.answer(year, objection, text, day_of(on, here), actor, now(), accepted=accept)
        say(objection_json(found), _ANSWERED.fill(id=found.id).text(here.settings.lang), as_json=as_json)


def ranking_approve(year: Latest = 0, on: On = "", as_user: As = "", as_json: Json = False) -> None:
    """Approve the ranking; the leader does. 批准排序。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.LEADER)
        found = here.rankings.approve(year or _latest_year(here), day_of(on, here), actor, now())
        say(ranking_json(found, found.rows), _heading(found, here.settings.lang), as_json=as_json)


def ranking_withdraw(
    year: Year,
    reason: Annotated[str, typer.Option(help="Why. 理由。")],
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Return the ranking to be computed anew. 退回重新计算。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.LEADER)
        found = here.rankings.withdraw(year, reason, day_of(on, here), actor, now())
        say(ranking_json(found, found.rows), _heading(found, here.settings.lang), as_json=as_json)


def ranking_interview(
    unit: Annotated[str, typer.Option(help="Which of the last units. 末位单位。")],
    post: Annotated[str, typer.Option(help="The post that answers for it. 责任领导（职务）。")],
    document: Annotated[str, typer.Option(help="The number of the approved ranking's document. 排序文件文号。")],
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Start the interview of one of the last units of an approved ranking. 启动末位约谈。"""
    with office() as here:
        here.database.require_current()
        data = {"unit": unit, "post": post, "ranking": document}
        done = here.console_desk.open_by_ranking(as_user, day_of(on, here), data, now())
        text = _CALLED.fill(unit=unit, number=done.case.number).text(here.settings.lang)
        say({"number": done.case.number, "case_id": done.case.id}, text, as_json=as_json)


def commendation_propose(
    unit: Annotated[str, typer.Option(help="Which unit. 单位。")],
    text: Annotated[str, typer.Option(help="For what. 事由。")],
    post: Annotated[str, typer.Option(help="Which post in it; none for the unit as such. 职务。")] = "",
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Propose to commend a unit or a post. 提请表扬。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.DIRECTOR)
        found = here.commendations.propose(unit, post, text, day_of(on, here), actor, now())
        say(commendation_json(found), _PROPOSED.fill(id=found.id).text(here.settings.lang), as_json=as_json)


def commendation_draft(
    which: Which,
    data: Annotated[str, typer.Option("--data", help="Fields of the circular, as JSON. 填写的内容（JSON）。")] = "",
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Draw up the circular; its issue gives the commendation. 拟表扬通报。"""
    from cli.documents import say_document  # noqa: PLC0415  # Word files bring lxml along

    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.HANDLER)
        made = here.documents.draft_commendation(which, data_of(data), actor, day_of(on, here), now())
        say_document(here, made.kept, made, as_json=as_json)


def commendation_approve(
    which: Which,
    number: Annotated[str, typer.Option(help="The number of the document that commends. 文号。")],
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Commend under the number of a paper written outside; the leader does. 按已有文号批准表扬。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.LEADER)
        found = here.commendations.commend(which, number, day_of(on, here), actor, now())
        say(commendation_json(found), _decided(found, here.settings.lang), as_json=as_json)


def commendation_refuse(
    which: Which,
    reason: Annotated[str, typer.Option(help="Why. 理由。")],
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Refuse a commendation. 不予表扬。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.LEADER)
        found = here.commendations.refuse(which, reason, day_of(on, here), actor, now())
        say(commendation_json(found), _decided(found, here.settings.lang), as_json=as_json)


def commendation_list(
    unit: Annotated[str, typer.Option(help="Of this unit only. 单位。")] = "",
    state: Annotated[CommendationState | None, typer.Option(help="Only those in this state. 状态。")] = None,
    as_json: Json = False,
) -> None:
    """List the commendations. 表扬清单。"""
    with office() as here:
        here.database.require_current()
        lang = here.settings.lang
        found = here.commendations.listed(unit=unit, state=state)
        lines = [
            f"{one.id}\t{Sentence(*COMMENDATION_STATES[one.state]).text(lang)}\t{date_text(one.proposed_on, lang)}\t"
            f"{one.unit}{one.post}\t{one.text}"
            for one in found
        ]
        say(
            {"commendations": [commendation_json(one) for one in found]},
            "\n".join(lines) or _NONE.text(lang),
            as_json=as_json,
        )


def _decided(one: Commendation, lang: str) -> str:
    return _DECIDED.fill(id=one.id, state=Sentence(*COMMENDATION_STATES[one.state])).text(lang)


def _heading(found: Ranking, lang: str) -> str:
    words = Sentence(*RANKING_STATES[found.state]).text(lang)
    until = found.objections_until
    shown = (
        _UNTIL.fill(day=date_text(until, lang)).text(lang) if until and found.state is RankingState.ANNOUNCED else ""
    )
    return f"{found.year} {words}{shown} ({date_text(found.as_of, lang)})"


def _table(found: Ranking, rows: Sequence[RankedUnit], lang: str) -> str:
    lines, last = [_heading(found, lang)], f"\t{_LAST.text(lang)}"
    lines += [f"{row.group}\t{row.place}\t{row.score}\t{row.unit}{last if row.is_last else ''}" for row in rows]
    return "\n".join(lines)
