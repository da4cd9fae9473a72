"""Any Apprise address as a channel: its outcome as Apprise tells it, its key never shown, nothing inside."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from accounts import units
from accounts.operators import CONSOLE
from notifications.addresses import masked, shown
from notifications.channels import Channels, Message, Servers, check_address
from states.errors import BadData
from store import organisation
from tests.support.days import UNIT, at, day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.offices import Bench

KEY = "abcdefg_hijklmnop"
TELEGRAM = f"tgram://123456789:{KEY}/lead2gold"


class Taker(BaseHTTPRequestHandler):
    """Takes messages as Apprise's JSON service sends them, or refuses them."""

    taken: ClassVar[list[dict[str, Any]]] = []
    answer: ClassVar[int] = 200

    def do_POST(self) -> None:  # the library's name
        Taker.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(Taker.answer)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def taker(answer: int) -> Iterator[str]:
    Taker.taken, Taker.answer = [], answer
    server = HTTPServer(("127.0.0.1", 0), Taker)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"json://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def message() -> Message:
    return Message(message_id="7.abc", subject="到期提醒", body="请登录系统查看", created_at=at("03-02"))


@pytest.mark.parametrize(("answer", "ok"), [(200, True), (500, False)])
def test_the_outcome_is_what_apprise_tells(answer: int, *, ok: bool) -> None:
    with taker(answer) as address:
        outcome = Channels(Servers(inside=("127.0.0.1",))).send("apprise", address, message())
    assert (outcome.ok, outcome.permanent) == (ok, False)
    assert "127.0.0.1" not in outcome.reason
    assert "#7.abc" in Taker.taken[0]["message"]


def test_an_address_that_leads_into_this_machine_is_not_used(sqlite_bench: Bench) -> None:
    with taker(200) as address:
        outcome = Channels(Servers()).send("apprise", address, message())
        assert (outcome.ok, outcome.permanent, Taker.taken) == (False, True, [])
        with pytest.raises(BadData, match="指向本机"):
            sqlite_bench.office.channels.require_outside("apprise", address)


@pytest.mark.parametrize("address", ["nonsense", "foo://bar", "syslog://", "dbus://", "ntfy://host/ topic", "://"])
def test_what_apprise_does_not_know_is_refused_when_it_is_entered(address: str) -> None:
    with pytest.raises(BadData, match="Apprise"):
        check_address("apprise", address)


@pytest.mark.parametrize("address", ["ntfy://ntfy.example.cn/duty", "bark://key@bark.example.cn", TELEGRAM])
def test_services_that_apprise_knows_are_taken(address: str) -> None:
    check_address("apprise", address)


@pytest.mark.parametrize("address", ["办公室@linxi.example", "ban@临溪.example"])
def test_a_mail_address_that_servers_do_not_deliver_to_is_refused(address: str) -> None:
    with pytest.raises(BadData, match="送不到"):
        check_address("mail", address)


def test_a_key_is_never_shown_and_stays_when_its_line_comes_back(sqlite_bench: Bench) -> None:
    bench, at_ = sqlite_bench, at("03-02")
    bench.open()
    office, today = bench.office, day("03-02")
    with office.database.reading() as session:
        post = organisation.find_post(session, UNIT, "head")

    def ways() -> tuple[tuple[str, str], ...]:
        with office.database.reading() as session:
            return organisation.post_by_id(session, post, today).ways

    units.set_contacts(office.database, CONSOLE, post, [f"apprise:{TELEGRAM}"], office.channels, today, at_)
    line = shown(*ways()[0])
    assert KEY not in line
    assert KEY not in masked(TELEGRAM)
    units.set_contacts(office.database, CONSOLE, post, ["mail:a@b.cn", line], office.channels, today, at_)
    assert ways() == (("mail", "a@b.cn"), ("apprise", TELEGRAM))
