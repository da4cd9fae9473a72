"""The pages of the three administrators: one makes, one releases, one reads what both did. None of them sees a case."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from config.policy import FOLDER, differences, parse_policy, read_policy
from notifications.channels import KINDS, Message, check_address, masked
from states.acts import DEADLINES, RUNGS, Role
from states.acts import name as name_of
from states.errors import BadData, NotFound, NotPermitted, Problem, Sentence
from states.terms import parse_date
from store import administration, factors, people, sessions, tokens
from web.asking import clean_query, status_of
from web.visit import ADMINISTRATORS, Here, Visit, only_for, open_to
from wiring import now, office

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from states.policy import Policy

_SYSTEM: Final = (Role.ADMINISTRATOR,)
_SECURITY: Final = (Role.SECURITY_ADMINISTRATOR,)
_PEOPLE: Final = (*_SYSTEM, *_SECURITY)
_AUDIT: Final = (Role.AUDIT_ADMINISTRATOR,)
_PAGE: Final = 100
_USERNAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LONGEST: Final = 200
_LARGEST_FILE: Final = 1 << 20
_UNIT_KINDS: Final = {
    "department": ("部门", "department"),
    "government": ("政府", "government"),
    "party_committee": ("党委", "Party committee"),
    "township": ("街道", "township"),
    "village": ("村、社区", "village"),
}
Move = tuple[str, date, date, int]
"""A kind of deadline, its day before and after, and in how many cases."""

WORDS: Final = {
    "add": ("添加账号", "account added"),
    "confirm": ("确认账号", "account confirmed"),
    "disable": ("停用账号", "account disabled"),
    "enable": ("恢复账号", "account to be used again"),
    "give_password": ("发放一次性口令", "one-time password given"),
    "give_token": ("生成令牌", "token made"),
    "want_role": ("申请变更角色", "change of role asked for"),
    "grant_role": ("批准变更角色", "change of role granted"),
    "refuse_role": ("不批准变更角色", "change of role refused"),
    "want_unit": ("申请调整单位", "change of unit asked for"),
    "grant_unit": ("批准调整单位", "change of unit granted"),
    "refuse_unit": ("不批准调整单位", "change of unit refused"),
    "unlock": ("解锁账号", "account unlocked"),
    "end_sessions": ("结束全部会话", "all sessions ended"),
    "drop_factor": ("解除动态口令", "second factor removed"),
    "revoke_token": ("撤销令牌", "token revoked"),
    "add_unit": ("添加单位", "unit added"),
    "place_unit": ("调整上级单位", "unit placed"),
    "add_post": ("添加职务", "post added"),
    "appoint": ("任职", "appointment"),
    "set_contacts": ("设置联系方式", "contacts set"),
    "test_contact": ("发送测试消息", "test message sent"),
    "import_calendar": ("导入放假通知", "notice imported"),
}
"""What the log of administration calls each thing that can be done."""

_NOT_YOURS: Final = Sentence("“{what}”须由{role}办理。", "“{what}” is for the {role}.")
_NOT_YOUR_OWN: Final = Sentence("不能办理自己的账号，请由另一名管理员办理。", "Not on your own account: ask another.")
_BAD_USERNAME: Final = Sentence(
    "用户名须以字母或数字开头，由字母、数字、点、横线组成，最多64位。",
    "A user name begins with a letter or digit and has at most 64 letters, digits, dots and dashes.",
)
_NEEDED: Final = Sentence("请填写“{what}”（最多{most}字）。", "Fill in “{what}” (at most {most} characters).")
_NO_ROLE: Final = Sentence("角色“{role}”不存在。", "There is no role “{role}”.")
_NO_SUCH: Final = Sentence("没有这个操作。", "There is no such action.")
_ADDED: Final = Sentence(
    "已添加 {name}；一次性口令（只显示这一次）：{password}。须经安全管理员确认后才能使用。",
    "Added {name}; one-time password (shown only now): {password}. The security administrator must confirm it first.",
)
_PASSWORD: Final = Sentence(
    "{name} 的一次性口令（只显示这一次）：{password}。须经安全管理员确认后才能使用。",
    "One-time password of {name} (shown only now): {password}. The security administrator must confirm it first.",
)
_ENABLED: Final = Sentence(
    "已恢复 {name}；一次性口令（只显示这一次）：{password}。须经安全管理员确认后才能使用，原有令牌仍然无效。",
    "{name} is back; one-time password (shown only now): {password}. The security administrator must confirm it first;"
    " old tokens stay revoked.",
)
_DONE: Final = Sentence("已办理：{what}。", "Done: {what}.")
_NOTHING: Final = Sentence("没有待办事项，未作改动。", "Nothing was waiting; nothing was changed.")
_SENT: Final = Sentence("测试消息已送达服务器：{to}", "The server took the test message: {to}")
_NOT_SENT: Final = Sentence("测试消息未能送出：{to}：{reason}", "The test message was not taken: {to}: {reason}")
_TEST: Final = Sentence(
    "这是督办系统的测试消息，不含案件内容，无需处理。发送人：{who}",
    "This is a test message of Duban, without any matter of a case. Sent by {who}.",
)
_NO_WAY: Final = Sentence("请先保存联系方式。", "Save a contact first.")
_ONE_FILE: Final = Sentence("请选择一个不超过1 MiB的文件。", "Choose one file of at most 1 MiB.")
_SOUND: Final = Sentence("政策 {name} 没有问题，哈希 {hash}。", "The policy {name} is sound; its hash is {hash}.")
_NOT_TEXT: Final = Sentence("文件不是 UTF-8 文本。", "The file is not UTF-8 text.")
_IMPORTED: Final = Sentence(
    "已导入。核对{looked_at}案，调整{changed}案、{moved}个期限。",
    "Imported. Looked at {looked_at} cases, changed {changed}, moved {moved} deadlines.",
)
_PREVIEWED: Final = Sentence("预览：将调整{n}案，尚未写入。", "Preview: {n} case(s) would change; nothing is written.")

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/admin", dependencies=[open_to(ADMINISTRATORS)])
def front(visit: Here) -> Response:
    """Go to the first page of this administrator."""
    return RedirectResponse("/admin/log" if visit.person.role in _AUDIT else "/admin/users", 303)


def _note(session: Session, visit: Visit, what: str, whom: str, detail: str = "") -> None:
    person = visit.person
    administration.note(session, person.username, person.role.value, what, whom, now(), detail)


def _require(visit: Visit, what: str, roles: tuple[Role, ...]) -> None:
    if visit.person.role not in roles:
        zh, en = WORDS[what]
        raise NotPermitted(_NOT_YOURS.fill(what=Sentence(zh, en), role=name_of(roles[0])))


def _done(what: str) -> Sentence:
    return _DONE.fill(what=Sentence(*WORDS[what]))


def _text(visit: Visit, key: str, zh: str, en: str) -> str:
    text = visit.form.get(key, "").strip()
    if not text or len(text) > _LONGEST:
        raise BadData(_NEEDED.fill(what=Sentence(zh, en), most=_LONGEST))
    return text


def _id(visit: Visit, key: str) -> int:
    text = visit.form.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(10**9)) else 0


def _role(visit: Visit) -> Role:
    text = visit.form.get("role", "")
    if text not in {role.value for role in Role} - {Role.SYSTEM.value}:
        raise BadData(_NO_ROLE.fill(role=text))
    return Role(text)


def _tried(
    visit: Visit, roles: tuple[Role, ...], does: Callable[[Visit], Sentence], again: Callable[..., Response]
) -> Response:
    """Do what a form asks, and show the page again with what came of it."""
    only_for(visit, roles)
    try:
        said = does(visit)
    except Problem as problem:
        return again(visit, status=status_of(problem), wrong=problem.sentence.text(visit.lang))
    return again(visit, said=said.text(visit.lang))


@router.get("/admin/users", dependencies=[open_to(_PEOPLE)])
def users_page(visit: Here) -> Response:
    """Show the accounts, those that wait for the security administrator first."""
    return _users(visit)


def _users(visit: Visit, *, status: int = 200, said: str = "", wrong: str = "") -> Response:
    at = now()
    with visit.here.database.reading() as session:
        accounts = people.accounts(session)
        held = [token for token in tokens.of(session) if token.is_live(at)]
        units = people.unit_tree(session)
    return visit.page(
        "admin_users.html",
        status=status,
        said=said,
        wrong=wrong,
        at=at,
        accounts=accounts,
        units=units,
        held=held if visit.person.role in _SECURITY else [],
        is_system=visit.person.role in _SYSTEM,
        is_security=visit.person.role in _SECURITY,
        nobody_confirms=not any(
            one.person.role in _SECURITY and one.confirmed and not one.person.disabled for one in accounts
        ),
        all_roles=[role for role in Role if role is not Role.SYSTEM],
    )


@router.post("/admin/users")
def change_users(visit: Here) -> Response:
    """Do one thing to one account."""
    return _tried(visit, _PEOPLE, _change_user, _users)


def _change_user(visit: Visit) -> Sentence:
    what = visit.form.get("do", "")
    for roles, does in _DOES:
        if what in does:
            _require(visit, what, roles)
            username = _text(visit, "username", "用户名", "user name")
            if username == visit.person.username:
                raise NotPermitted(_NOT_YOUR_OWN)
            return does[what](visit, username)
    raise BadData(_NO_SUCH)


def _add(visit: Visit, username: str) -> Sentence:
    if not _USERNAME.fullmatch(username):
        raise BadData(_BAD_USERNAME)
    called, role, here = _text(visit, "name", "姓名", "name"), _role(visit), visit.here
    with here.database.transaction() as session:
        unit = visit.form.get("unit", "").strip()
        if unit not in {one.name for one in people.unit_tree(session)}:
            raise BadData(_NEEDED.fill(what=Sentence("单位", "unit"), most=_LONGEST))
        row = people.ensure_unit(session, unit)
        people.add_person(session, username, called, role, row.id, confirmed=False)
        _note(session, visit, "add", username, f"{role.value} {unit}")
    return _ADDED.fill(name=username, password=here.give_password(username, withheld=True))


def _give_password(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        # First of all: a password that is out of the log must not exist, whatever happens in between.
        people.person_id(session, username)
        _note(session, visit, "give_password", username)
    password = visit.here.give_password(username, withheld=True)
    return _PASSWORD.fill(name=username, password=password)


def _want_role(visit: Visit, username: str) -> Sentence:
    role = _role(visit)
    with visit.here.database.transaction() as session:
        people.want_role(session, username, role)
        _note(session, visit, "want_role", username, role.value)
    return _done("want_role")


def _want_unit(visit: Visit, username: str) -> Sentence:
    unit = _text(visit, "unit", "单位", "unit")
    with visit.here.database.transaction() as session:
        people.want_unit(session, username, unit)
        _note(session, visit, "want_unit", username, unit)
    return _done("want_unit")


def _decide_unit(visit: Visit, username: str) -> Sentence:
    what = visit.form["do"]
    with visit.here.database.transaction() as session:
        unit = people.decide_unit(session, username, grant=what == "grant_unit")
        if unit is None:
            return _NOTHING
        _note(session, visit, what, username, unit)
    return _done(what)


def _enable(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        people.enable(session, username)
        _note(session, visit, "enable", username, people.role_of(session, username).value)
    # The old password is nobody's any more: whoever comes back begins as one who is new.
    return _ENABLED.fill(name=username, password=visit.here.give_password(username, withheld=True))


def _disable(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        people.disable(session, username, now())
        _note(session, visit, "disable", username)
    return _done("disable")


def _confirm(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        if not people.confirm(session, username):
            return _NOTHING
        _note(session, visit, "confirm", username, people.role_of(session, username).value)
    return _done("confirm")


def _decide_role(visit: Visit, username: str) -> Sentence:
    what = visit.form["do"]
    with visit.here.database.transaction() as session:
        role = people.decide_role(session, username, grant=what == "grant_role")
        if role is None:
            return _NOTHING
        _note(session, visit, what, username, role.value)
    return _done(what)


def _unlock(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        people.unlock(session, username)
        _note(session, visit, "unlock", username)
    return _done("unlock")


def _end_sessions(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        sessions.end_all(session, username)
        _note(session, visit, "end_sessions", username)
    return _done("end_sessions")


def _drop_factor(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        factors.forget(session, username)
        sessions.end_all(session, username)
        _note(session, visit, "drop_factor", username)
    return _done("drop_factor")


def _revoke(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        tokens.revoke(session, _id(visit, "id"), username, now())
        _note(session, visit, "revoke_token", username, str(_id(visit, "id")))
    return _done("revoke_token")


_DOES: Final[tuple[tuple[tuple[Role, ...], dict[str, Callable[[Visit, str], Sentence]]], ...]] = (
    (
        _SYSTEM,
        {
            "add": _add,
            "enable": _enable,
            "give_password": _give_password,
            "want_role": _want_role,
            "want_unit": _want_unit,
        },
    ),
    (_PEOPLE, {"disable": _disable}),
    (
        _SECURITY,
        {
            "confirm": _confirm,
            "grant_role": _decide_role,
            "refuse_role": _decide_role,
            "grant_unit": _decide_unit,
            "refuse_unit": _decide_unit,
            "unlock": _unlock,
            "end_sessions": _end_sessions,
            "drop_factor": _drop_factor,
            "revoke_token": _revoke,
        },
    ),
)
"""Who does what to an account: what one of them begins, the other decides."""


@router.get("/admin/units", dependencies=[open_to(_SYSTEM)])
def units_page(visit: Here) -> Response:
    """Show the tree of units, and the posts."""
    return _units(visit)


def _units(visit: Visit, *, status: int = 200, said: str = "", wrong: str = "") -> Response:
    with visit.here.database.reading() as session:
        units = people.unit_tree(session)
        posts = people.posts_listed(session, visit.here.today(now()))
    shown: dict[str, Any] = {"units": units, "posts": posts, "kinds": _UNIT_KINDS, "masked": masked}
    return visit.page("admin_units.html", status=status, said=said, wrong=wrong, **shown)


@router.post("/admin/units")
def change_units(visit: Here) -> Response:
    """Add a unit or a post, or place a unit elsewhere in the tree."""
    return _tried(visit, _SYSTEM, _change_unit, _units)


def _change_unit(visit: Visit) -> Sentence:
    what, parent = visit.form.get("do", ""), _id(visit, "parent") or None
    if what not in ("add_unit", "place_unit", "add_post"):
        raise BadData(_NO_SUCH)
    with visit.here.database.transaction() as session:
        if what == "add_unit":
            whom, kind = _text(visit, "name", "单位名称", "name of the unit"), visit.form.get("kind", "")
            row = people.ensure_unit(session, whom, kind if kind in _UNIT_KINDS else "")
            people.place_unit(session, row.id, parent)
        elif what == "place_unit":
            whom = people.place_unit(session, _id(visit, "unit"), parent)
        else:
            role, name = _role(visit), _text(visit, "name", "职务名称", "name of the post")
            unit = people.unit_names(session, [_id(visit, "unit")])
            if not unit:
                raise BadData(_NEEDED.fill(what=Sentence("单位", "unit"), most=_LONGEST))
            whom = f"{unit[_id(visit, 'unit')]} {name}"
            people.ensure_post(session, _id(visit, "unit"), name, role.value)
        _note(session, visit, what, whom, str(parent or ""))
    return _done(what)


@router.get("/admin/posts/{post_id}", dependencies=[open_to(_SYSTEM)])
def post_page(post_id: int, visit: Here) -> Response:
    """Show who holds a post and how it is reached."""
    return _post(visit, post_id)


def _post(visit: Visit, post_id: int, *, status: int = 200, said: str = "", wrong: str = "") -> Response:
    with visit.here.database.reading() as session:
        post = people.post_by_id(session, post_id if post_id < 2**31 else 0, visit.here.today(now()))
        accounts = [one.person for one in people.accounts(session) if not one.person.disabled]
    shown: dict[str, Any] = {"post": post, "accounts": accounts, "kinds": KINDS}
    return visit.page("admin_post.html", status=status, said=said, wrong=wrong, **shown)


@router.post("/admin/posts/{post_id}")
def change_post(post_id: int, visit: Here) -> Response:
    """Appoint somebody, say how the post is reached, or send a test message."""

    def again(visit: Visit, **more: Any) -> Response:  # noqa: ANN401  # what the page shows
        return _post(visit, post_id, **more)

    return _tried(visit, _SYSTEM, lambda visit: _change_post(visit, post_id), again)


def _change_post(visit: Visit, post_id: int) -> Sentence:
    here, form = visit.here, visit.form
    with here.database.reading() as session:
        post = people.post_by_id(session, post_id if post_id < 2**31 else 0, here.today(now()))
    whom = f"{post.unit} {post.name}"
    match form.get("do", ""):
        case "appoint":
            on = parse_date(form.get("on", ""))
            with here.database.transaction() as session:
                person = people.person(session, form.get("username", ""))
                people.appoint(session, post.id, people.person_id(session, person.username), on)
                _note(session, visit, "appoint", whom, f"{person.username} {on.isoformat()}")
            return _done("appoint")
        case "set_contacts":
            found = []
            for line in form.get("ways", "").splitlines():
                kind, _, address = line.strip().partition(":")
                if kind:
                    check_address(kind, address)
                    found.append((kind, address))
            with here.database.transaction() as session:
                people.set_contacts(session, post.id, found)
                _note(session, visit, "set_contacts", whom, " ".join(f"{kind}:{masked(to)}" for kind, to in found))
            return _done("set_contacts")
        case "test_contact":
            return _test(visit, whom, post.ways)
        case _:
            raise BadData(_NO_SUCH)


def _test(visit: Visit, whom: str, ways: tuple[tuple[str, str], ...]) -> Sentence:
    which = _id(visit, "which")
    if which >= len(ways):
        raise NotFound(_NO_WAY)
    kind, address = ways[which]
    message = Message(
        message_id=f"test-{secrets.token_hex(10)}",
        subject="督办测试消息 Duban test",
        body=_TEST.fill(who=visit.person.username).text("zh-CN"),
        created_at=now(),
    )
    outcome = visit.here.channels.send(kind, address, message)
    shown = f"{kind}:{masked(address)}"
    with visit.here.database.transaction() as session:
        _note(session, visit, "test_contact", whom, f"{shown} {outcome.reason or 'ok'}")
    if not outcome.ok:
        raise BadData(_NOT_SENT.fill(to=shown, reason=outcome.reason))
    return _SENT.fill(to=shown)


@router.get("/admin/policies", dependencies=[open_to(_SYSTEM)])
def policies_page(visit: Here) -> Response:
    """Show the policies that the installation knows, one's ladder, or in what two of them differ."""
    return _policies(visit)


