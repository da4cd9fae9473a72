"""One administrator alone, or two where one changes what the other looks at: nobody is let in, moved or shut out."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any, Final

import pytest
import requests
from sqlalchemy.exc import DBAPIError

from accounts import console, decisions, units
from accounts import requests as asked
from accounts.administration import change_account
from accounts.operators import Operator
from notifications.channels import Channels
from notifications.servers import Message, Servers
from states.errors import BadData, Conflict, GuardRefused, NotPermitted, Problem
from states.vocabulary import Role
from store import accounts, organisation, unit_posts
from tests.support.offices import UNIT, Bench, at
from tests.support.refusing_logs import refuse_entries
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.requests import RequestKind
    from states.errors import Sentence

TOP: Final = "临溪市人民政府"
MOMENT: Final = at("03-05")
SYS: Final = Operator("sys", Role.ADMINISTRATOR)
SEC: Final = Operator("sec", Role.SECURITY_ADMINISTRATOR)


class Hall:
    """An office with two administrators who make, two who decide, and somebody whom it concerns."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.database = bench, bench.office.database
        office = bench.settings.office
        for name, role in (
            ("sys", Role.ADMINISTRATOR),
            ("sys2", Role.ADMINISTRATOR),
            ("sec", Role.SECURITY_ADMINISTRATOR),
            ("zhang", Role.HANDLER),
        ):
            console.add(self.database, name, name, role, office, office, MOMENT)

    def change(self, who: Operator, what: str, username: str = "", **form: str) -> Sentence:
        return change_account(self.database, who, what, {"do": what, "username": username, **form}, now())

    def unit(self, who: Operator, what: str, **form: str) -> Sentence:
        return units.change_unit(self.database, who, what, {"do": what, **form}, now())

    def waiting(self, about: str) -> list[tuple[int, RequestKind]]:
        with self.database.reading() as session:
            return [(one.id, one.kind) for one in asked.waiting(session) if one.about == about]

    def decide(self, who: Operator, number: int, do: str = "grant") -> Sentence:
        return decisions.decide(self.database, who, {"do": do, "request": str(number)}, now())

    def granted(self, about: str, who: Operator = SEC) -> Sentence:
        return self.decide(who, self.waiting(about)[0][0])

    def account(self, username: str) -> accounts.Account:
        with self.database.reading() as session:
            return accounts.account(session, username)

    def tree(self) -> dict[str, int | None]:
        with self.database.reading() as session:
            return {unit.name: unit.parent_id for unit in organisation.unit_tree(session)}

    def ids(self) -> dict[str, int]:
        with self.database.reading() as session:
            return {unit.name: unit.id for unit in organisation.unit_tree(session)}

    def state(self) -> Any:
        with self.database.reading() as session:
            people = [(one.person, one.confirmed, one.has_password) for one in accounts.accounts(session)]
            return people, self.tree(), unit_posts.posts_listed(session, MOMENT.date())


@pytest.fixture
def hall(bench: Bench) -> Hall:
    return Hall(bench)


def _refused(hall: Hall, kind: type[Problem], words: str, *call: Any) -> None:
    before = hall.state()
    with pytest.raises(kind, match=words):
        call[0](*call[1:])
    assert hall.state() == before


