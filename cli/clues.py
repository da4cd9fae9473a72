"""Commands for clues: possible problems that are no case until a person adopts them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.console import Json, On, data_of, day_of, now, office, say
from states.clue import CLUE_SOURCES, CLUE_STATES, ClueSource, ClueState
from states.errors import Sentence
from states.terms import date_text
from states.vocabulary import Role

if TYPE_CHECKING:
    from store.clues import Clue

clue = typer.Typer(no_args_is_help=True, help="Clues: possible problems. 问题线索。")

As = Annotated[str, typer.Option("--as", help="Who acts: a user or a role. 办理人。")]
Which = Annotated[int, typer.Argument(help="The number of the clue. 线索编号。")]
_RAISED: Final = Sentence("线索{id}已登记。", "Clue {id} was raised.")
_ADOPTED: Final = Sentence("线索{id}已立案：{number}。", "Clue {id} became the case {number}.")
_DISMISSED: Final = Sentence("线索{id}不予立案。", "Clue {id} was dismissed.")
_NONE: Final = Sentence("没有线索。", "There is no clue.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    clue.command("raise")(clue_raise)
    clue.command("list")(clue_list)
    clue.command("adopt")(clue_adopt)
    clue.command("dismiss")(clue_dismiss)
    app.add_typer(clue, name="clue")


def clue_raise(
    unit: Annotated[str, typer.Option(help="Which unit it is about. 涉及单位。")],
    text: Annotated[str, typer.Option(help="What the clue is. 线索内容。")],
    source: Annotated[ClueSource, typer.Option(help="Where it comes from. 来源。")] = ClueSource.INSPECTION,
    duty: Annotated[str, typer.Option(help="The duty, as in the catalogue. 职责条款。")] = "",
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Put a clue into the pool. 登记线索。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.INSPECTOR)
        found = here.clues.raise_clue(source, unit, text, day_of(on, here), actor, now(), duty=duty)
        say({"clue": _document(found)}, _RAISED.fill(id=found.id).text(here.settings.lang), as_json=as_json)


def clue_list(
    state: Annotated[ClueState | None, typer.Option(help="Only those in this state. 状态。")] = None,
    as_json: Json = False,
) -> None:
    """List the clues. 线索清单。"""
    with office() as here:
        here.database.require_current()
        lang = here.settings.lang
        found = here.clues.listed(state)
        lines = [
            f"{one.id}\t{Sentence(*CLUE_STATES[one.state]).text(lang)}\t{date_text(one.raised_on, lang)}\t"
            f"{Sentence(*CLUE_SOURCES[one.source]).text(lang)}\t{one.unit}\t{one.text}"
            for one in found
        ]
        say({"clues": [_document(one) for one in found]}, "\n".join(lines) or _NONE.text(lang), as_json=as_json)


def clue_adopt(
    which: Which,
    post: Annotated[str, typer.Option(help="The responsible post. 责任领导。")],
    data: Annotated[str, typer.Option(help="More of the finding, as JSON. 其他数据。")] = "",
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Make a case of a clue. 线索立案。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.HANDLER)
        more = {"post": post, **data_of(data)}
        done = here.clues.adopt(which, more, day_of(on, here), actor, now())
        text = _ADOPTED.fill(id=which, number=done.case.number).text(here.settings.lang)
        say({"number": done.case.number, "case_id": done.case.id}, text, as_json=as_json)


def clue_dismiss(
    which: Which,
    reason: Annotated[str, typer.Option(help="Why. 理由。")],
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Put a clue aside. 线索不予立案。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.DIRECTOR)
        found = here.clues.dismiss(which, reason, day_of(on, here), actor)
        say({"clue": _document(found)}, _DISMISSED.fill(id=which).text(here.settings.lang), as_json=as_json)


def _document(found: Clue) -> dict[str, Any]:
    return {
        "id": found.id,
        "state": found.state.value,
        "source": found.source.value,
        "unit": found.unit,
        "duty": found.duty,
        "text": found.text,
        "raised_on": found.raised_on.isoformat(),
        "raised_by": found.raised_by,
        "decided_by": found.decided_by or None,
        "reason": found.reason or None,
        "case_id": found.case_id,
    }