def _known() -> dict[str, Policy]:
    return {path.stem: read_policy(path) for path in sorted(FOLDER.glob("*.toml"))}


def _policies(visit: Visit, *, status: int = 200, said: str = "", wrong: str = "") -> Response:
    known = {**_known(), visit.here.settings.policy: visit.here.archive.policy}
    a, b = visit.asked("a"), visit.asked("b")
    return visit.page(
        "admin_policies.html",
        status=status,
        said=said,
        wrong=wrong,
        known=known,
        in_force=visit.here.archive.policy.hash,
        shown=known.get(visit.asked("show")),
        rungs=RUNGS,
        a=a,
        b=b,
        differing=differences(known[a], known[b]) if a in known and b in known else None,
    )


def _file(visit: Visit) -> tuple[str, bytes]:
    found = visit.sent.files.get("file", [])
    if len(found) != 1 or len(found[0][1]) > _LARGEST_FILE:
        raise BadData(_ONE_FILE)
    name = re.sub(r"[^\w.-]", "_", Path(found[0][0]).name)[-80:]
    return name.lstrip(".") or "file", found[0][1]


@router.post("/admin/policies")
def check_policy(visit: Here) -> Response:
    """Say whether a policy file is sound; nothing is kept of it."""
    return _tried(visit, _SYSTEM, _checked, _policies)


