"""The command that says which open deadlines will probably be missed."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from cli.console import Json, now, office, say
from programme.forecast import MOST
from states.errors import Sentence
from states.terms import date_text
from wiring.forecast_schemas import forecast_json

_HEAD: Final = Sentence(
    "可能逾期{n}项（算出来的，只供提前帮助，不计入任何得分）：",
    "{n} deadline(s) will probably be missed (computed, for help in time, part of no score):",
)
_LINE: Final = Sentence("{number} {unit} {due}到期。{what}", "{number} {unit}, due on {due}. {what}")
_SUMMAND: Final = Sentence("要{n}个工作日", "{n} working day(s)")
_BOUNDED: Final = Sentence(
    "案件很多，只看了最近到期的{n}件。", "There are many cases; the {n} that are due next were looked at."
)


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("forecast")(forecast)


def forecast(
    most: Annotated[int, typer.Option(min=1, max=100_000, help="How many cases are looked at. 最多看多少件。")] = MOST,
    as_json: Json = False,
) -> None:
    """Say which open deadlines will probably be missed, and why. 可能逾期的期限和理由。"""
    with office() as here:
        here.database.require_current()
        lang = here.settings.lang
        found = here.forecasts.forecast(here.today(now()), most=most)
        lines = [_HEAD.fill(n=len(found.warned)).text(lang)]
        for one in found.warned:
            due = Sentence(date_text(one.line.due_on), date_text(one.line.due_on, "en"))
            said = {"number": one.case.number, "unit": one.case.unit, "due": due, "what": one.sentence()}
            lines.append(_LINE.fill(**said).text(lang))
            for reason in one.reasons:
                days = f"（{_SUMMAND.fill(n=reason.days).text(lang)}）" if reason.days else ""
                lines.append(f"  {reason.sentence.text(lang)}{days}")
        if found.bounded:
            lines.append(_BOUNDED.fill(n=found.looked_at).text(lang))
        say(dict(forecast_json(found, lang)), "\n".join(lines), as_json=as_json)
