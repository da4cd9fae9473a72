"""What is next in a new installation: on the desk, and on the first page of the system administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from accounts.next_steps import NextStep, steps
from accounts.operators import SYSTEM
from states.errors import Sentence
from web.page import OPENERS
from wiring import now

if TYPE_CHECKING:
    from web.page import Visit

_WORDS: Final = {
    NextStep.UNITS: (
        Sentence("登记单位和职务", "Enter units and posts"),
        Sentence("被督查的单位、上下级关系，和每个单位的主要负责人、联络员职务。", "Who is supervised, and by whom."),
        Sentence("登记单位", "Enter units"),
        "/admin/units",
    ),
    NextStep.PEOPLE: (
        Sentence("登记人员", "Enter people"),
        Sentence(
            "至少承办人1名、检查人员2名、批准领导1名；一个人一张表，也可以用登记表批量导入。",
            "At least one handler, two inspectors and one who approves; one form each, or a workbook of many.",
        ),
        Sentence("登记人员", "Enter people"),
        "/admin/people",
    ),
    NextStep.CHANNELS: (
        Sentence("接通通知渠道", "Open a channel"),
        Sentence(
            "给职务或人员登记邮箱或机器人，并发一条测试消息；没有联系方式，通知发不出去。",
            "Enter a mail address or a robot of a post or a person, and test it: without one no message leaves.",
        ),
        Sentence("登记联系方式", "Enter addresses"),
        "/admin/people",
    ),
    NextStep.CALENDAR: (
        Sentence("导入今年的放假安排", "Import this year's holidays"),
        Sentence("没有放假安排，跨节期限只能按“暂定”显示。", "Without it, terms over holidays stay provisional."),
        Sentence("导入放假安排", "Import"),
        "/admin/calendar",
    ),
    NextStep.CASE: (
        Sentence("导入现有台账，或登记第一个问题", "Import the ledger, or register the first finding"),
        Sentence("逐行预览后再写入；旧案不会自动升级。", "Looked at row by row first; old cases do not escalate."),
        Sentence("导入台账", "Import the ledger"),
        "/ledger",
    ),
}
_OF_OFFICE: Final = frozenset({NextStep.CASE})
"""The steps of the office's people; the others are the system administrator's."""
_ASK: Final = {
    True: Sentence("请系统管理员办理。", "This is for the system administrator."),
    False: Sentence("由承办人或检查人员办理。", "This is for a handler or an inspector."),
}


def next_steps(visit: Visit) -> list[dict[str, Any]]:
    """Return the steps with what is done, or nothing where all are; the first that is left is marked."""
    here = visit.here
    year = here.today(now()).year
    done = steps(here.database, here.rulebook.calendar.known_years, year)
    if all(done.values()):
        return []
    current = next(step for step, is_done in done.items() if not is_done)
    role, lang = visit.person.role, visit.lang
    shown = []
    for step, is_done in done.items():
        title, what, button, address = _WORDS[step]
        mine = role in (OPENERS if step in _OF_OFFICE else SYSTEM)
        shown.append(
            {
                "title": title.text(lang),
                "what": what.text(lang),
                "button": button.text(lang),
                "address": address if mine else "",
                "ask": "" if mine or is_done else _ASK[step not in _OF_OFFICE].text(lang),
                "done": is_done,
                "now": step is current,
                "is_case": step is NextStep.CASE and mine,
            }
        )
    return shown