def _checked(visit: Visit) -> Sentence:
    name, content = _file(visit)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadData(_NOT_TEXT) from error
    policy = parse_policy(text, Path(name))
    return _SOUND.fill(name=policy.name, hash=policy.hash[:12])


@router.get("/admin/calendar", dependencies=[open_to(_SYSTEM)])
def calendar_page(visit: Here) -> Response:
    """Show until when the days are known, and which days of a year differ from their weekday."""
    return _calendar(visit)


def _calendar(  # what a page shows
    visit: Visit, *, status: int = 200, said: str = "", wrong: str = "", moves: list[Move] | None = None
) -> Response:
    calendar, at = visit.here.archive.calendar, now()
    year = visit.number("year") or visit.here.today(at).year
    tally = visit.here.check_calendar(at)
    days = [
        (day, rule.works, calendar.label(day, visit.lang))
        for day, rule in sorted(calendar.exceptions.items())
        if day.year == year
    ]
    return visit.page(
        "admin_calendar.html",
        status=status,
        said=said,
        wrong=wrong,
        year=year,
        years=sorted(calendar.known_years),
        days=days,
        until=tally.known_until,
        warnings=tally.warnings,
        hash=calendar.hash,
        moves=moves,
    )


@router.post("/admin/calendar")
def import_calendar(visit: Here) -> Response:
    """Take a notice in, or only say what it would move."""
    moves: list[Move] = []

    def again(visit: Visit, **more: Any) -> Response:  # noqa: ANN401  # what the page shows
        return _calendar(visit, moves=moves, **more)

    return _tried(visit, _SYSTEM, lambda visit: _import(visit, moves), again)


