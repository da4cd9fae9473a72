"""The pages of the three administrators: one makes, one releases, one reads what both did. None of them sees a case."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from states.errors import BadData, NotPermitted, Problem, Sentence
from states.vocabulary import Role
from states.vocabulary import name as name_of
from store import accounts as people
from store import admin_log, organisation, second_factors, sessions, tokens
from web.dependencies import clean_query, status_of
from web.page import ADMINISTRATORS, Here, Visit, only_for, open_to
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session


SYSTEM: Final = (Role.ADMINISTRATOR,)
_SECURITY: Final = (Role.SECURITY_ADMINISTRATOR,)
_PEOPLE: Final = (*SYSTEM, *_SECURITY)
_AUDIT: Final = (Role.AUDIT_ADMINISTRATOR,)
_PAGE: Final = 100
_USERNAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LONGEST: Final = 200
LARGEST_FILE: Final = 1 << 20
UNIT_KINDS: Final = {
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
NEEDED: Final = Sentence("请填写“{what}”（最多{most}字）。", "Fill in “{what}” (at most {most} characters).")
_NO_ROLE: Final = Sentence("角色“{role}”不存在。", "There is no role “{role}”.")
NO_SUCH: Final = Sentence("没有这个操作。", "There is no such action.")
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
SENT: Final = Sentence("测试消息已送达服务器：{to}", "The server took the test message: {to}")
NOT_SENT: Final = Sentence("测试消息未能送出：{to}：{reason}", "The test message was not taken: {to}: {reason}")
TEST: Final = Sentence(
    "这是督办系统的测试消息，不含案件内容，无需处理。发送人：{who}",
    "This is a test message of Duban, without any matter of a case. Sent by {who}.",
)
NO_WAY: Final = Sentence("请先保存联系方式。", "Save a contact first.")
ONE_FILE: Final = Sentence("请选择一个不超过1 MiB的文件。", "Choose one file of at most 1 MiB.")
SOUND: Final = Sentence("政策 {name} 没有问题，哈希 {hash}。", "The policy {name} is sound; its hash is {hash}.")
NOT_TEXT: Final = Sentence("文件不是 UTF-8 文本。", "The file is not UTF-8 text.")
IMPORTED: Final = Sentence(
    "已导入。核对{looked_at}案，调整{changed}案、{moved}个期限。",
    "Imported. Looked at {looked_at} cases, changed {changed}, moved {moved} deadlines.",
)
PREVIEWED: Final = Sentence("预览：将调整{n}案，尚未写入。", "Preview: {n} case(s) would change; nothing is written.")

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/admin", dependencies=[open_to(ADMINISTRATORS)])
def front(visit: Here) -> Response:
    """Go to the first page of this administrator."""
    return RedirectResponse("/admin/log" if visit.person.role in _AUDIT else "/admin/users", 303)


def log_change(session: Session, visit: Visit, what: str, whom: str, detail: str = "") -> None:
    """Write this change of the administration into its log, in the same transaction."""
    person = visit.person
    admin_log.note(session, person.username, person.role.value, what, whom, now(), detail)


def _require(visit: Visit, what: str, roles: tuple[Role, ...]) -> None:
    if visit.person.role not in roles:
        zh, en = WORDS[what]
        raise NotPermitted(_NOT_YOURS.fill(what=Sentence(zh, en), role=name_of(roles[0])))


def sentence_done(what: str) -> Sentence:
    """Return the sentence that says that a change was made."""
    return _DONE.fill(what=Sentence(*WORDS[what]))


def text_field(visit: Visit, key: str, zh: str, en: str) -> str:
    """Return a text of the form that may not be empty.

    Raises:
        BadData: it is empty or too long.
    """
    text = visit.form.get(key, "").strip()
    if not text or len(text) > LONGEST:
        raise BadData(NEEDED.fill(what=Sentence(zh, en), most=LONGEST))
    return text


def row_id(visit: Visit, key: str) -> int:
    """Return the id that a form names, or 0 for none."""
    text = visit.form.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(10**9)) else 0


def role_field(visit: Visit) -> Role:
    """Return the role that a form names.

    Raises:
        BadData: it names none.
    """
    text = visit.form.get("role", "")
    if text not in {role.value for role in Role} - {Role.SYSTEM.value}:
        raise BadData(_NO_ROLE.fill(role=text))
    return Role(text)


def answered(
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
        units = organisation.unit_tree(session)
    return visit.page(
        "admin_users.html",
        status=status,
        said=said,
        wrong=wrong,
        at=at,
        accounts=accounts,
        units=units,
        held=held if visit.person.role in _SECURITY else [],
        is_system=visit.person.role in SYSTEM,
        is_security=visit.person.role in _SECURITY,
        nobody_confirms=not any(
            one.person.role in _SECURITY and one.confirmed and not one.person.disabled for one in accounts
        ),
        all_roles=[role for role in Role if role is not Role.SYSTEM],
    )


@router.post("/admin/users")
def change_users(visit: Here) -> Response:
    """Do one thing to one account."""
    return answered(visit, _PEOPLE, _change_user, _users)


def _change_user(visit: Visit) -> Sentence:
    what = visit.form.get("do", "")
    for roles, does in _DOES:
        if what in does:
            _require(visit, what, roles)
            username = text_field(visit, "username", "用户名", "user name")
            if username == visit.person.username:
                raise NotPermitted(_NOT_YOUR_OWN)
            return does[what](visit, username)
    raise BadData(NO_SUCH)


def _add(visit: Visit, username: str) -> Sentence:
    if not _USERNAME.fullmatch(username):
        raise BadData(_BAD_USERNAME)
    called, role, here = text_field(visit, "name", "姓名", "name"), role_field(visit), visit.here
    with here.database.transaction() as session:
        unit = visit.form.get("unit", "").strip()
        if unit not in {one.name for one in organisation.unit_tree(session)}:
            raise BadData(NEEDED.fill(what=Sentence("单位", "unit"), most=LONGEST))
        row = organisation.ensure_unit(session, unit)
        people.add_person(session, username, called, role, row.id, confirmed=False)
        log_change(session, visit, "add", username, f"{role.value} {unit}")
    return _ADDED.fill(name=username, password=here.give_password(username, withheld=True))


def _give_password(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        # First of all: a password that is out of the log must not exist, whatever happens in between.
        people.person_id(session, username)
        log_change(session, visit, "give_password", username)
    password = visit.here.give_password(username, withheld=True)
    return _PASSWORD.fill(name=username, password=password)


def _want_role(visit: Visit, username: str) -> Sentence:
    role = role_field(visit)
    with visit.here.database.transaction() as session:
        people.want_role(session, username, role)
        log_change(session, visit, "want_role", username, role.value)
    return sentence_done("want_role")


def _want_unit(visit: Visit, username: str) -> Sentence:
    unit = text_field(visit, "unit", "单位", "unit")
    with visit.here.database.transaction() as session:
        people.want_unit(session, username, unit)
        log_change(session, visit, "want_unit", username, unit)
    return sentence_done("want_unit")


def _decide_unit(visit: Visit, username: str) -> Sentence:
    what = visit.form["do"]
    with visit.here.database.transaction() as session:
        unit = people.decide_unit(session, username, grant=what == "grant_unit")
        if unit is None:
            return _NOTHING
        log_change(session, visit, what, username, unit)
    return sentence_done(what)


def _enable(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        people.enable(session, username)
        log_change(session, visit, "enable", username, people.role_of(session, username).value)
    # The old password is nobody's any more: whoever comes back begins as one who is new.
    return _ENABLED.fill(name=username, password=visit.here.give_password(username, withheld=True))


def _disable(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        people.disable(session, username, now())
        log_change(session, visit, "disable", username)
    return sentence_done("disable")


def _confirm(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        if not people.confirm(session, username):
            return _NOTHING
        log_change(session, visit, "confirm", username, people.role_of(session, username).value)
    return sentence_done("confirm")


def _decide_role(visit: Visit, username: str) -> Sentence:
    what = visit.form["do"]
    with visit.here.database.transaction() as session:
        role = people.decide_role(session, username, grant=what == "grant_role")
        if role is None:
            return _NOTHING
        log_change(session, visit, what, username, role.value)
    return sentence_done(what)


def _unlock(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        people.unlock(session, username)
        log_change(session, visit, "unlock", username)
    return sentence_done("unlock")


def _end_sessions(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        sessions.end_all(session, username)
        log_change(session, visit, "end_sessions", username)
    return sentence_done("end_sessions")


def _drop_factor(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        second_factors.forget(session, username)
        sessions.end_all(session, username)
        log_change(session, visit, "drop_factor", username)
    return sentence_done("drop_factor")


def _revoke(visit: Visit, username: str) -> Sentence:
    with visit.here.database.transaction() as session:
        tokens.revoke(session, row_id(visit, "id"), username, now())
        log_change(session, visit, "revoke_token", username, str(row_id(visit, "id")))
    return sentence_done("revoke_token")


_DOES: Final[tuple[tuple[tuple[Role, ...], dict[str, Callable[[Visit, str], Sentence]]], ...]] = (
    (
        SYSTEM,
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


@router.get("/admin/log", dependencies=[open_to(_AUDIT)])
def log_page(visit: Here) -> Response:
    """Show who did what in administration, the latest first. There is nothing here to decide."""
    who = visit.asked("who")
    with visit.here.database.reading() as session:
        lines = admin_log.read(session, before=visit.number("before"), who=who, limit=_PAGE)
    zone = visit.here.settings.tz
    shown = [(line, f"{line.at.astimezone(zone):%Y-%m-%d %H:%M:%S}") for line in lines]
    before = lines[-1].id if len(lines) == _PAGE else 0
    return visit.page("admin_log.html", lines=shown, who=who, before=before, words=WORDS)
