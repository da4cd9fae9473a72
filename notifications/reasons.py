"""Why a message was not taken, in words for pages: attempts keep their reasons in plain English, as logs do."""

from __future__ import annotations

import re
from typing import Final

from states.errors import Sentence

_REASONS: Final = tuple(
    (re.compile(pattern), Sentence(zh, pattern_en))
    for pattern, zh, pattern_en in (
        (r"no mail server is set", "还没有设置发信服务器", "no mail server is set"),
        (r"no gateway is set", "还没有设置政务即时通讯网关", "no gateway of a private messenger is set"),
        (r"the mail cannot be written", "发件地址有误", "the sender's address is wrong"),
        (r"the server refused the recipient \((\d+)\)", "发信服务器不接受该收件人（{n}）", "recipient refused ({n})"),
        (
            r"the mail server answered (\d+)",
            "发信服务器拒绝（{n}），请核对发件账号和口令",
            "the mail server refused ({n})",
        ),
        (r"the mail server does not answer", "发信服务器没有应答", "the mail server does not answer"),
        (r"the address answered (\d+)", "对方服务器拒绝（{n}）", "the address answered {n}"),
        (r"the address leads into this machine", "地址指向本机，不允许发送", "the address leads into this machine"),
        (r"the address does not answer", "对方服务器没有应答", "the address does not answer"),
        (r"\w+ answered code (-?\d+)", "机器人拒绝（代码{n}），请核对密钥和加签", "the robot refused (code {n})"),
        (r"the answer of \w+ cannot be read", "机器人的答复无法读取", "the robot's answer cannot be read"),
        (r"no address carries the tag", "没有地址带有这个标签", "no address carries the tag"),
        (r"did not take it", "该服务没有接收", "the service did not take it"),
        (r"Apprise knows no such service", "不认得这个服务", "the service is not known"),
        (r"bad address", "地址不可用", "the address cannot be used"),
    )
)
_OTHER: Final = Sentence("没有送出", "not delivered")


def reason_words(reason: str) -> Sentence:
    """Return what an attempt's reason means."""
    for pattern, words in _REASONS:
        found = pattern.search(reason)
        if found is not None:
            return words.fill(n=found[1]) if pattern.groups else words
    return _OTHER
