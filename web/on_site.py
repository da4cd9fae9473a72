"""The on-site list on a phone: one page, one form; it may be sent again whenever the line is there."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from config.citations import duty_words
from config.duties import duty_titles
from programme.on_site import Given, SentPhoto
from states.errors import NotFound, Problem, Sentence
from states.guards.entries import same_account
from states.inspection import ANSWERS, Answer, InspectionState, InspectionStep, may
from states.vocabulary import INSPECTIONS, is_evidence
from store import evidence
from store.ids import LARGEST_ID
from web.dependencies import actor_of, clean_query, reader_of, status_of
from web.forms import plain_file_name
from web.page import HEADERS, OFFICE_SIDE, OPENERS, Here, Visit, open_to
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from programme.on_site import Point

_SAVED: Final = Sentence("{time} 已保存。", "Saved at {time}.")
_HANDED_IN: Final = Sentence("检查记录已报送。", "The list was handed in.")
_SAID: Final = {
    "submitted": _HANDED_IN,
    "signed": Sentence("检查记录已会签。", "The list was signed by a second person."),
    "returned": Sentence("检查记录已退回，可以修改后重新报送。", "The list was sent back and is open again."),
}
_REGISTERED: Final = Sentence("第{place}项已登记为{number}。", "Point {place} is registered as {number}.")
_NO_FILE: Final = Sentence("没有这张照片。", "There is no such photo.")
_PLACE: Final = re.compile(r"register-(\d{1,4})")
ListId = Annotated[int, Path(ge=1, le=LARGEST_ID)]

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to(OFFICE_SIDE)])


@router.get("/onsite/{list_id:int}")
def on_site_page(list_id: ListId, visit: Here) -> Response:
    """Show the list of one unit."""
    asked, lang = visit.asked("done"), visit.lang
    said = ""
    if asked == "saved":
        time = now().astimezone(visit.here.settings.tz).strftime("%H:%M")
        said = _SAVED.fill(time=time).text(lang)
    elif asked in _SAID:
        said = _SAID[asked].text(lang)
    return _page(visit, list_id, said=said)


def _page(visit: Visit, list_id: int, *, said: str = "", wrong: str = "", status: int = 200) -> HTMLResponse:
    lang = visit.lang
    found = visit.here.on_site.read(list_id, reader_of(visit.person))
    inspection, unit = found.inspection, found.visit
    registered = visit.number("registered")
    case = next((one.answered.case_number for one in found.points if one.item.place == registered and one.answered), "")
    if case:
        said = _REGISTERED.fill(place=registered, number=case).text(lang)
    shown: dict[str, Any] = {
        "inspection": inspection,
        "unit": unit,
        "kind": Sentence(*INSPECTIONS[inspection.kind]).text(lang),
        "points": [_shown(point, visit, lang) for point in found.points],
        "left": len(found.left),
        "noes": sum(point.answered is not None and point.answered.answer is Answer.NO for point in found.points),
        "answers": [(answer.value, Sentence(*names).text(lang)) for answer, names in ANSWERS.items()],
        "is_open": unit.submitted_on is None and may(inspection.state, InspectionStep.BEGIN, visit.person.role),
        "may_sign": unit.awaits_signature
        and may(inspection.state, InspectionStep.BEGIN, visit.person.role)
        and not same_account(visit.person.username, unit.submitted_by),
        "may_register": may(InspectionState.RUNNING, InspectionStep.BEGIN, visit.person.role),
    }
    return visit.page("onsite.html", said=said, wrong=wrong, status=status, **shown)


def _shown(point: Point, visit: Visit, lang: str) -> dict[str, Any]:
    place, answered = point.item.place, point.answered
    answer = answered.answer.value if answered is not None and answered.answer is not None else ""
    note = answered.note if answered is not None else ""
    return {
        "place": place,
        "item": point.item,
        "duty": duty_words(point.item.duty, duty_titles(), lang),
        "answer": visit.form.get(f"a{place}", answer),
        "note": visit.form.get(f"n{place}", note),
        "shown": _mark(answer, note),
        "case_id": answered.case_id if answered is not None else None,
        "case_number": answered.case_number if answered is not None else "",
        "photos": [
            {
                "photo": photo,
                "taken": photo.taken_at.astimezone(visit.here.settings.tz) if photo.taken_at else None,
                "received": photo.received_at.astimezone(visit.here.settings.tz),
            }
            for photo in point.photos
        ],
    }


def _mark(answer: str, note: str) -> str:
    """Return by what a form knows what it showed: a point that nobody touched does not write over another's answer."""
    plain = "\n".join(line.rstrip() for line in note.replace("\r\n", "\n").strip().split("\n"))
    return sha256(f"{answer}|{plain}".encode()).hexdigest()[:12]


