"""What every step of a ranking asks first: the day, the text, whose sight, and which ranking was looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from states.errors import BadData, Conflict, NotPermitted, Sentence
from states.secrecy import refuse_secrets
from states.terms import date_text
from store.visibility import is_everything

if TYPE_CHECKING:
    from datetime import date

    from store.rankings import Ranking
    from store.visibility import Reader


LONGEST: Final = 2000
FUTURE: Final = Sentence(
    "截止日期{on}在将来（今天是{today}），只能按已经发生的事项排序。",
    "The day {on} is in the future (today is {today}); a ranking counts only what has happened.",
)
_TOO_EARLY: Final = Sentence("日期{on}早于{since}。", "The day {on} is before {since}.")
_NO_TEXT: Final = Sentence("请写明内容（不超过{most}字）。", "Say what, in {most} characters at most.")
_NOT_ALL: Final = Sentence(
    "排序涉及全部单位，由能查看全部单位的人员办理。",
    "A ranking is of all units; somebody who sees all of them moves it on.",
)
_OTHER: Final = Sentence(
    "排序在您查看以后重新计算过，请核对新的排序再办理。",
    "The ranking was computed anew since you looked at it; look at the new one first.",
)


def require_day(on: date, since: date, today: date) -> None:
    """Refuse a day in the future, or before the step that this one follows."""
    if on > today:
        raise BadData(FUTURE.fill(on=day_text(on), today=day_text(today)))
    if on < since:
        raise BadData(_TOO_EARLY.fill(on=day_text(on), since=day_text(since)))


def require_text(text: str) -> None:
    """Refuse a text that says nothing, is too long, or tells a secret."""
    if not text.strip() or len(text) > LONGEST:
        raise BadData(_NO_TEXT.fill(most=LONGEST))
    refuse_secrets(text)


def require_all(reader: Reader | None) -> None:
    """Refuse whoever sees some of the units only: nobody decides on what is kept from him or her."""
    if reader is not None and not is_everything(reader):
        raise NotPermitted(_NOT_ALL)


def require_seen(found: Ranking, reader: Reader | None, seen: int | None) -> None:
    """Refuse whoever sees some of the units only, or looked at another ranking of the year than this one."""
    require_all(reader)
    if seen is not None and seen != found.id:
        raise Conflict(_OTHER)


def day_text(on: date) -> Sentence:
    """Return the day as both languages write it."""
    return Sentence(date_text(on, "zh-CN"), date_text(on, "en"))
