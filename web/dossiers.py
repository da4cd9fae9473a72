"""The pages of files of heads: a file on any day, and its papers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path
from fastapi.responses import RedirectResponse, Response

from programme import dossier_text as words
from programme.dossier_papers import PAPER_NAMES, DossierPaper
from states.errors import NotFound, Sentence
from states.terms import parse_date
from states.vocabulary import Act, Role, State
from store.visibility import READS_FILES
from web.dependencies import clean_query
from web.page import HEADERS, Here, Visit, open_to
from wiring import now

if TYPE_CHECKING:
    from datetime import date

    from programme.dossier import Dossier

WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
READERS: Final = (*READS_FILES, Role.HEAD)
SHOWN: Final = 30
"""Of each part of a long file, so many entries stand on one page; the paper has all."""
_NOTED: Final = {
    Act.PUBLISH_CRITICISM: "bad",
    Act.RECORD_ACCOUNTABILITY: "bad",
    Act.RECORD_HELP: "",
    Act.APPROVE_CLOSURE: "good",
    Act.LOOK_BACK_PASS: "good",
    Act.REOPEN: "bad",
}
"""What of the course of cases stands among the entries of a file, and how it is marked there."""
_HELD: Final = Sentence("约谈，本人到场", "interviewed, in person")
_ABSENT: Final = Sentence("约谈未到场", "absent from the interview")
_EXCUSED: Final = Sentence("约谈请假", "excused from the interview")
_PRAISED: Final = Sentence("通报表扬", "commended")
_TOLERATED: Final = Sentence("容错认定，不作负面评价", "tolerated; no negative assessment")

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to(READERS)])
Which = Annotated[str, Path(min_length=1, max_length=200)]


@router.get("/dossier")
def own_dossier(visit: Here) -> Response:
    """Show a head the own file; the office finds files at the units."""
    if visit.person.role is not Role.HEAD:
        return RedirectResponse("/units", 303)
    return _page(visit, visit.person.username, own=True)


@router.get("/dossier/{which}")
def dossier_page(which: Which, visit: Here) -> Response:
    """Show the file of a post or a person as it stood on a day."""
    return _page(visit, which)


def _page(visit: Visit, which: str, *, own: bool = False) -> Response:
    try:
        found = visit.here.dossiers.read(which, _day(visit), now(), visit.person, first=visit.asked("since"))
    except NotFound:
        if not own:
            raise
        return visit.page("dossier.html", dossier=None)
    dossier = found.dossier
    page = max(1, visit.number("page", most=10_000))
    entries, some = _entries(dossier, visit.lang), slice((page - 1) * SHOWN, page * SHOWN)
    longest = max(len(entries), len(dossier.cases), len(dossier.told), *(len(acts) for _word, acts in dossier.work))
    shown: dict[str, Any] = {
        "page": page,
        "more": longest > page * SHOWN,
        "told": dossier.told[some],
        "dossier": dossier,
        "tenures": found.tenures,
        "address": f"/dossier/{quote(which)}",
        "since": dossier.tenure.from_on.isoformat() if dossier.tenure.from_on else "-",
        "holder": words.holder_text(dossier, visit.lang),
        "span": words.span_text(dossier, visit.lang),
        "cases": [
            {
                "case": one,
                "duty": words.duty_text(one.duty, visit.lang),
                "state": words.state_text(one, visit.lang),
                "steps": [words.step_text(step, visit.lang) for step in one.steps],
            }
            for one in dossier.cases[some]
        ],
        "entries": entries[some],
        "work": [(Sentence(*words.WORK[word]).text(visit.lang), acts[some]) for word, acts in dossier.work],
        "handovers": [
            (words.handover_heading(passed, visit.lang, received=received), passed, _matters(visit, passed.matters))
            for passed, received in ((dossier.received, True), (dossier.passed, False))
            if passed is not None
        ],
        "duties": [(words.duty_text(one.duty, visit.lang), one) for one in dossier.duties or ()],
        "papers": [(paper, Sentence(*PAPER_NAMES[paper]).text(visit.lang)) for paper in DossierPaper],
        "acts": Act,
        "closed": sum(one.state is State.CLOSED for one in dossier.cases),
        "by_letter": visit.person.role in READS_FILES,
    }
    return visit.page("dossier.html", **shown)


def _matters(visit: Visit, matters: Any) -> list[tuple[Any, str]]:  # noqa: ANN401  # matters of a handover
    return [(one, words.matter_text(one, visit.lang)) for one in matters]


def _entries(found: Dossier, lang: str) -> list[tuple[date, str, str, int, str]]:
    """Return the entries of the file, newest first: the day, the mark, the words, and the case behind it."""
    entries = [
        (step.on, _NOTED[step.act], words.act_text(step, lang), one.case_id, one.number)
        for one in found.cases
        for step in one.steps
        if step.act in _NOTED
    ]
    for one in found.interviews:
        said = _HELD if one.attended else _EXCUSED if one.excused else _ABSENT
        entries.append((one.on, "step" if one.attended else "bad", said.text(lang), one.case_id, one.number))
    entries += [(one.on, "", _TOLERATED.text(lang), one.case_id, one.number) for one in found.tolerated]
    entries += [
        (one.on, "good", f"{_PRAISED.text(lang)}：{one.said}", 0, one.document_number)
        for one in found.commendations or ()
    ]
    return sorted(entries, key=lambda entry: entry[0], reverse=True)


def _day(visit: Visit) -> date:
    asked = visit.asked("on")
    return parse_date(asked) if asked else visit.here.today(now())


@router.get("/dossier/{which}/paper")
def dossier_paper(which: Which, visit: Here) -> Response:
    """Hand out a paper of the file; that it was handed out is written down."""
    asked = visit.asked("kind")
    paper = DossierPaper(asked) if asked in list(DossierPaper) else DossierPaper.FILE
    on = _day(visit)
    data = visit.here.dossier_papers.handed_out(
        paper, which, on, now(), visit.person, first=visit.asked("since"), letter=visit.asked("letter")
    )
    label = quote(f"{PAPER_NAMES[paper][0]}-{on.isoformat()}.docx")
    disposition = f"attachment; filename=\"{paper.value}-{on.isoformat()}.docx\"; filename*=UTF-8''{label}"
    return Response(data, headers=HEADERS | {"Content-Disposition": disposition}, media_type=WORD)
