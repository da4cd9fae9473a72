from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from notifications.channels import Channels, check_address
from notifications.delivery import backoff
from notifications.servers import Message, Servers
from states.errors import BadData
from states.vocabulary import Act
from store import outbox
from tests.support.mailboxes import mail_server
from tests.support.offices import UNIT, Bench, at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FINDING = "秘而不宣的问题内容"


@contextmanager
def web_server(
    status: int = 200, answer: bytes = b"{}"
) -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    taken: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        seen: ClassVar = taken

        def do_POST(self) -> None:  # the library's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.path, dict(self.headers), body))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def message(key: str = "k1") -> Message:
    return Message(message_id=key, subject="【督办】1号", body="请登录系统查看", created_at=at("02-06"))


def test_a_head_hears_once_by_mail_and_never_what_was_found(database_url: str, tmp_path: Path) -> None:
    with mail_server() as mails, Bench(database_url, tmp_path, smtp_host="127.0.0.1", smtp_port=mails.port) as bench:
        case = bench.ordered(finding=FINDING)
        bench.reach(UNIT, "head", ("mail", "head@example.invalid"))
        assert bench.office.rounds.deliver(at("02-06", 11)).sent == 1
        assert bench.office.rounds.deliver(at("02-06", 12)).sent == 0
        assert mails.recipients() == {"head@example.invalid"}
        (text,) = mails.texts()
        assert bench.case(case).number in text
        assert "2026年3月5日（周四）" in text
        assert FINDING not in text
        assert [told.state for told in bench.told(case) if "局长" in told.post] == ["sent"]


def test_nothing_leaves_outside_the_window_and_what_is_held_leaves_in_it(database_url: str, tmp_path: Path) -> None:
    with mail_server() as mails, Bench(database_url, tmp_path, smtp_host="127.0.0.1", smtp_port=mails.port) as bench:
        bench.ordered("02-13", found="02-12")
        bench.reach(UNIT, "head", ("mail", "head@example.invalid"))
        for moment in (at("02-13", 18), at("02-13", 8, 59), at("02-15", 10), at("02-20", 10)):
            tally = bench.office.rounds.deliver(moment)
            assert (tally.sent, tally.held > 0 or moment < at("02-13", 10)) == (0, True)
        assert bench.office.rounds.deliver(at("02-14", 9)).sent == 1  # a make-up Saturday is a working day
        assert len(mails.arrived) == 1


def test_what_falls_due_together_is_one_digest_except_what_is_urgent(database_url: str, tmp_path: Path) -> None:
    with mail_server() as mails, Bench(database_url, tmp_path, smtp_host="127.0.0.1", smtp_port=mails.port) as bench:
        for _ in range(3):
            bench.ordered()
        bench.reach(UNIT, "head", ("mail", "head@example.invalid"))
        bench.office.rounds.deliver(at("02-06", 11))
        assert [text.splitlines()[0] for text in mails.texts()] == ["【督办】督办事项3件"]
        bench.pass_days("02-07", "03-05")
        bench.office.rounds.deliver(at("03-05", 10))
        urgent = [text for text in mails.texts() if "今日届满" in text.splitlines()[0]]
        assert len(urgent) == 3


def test_a_refused_mail_is_tried_again_later_under_the_same_id_and_changes_no_case(
    database_url: str, tmp_path: Path
) -> None:
    with mail_server() as mails, Bench(database_url, tmp_path, smtp_host="127.0.0.1", smtp_port=mails.port) as bench:
        case = bench.ordered()
        before = bench.case(case)
        bench.reach(UNIT, "head", ("mail", "head@example.invalid"))
        mails.refuses = "451 try later"
        assert bench.office.rounds.deliver(at("02-06", 11)).failed == 1
        mails.refuses = ""
        assert bench.office.rounds.deliver(at("02-06", 11)).sent == 0
        assert bench.office.rounds.deliver(at("02-06", 11, 2)).sent == 1
        assert mails.repeats() == 0
        assert bench.case(case) == before


def test_the_second_channel_is_tried_when_the_first_fails(database_url: str, tmp_path: Path) -> None:
    with web_server() as (address, taken), Bench(database_url, tmp_path, inside_hosts="127.0.0.1") as bench:
        bench.ordered()
        bench.reach(UNIT, "head", ("mail", "head@example.invalid"), ("webhook", f"{address}/hook"))
        assert bench.office.rounds.deliver(at("02-06", 11)).sent == 1
        path, headers, body = taken[0]
        assert path == "/hook"
        assert headers["Idempotency-Key"] == json.loads(body)["id"]


def test_what_cannot_be_delivered_at_all_becomes_a_task_of_the_office(database_url: str, tmp_path: Path) -> None:
    with mail_server() as mails, Bench(database_url, tmp_path, smtp_host="127.0.0.1", smtp_port=mails.port) as bench:
        case = bench.ordered()
        bench.reach(UNIT, "head", ("mail", "gone@example.invalid"))
        mails.refuses = "550 5.1.1 no such mailbox"
        bench.office.rounds.deliver(at("02-06", 11))
        assert {told.notice for told in bench.told(case)} >= {"delivery_failed"}
        with bench.office.database.reading() as session:
            assert outbox.summary(session)["failed"] == 1


def test_a_private_gateway_is_believed_only_when_it_says_so_itself() -> None:
    with web_server(answer=b'{"errcode": 0}') as (base, taken):
        assert Channels(Servers(im_gateway=base)).send("im", "robotkey1", message()).ok
        assert "robotkey1" in taken[0][0]
    with web_server(answer=b'{"errcode": 93000}') as (base, _taken):
        outcome = Channels(Servers(im_gateway=base)).send("im", "robotkey1", message())
        assert not outcome.ok
        assert "93000" in outcome.reason


def test_a_dead_server_is_a_reason_and_not_an_exception() -> None:
    outcome = Channels(Servers(smtp_host="127.0.0.1", smtp_port=1)).send("mail", "a@example.invalid", message())
    assert (outcome.ok, outcome.permanent) == (False, False)
    assert "example.invalid" not in outcome.reason


@pytest.mark.parametrize(("kind", "address"), [("mail", "x"), ("webhook", "ftp://x"), ("wecom", "k"), ("pigeon", "x")])
def test_an_address_that_cannot_be_right_is_refused_at_entry(kind: str, address: str) -> None:
    with pytest.raises(BadData, match=r"不可用：应为|渠道类型应为"):
        check_address(kind, address)


def test_waiting_grows_to_an_hour_and_no_further() -> None:
    assert [int(backoff(n).total_seconds() // 60) for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_every_act_of_the_unit_is_told_to_somebody(bench: Bench) -> None:
    case = bench.ordered()
    bench.act(case, Act.SUBMIT_REPORT, "02-20")
    assert "report_received" in {told.notice for told in bench.told(case)}
