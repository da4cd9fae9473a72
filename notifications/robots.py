"""How the robots of messengers are spoken to: where, in what shape, and what their answers mean. Pure.

A robot of DingTalk or Feishu may ask for a signature (加签): its address is then `key/secret`, and what is posted
carries a time and an HMAC-SHA256 over it, which both take for one hour.

All of them answer 200 to whatever they are told and say in the body whether they took it. The codes of an unknown key
are those of their makers' documents (WeCom 93000, DingTalk 300005, Feishu 19001).
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One make of robot. `longest` is in bytes of UTF-8; `{key}` in the path is the robot's key."""

    name: str
    path: str
    longest: int
    codes: tuple[str, ...] = ("errcode",)
    unknown_key: frozenset[int]

    def address(self, base: str, address: str, _at: datetime) -> str:
        """Return where a robot below this base is told something."""
        return base.rstrip("/") + self.path.format(key=quote(address.partition("/")[0], safe=""))

    def content(self, text: str, _address: str, _at: datetime) -> dict[str, Any]:
        """Return what is posted."""
        return {"msgtype": "text", "text": {"content": text}}

    def code(self, answer: Mapping[str, Any]) -> int:
        """Return the code in an answer; 0 is success.

        Raises:
            ValueError: the answer has none.
        """
        found = [answer[word] for word in self.codes if word in answer]
        if not found:
            raise ValueError("no code in the answer")
        return int(found[0])


def _signed(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


class _DingTalk(Dialect):
    def address(self, base: str, address: str, at: datetime) -> str:
        found, secret = super().address(base, address, at), address.partition("/")[2]
        if not secret:
            return found
        # Milliseconds and the secret, signed with the secret, behind the address (DingTalk, 自定义机器人安全设置).
        moment = int(at.timestamp() * 1000)
        sign = _signed(secret, f"{moment}\n{secret}")
        return f"{found}&timestamp={moment}&sign={quote(sign, safe='')}"


class _Feishu(Dialect):
    def content(self, text: str, address: str, at: datetime) -> dict[str, Any]:
        said = {"msg_type": "text", "content": {"text": text}}
        secret = address.partition("/")[2]
        if not secret:
            return said
        # Seconds and the secret are the key, and nothing is signed with it (Feishu, 自定义机器人安全设置).
        moment = str(int(at.timestamp()))
        return {"timestamp": moment, "sign": _signed(f"{moment}\n{secret}", ""), **said}


ROBOTS: Final[Mapping[str, Dialect]] = {
    "wecom": Dialect(
        name="wecom", path="/cgi-bin/webhook/send?key={key}", longest=2048, unknown_key=frozenset({93000})
    ),
    "dingtalk": _DingTalk(
        name="dingtalk", path="/robot/send?access_token={key}", longest=16_000, unknown_key=frozenset({300005})
    ),
    "feishu": _Feishu(
        name="feishu",
        path="/open-apis/bot/v2/hook/{key}",
        longest=16_000,
        codes=("code", "StatusCode"),
        unknown_key=frozenset({19001}),
    ),
    # A privately hosted messenger that speaks as WeCom's robots do.
    "im": Dialect(name="gateway", path="/cgi-bin/webhook/send?key={key}", longest=2048, unknown_key=frozenset({93000})),
}


def shortened(text: str, longest: int) -> str:
    """Return the text in at most `longest` bytes of UTF-8: the first lines that fit, a line …, the last two lines.

    The last two lines say where to read more, and which message it is.
    """
    if len(text.encode()) <= longest:
        return text
    *lines, link, key = text.split("\n")
    room = longest - len(f"…\n{link}\n{key}".encode())
    kept: list[str] = []
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join((*kept, "…", link, key))
