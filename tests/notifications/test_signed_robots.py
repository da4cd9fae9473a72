"""Robots that ask for a signature (加签), and addresses that cannot work: told by the makers' own examples."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from notifications.addresses import masked, shown
from notifications.channels import check_address, check_servers
from notifications.reasons import reason_words
from notifications.robots import ROBOTS
from notifications.servers import Servers
from states.errors import BadData

MOMENT = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
KEY, SECRET = "abcdefgh1", "SEC0123456789"


def test_dingtalk_signs_milliseconds_and_secret_in_the_address() -> None:
    address = ROBOTS["dingtalk"].address("https://oapi.dingtalk.com", f"{KEY}/{SECRET}", MOMENT)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    stamp = str(int(MOMENT.timestamp()) * 1000)
    expected = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), digestmod=hashlib.sha256).digest()
    assert asked == {"access_token": KEY, "timestamp": stamp, "sign": base64.b64encode(expected).decode()}
    assert "sign" not in ROBOTS["dingtalk"].address("https://x", KEY, MOMENT)


def test_feishu_signs_seconds_and_secret_in_what_is_posted() -> None:
    address = f"{KEY}/{SECRET}"
    assert ROBOTS["feishu"].address("https://open.feishu.cn", address, MOMENT).endswith(f"/hook/{KEY}")
    posted = ROBOTS["feishu"].content("到期提醒", address, MOMENT)
    stamp = str(int(MOMENT.timestamp()))
    expected = hmac.new(f"{stamp}\n{SECRET}".encode(), digestmod=hashlib.sha256).digest()
    assert (posted["timestamp"], posted["sign"]) == (stamp, base64.b64encode(expected).decode())
    assert posted["content"] == {"text": "到期提醒"}
    assert "sign" not in ROBOTS["feishu"].content("x", KEY, MOMENT)


def test_only_dingtalk_and_feishu_take_a_secret_and_neither_shows_it() -> None:
    for kind in ("dingtalk", "feishu"):
        check_address(kind, f"{KEY}/{SECRET}")
        assert SECRET not in shown(kind, f"{KEY}/{SECRET}") + masked(f"{KEY}/{SECRET}")
        with pytest.raises(BadData, match="签名密钥"):
            check_address(kind, f"{KEY}/short")
    for kind in ("wecom", "im"):
        with pytest.raises(BadData, match="只有钉钉、飞书"):
            check_address(kind, f"{KEY}/{SECRET}")


def test_a_sender_or_gateway_that_cannot_work_is_refused_when_it_is_entered() -> None:
    check_servers(Servers(sender="duban@linxi.example"))
    for sender in ("督办@linxi.example", "duban", "a b@c"):
        with pytest.raises(BadData, match="发件地址"):
            check_servers(Servers(sender=sender))
    with pytest.raises(BadData, match="网关"):
        check_servers(Servers(im_gateway="ftp://gateway"))


def test_the_reason_of_a_failed_message_is_in_words() -> None:
    assert reason_words("no mail server is set (DUBAN_SMTP_HOST)").text() == "还没有设置发信服务器"
    assert "310000" in reason_words("dingtalk answered code 310000").text()
    assert reason_words("something of which nobody thought").text() == "没有送出"