@router.post("/onsite/{list_id:int}", dependencies=[open_to(OPENERS)])
def save(list_id: ListId, visit: Here) -> Response:
    """Keep what was filled in; register a “no”, or hand the list in, where that was pressed."""
    here, at, reader = visit.here, now(), reader_of(visit.person)
    actor, on, do = actor_of(visit.person), here.today(at), visit.form.get("do", "")
    try:
        given, photos = list(_given(visit)), list(_photos(visit))
        found = here.on_site.read(list_id, reader)
        if given or (found.visit.opened_on is None and do not in ("sign", "send_back")):
            here.on_site.answer(list_id, given, on, actor, at, reader)
        for photo in photos:
            here.on_site.photo(list_id, photo, on, actor, at, reader)
        pressed = _PLACE.fullmatch(do)
        if pressed is not None:
            here.on_site.register(list_id, int(pressed[1]), {}, on, actor, at, reader)
            return RedirectResponse(f"/onsite/{list_id}?registered={int(pressed[1])}#p{int(pressed[1])}", 303)
        if do == "sign":
            here.on_site.sign(list_id, on, actor, reader)
            return RedirectResponse(f"/onsite/{list_id}?done=signed", 303)
        if do == "send_back":
            here.on_site.send_back(list_id, visit.form.get("reason", ""), on, actor, reader)
            return RedirectResponse(f"/onsite/{list_id}?done=returned", 303)
        if do == "submit":
            here.on_site.submit(list_id, on, actor, reader)
            return RedirectResponse(f"/onsite/{list_id}?done=submitted", 303)
    except NotFound:
        raise
    except Problem as problem:
        return _page(visit, list_id, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/onsite/{list_id}?done=saved", 303)


def _given(visit: Visit) -> Iterator[Given]:
    """Yield what this form changed of what it showed."""
    for name, shown in visit.form.items():
        if name[:1] != "s" or not (name[1:].isascii() and name[1:].isdigit() and len(name) < len("s10000")):
            continue
        place = int(name[1:])
        answer, note = visit.form.get(f"a{place}", ""), visit.form.get(f"n{place}", "").replace("\r\n", "\n")
        if _mark(answer, note) != shown:
            yield Given(place, Answer(answer) if answer in list(Answer) else None, note)


def _photos(visit: Visit) -> Iterator[SentPhoto]:
    for name, files in visit.sent.files.items():
        if name[:1] == "p" and name[1:].isascii() and name[1:].isdigit() and len(name) < len("p10000"):
            for file, content in files:
                yield SentPhoto(int(name[1:]), plain_file_name(file), content)


@router.get("/onsite/{list_id:int}/photos/{hash_}")
def photo_file(list_id: ListId, hash_: str, visit: Here) -> Response:
    """Send a photo of the list to who may see the list."""
    found = visit.here.on_site.read(list_id, reader_of(visit.person))
    photo = next((one for point in found.points for one in point.photos if one.sha256 == hash_), None)
    place = evidence.place_of(visit.here.settings.home, hash_) if is_evidence(hash_) else None
    if photo is None or place is None or not place.is_file():
        raise NotFound(_NO_FILE)
    # Whatever it is, no browser is to show it as a page of ours.
    return FileResponse(place, media_type="application/octet-stream", filename=photo.name, headers=HEADERS)
