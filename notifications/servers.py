"""What leaves, where it leaves, and how an attempt ended: the values that all channels share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import Settings

TIMEOUT_SECONDS: Final = 15


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
    """Where messages leave: the mail server, the gateway of a privately hosted messenger, the public robots.

    `timeout` is in seconds: for a whole conversation with the mail server; for an HTTP server to be reached, and
    again for its answer.
    """

    smtp_host: str = ""
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: str = "none"
    sender: str = "duban@localhost"
    im_gateway: str = ""
    wecom: str = "https://qyapi.weixin.qq.com"
    dingtalk: str = "https://oapi.dingtalk.com"
    feishu: str = "https://open.feishu.cn"
    inside: tuple[str, ...] = ()
    """Hosts and networks to which messages may go though they lead into this machine (`notifications.outside`)."""
    timeout: float = TIMEOUT_SECONDS

    @classmethod
    def of(cls, settings: Settings) -> Servers:
        """Return those that the settings of an installation name."""
        return cls(
            smtp_host=settings.smtp_host,
            smtp_port=settings.smtp_port,
            smtp_user=settings.smtp_user,
            smtp_password=settings.smtp_password,
            smtp_tls=settings.smtp_tls,
            sender=settings.smtp_from,
            im_gateway=settings.im_gateway,
            inside=settings.inside,
        )

    @property
    def may_lead_inside(self) -> tuple[str, ...]:
        """The hosts that the settings name: those listed, and that of the private gateway, which is one of them."""
        gateway = urlsplit(self.im_gateway).hostname
        return (*self.inside, gateway) if gateway else self.inside

    def base(self, kind: str) -> str:
        """Return where the robots of this kind live; nothing if no gateway is set."""
        return {"wecom": self.wecom, "dingtalk": self.dingtalk, "feishu": self.feishu, "im": self.im_gateway}[kind]
