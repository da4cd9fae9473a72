"""The administration's pages of units and posts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from accounts import units, ways
from accounts.operators import PEOPLE, SECURITY, SYSTEM, UNIT_KINDS
from notifications.addresses import masked
from notifications.addresses import shown as shown_way
from states.errors import BadData, Sentence
from states.terms import parse_date
from store.ids import LARGEST_ID
from web.administration import answered, operator_of
from web.contact_ways import kind_choices, way_rows
from web.dependencies import clean_query
from web.forms import whole_number
from web.page import Here, Visit, open_to
from web.words import moment
from wiring import now

if TYPE_CHECKING:
    from store.message_holders import DeliveryAttempt

_NO_SUCH: Final = Sentence("没有这个操作。", "There is no such action.")

_NAME_KINDS: Final = {
    "alias": ("别名", "alias"),
    "earlier": ("曾用名", "earlier name"),
    "merged": ("并入", "merged"),
    "code": ("代码", "code"),
}

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/admin/units", dependencies=[open_to(PEOPLE)])
def units_page(visit: Here) -> Response:
    """Show the tree of units, the posts, and what was asked for and waits."""
    return _units(visit)


def _units(visit: Visit, *, status: int = 200, said: str = "", wrong: str = "") -> Response:
    found = units.tree(visit.here.database, visit.here.today(now()))
    shown: dict[str, Any] = {
        "units": found.units,
        "posts": found.posts,
        "requests": found.requests,
        "kinds": UNIT_KINDS,
        "names": found.names,
        "name_kinds": _NAME_KINDS,
        "people": found.people,
        "kind_words": dict(kind_choices(visit.lang)),
        "masked": masked,
        "is_system": visit.person.role in SYSTEM,
        "is_security": visit.person.role in SECURITY,
    }
    return visit.page("admin_units.html", status=status, said=said, wrong=wrong, **shown)


@router.post("/admin/units")
def change_units(visit: Here) -> Response:
    """Ask for a new unit or another place of one, add a post, or decide what another asked for."""

    def changed(visit: Visit) -> Sentence:
        do = visit.form.get("do", "")
        return units.change_unit(visit.here.database, operator_of(visit), do, visit.form, now())

    return answered(visit, PEOPLE, changed, _units)


@router.get("/admin/posts/{post_id:int}", dependencies=[open_to(SYSTEM)])
def post_page(post_id: int, visit: Here) -> Response:
    """Show who holds a post and how it is reached."""
    return _post(visit, _row(post_id))


def _row(post_id: int) -> int:
    return post_id if 0 < post_id <= LARGEST_ID else 0


def _post(visit: Visit, post_id: int, *, status: int = 200, said: str = "", wrong: str = "") -> Response:
    post, people = units.post(visit.here.database, post_id, visit.here.today(now()))
    shown: dict[str, Any] = {
        "post": post,
        "accounts": people,
        "names": {one.username: one.name for one in people},
        "kinds": kind_choices(visit.lang),
        "kind_words": dict(kind_choices(visit.lang)),
        "ways": way_rows(post.ways, visit.form if wrong else {}),
        "shown": shown_way,
        "attempts": _attempts(visit, post_id),
    }
    return visit.page("admin_post.html", status=status, said=said, wrong=wrong, **shown)


def _attempts(visit: Visit, post_id: int) -> list[tuple[str, DeliveryAttempt]]:
    here, today = visit.here, visit.here.today(now())
    found = units.attempts(here.database, post_id)
    return [(moment(one.at, today, here.settings.tz, visit.lang), one) for one in found]


@router.post("/admin/posts/{post_id:int}")
def change_post(post_id: int, visit: Here) -> Response:
    """Ask for an appointment, say how the post is reached, or send a test message."""

    def again(visit: Visit, **more: Any) -> Response:  # noqa: ANN401  # what the page shows
        return _post(visit, _row(post_id), **more)

    return answered(visit, SYSTEM, lambda visit: _change_post(visit, _row(post_id)), again)


def _change_post(visit: Visit, post_id: int) -> Sentence:
    here, form, who, at = visit.here, visit.form, operator_of(visit), now()
    today = here.today(at)
    match form.get("do", ""):
        case "want_appoint":
            on = parse_date(form.get("on", ""))
            return units.want_appointment(here.database, who, post_id, form.get("username", ""), on, at)
        case "set_contacts":
            typed = ways.of_form(form)
            return units.set_contacts(here.database, who, post_id, typed, here.channels, today, at)
        case "test_contact":
            which = whole_number(form.get("which", "")) or 0
            return units.send_test(here.database, who, post_id, which, here.channels, today, at)
        case _:
            raise BadData(_NO_SUCH)
