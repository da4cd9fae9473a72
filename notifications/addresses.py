"""Addresses of people and posts: what one of each kind looks like, and how it is shown to who must not use it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from notifications.robots import ROBOTS
from states.address_groups import GROUP_SIGN, group_of, untagged
from states.errors import Sentence

APPRISE: Final = "apprise"
KINDS: Final = ("mail", "webhook", *ROBOTS, APPRISE)
KIND_WORDS: Final = {
    "mail": Sentence("邮箱", "mail"),
    "wecom": Sentence("企业微信机器人", "WeCom robot"),
    "dingtalk": Sentence("钉钉机器人", "DingTalk robot"),
    "feishu": Sentence("飞书机器人", "Feishu robot"),
    "im": Sentence("政务即时通讯", "private messenger"),
    "webhook": Sentence("网址", "web address"),
    "apprise": Sentence("其他服务", "other service"),
}
"""What people call the kinds."""
_MAIL: Final = re.compile(r"[^@\s<>,;:\"()\[\]\\\x00-\x1f\x7f]{1,64}@[^@\s<>,;:\"()\[\]\\\x00-\x1f\x7f]{1,255}")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{8,200}")
SIGNED: Final = frozenset({"dingtalk", "feishu"})
"""Robots that can ask for a signature (加签): their address may be `key/secret`."""
_PARAMETER: Final = re.compile(r"[?&;]([^=&;]*)")
_READS_FILES: Final = frozenset({"template", "keyfile", "subfile", "pgpkey", "pgp_key", "pgppub", "pgpprv", "attach"})
"""Parameters of Apprise's services that name a file, whose text would go into the message or be the key of it."""
_SHOWN_HOSTS: Final = frozenset({"http", "https"})
WHY: Final = {
    "mail": Sentence("应为 name@host 形式的邮箱地址。", "write a mail address as name@host."),
    "mail_letters": Sentence(
        "含有邮件服务器送不到的字符，请改用字母、数字的邮箱地址。",
        "it has letters to which mail servers do not deliver; use plain letters and digits.",
    ),
    "webhook": Sentence(
        "应为 http:// 或 https:// 开头的网址。", "write an address that begins with http:// or https://."
    ),
    "robot": Sentence(
        "应为机器人的密钥（8位以上字母、数字、-、_）；钉钉、飞书加签的，写成“密钥/签名密钥”。",
        "write the robot's key (8 or more letters, digits, - or _); where DingTalk or Feishu sign, key/secret.",
    ),
    "unsigned": Sentence(
        "只有钉钉、飞书机器人可以加签，这里请只写机器人的密钥。",
        "only the robots of DingTalk and Feishu sign; write the robot's key alone.",
    ),
    "tag": Sentence(
        "发给一组时写成 tag:标签，例如 tag:值班；标签由文字、数字、-、_ 组成，最多40字。",
        "write a group as tag:name; a tag has at most 40 letters, digits, - or _.",
    ),
    APPRISE: Sentence(
        "不是 Apprise 认得的网址（例如 ntfy://、bark://、sms 网关），或者只在本机起作用。",
        "Apprise knows no such address (as ntfy://, bark:// or a gateway for SMS), or it works on this machine alone.",
    ),
    "file": Sentence(
        "地址中有要读取本机文件的参数（template、keyfile 等），不能使用。",
        "it has a parameter that reads a file of this machine (as template or keyfile), which cannot be used.",
    ),
    "kind": Sentence(
        "渠道类型应为 mail、wecom、dingtalk、feishu、webhook、im、apprise 之一。",
        "the kind must be one of mail, wecom, dingtalk, feishu, webhook, im, apprise.",
    ),
}
"""What is wrong with an address, by kind."""


def what_is_wrong(kind: str, address: str) -> str:
    """Return the key of `WHY` that tells what is wrong with an address, or nothing; Apprise's own are not judged."""
    if kind not in KINDS:
        return "kind"
    if kind == "mail":
        return _wrong_mail(address)
    if kind == "webhook":
        return "" if is_url(address) else "webhook"
    return _wrong_service(address) if kind == APPRISE else _wrong_robot(kind, address)


def _wrong_mail(address: str) -> str:
    if not _MAIL.fullmatch(address):
        return "mail"
    # RFC 6531 (SMTPUTF8) is an extension that few servers on the way have; a mail that bounces is no notice.
    return "" if address.isascii() else "mail_letters"


def _wrong_service(address: str) -> str:
    if address.startswith(GROUP_SIGN):
        return "" if group_of(address) else "tag"
    if "://" not in address or not address.isprintable() or " " in address:
        return APPRISE
    return "file" if _READS_FILES & {unquote(name).strip().lower() for name in _PARAMETER.findall(address)} else ""


def _wrong_robot(kind: str, address: str) -> str:
    key, signs, secret = address.partition("/")
    if signs and kind not in SIGNED:
        return "unsigned"
    return "" if _KEY.fullmatch(key) and (not signs or _KEY.fullmatch(secret)) else "robot"


def is_url(address: str) -> bool:
    """Say whether this is an address of the web, without what hides in one."""
    try:
        parts = urlsplit(address)
        port = parts.port  # reading it checks it
    except ValueError:
        return False
    plain = address.isprintable() and not any(mark in address for mark in ' <>"\\')
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and plain


def masked(address: str) -> str:
    """Return the address so that a reader of the log recognises it, but cannot use it.

    In the addresses of Apprise's services the place of a host may hold a key; of them only the service is shown, behind
    its tags. A group is shown by its tag.
    """
    address = address.partition("\n")[0]
    if group_of(address):
        return address
    if "://" in address:
        plain = untagged(address)
        tags = address.removesuffix(plain)
        scheme, _, rest = plain.partition("://")
        if scheme.lower() not in _SHOWN_HOSTS:
            return f"{tags}{scheme}://…"
        host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
        return f"{tags}{scheme}://{host}/…"
    name, at, host = address.rpartition("@")
    return f"{name[:1]}…@{host}" if at else f"{address[:3]}…"


def shown(kind: str, address: str) -> str:
    """Return a way as who may change it sees it: a mail address whole, what holds a key masked."""
    return f"{kind}:{address if kind == 'mail' else masked(address)}"
