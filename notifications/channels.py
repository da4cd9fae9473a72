"""The channels: the only module that knows Apprise, and the only one that talks to the world.

One `Apprise()` for one address and one message, because an aggregate says False if any of its services fails, and a
retry would then repeat the others. Mail goes through a plugin of ours: Apprise's own gives every message a new
Message-ID, so that a repeat could not be recognised. Robots of WeCom, DingTalk and Feishu go through Apprise's
plugins; a privately hosted gateway and plain webhooks through ours, because theirs fix public hosts (ADR 0010).
"""

from __future__ import annotations

import re
import smtplib
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import requests
from apprise import Apprise, AppriseAsset, NotifyFormat
from apprise.plugins import NotifyBase

from states.errors import BadData, Sentence

if TYPE_CHECKING:
    from datetime import datetime

TIMEOUT_SECONDS: Final = 15
KINDS: Final = ("mail", "wecom", "dingtalk", "feishu", "webhook", "im")
_ROBOTS: Final = {"wecom": "wecombot", "dingtalk": "dingtalk", "feishu": "feishu"}
_MAIL: Final = re.compile(r"^[^@\s<>,;:\"]{1,64}@[^@\s<>,;:\"]{1,255}$")
_KEY: Final = re.compile(r"^[A-Za-z0-9_-]{8,200}$")
_PERMANENT_SMTP: Final = range(500, 600)
_PERMANENT_HTTP: Final = frozenset({400, 401, 403, 404, 405, 410})
_BAD_ADDRESS: Final = Sentence(
    "“{address}”不是可用的{kind}地址：{why}", "“{address}” is not an address of the kind {kind}: {why}"
)
_WHY: Final = {
    "mail": ("应为 name@host 形式的邮箱地址。", "write a mail address as name@host."),
    "webhook": ("应为 http:// 或 https:// 开头的网址。", "write an address that begins with http:// or https://."),
    "robot": (
        "应为机器人的密钥（8位以上字母、数字、-、_）。",
        "write the robot's key (8 or more letters, digits, - or _).",
    ),
    "kind": (
        "渠道类型应为 mail、wecom、dingtalk、feishu、webhook、im 之一。",
        "the kind must be one of mail, wecom, dingtalk, feishu, webhook, im.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it leaves. `message_id` is the same when it is sent again, so that a repeat can be recognised."""

    message_id: str
    subject: str
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended. A permanent failure will not mend by itself. The reason holds no address and no key."""

    ok: bool
    permanent: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where messages leave: the mail server, and the gateway of a privately hosted messenger."""

    smtp_host: str = ""
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: str = "none"
    sender: str = "duban@localhost"
    im_gateway: str = ""
    timeout: float = TIMEOUT_SECONDS


def check_address(kind: str, address: str) -> None:
    """Do nothing if messages can be addressed so.

    Raises:
        BadData: the kind is unknown, or the address is not of the kind.
    """
    if kind not in KINDS:
        why = "kind"
    elif kind == "mail":
        why = "" if _MAIL.match(address) else "mail"
    elif kind == "webhook":
        parts = urlsplit(address)
        why = "" if parts.scheme in ("http", "https") and parts.hostname else "webhook"
    else:
        why = "" if _KEY.match(address) else "robot"
    if why:
        raise BadData(_BAD_ADDRESS.fill(address=address, kind=kind, why=Sentence(*_WHY[why])))


def masked(address: str) -> str:
    """Return the address so that a reader of the log recognises it, but cannot use it."""
    name, at, host = address.partition("@")
    if at:
        return f"{name[:2]}…@{host}"
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname}/…" if parts.hostname else f"{address[:3]}…"


class _Ours(NotifyBase):  # type: ignore[misc]  # Apprise has no types
    """What our plugins share: no throttling, no decoration, and the outcome of the attempt kept aside."""

    app_desc = "Duban"
    service_name = "Duban"
    protocol = "duban"
    request_rate_per_sec = 0
    notify_format = NotifyFormat.TEXT
    title_maxlen = 500
    body_maxlen = 100_000

    def __init__(self, servers: Servers, address: str, message: Message, **kwargs: Any) -> None:  # noqa: ANN401  # Apprise's own
        super().__init__(**kwargs)
        self.servers, self.address_, self.message = servers, address, message
        self.outcome = Outcome(ok=False, reason="not attempted")

    def url(self, *_args: object, **_kwargs: object) -> str:
        """Return what Apprise may log."""
        return "duban://"

    def send(self, body: str, title: str = "", **_kwargs: object) -> bool:
        """Attempt the delivery and keep its outcome."""
        self.outcome = self.attempt(title, body)
        return self.outcome.ok

    def attempt(self, subject: str, body: str) -> Outcome:
        """Deliver once."""
        raise NotImplementedError


class _Mail(_Ours):
    def attempt(self, subject: str, body: str) -> Outcome:
        servers = self.servers
        if not servers.smtp_host:
            return Outcome(ok=False, reason="no mail server is set (DUBAN_SMTP_HOST)")
        mail = EmailMessage()
        mail["Message-ID"] = f"<{self.message.message_id}@duban>"
        mail["Date"] = format_datetime(self.message.created_at)
        mail["From"] = Address("督办 Duban", addr_spec=servers.sender)
        mail["To"] = self.address_
        mail["Subject"] = subject
        mail.set_content(body)
        try:
            connect = smtplib.SMTP_SSL if servers.smtp_tls == "tls" else smtplib.SMTP
            with connect(servers.smtp_host, servers.smtp_port, timeout=servers.timeout) as server:
                if servers.smtp_tls == "starttls":
                    server.starttls()
                if servers.smtp_user:
                    server.login(servers.smtp_user, servers.smtp_password)
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code = max((answer[0] for answer in error.recipients.values()), default=0)
            return Outcome(
                ok=False, permanent=code in _PERMANENT_SMTP, reason=f"the server refused the recipient ({code})"
            )
        except smtplib.SMTPResponseException as error:
            permanent = error.smtp_code in _PERMANENT_SMTP
            return Outcome(ok=False, permanent=permanent, reason=f"the mail server answered {error.smtp_code}")
        except (OSError, smtplib.SMTPException, ValueError, UnicodeError) as error:
            return Outcome(ok=False, reason=f"the mail server does not answer ({type(error).__name__})")
        return Outcome(ok=True)


class _Webhook(_Ours):
    def request(self, subject: str, body: str) -> tuple[str, dict[str, Any]]:
        return self.address_, {"id": self.message.message_id, "title": subject, "message": body, "type": "info"}

    def attempt(self, subject: str, body: str) -> Outcome:
        address, content = self.request(subject, body)
        try:
            answer = requests.post(
                address,
                json=content,
                headers={"Idempotency-Key": self.message.message_id},
                timeout=self.servers.timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return Outcome(ok=False, reason=f"the address does not answer ({type(error).__name__})")
        if not answer.ok or answer.is_redirect:
            permanent = answer.status_code in _PERMANENT_HTTP
            return Outcome(ok=False, permanent=permanent, reason=f"the address answered {answer.status_code}")
        return self.judged(answer)

    def judged(self, _answer: requests.Response) -> Outcome:
        return Outcome(ok=True)


class _Gateway(_Webhook):
    """A privately hosted messenger that speaks as a WeCom robot does."""

    def request(self, subject: str, body: str) -> tuple[str, dict[str, Any]]:
        base = self.servers.im_gateway.rstrip("/")
        text = f"{subject}\n{body}"
        content = {"msgtype": "text", "msgid": self.message.message_id, "text": {"content": text}}
        return f"{base}/cgi-bin/webhook/send?key={quote(self.address_)}", content

    def attempt(self, subject: str, body: str) -> Outcome:
        if not self.servers.im_gateway:
            return Outcome(ok=False, reason="no gateway is set (DUBAN_IM_GATEWAY)")
        return super().attempt(subject, body)

    def judged(self, answer: requests.Response) -> Outcome:
        try:
            code = answer.json().get("errcode")
        except (ValueError, AttributeError):
            return Outcome(ok=False, reason="the gateway's answer cannot be read")
        return Outcome(ok=True) if code == 0 else Outcome(ok=False, reason=f"the gateway answered errcode {code}")


_OURS: Final = {"mail": _Mail, "webhook": _Webhook, "im": _Gateway}


class Channels:
    """Ways out of the building."""

    def __init__(self, servers: Servers) -> None:
        """Use these servers. Nothing is opened before something is sent."""
        self.servers = servers
        # Nothing of a message may stay on disk, and nothing of an address in a log.
        self._asset = AppriseAsset(storage_mode="memory", secure_logging=True, async_mode=False)

    def send(self, kind: str, address: str, message: Message) -> Outcome:
        """Deliver one message to one address, once, and say how it ended. Never raises for a failed delivery."""
        try:
            check_address(kind, address)
        except BadData as error:
            why = error.sentence.params.get("why")
            return Outcome(ok=False, permanent=True, reason=f"bad address: {why}")
        apprise = Apprise(asset=self._asset)
        ours = _OURS.get(kind)
        if ours is not None:
            plugin = ours(self.servers, address, message, asset=self._asset)
            apprise.add(plugin)
            apprise.notify(body=message.body, title=message.subject, body_format=NotifyFormat.TEXT)
            return plugin.outcome
        timeouts = f"cto={self.servers.timeout}&rto={self.servers.timeout}"
        if not apprise.add(f"{_ROBOTS[kind]}://{address}/?{timeouts}"):
            return Outcome(ok=False, permanent=True, reason="Apprise does not accept the robot's key")
        sent = apprise.notify(body=message.body, title=message.subject, body_format=NotifyFormat.TEXT)
        return Outcome(ok=True) if sent else Outcome(ok=False, reason=f"the {kind} robot did not take the message")