def test_nothing_that_lets_in_moves_or_shuts_out_happens_by_one_administrator(hall: Hall) -> None:
    hall.bench.open()
    with hall.database.transaction() as session:
        organisation.add_unit(session, TOP, "government", None)
    ids, office = hall.ids(), hall.bench.settings.office
    with hall.database.reading() as session:
        post = unit_posts.find_post(session, UNIT, "head")
    before = hall.state()
    hall.change(SYS, "want_role", "zhang", role="leader")
    hall.change(SYS, "want_unit", "zhang", unit=TOP)
    hall.change(SYS, "want_disable", "zhang")
    hall.change(SEC, "want_disable", "sys2")
    hall.unit(SYS, "want_add_unit", name="临溪市水务局")
    hall.unit(SYS, "want_place_unit", unit=str(ids[UNIT]), parent=str(ids[TOP]))
    units.want_appointment(hall.database, SYS, post, "zhang", MOMENT.date(), now())
    assert hall.state() == before
    numbers = [
        number
        for about in ("zhang", "sys2", "临溪市水务局", UNIT, f"{UNIT} {UNIT}局长")
        for number, _ in hall.waiting(about)
    ]
    assert len(numbers) == 7
    for number in numbers:
        asker = SEC if hall.waiting("sys2")[0][0] == number else SYS
        for who in (asker, Operator("aud", Role.AUDIT_ADMINISTRATOR)):
            _refused(hall, NotPermitted, "须由", hall.decide, who, number)
    hall.change(SYS, "add", "li", name="李四", role="handler", unit=office)
    hall.change(SYS, "give_password", "zhang")
    assert [hall.account(name).confirmed for name in ("li", "zhang")] == [False, False]


def test_adding_a_unit_that_is_there_moves_nothing(hall: Hall) -> None:
    hall.bench.open()
    top = str(hall.ids()[hall.bench.settings.office])
    _refused(hall, BadData, "已存在", lambda: hall.unit(SYS, "want_add_unit", name=UNIT, parent=top))
    hall.unit(SYS, "want_add_unit", name="临溪市教育局", parent=top)
    hall.bench.open(unit="临溪市教育局")  # somebody registers a finding there before the decision
    _refused(hall, Conflict, "已有变动", hall.granted, "临溪市教育局")


def test_a_decision_is_about_what_was_looked_at_and_not_about_what_came_after(hall: Hall) -> None:
    hall.change(SYS, "want_role", "zhang", role="inspector")
    looked_at = hall.waiting("zhang")[0][0]
    hall.change(SYS, "want_role", "zhang", role="leader")
    _refused(hall, Conflict, "已有变动", hall.decide, SEC, looked_at)
    assert hall.account("zhang").person.role is Role.HANDLER
    hall.granted("zhang")
    assert hall.account("zhang").person.role is Role.LEADER
    _refused(hall, Conflict, "已有变动", hall.decide, SEC, looked_at)
    _refused(hall, Conflict, "已有变动", hall.decide, SEC, 999)


def test_a_grant_is_refused_when_what_it_was_asked_over_has_changed(hall: Hall) -> None:
    office, ids = hall.bench.settings.office, hall.ids()
    hall.change(SYS, "want_role", "zhang", role="inspector")
    hall.change(SYS, "want_disable", "zhang")
    role, disabling = (number for number, _ in hall.waiting("zhang"))
    hall.decide(SEC, role)
    _refused(hall, Conflict, "已有变动", hall.decide, SEC, disabling)
    with hall.database.transaction() as session:
        first, second = (organisation.add_unit(session, name, "", None) for name in ("甲局", "乙局"))
        organisation.place_unit(session, first, None)
    hall.unit(SYS, "want_place_unit", unit=str(first), parent=str(second))
    with hall.database.transaction() as session:
        organisation.place_unit(session, first, ids[office])
    _refused(hall, Conflict, "已有变动", hall.granted, "甲局")


def test_whoever_asked_cannot_grant_it_in_another_role(hall: Hall) -> None:
    hall.change(SYS, "want_role", "zhang", role="leader")
    number = hall.waiting("zhang")[0][0]
    with hall.database.transaction() as session:
        accounts.set_role(session, "sys", Role.SECURITY_ADMINISTRATOR)
    _refused(hall, GuardRefused, "第二人", hall.decide, Operator("sys", Role.SECURITY_ADMINISTRATOR), number)
    assert hall.account("zhang").person.role is Role.HANDLER


