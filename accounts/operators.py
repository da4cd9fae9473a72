"""Who does what in administration, what the log calls it, and how the fields of a form are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from states.errors import BadData, NotPermitted, Sentence
from states.vocabulary import Role
from states.vocabulary import name as name_of
from store import admin_log, organisation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

SYSTEM: Final = (Role.ADMINISTRATOR,)
SECURITY: Final = (Role.SECURITY_ADMINISTRATOR,)
PEOPLE: Final = (*SYSTEM, *SECURITY)
AUDIT: Final = (Role.AUDIT_ADMINISTRATOR,)
THREE: Final = frozenset((*PEOPLE, *AUDIT))
LONGEST: Final = 200
"""The longest name of a person, a unit or a post, in characters."""
UNIT_KINDS: Final = {
    "department": ("部门", "department"),
    "government": ("政府", "government"),
    "party_committee": ("党委", "Party committee"),
    "township": ("街道", "township"),
    "village": ("村、社区", "village"),
}
WORDS: Final = {
    "add": ("添加账号", "account added"),
    "confirm": ("确认账号", "account confirmed"),
    "refuse_account": ("不确认账号", "account not confirmed"),
    "want_disable": ("申请停用账号", "disabling of an account asked for"),
    "disable": ("停用账号", "account disabled"),
    "refuse_disable": ("不批准停用账号", "disabling of an account refused"),
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
    "want_add_unit": ("申请添加单位", "new unit asked for"),
    "add_unit": ("添加单位", "unit added"),
    "refuse_add_unit": ("不批准添加单位", "new unit refused"),
    "want_place_unit": ("申请调整上级单位", "placing of a unit asked for"),
    "place_unit": ("调整上级单位", "unit placed"),
    "refuse_place_unit": ("不批准调整上级单位", "placing of a unit refused"),
    "add_post": ("添加职务", "post added"),
    "want_appoint": ("申请任职", "appointment asked for"),
    "appoint": ("任职", "appointment"),
    "refuse_appoint": ("不批准任职", "appointment refused"),
    "set_contacts": ("设置联系方式", "contacts set"),
    "test_contact": ("发送测试消息", "test message sent"),
    "begin_setup": ("生成设置码", "set-up code made"),
    "finish_setup": ("结束首次设置", "set-up finished"),
    "want_import_people": ("申请导入单位与人员", "import of units and people asked for"),
    "import_people": ("导入单位与人员", "units and people imported"),
    "refuse_import_people": ("不批准导入单位与人员", "import of units and people refused"),
    "want_person": ("申请登记或调整人员", "person's entry or change asked for"),
    "grant_person": ("批准登记或调整人员", "person's entry or change granted"),
    "refuse_person": ("不批准登记或调整人员", "person's entry or change refused"),
    "set_person": ("修改姓名或联系方式", "name or addresses of a person set"),
    "name_unit": ("登记单位别名", "another name of a unit entered"),
    "want_merge_unit": ("申请合并单位", "merging of units asked for"),
    "merge_unit": ("合并单位", "units merged"),
    "refuse_merge_unit": ("不批准合并单位", "merging of units refused"),
    "view_dossier": ("查看法治档案", "file of a head read"),
    "export_dossier": ("出具法治档案", "file of a head handed out"),
    "hand_out_dossier": ("凭函出具法治档案", "file of a head handed out by letter"),
    "import_calendar": ("导入放假通知", "notice imported"),
}
"""What the log of administration calls each thing that can be done."""

_NOT_YOURS: Final = Sentence("“{what}”须由{role}办理。", "“{what}” is for the {role}.")
NEEDED: Final = Sentence("请填写“{what}”（最多{most}字）。", "Fill in “{what}” (at most {most} characters).")
_NO_ROLE: Final = Sentence("角色“{role}”不存在。", "There is no role “{role}”.")
DONE: Final = Sentence("已办理：{what}。", "Done: {what}.")
_ASKED: Final = Sentence("已办理：{what}，待{role}批准后生效。", "Done: {what}; it waits for the {role}.")


@dataclass(frozen=True, slots=True)
class Operator:
    """Who does it: an administrator in a role, or whoever sits at the console of the machine, in none."""

    username: str
    role: Role | None


CONSOLE: Final = Operator("console", None)
"""Whoever sits at the machine has its whole database; nothing is forbidden there, and everything is written down."""


def require(who: Operator, what: str, roles: Sequence[Role]) -> None:
    """Do nothing if this is for who does it to do; at the console everything is.

    Raises:
        NotPermitted: it is for another role.
    """
    if who.role is not None and who.role not in roles:
        raise NotPermitted(_NOT_YOURS.fill(what=Sentence(*WORDS[what]), role=name_of(roles[0])))


def note(session: Session, who: Operator, what: str, whom: str, at: datetime, detail: str = "") -> None:
    """Write what was done into the log of administration, in the same transaction."""
    admin_log.note(session, who.username, who.role.value if who.role is not None else "", what, whom, at, detail)


def did(session: Session, who: Operator, what: str, whom: str, at: datetime, detail: str = "") -> Sentence:
    """Write down what was done, and return the sentence that says so."""
    note(session, who, what, whom, at, detail)
    return DONE.fill(what=Sentence(*WORDS[what]))


def asked(what: str, approver: Role) -> Sentence:
    """Return the sentence that says that something was asked for, and who decides it."""
    return _ASKED.fill(what=Sentence(*WORDS[what]), role=name_of(approver))


def text_of(form: Mapping[str, str], key: str, zh: str, en: str) -> str:
    """Return a text of a form that may not be empty.

    Raises:
        BadData: it is empty or too long, or has characters that nobody sees.
    """
    text = form.get(key, "").strip()
    if not text or len(text) > LONGEST:
        raise BadData(NEEDED.fill(what=Sentence(zh, en), most=LONGEST))
    organisation.require_plain(text)
    return text


def id_of(form: Mapping[str, Any], key: str) -> int:
    """Return the id that a form names, or 0 for none."""
    text = form.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(10**9)) else 0


def role_of(form: Mapping[str, str]) -> Role:
    """Return the role that a form names.

    Raises:
        BadData: it names none.
    """
    text = form.get("role", "")
    if text not in {role.value for role in Role} - {Role.SYSTEM.value}:
        raise BadData(_NO_ROLE.fill(role=text))
    return Role(text)
