"""The administration's pages of units and posts."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from notifications.channels import KINDS, Message, check_address, masked
from states.errors import BadData, NotFound, Sentence
from states.terms import parse_date
from store import accounts as people
from store import contacts, organisation
from web.administration import (
    LONGEST,
    NEEDED,
    NO_SUCH,
    NO_WAY,
    NOT_SENT,
    SENT,
    SYSTEM,
    TEST,
    UNIT_KINDS,
    answered,
    log_change,
    role_field,
    row_id,
    sentence_done,
    text_field,
)
from web.dependencies import clean_query
from web.page import Here, Visit, open_to
from wiring import now

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/admin/units", dependencies=[open_to(SYSTEM)])
def units_page(visit: Here) -> Response:
    """Show the tree of units, and the posts."""
    return _units(visit)


def _units(visit: Visit, *, status: int = 200, said: str = "", wrong: str = "") -> Response:
    with visit.here.database.reading() as session:
        units = organisation.unit_tree(session)
        posts = organisation.posts_listed(session, visit.here.today(now()))
    shown: dict[str, Any] = {"units": units, "posts": posts, "kinds": UNIT_KINDS, "masked": masked}
    return visit.page("admin_units.html", status=status, said=said, wrong=wrong, **shown)


@router.post("/admin/units")
def change_units(visit: Here) -> Response:
    """Add a unit or a post, or place a unit elsewhere in the tree."""
    return answered(visit, SYSTEM, _change_unit, _units)


def _change_unit(visit: Visit) -> Sentence:
    what, parent = visit.form.get("do", ""), row_id(visit, "parent") or None
    if what not in ("add_unit", "place_unit", "add_post"):
        raise BadData(NO_SUCH)
    with visit.here.database.transaction() as session:
        if what == "add_unit":
            whom, kind = text_field(visit, "name", "单位名称", "name of the unit"), visit.form.get("kind", "")
            row = organisation.ensure_unit(session, whom, kind if kind in UNIT_KINDS else "")
            organisation.place_unit(session, row.id, parent)
        elif what == "place_unit":
            whom = organisation.place_unit(session, row_id(visit, "unit"), parent)
        else:
            role, name = role_field(visit), text_field(visit, "name", "职务名称", "name of the post")
            unit = organisation.unit_names(session, [row_id(visit, "unit")])
            if not unit:
                raise BadData(NEEDED.fill(what=Sentence("单位", "unit"), most=LONGEST))
            whom = f"{unit[row_id(visit, 'unit')]} {name}"
            organisation.ensure_post(session, row_id(visit, "unit"), name, role.value)
        log_change(session, visit, what, whom, str(parent or ""))
    return sentence_done(what)


@router.get("/admin/posts/{post_id}", dependencies=[open_to(SYSTEM)])
def post_page(post_id: int, visit: Here) -> Response:
    """Show who holds a post and how it is reached."""
    return _post(visit, post_id)


def _post(visit: Visit, post_id: int, *, status: int = 200, said: str = "", wrong: str = "") -> Response:
    with visit.here.database.reading() as session:
        post = organisation.post_by_id(session, post_id if post_id < 2**31 else 0, visit.here.today(now()))
        accounts = [one.person for one in people.accounts(session) if not one.person.disabled]
    shown: dict[str, Any] = {"post": post, "accounts": accounts, "kinds": KINDS}
    return visit.page("admin_post.html", status=status, said=said, wrong=wrong, **shown)


@router.post("/admin/posts/{post_id}")
def change_post(post_id: int, visit: Here) -> Response:
    """Appoint somebody, say how the post is reached, or send a test message."""

    def again(visit: Visit, **more: Any) -> Response:  # noqa: ANN401  # what the page shows
        return _post(visit, post_id, **more)

    return answered(visit, SYSTEM, lambda visit: _change_post(visit, post_id), again)


def _change_post(visit: Visit, post_id: int) -> Sentence:
    here, form = visit.here, visit.form
    with here.database.reading() as session:
        post = organisation.post_by_id(session, post_id if post_id < 2**31 else 0, here.today(now()))
    whom = f"{post.unit} {post.name}"
    match form.get("do", ""):
        case "appoint":
            on = parse_date(form.get("on", ""))
            with here.database.transaction() as session:
                person = people.person(session, form.get("username", ""))
                organisation.appoint(session, post.id, people.person_id(session, person.username), on)
                log_change(session, visit, "appoint", whom, f"{person.username} {on.isoformat()}")
            return sentence_done("appoint")
        case "set_contacts":
            found = []
            for line in form.get("ways", "").splitlines():
                kind, _, address = line.strip().partition(":")
                if kind:
                    check_address(kind, address)
                    found.append((kind, address))
            with here.database.transaction() as session:
                contacts.set_contacts(session, post.id, found)
                log_change(session, visit, "set_contacts", whom, " ".join(f"{kind}:{masked(to)}" for kind, to in found))
            return sentence_done("set_contacts")
        case "test_contact":
            return _test(visit, whom, post.ways)
        case _:
            raise BadData(NO_SUCH)


def _test(visit: Visit, whom: str, ways: tuple[tuple[str, str], ...]) -> Sentence:
    which = row_id(visit, "which")
    if which >= len(ways):
        raise NotFound(NO_WAY)
    kind, address = ways[which]
    message = Message(
        message_id=f"test-{secrets.token_hex(10)}",
        subject="督办测试消息 Duban test",
        body=TEST.fill(who=visit.person.username).text("zh-CN"),
        created_at=now(),
    )
    outcome = visit.here.channels.send(kind, address, message)
    shown = f"{kind}:{masked(address)}"
    with visit.here.database.transaction() as session:
        log_change(session, visit, "test_contact", whom, f"{shown} {outcome.reason or 'ok'}")
    if not outcome.ok:
        raise BadData(NOT_SENT.fill(to=shown, reason=outcome.reason))
    return SENT.fill(to=shown)