def test_nobody_is_judge_of_a_request_about_himself(hall: Hall) -> None:
    console.add(hall.database, "sec2", "sec2", Role.SECURITY_ADMINISTRATOR, "", hall.bench.settings.office, now())
    hall.bench.open()
    with hall.database.reading() as session:
        post = unit_posts.find_post(session, UNIT, "head")
    hall.change(SYS, "want_role", "sec", role="director")
    units.want_appointment(hall.database, SYS, post, "sec", MOMENT.date(), now())
    for about in ("sec", f"{UNIT} {UNIT}局长"):
        _refused(hall, NotPermitted, "自己", hall.decide, SEC, hall.waiting(about)[0][0])
        hall.granted(about, Operator("sec2", Role.SECURITY_ADMINISTRATOR))


def forget(hall: Hall, username: str) -> None:
    """Erase a person, as the law demands of those who have left."""
    with hall.database.transaction() as session:
        accounts.forget(session, username, [], [], now())


def test_the_last_holder_of_an_administrators_role_stays_in_it(hall: Hall) -> None:
    for call in (
        lambda: hall.change(SYS, "want_disable", "sec"),
        lambda: hall.change(SYS, "want_role", "sec", role="handler"),
        lambda: hall.change(SYS, "give_password", "sec"),
        lambda: console.disable(hall.database, "sec", now()),
        lambda: forget(hall, "sec"),
    ):
        _refused(hall, BadData, "最后一名", call)
    hall.change(SEC, "want_disable", "sys")
    hall.change(SEC, "want_disable", "sys2")
    hall.granted("sys", Operator("sys2", Role.ADMINISTRATOR))
    _refused(hall, NotPermitted, "自己", hall.decide, Operator("sys2", Role.ADMINISTRATOR), hall.waiting("sys2")[0][0])
    console.confirm(hall.database, "sys2", now())
    _refused(hall, BadData, "最后一名", lambda: hall.change(SEC, "want_disable", "sys2"))


