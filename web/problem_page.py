"""A refusal or an error as a page of its own: what is wrong, whether anything was lost, and where to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.responses import HTMLResponse

from states.errors import Sentence
from web.rule_words import in_words
from web.templating import drawn
from wiring import now

if TYPE_CHECKING:
    from wiring import Office

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
_NOTHING_LOST: Final = Sentence(
    "没有写入任何内容；您可以返回上一页，填写的内容还在。",
    "Nothing was written; go back one page, and what you typed is still there.",
)
_KINDS: Final[tuple[tuple[range, tuple[str, Sentence, Sentence]], ...]] = (
    (
        range(403, 404),
        (
            "lock",
            Sentence("这一页不对您开放", "This page is not open to you"),
            Sentence(
                "如果工作需要，请联系系统管理员调整角色。",
                "If your work needs it, ask the system administrator for the role.",
            ),
        ),
    ),
    (
        range(404, 406),
        (
            "search",
            Sentence("没有找到这一页", "This page was not found"),
            Sentence(
                "地址可能抄漏了几个字，也可能这件案件不在您的可看范围；系统对这两种情况的回答相同。",
                "The address may be incomplete, or the case is not yours to see; the answer is the same for both.",
            ),
        ),
    ),
    (range(409, 413), ("stop", Sentence("现在还不能办理", "This cannot be done now"), _NOTHING_LOST)),
    (range(429, 430), ("pause", Sentence("请稍后再试", "Please wait a moment"), _NOTHING_LOST)),
    (
        range(500, 600),
        (
            "warn",
            Sentence("系统出错了", "The system failed"),
            Sentence(
                "这一步没有写入；已写入的记录不受影响。请稍后再试，仍不行请告知系统管理员出错的时间。",
                "This step was not written, and what was written before is untouched. Try again later; if it fails "
                "again, tell the system administrator when it happened.",
            ),
        ),
    ),
)
"""By status: the picture, the title, and what became of the work."""
_OTHER: Final = ("stop", Sentence("没有办理", "Nothing was done"), _NOTHING_LOST)
SEARCHABLE: Final = range(404, 405)


def problem_page(here: Office, lang: str, status: int, sentence: Sentence) -> HTMLResponse:
    """Return the sentence as a page with its title, what became of the work, and a way on."""
    icon, title, further = next((kind for codes, kind in _KINDS if status in codes), _OTHER)
    shown: dict[str, Any] = {
        "icon": icon,
        "title": title.text(lang),
        "sentence": in_words(sentence.text(lang), lang),
        "further": further.text(lang),
        "searches": status in SEARCHABLE,
        "office": here.settings.office,
    }
    text = drawn("problem.html", lang=lang, today=here.today(now()), zone=here.settings.tz, **shown)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(text, status, headers)
