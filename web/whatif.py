"""The page that sets a period beside what another policy would have made of it; nothing is written."""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from config.policy import FOLDER, read_policy
from programme.comparing import DUE_DAY, FIGURES, LIGHT, MESSAGES, REFUSED, RUNG, STEP, WhatIfPeriod
from programme.whatif import WhatIfTotals, draft_of
from states.errors import BadData, BadPolicy, NotPermitted, Problem, Sentence
from states.terms import parse_date
from web.api import api_router
from web.dependencies import Asker, Lang, clean_query, status_of
from web.dependencies import Here as OfficeHere
from web.numbers import short_number
from web.openapi import problems
from web.page import APPROVERS, Here, Visit, open_to
from web.rule_words import differing_in_words
from wiring import now
from wiring.whatif_schemas import WhatIfDocument, compared_json, totals_json

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

_NOT_YOURS: Final = Sentence(
    "只有督查机构负责人和上级主要负责人可以试算。", "Only the office's director and the leader may try a policy out."
)

interface = api_router()
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
    return {**found, visit.here.rulebook.policy.name: visit.here.rulebook.policy}


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
    in_force = visit.here.rulebook.policy
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
        "differing": differing_in_words(in_force, draft, lang),
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
        in_force=visit.here.rulebook.policy,
        given={"from": today.replace(month=1, day=1).isoformat(), "to": today.isoformat()} | visit.form,
        most=MOST_CASES,
    )


class Trial(BaseModel):
    """A draft of a policy to try out, as TOML, and the period."""

    model_config = ConfigDict(extra="forbid")

    draft: str = Field(min_length=1, max_length=60_000)
    first: str | None = Field(default=None, alias="from", max_length=40, examples=["2026-01-01"])
    last: str | None = Field(default=None, alias="to", max_length=40, examples=["2026-11-28"])


@interface.post("/policies/whatif", tags=["terms"], responses=problems(409))
def whatif(asked: Trial, here: OfficeHere, person: Asker, lang: Lang) -> WhatIfDocument:
    """Say what a period would have been under another policy, for at most 200 cases in sight; nothing is written.

    Without days the period is this year until today. The command line tries all cases.
    """
    if person.role not in APPROVERS:
        raise NotPermitted(_NOT_YOURS)
    at, totals = now(), WhatIfTotals()
    today = here.today(at)
    try:
        draft = draft_of(asked.draft.encode("utf-8", "surrogatepass"), "draft")
    except BadPolicy as wrong:
        raise BadData(wrong.sentence) from wrong
    first = parse_date(asked.first) if asked.first else today.replace(month=1, day=1)
    period = WhatIfPeriod(first, parse_date(asked.last) if asked.last else today)
    number = here.whatif.number_of(period, at, person)
    found = list(islice(here.whatif.cases(draft, period, at, person), MOST_CASES))
    for case in found:
        totals.add(case)
    return {
        "cases": [compared_json(case, lang) for case in found],
        "totals": totals_json(totals),
        "bounded": len(found) == MOST_CASES < number,
    }
