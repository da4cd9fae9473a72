"""Commands for layouts of ledgers: which are remembered, where their columns go, and forgetting one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from cases.ledger_fields import FIELD_NAMES
from cli.console import Json, office, say
from states.errors import Sentence
from states.terms import date_text
from wiring.schemas.ledgers import ledger_mapping_json

if TYPE_CHECKING:
    from datetime import tzinfo

    from cases.ledger_layouts import Remembered

layout = typer.Typer(no_args_is_help=True, help="Layouts of ledgers that are remembered. 记住的表样。")

_LINE: Final = Sentence("{id}  {name}  {who}于{day}说明：{columns}", "{id}  {name}  said by {who} on {day}: {columns}")
_GOES: Final = Sentence("{heading}→{field}", "{heading} → {field}")
_NONE: Final = Sentence("没有记住任何表样。", "No layout is remembered.")
_FORGOTTEN: Final = Sentence("已不再记住“{name}”。", "“{name}” is remembered no more.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    layout.command("list")(layout_list)
    layout.command("forget")(layout_forget)
    app.add_typer(layout, name="layout")


def layout_list(as_json: Json = False) -> None:
    """List the layouts that are remembered. 列出记住的表样。"""
    with office() as here:
        here.database.require_current()
        kept = here.ledger_layouts.kept()
        lang = here.settings.lang
        lines = [_line(one, here.settings.tz).text(lang) for one in kept] or [_NONE.text(lang)]
        say({"layouts": [ledger_mapping_json(one) for one in kept]}, "\n".join(lines), as_json=as_json)


def layout_forget(
    number: Annotated[int, typer.Argument(help="The number of the layout. 表样编号。")], as_json: Json = False
) -> None:
    """Forget a layout; its next file is asked about again. 不再记住一个表样。"""
    with office() as here:
        here.database.require_current()
        gone = here.ledger_layouts.forget(number)
        said = _FORGOTTEN.fill(name=gone.kept.name).text(here.settings.lang)
        say({"layout": ledger_mapping_json(gone)}, said, as_json=as_json)


def _line(one: Remembered, zone: tzinfo) -> Sentence:
    goes = [_GOES.fill(heading=key, field=FIELD_NAMES[field]).text() for key, field in one.mapping.columns.items()]
    kept = one.kept
    day = date_text(kept.kept_at.astimezone(zone).date())
    return _LINE.fill(id=kept.id, name=kept.name, who=kept.kept_by, day=day, columns="、".join(goes))
