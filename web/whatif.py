"""The page that sets a period beside what another policy would have made of it; nothing is written."""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from config.policy import FOLDER, differences, read_policy
from programme.comparing import DUE_DAY, FIGURES, LIGHT, MESSAGES, REFUSED, RUNG, STEP, WhatIfPeriod
from programme.whatif import WhatIfTotals, draft_of
from states.errors import BadData, Problem, Sentence
from states.terms import parse_date
from web.dependencies import clean_query, status_of
from web.numbers import short_number
from web.page import APPROVERS, Here, Visit, open_to
from web.rule_words import key_in_words, value_in_words
from wiring import now

if TYPE_CHECKING:
    from programme.whatif import ComparedCase
    from states.policy import Policy

MOST_CASES: Final = 200
"""So many cases a page decides again while somebody waits; the command line does all."""
MOST_LINES: Final = 4
"""So many differences of a case stand open; the next are folded."""
MOST_FOLDED: Final = 16
_FIRST: Final = (RUNG, LIGHT, REFUSED, DUE_DAY, STEP, MESSAGES)
"""What people look for first in a case."""
_WHICH: Final = Sentence("请选择、上传或粘贴一份草案。", "Choose a draft, upload one, or paste it.")

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to(APPROVERS)])


@router.get("/forecast/whatif")
def whatif_page(visit: Here) -> Response:
    """Ask for a draft and a period."""
    return _page(visit)


@router.post("/forecast/whatif")
def try_draft(visit: Here) -> Response:
    """Show what the period would have been under the draft; nothing of it is kept."""
    try:
        draft = _draft(visit)
        period = WhatIfPeriod(*(_day(visit, name) for name in ("from", "to")))
        number = visit.here.whatif.number_of(period, now(), visit.person)
        found = list(islice(visit.here.whatif.cases(draft, period, now(), visit.person), MOST_CASES))
    except Problem as problem:
        return _page(visit, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return _page(visit, result=_result(visit, draft, found, number))


def _day(visit: Visit, name: str) -> date:
    today = visit.here.today(now())
    if visit.form.get(name):
        return parse_date(visit.form[name])
    return today.replace(month=1, day=1) if name == "from" else today


def _known(visit: Visit) -> dict[str, Policy]:
    """Return the policies that can be chosen without a file: those of the product, and the one in force."""
    found = {path.stem: read_policy(path) for path in sorted(FOLDER.glob("*.toml"))}
    return {**found, visit.here.archive.policy.name: visit.here.archive.policy}


def _draft(visit: Visit) -> Policy:
    """Return the draft: a file before pasted text, and that before a chosen policy.

    Raises:
        BadData: none is given, or it is too large or no text.
        BadPolicy: it is no policy.
    """
    files, text, chosen = (
        visit.sent.files.get("file", []),
        visit.form.get("text", "").strip(),
        visit.form.get("draft", ""),
    )
    if files:
        return draft_of(files[0][1], files[0][0])
    if text:
        return draft_of(text.encode(), "draft")
    known = _known(visit)
    if chosen not in known:
        raise BadData(_WHICH)
    return known[chosen]


def _result(visit: Visit, draft: Policy, found: list[ComparedCase], number: int) -> dict[str, Any]:
    totals, lang = WhatIfTotals(), visit.lang
    for case in found:
        totals.add(case)
    in_force = visit.here.archive.policy
    return {
        "title": Sentence(draft.title_zh, draft.title_en).text(lang),
        "totals": totals,
        "figures": [
            (Sentence(*FIGURES[word]).text(lang), old, new) for word, old, new in totals.figures() if old or new
        ],
        "same": totals.cases - totals.not_as_recorded,
        "bounded": len(found) == MOST_CASES < number,
        "number": number,
        "changed": [_row(case, lang) for case in found if case.differences],
        "differing": [
            (key_in_words(key, lang), value_in_words(left, lang), value_in_words(right, lang))
            for key, left, right in differences(in_force, draft)
        ],
    }


def _row(case: ComparedCase, lang: str) -> dict[str, Any]:
    ordered = sorted(case.differences, key=lambda difference: _FIRST.index(difference.what))
    lines = [difference.sentence().text(lang) for difference in ordered]
    return {
        "id": case.id,
        "short": short_number(case.number, lang),
        "unit": case.unit,
        "lines": lines[:MOST_LINES],
        "more": lines[MOST_LINES : MOST_LINES + MOST_FOLDED],
        "further": len(lines) - MOST_LINES,
        "as_recorded": case.as_recorded,
    }


def _page(visit: Visit, *, wrong: str = "", status: int = 200, result: dict[str, Any] | None = None) -> HTMLResponse:
    today = visit.here.today(now())
    return visit.page(
        "whatif.html",
        status=status,
        wrong=wrong,
        result=result,
        known=_known(visit),
        in_force=visit.here.archive.policy,
        given={"from": today.replace(month=1, day=1).isoformat(), "to": today.isoformat()} | visit.form,
        most=MOST_CASES,
    )
