"""One person on one form of the administration: account, appointments, addresses, who stands in, and what arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response

from accounts import decisions
from accounts.one_person import ROLES, FormRefused, choices, enter, one_person, send_test
from accounts.operators import PEOPLE, SECURITY, SYSTEM
from accounts.person_changes import WAYS_OF_HOLDING, PersonChanges
from notifications.addresses import shown
from states.errors import BadData, Problem, Sentence
from states.vocabulary import Role, name
from web.administration import operator_of
from web.contact_ways import EMPTY_ROWS, kind_choices, rows_typed, way_rows
from web.dependencies import clean_query, status_of
from web.forms import whole_number
from web.page import Here, Visit, only_for, open_to
from web.words import moment
from wiring import now

if TYPE_CHECKING:
    from accounts.one_person import OnePerson
    from accounts.requests import PendingRequest

_NO_SUCH: Final = Sentence("没有这个操作。", "There is no such action.")
STATES: Final = {
    "waiting": ("wait", Sentence("待发", "waiting")),
    "sent": ("sent", Sentence("已送达", "told")),
    "signed": ("good", Sentence("已签收", "signed for")),
    "failed": ("bad", Sentence("未送达", "not delivered")),
}
_CONFIRM: Final = Sentence("启用账号", "let the account be used")
_ROLE: Final = Sentence("角色改为{role}", "role: {role}")
_UNIT: Final = Sentence("单位改为{unit}", "unit: {unit}")
_AS_NEW: Final = Sentence("{role}，{unit}", "{role}, {unit}")
_HOLDS: Final = Sentence("{unit}{post}（{kind}），自{day}", "{unit} {post} ({kind}), from {day}")
_UNTIL: Final = Sentence("至{day}", " until {day}")
_NEW_POST: Final = Sentence("，新职务", ", a new post")
_ENDS: Final = Sentence("{unit}{post}离任：{day}", "{unit} {post} ends on {day}")
_LASTS: Final = Sentence("{unit}{post}继续任职", "{unit} {post} lasts on")
_DEPUTIES: Final = Sentence("代办人：{names}", "stand in: {names}")
_NOBODY: Final = Sentence("无", "nobody")

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])
Username = Annotated[str, Path(min_length=1, max_length=64)]


@router.get("/admin/people/one", dependencies=[open_to(SYSTEM)])
def new_person_page(visit: Here) -> Response:
    """Show the empty form."""
    return _page(visit, "")


@router.get("/admin/people/one/{username}", dependencies=[open_to(PEOPLE)])
def person_page(username: Username, visit: Here) -> Response:
    """Show one person, and to who may change it the form."""
    return _page(visit, username)


@router.post("/admin/people/one")
def enter_person(visit: Here) -> Response:
    """Enter somebody new."""
    return _change(visit, "")


@router.post("/admin/people/one/{username}")
def change_person(username: Username, visit: Here) -> Response:
    """Change somebody, try an address, or decide what another asked for."""
    return _change(visit, username)


def _change(visit: Visit, username: str) -> Response:
    only_for(visit, PEOPLE)
    here, form, who, at = visit.here, visit.form, operator_of(visit), now()
    today = here.today(at)
    try:
        match form.get("do", ""):
            case "enter":
                username, said = enter(here.database, who, username, form, here.channels, today, at)
            case "test" if username:
                which = whole_number(form.get("which", ""))
                said = send_test(here.database, who, username, -1 if which is None else which, here.channels, today, at)
            case "grant" | "refuse":
                said = decisions.decide(here.database, who, form, at)
            case _:
                raise BadData(_NO_SUCH)
    except FormRefused as refused:
        errors = {field: sentence.text(visit.lang) for field, sentence in refused.fields.items()}
        return _page(visit, username, given=form, errors=errors, status=status_of(refused))
    except Problem as problem:
        return _page(visit, username, status=status_of(problem), wrong=problem.sentence.text(visit.lang))
    return _page(visit, username, said=said.text(visit.lang))


def _page(
    visit: Visit,
    username: str,
    *,
    given: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    **more: Any,  # noqa: ANN401  # as `page`
) -> Response:
    here, typed = visit.here, given or {}
    today = here.today(now())
    found = one_person(here.database, username, today) if username else None
    is_system = visit.person.role in SYSTEM
    kinds = kind_choices(visit.lang)
    content: dict[str, Any] = {
        "one": found,
        "given": typed,
        "errors": errors or {},
        "is_system": is_system,
        "may_change": is_system and username != visit.person.username,
        "choices": choices(here.database, today) if is_system else None,
        "roles_here": ROLES,
        "is_of_three": found is not None and found.account.person.role not in ROLES,
        "kinds": kinds,
        "kind_words": dict(kinds),
        "held_as": [(key, words.text(visit.lang)) for key, words in WAYS_OF_HOLDING.items()],
        "held_words": {key: words.text(visit.lang) for key, words in WAYS_OF_HOLDING.items()},
        "ways": way_rows(found.ways if found else (), typed),
        "new_rows": range(max(EMPTY_ROWS, rows_typed(typed, "held"))),
        "shown": shown,
        "asked_for": _asked_for(visit, found),
        "messages": _messages(visit, found),
        "first_unit": found.account.person.unit if found is not None else "",
    }
    return visit.page("admin_person.html", **(content | more))


def _asked_for(visit: Visit, found: OnePerson | None) -> list[tuple[PendingRequest, list[str], bool]]:
    """Return what waits about a person, each thing in words, and whether who looks at it may decide."""
    if found is None:
        return []
    me = visit.person
    return [
        (
            one,
            _words(found, PersonChanges.of_json(one.to), visit.lang),
            me.role in SECURITY and me.username not in (one.asked_by, one.about),
        )
        for one in found.requests
    ]


def _words(found: OnePerson, wanted: PersonChanges, lang: str) -> list[str]:
    said: list[Sentence] = []
    if wanted.confirm:
        said.append(_CONFIRM)
        said.append(_AS_NEW.fill(role=name(Role(wanted.role)), unit=wanted.unit))
    else:
        said += [_ROLE.fill(role=name(Role(wanted.role)))] if wanted.role else []
        said += [_UNIT.fill(unit=wanted.unit)] if wanted.unit else []
    lines = [one.text(lang) for one in said]
    for one in wanted.appointments:
        kind = WAYS_OF_HOLDING[one.kind]
        line = _HOLDS.fill(
            unit="" if one.post.startswith(one.unit) else one.unit, post=one.post, kind=kind, day=one.from_on
        ).text(lang)
        line += _UNTIL.fill(day=one.until_on).text(lang) if one.until_on else ""
        lines.append(line + (_NEW_POST.text(lang) if one.is_new_post else ""))
    held = {one.id: one for one in found.appointments}
    for id_, until in wanted.ended:
        if id_ in held:
            words = _ENDS.fill(day=until) if until else _LASTS
            lines.append(
                words.fill(
                    unit="" if held[id_].post.startswith(held[id_].unit) else held[id_].unit, post=held[id_].post
                ).text(lang)
            )
    if wanted.deputies is not None:
        lines.append(_DEPUTIES.fill(names="、".join(wanted.deputies) or _NOBODY).text(lang))
    return lines


def _messages(visit: Visit, found: OnePerson | None) -> list[dict[str, Any]]:
    zone, today = visit.here.settings.tz, visit.here.today(now())
    return [
        {
            "at": moment(one.at, today, zone, visit.lang),
            "post": one.post,
            "kind": STATES[one.state][0],
            "words": STATES[one.state][1].text(visit.lang),
        }
        for one in (found.messages if found is not None else ())
    ]