def test_two_decisions_at_the_same_moment_do_not_shut_out_both_of_the_last_two(hall: Hall) -> None:
    hall.change(SEC, "want_disable", "sys")
    hall.change(SEC, "want_disable", "sys2")
    first, second = hall.waiting("sys")[0][0], hall.waiting("sys2")[0][0]
    done: list[str] = []

    def decide(who: str, number: int) -> None:
        try:
            hall.decide(Operator(who, Role.ADMINISTRATOR), number)
            done.append(who)
        except Problem:
            return

    threads = [threading.Thread(target=decide, args=pair) for pair in (("sys2", first), ("sys", second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1
    assert [hall.account(name).person.disabled for name in ("sys", "sys2")].count(True) == 1


def test_every_act_is_in_the_log_or_did_not_happen(hall: Hall) -> None:
    hall.bench.open()
    hall.change(SYS, "want_role", "zhang", role="leader")
    number, top = hall.waiting("zhang")[0][0], str(hall.ids()[hall.bench.settings.office])

    refuse_entries(hall.database)
    fields = {"name": "李", "role": "handler", "unit": hall.bench.settings.office}
    calls: list[Any] = [
        lambda what=what: hall.change(SYS, what, "zhang", unit=UNIT)
        for what in ("give_password", "want_disable", "want_unit")
    ]
    calls += [lambda what=what: hall.change(SEC, what, "zhang") for what in ("unlock", "end_sessions", "drop_factor")]
    calls += [
        lambda: hall.change(SYS, "add", "li", **fields),
        lambda: hall.decide(SEC, number),
        lambda: hall.unit(SYS, "add_post", unit=top, name="科长", role="head"),
        lambda: hall.unit(SYS, "want_add_unit", name="新局"),
        lambda: console.disable(hall.database, "zhang", now()),
        lambda: console.add(hall.database, "li", "", Role.HEAD, "新局", "", now()),
        lambda: console.give_token(hall.database, "zhang", now(), name="", scopes=["read"], days=1),
    ]
    before = hall.state(), hall.waiting("zhang"), hall.waiting("新局")
    for call in calls:
        with pytest.raises((DBAPIError, Problem), match="entry"):
            call()
        assert (hall.state(), hall.waiting("zhang"), hall.waiting("新局")) == before


# --- where messages may go -------------------------------------------------------------------------------------------

INSIDE: Final = (
    "http://127.0.0.1:4286/api",
    "http://localhost:4286/",
    "http://[::1]:80/",
    "http://0.0.0.0/",
    "http://0/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://[::ffff:127.0.0.1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fe80::1]/",
    "http://100.100.100.200/latest/",
    "http://[64:ff9b::7f00:1]/",
    "http://224.0.0.1/",
)


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """Give a port of this machine on which something listens, and what came there."""
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    came.append(connection.recv(65536))

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], came
        stop.set()
        thread.join()


def _message() -> Message:
    return Message(message_id="m1", subject="s", body="b", created_at=MOMENT)


@pytest.mark.parametrize("address", INSIDE)
def test_a_contact_that_leads_into_this_machine_is_neither_kept_nor_written_to(
    sqlite_bench: Bench, address: str
) -> None:
    bench = sqlite_bench
    bench.open()
    with bench.office.database.reading() as session:
        post = unit_posts.find_post(session, UNIT, "head")
    channels, today = bench.office.channels, MOMENT.date()
    with pytest.raises(BadData, match="DUBAN_INSIDE_HOSTS"):
        units.set_contacts(bench.office.database, SYS, post, [f"webhook:{address}"], channels, today, now())
    with pytest.raises(BadData, match="DUBAN_INSIDE_HOSTS"):
        console.set_contacts(bench.office.database, UNIT, "head", [f"webhook:{address}"], channels, today, now())
    bench.reach(UNIT, "head", ("webhook", address))  # from before, or from elsewhere
    with pytest.raises(BadData, match="地址指向本机"):
        units.send_test(bench.office.database, SYS, post, 0, channels, today, now())


def test_a_name_that_turns_to_this_machine_after_it_was_looked_up_is_not_written_to(
    listener: tuple[int, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, came = listener
    asked_for = iter([True, False, False, False])
    real = socket.getaddrinfo

    def rebinding(host: str, port_: int, *args: Any, **more: Any) -> Any:
        if host != "hook.example":
            return real(host, port_, *args, **more)
        return real("192.0.2.7" if next(asked_for) else "127.0.0.1", port_, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    channels = Channels(Servers(timeout=2))
    address = f"http://hook.example:{port}/x"
    channels.require_outside("webhook", address)  # when it was saved, it led elsewhere
    outcome = channels.send("webhook", address, _message())
    assert (outcome.ok, outcome.permanent, outcome.reason) == (False, True, "the address leads into this machine")
    assert came == []


def test_an_answer_that_sends_on_into_this_machine_is_not_followed(listener: tuple[int, list[bytes]]) -> None:
    port, came = listener
    from notifications import outside  # noqa: PLC0415  # the transport itself, as a redirection would use it

    with outside.session(()) as client, pytest.raises(outside.LeadsInside):
        client.post(f"http://127.0.0.1:{port}/", data=b"x", timeout=2)
    with outside.session(()) as client, pytest.raises((outside.LeadsInside, requests.RequestException)):
        client.post(f"https://localhost:{port}/", data=b"x", timeout=2)
    assert came == []


def test_what_the_settings_list_is_reached(listener: tuple[int, list[bytes]]) -> None:
    port, came = listener
    for inside in (("127.0.0.1",), ("127.0.0.0/8",), ("localhost",)):
        host = "localhost" if inside == ("localhost",) else "127.0.0.1"
        Channels(Servers(timeout=2, inside=inside)).send("webhook", f"http://{host}:{port}/hook", _message())
    assert [piece.startswith(b"POST /hook") for piece in came] == [True] * 3