def _import(visit: Visit, moves: list[Move]) -> Sentence:
    here = visit.here
    name, content = _file(visit)
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        if visit.form.get("do") != "import":
            # An office beside this one: nothing that others read at the same time may count by a calendar on trial.
            with office(here.settings) as trial:
                trial.archive.calendar = here.preview_calendar(path)
                previews = list(trial.what_would_move(now()))
            # How many and of what kind, never which case: administrators see none.
            counted = Counter(
                (Sentence(*DEADLINES[moved.old.kind]).text(visit.lang), moved.old.due_on, moved.new.due_on)
                for preview in previews
                for moved in preview.moves
            )
            moves += [(*move, count) for move, count in sorted(counted.items())]
            return _PREVIEWED.fill(n=len(previews))
        total = here.import_calendar(path, now())
    with here.database.transaction() as session:
        _note(session, visit, "import_calendar", name, here.archive.calendar.hash[:12])
    return _IMPORTED.fill(looked_at=total.looked_at, changed=total.changed, moved=total.moved)


@router.get("/admin/log", dependencies=[open_to(_AUDIT)])
def log_page(visit: Here) -> Response:
    """Show who did what in administration, the latest first. There is nothing here to decide."""
    who = visit.asked("who")
    with visit.here.database.reading() as session:
        lines = administration.read(session, before=visit.number("before"), who=who, limit=_PAGE)
    zone = visit.here.settings.tz
    shown = [(line, f"{line.at.astimezone(zone):%Y-%m-%d %H:%M:%S}") for line in lines]
    before = lines[-1].id if len(lines) == _PAGE else 0
    return visit.page("admin_log.html", lines=shown, who=who, before=before, words=WORDS)
