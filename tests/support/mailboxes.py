"""A real mail server for tests, on a port of its own, that keeps what arrives or refuses it as told."""

from __future__ import annotations

import socket
from collections import Counter
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from aiosmtpd.smtp import SMTP, Envelope, Session


class Mails:
    """What has arrived, and how the server behaves."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.arrived: list[tuple[str, EmailMessage]] = []
        self.refuses = ""

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        content = envelope.content
        mail = message_from_bytes(content if isinstance(content, bytes) else b"", policy=policy.default)
        self.arrived.append((envelope.rcpt_tos[0], mail))
        return "250 OK"

    def ids(self) -> Counter[str]:
        return Counter(str(mail["Message-ID"]) for _to, mail in self.arrived)

    def repeats(self) -> int:
        return sum(n - 1 for n in self.ids().values())

    def most_repeats(self) -> int:
        return max(self.ids().values(), default=0)

    def recipients(self) -> set[str]:
        return {to for to, _mail in self.arrived}

    def texts(self) -> list[str]:
        return [f"{mail['Subject']}\n{mail.get_content()}" for _to, mail in self.arrived]


@contextmanager
def mail_server() -> Iterator[Mails]:
    """Run a mail server on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    mails = Mails(port)
    server = Controller(mails, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield mails
    finally:
        server.stop()
