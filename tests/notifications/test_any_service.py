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
from notifications.channels import Channels, check_address
from notifications.servers import Message, Servers
from states.errors import BadData
from store import recipients, unit_posts
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
        post = unit_posts.find_post(session, UNIT, "head")

    def ways() -> tuple[tuple[str, str], ...]:
        with office.database.reading() as session:
            return unit_posts.post_by_id(session, post, today).ways

    units.set_contacts(office.database, CONSOLE, post, [f"apprise:{TELEGRAM}"], office.channels, today, at_)
    line = shown(*ways()[0])
    assert KEY not in line
    assert KEY not in masked(TELEGRAM)
    units.set_contacts(office.database, CONSOLE, post, ["mail:a@b.cn", line], office.channels, today, at_)
    assert ways() == (("mail", "a@b.cn"), ("apprise", TELEGRAM))


def test_a_group_is_told_at_every_address_that_carries_its_tag(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    database = bench.office.database
    with taker(200) as address:
        reaching = Channels(Servers(inside=("127.0.0.1",)))
        bench.open("03-02")
        with database.transaction() as session:
            handler = unit_posts.find_post(session, bench.settings.office, "handler")
            director = unit_posts.find_post(session, bench.settings.office, "director")
        moment, today = at("03-02"), day("03-02")
        ways = [f"apprise:值班,机关={address}one", f"apprise:值班={address}two", f"apprise:领导={address}three"]
        units.set_contacts(database, CONSOLE, director, ways, reaching, today, moment)
        units.set_contacts(database, CONSOLE, handler, ["apprise:tag:值班"], reaching, today, moment)
        with database.reading() as session:
            ((contact,),) = recipients.contacts_of(session, [handler], today).values()
        outcome = reaching.send(contact.kind, contact.address, message())
        assert (outcome.ok, outcome.reason, len(Taker.taken)) == (True, "", 2)
        assert masked(contact.address) == "tag:值班"
        said = units.send_test(database, CONSOLE, handler, 0, reaching, today, moment)
        assert "其他服务 tag:值班" in said.text()
        assert len(Taker.taken) == 4
        with pytest.raises(BadData, match="没有哪个地址带有标签“没有”"):
            units.set_contacts(database, CONSOLE, handler, ["apprise:tag:没有"], reaching, today, moment)


def test_a_group_of_which_one_was_told_is_not_told_again() -> None:
    with taker(200) as address:
        group = f"tag:值班\n值班={address}one\n值班=json://127.0.0.1:1/"
        outcome = Channels(Servers(inside=("127.0.0.1",), timeout=2)).send("apprise", group, message())
    assert (outcome.ok, outcome.reason) == (True, "1 of 2 services took it")
    nobody = Channels(Servers()).send("apprise", "tag:值班", message())
    assert (nobody.ok, nobody.permanent, nobody.reason) == (False, False, "no address carries the tag")


def test_tags_are_shown_and_keys_are_not() -> None:
    tagged = f"值班,领导={TELEGRAM}"
    assert masked(tagged) == "值班,领导=tgram://…"
    check_address("apprise", tagged)
    for wrong in ("tag:", "tag:值 班", "值 班=ntfy://host/topic", "=ntfy://host/topic"):
        with pytest.raises(BadData):
            check_address("apprise", wrong)


def test_two_addresses_that_are_shown_alike_both_stay(sqlite_bench: Bench) -> None:
    bench, today, moment = sqlite_bench, day("03-02"), at("03-02")
    bench.open("03-02")
    database, channels = bench.office.database, bench.office.channels
    with database.reading() as session:
        post = unit_posts.find_post(session, UNIT, "head")
    typed = ["wecom:abcdefgh1", "wecom:abcdefgh2"]
    for ways in (typed, [shown("wecom", "abcdefgh1")] * 2):
        units.set_contacts(database, CONSOLE, post, ways, channels, today, moment)
        with database.reading() as session:
            assert unit_posts.post_by_id(session, post, today).ways == (
                ("wecom", "abcdefgh1"),
                ("wecom", "abcdefgh2"),
            )
