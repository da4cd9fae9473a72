"""An address of Apprise's services reaches nothing of this machine: no server on it, no file, no program.

The attacker may enter how a post is reached. What is written in the place of the host leads outside; what the service
then does is the attack: it follows an answer, goes where a parameter says, looks a name up again, or reads a file.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

import pytest
from apprise.decorators import notify

from notifications.addresses import masked
from notifications.at_work import Untouchable, only_outside
from notifications.channels import Channels, check_address
from notifications.servers import Message, Servers
from states.address_groups import untagged
from states.errors import BadData
from tests.support.offices import at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OUTSIDE, INSIDE = "127.0.0.2", "127.0.0.1"
"""This machine has no other network: the first is listed as if it were outside, the second is not."""


class Heard(BaseHTTPRequestHandler):
    """Writes down who was asked, and sends on where it is told to."""

    asked: Final[list[tuple[str, str]]] = []
    sends_on_to: str = ""

    def do_POST(self) -> None:  # the library's name
        asked = str(self.connection.getsockname()[0])
        Heard.asked.append((asked, self.path))
        is_outside = asked == OUTSIDE
        self.send_response(307 if is_outside and Heard.sends_on_to else 200)
        if is_outside and Heard.sends_on_to:
            self.send_header("Location", Heard.sends_on_to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def listening(host: str) -> Iterator[int]:
    server = ThreadingHTTPServer((host, 0), Heard)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    """Give the ports of a server outside, which sends every caller on to one inside, and of that one."""
    with listening(OUTSIDE) as outer, listening(INSIDE) as inner:
        Heard.asked.clear()
        Heard.sends_on_to = f"http://{INSIDE}:{inner}/secrets"
        yield outer, inner


def channels() -> Channels:
    return Channels(Servers(inside=(OUTSIDE,), timeout=3))


def message() -> Message:
    return Message(message_id="7.abc", subject="到期提醒", body="请登录系统查看", created_at=at("03-02"))


@pytest.mark.parametrize("more", ["", "?redirect=yes"])
@pytest.mark.parametrize("service", ["json", "xml", "form", "ntfy"])
def test_an_answer_that_sends_on_is_not_followed(ports: tuple[int, int], service: str, more: str) -> None:
    outcome = channels().send("apprise", f"{service}://{OUTSIDE}:{ports[0]}/topic{more}", message())
    assert not outcome.ok
    assert {host for host, _path in Heard.asked} == {OUTSIDE}


def test_a_mail_server_that_a_parameter_names_is_judged_like_a_host() -> None:
    with socket.create_server((INSIDE, 0)) as server:
        server.settimeout(0.2)
        address = f"mailto://u:p@example.com:{server.getsockname()[1]}?smtp={INSIDE}&mode=insecure"
        with pytest.raises(BadData, match="指向本机"):
            channels().require_outside("apprise", address)
        outcome = channels().send("apprise", address, message())
        assert (outcome.ok, outcome.permanent) == (False, True)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    "address",
    [
        "tgram://123456789:abcdefg_hijklmnop/lead2gold?template=/etc/passwd",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?TEMPLATE=file:///etc/passwd",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?template=%2Fetc%2Fpasswd",
        "vapid://subscriber@example.com?keyfile=/etc/ssl/key.pem&subfile=/tmp/x",
        "fcm://project@apikey/device?k=1&%6beyfile=/etc/passwd",
        "mailto://u:p@example.com?pgp=yes&pgpkey=/etc/passwd",
        "blink1://",
        "deltachat://u:p@example.com",
        "file:///etc/passwd",
        "exec://id",
        "rsyslog://example.com",
    ],
)
def test_an_address_that_reads_a_file_or_works_on_this_machine_is_refused(address: str) -> None:
    with pytest.raises(BadData) as refused:
        check_address("apprise", address)
    said = refused.value.sentence.text()
    assert "/etc" not in said
    assert "abcdefg_hijklmnop" not in said
    outcome = channels().send("apprise", address, message())
    assert (outcome.ok, outcome.permanent) == (False, True)


def test_what_an_address_holds_is_not_repeated_when_it_is_refused() -> None:
    for kind, address in (
        ("webhook", "ftp://root:Pa55word@10.0.0.1/hook?key=abcdef"),
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx"),
        ("apprise", "foo://root:Pa55word@10.0.0.1"),
        ("apprise", "discord://4174216298/Pa55word?template=https://10.0.0.1/abcdef"),
    ):
        with pytest.raises(BadData) as refused:
            check_address(kind, address)
        for lang in ("zh-CN", "en"):
            assert not any(part in refused.value.sentence.text(lang) for part in ("Pa55word", "abcdef", "693a91f6"))


def test_a_name_that_stands_for_another_address_when_it_is_used_reaches_nothing(ports: tuple[int, int]) -> None:
    """What is connected to is judged, not what was looked up before (DNS rebinding)."""
    with only_outside((OUTSIDE,)) as watched:
        with pytest.raises(Untouchable):
            socket.create_connection((INSIDE, ports[1]), 1)
        assert watched.refused
        socket.create_connection((OUTSIDE, ports[0]), 1).close()
    socket.create_connection((INSIDE, ports[1]), 1).close()


def test_no_file_is_read_no_program_started_and_nothing_written_while_a_service_works(tmp_path: Path) -> None:
    secret = tmp_path / "web.key"
    secret.write_text("k", "utf-8")
    with (
        socket.socket(socket.AF_UNIX) as local,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram,
        only_outside(()) as watched,
    ):
        for attempt in (
            secret.read_text,
            lambda: secret.write_text("x", "utf-8"),
            secret.unlink,
            lambda: os.open(secret, os.O_RDONLY),
            lambda: subprocess.run([sys.executable, "-V"], check=False),  # the attack itself
            lambda: local.connect(str(tmp_path / "socket")),
            lambda: datagram.sendto(b"x", (INSIDE, 514)),
        ):
            watched.refused = False
            with pytest.raises(PermissionError):
                attempt()
            assert watched.refused
    assert secret.read_text("utf-8") == "k"


def test_another_thread_goes_on_as_before_while_a_service_works(ports: tuple[int, int], tmp_path: Path) -> None:
    """Deliveries run side by side, and each writes down how it ended."""
    file, seen = tmp_path / "note", []

    def work() -> None:
        socket.create_connection((INSIDE, ports[1]), 1).close()
        file.write_text("x", "utf-8")
        seen.append(file.read_text("utf-8"))

    with only_outside(()):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert seen == ["x"]


def test_a_service_that_reaches_inside_is_told_as_such_and_not_tried_again(ports: tuple[int, int]) -> None:
    @notify(on="dubantestinside")  # type: ignore[untyped-decorator]  # Apprise tells no types
    def inside(*_args: object, **_kwargs: object) -> bool:
        socket.create_connection((INSIDE, ports[1]), 1).close()
        return True

    assert inside is not None
    outcome = channels().send("apprise", f"dubantestinside://{OUTSIDE}", message())
    assert (outcome.ok, outcome.permanent, outcome.reason) == (False, True, "the address leads into this machine")
    assert Heard.asked == []


def test_only_what_stands_before_an_address_is_its_tags() -> None:
    """A parameter that holds another address is none: it was cut out, and what stood before it was shown."""
    whole = "discord://4174216298/Pa55word?avatar_url=https://example.com/a.png"
    assert (untagged(whole), masked(whole)) == (whole, "discord://…")
    assert untagged(f"值班={whole}") == whole
    assert masked(f"值班={whole}") == "值班=discord://…"
