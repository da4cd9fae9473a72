"""Mail: one conversation with the mail server, which ends in time, and what its answers mean."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from time import monotonic
from typing import Any, Final

from notifications.servers import Message, Outcome, Servers
from states.names import plain_name

FAREWELL_SECONDS: Final = 1
"""How long a mail server is waited for once it has the mail."""
_NO_SUCH_MAILBOX: Final = frozenset({550, 551, 553})


class _InTime(smtplib.SMTP):
    """A conversation that ends in time: every answer has what is left, not the whole time anew."""

    def __init__(self, host: str, port: int, *, timeout: float, **more: Any) -> None:  # noqa: ANN401  # smtplib's own
        self.until = monotonic() + timeout
        super().__init__(host, port, timeout=timeout, **more)

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is not None:
            self.sock.settimeout(max(self.until - monotonic(), 0.01))
        return super().getreply()


class _InTimeTLS(_InTime, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


def send_mail(servers: Servers, address: str, message: Message, subject: str, body: str) -> Outcome:
    """Deliver one mail to one address, once, and say how it ended."""
    if not servers.smtp_host:
        return Outcome(ok=False, reason="no mail server is set (DUBAN_SMTP_HOST)")
    try:
        mail = written_mail(servers, address, message, subject, body)
    except (ValueError, IndexError, UnicodeError) as error:  # what the standard library says of a bad header
        return Outcome(ok=False, reason=f"the mail cannot be written ({type(error).__name__}); check DUBAN_SMTP_FROM")
    try:
        server = _connected(servers)
        try:
            server.send_message(mail)
        except BaseException:
            server.close()
            raise
    except smtplib.SMTPRecipientsRefused as error:
        return _refused(*next(iter(error.recipients.values())))
    except smtplib.SMTPResponseException as error:
        # A wrong password or an unknown sender is the installation's fault, which somebody will mend.
        return Outcome(ok=False, reason=f"the mail server answered {error.smtp_code}")
    except (OSError, smtplib.SMTPException, ValueError, UnicodeError) as error:
        return Outcome(ok=False, reason=f"the mail server does not answer ({type(error).__name__})")
    # From here on the server has the mail. A goodbye that goes wrong must not have it sent again.
    with suppress(OSError, smtplib.SMTPException):
        server.until = min(server.until, monotonic() + FAREWELL_SECONDS)
        server.quit()
    server.close()
    return Outcome(ok=True)


def written_mail(servers: Servers, address: str, message: Message, subject: str, body: str) -> EmailMessage:
    """Return the mail as it is sent: one line a header, whatever a title of years ago may hold."""
    mail = EmailMessage()
    mail["Message-ID"] = f"<{message.message_id}@duban>"
    mail["Date"] = format_datetime(message.created_at)
    mail["From"] = Address("督办 Duban", addr_spec=servers.sender)
    mail["To"] = address
    # A title of years ago may hold what no name may hold now.
    mail["Subject"] = plain_name(subject)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in answer
    mail.set_content(body)
    return mail


def _connected(servers: Servers) -> _InTime:
    """Return a conversation with the server, encrypted and logged in as the settings say."""
    # A name of our own: the standard library would ask the name service for one, which stalls without a network.
    more: dict[str, Any] = {"local_hostname": servers.sender.rpartition("@")[2], "timeout": servers.timeout}
    if servers.smtp_tls == "tls":
        server: _InTime = _InTimeTLS(servers.smtp_host, servers.smtp_port, context=_trusted(), **more)
    else:
        server = _InTime(servers.smtp_host, servers.smtp_port, **more)
    try:
        if servers.smtp_tls == "starttls":
            server.starttls(context=_trusted())
        if servers.smtp_user:
            server.login(servers.smtp_user, servers.smtp_password)
    except BaseException:
        server.close()
        raise
    return server


@cache
def _trusted() -> ssl.SSLContext:
    """Return what makes the server prove its name; an office's own authority is named in `SSL_CERT_FILE`."""
    return ssl.create_default_context()


def _refused(code: int, words: bytes) -> Outcome:
    """Return what a refused recipient means: 5.7.x is a rule of the server, which may change, not a missing mailbox."""
    permanent = code in _NO_SUCH_MAILBOX and not words.startswith(b"5.7.")
    return Outcome(ok=False, permanent=permanent, reason=f"the server refused the recipient ({code})")
