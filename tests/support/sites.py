"""A site for tests in a browser: an office whose pages are served on a port of this machine."""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from accounts import login
from config.policy import find_policy, read_policy
from programme.on_site import Given
from states.clue import ClueSource
from states.inspection import Answer
from states.recount import How
from states.vocabulary import Act, Role
from store import accounts, organisation, unit_posts
from tests.support.applications import over
from tests.support.inspections import COUNTY, approved, list_of, units
from tests.support.offices import UNIT, Bench, at, day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from wiring import Office

CHROMIUM: Final = shutil.which("chromium") or shutil.which("google-chrome")
NEW: Final = "Duban-2026!"
PEOPLE: Final = {
    "officer": (Role.HANDLER, ""),
    "colleague": (Role.HANDLER, ""),
    "director": (Role.DIRECTOR, ""),
    "leader": (Role.LEADER, ""),
    "head": (Role.HEAD, UNIT),
    "magistrate": (Role.HEAD, "青禾县人民政府"),
    "auditor": (Role.AUDITOR, ""),
    "admin": (Role.ADMINISTRATOR, ""),
}


class Site:
    """An office whose pages are served on a port of this machine, with people who have chosen their passwords."""

    def __init__(self, bench: Bench, address: str, browser: Browser) -> None:
        self.bench, self.address, self.browser = bench, address, browser
        self.case = 0

    def page(self, who: str, *, width: int = 1440, lang: str = "zh-CN", scripts: bool = False) -> Page:
        """Return a page on which this person is logged in."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts, base_url=self.address, locale=lang
        )
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(f"/login?lang={lang}")
        page.fill("#username", who)
        page.fill("#password", NEW)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        return page


@contextmanager
def served(office: Office) -> Iterator[str]:
    config = uvicorn.Config(over(office), host="127.0.0.1", port=0, log_level="error", lifespan="on")
    server = uvicorn.Server(config)
    started = threading.Event()
    startup = server.startup

    async def ready(sockets: Any = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = ready  # type: ignore[method-assign]  # says when it listens, so that nobody waits for too long
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(30)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


def staffed(bench: Bench) -> None:
    """Let people be there who have chosen their passwords."""
    with bench.office.database.transaction() as session:
        unit_posts.ensure_office(session, bench.settings.office)
        for username, (role, unit) in PEOPLE.items():
            row = organisation.ensure_unit(session, unit or bench.settings.office)
            accounts.add_person(session, username, username, role, row.id)
    for username in PEOPLE:
        one_time = bench.give_password(username)
        login.change_password(bench.office.database, username, one_time, NEW, at("01-02"))


def lived(bench: Bench) -> int:
    """Let some cases come to different states; return one that was missed."""
    first = bench.ordered()
    bench.act(first, Act.SUBMIT_PLAN, "02-13")
    late = bench.ordered("03-19", found="03-11")
    bench.pass_days("05-06", "05-13")
    bench.open("03-20", unit="云台县交通运输局", confidentiality="work_secret")
    closed = bench.ordered("02-06", unit="白石区教育局")
    bench.act(closed, Act.SUBMIT_REPORT, "03-04")
    bench.act(closed, Act.VERIFY_PASS, "03-11", verifiers=["甲", "乙"])
    bench.act(closed, Act.APPROVE_CLOSURE, "03-13")
    units(bench)
    inspection = approved(bench, until_on=day("04-30"))
    answers = [Given(1, Answer.NO, "没有签收回执")]
    how = (day("04-02"), bench.actor(Role.INSPECTOR), at("04-02"))
    bench.office.on_site.answer(list_of(inspection, COUNTY), answers, *how)
    officer, today = bench.actor(Role.HANDLER, "officer"), bench.office.today()
    made = bench.office.documents.draft(late, "help", {}, officer, today, at("05-13"))
    bench.office.documents.draft(first, "order", {"help_contact": "督查科科长"}, officer, today, at("05-13"))
    bench.office.documents.submit(made.kept.id, officer, today, at("05-13"))
    bench.office.clues.raise_clue(ClueSource.TIP_OFF, UNIT, "群众反映窗口不受理", day("05-13"), officer, at("05-13"))
    bench.office.obligations.generate(2026, officer, at("05-13"), unit=COUNTY)
    director = bench.actor(Role.DIRECTOR)
    bench.office.rankings.compute(2026, day("05-12"), director, at("05-13"))
    bench.office.rankings.announce(2026, day("05-13"), director, at("05-13"))
    bench.office.commendations.propose(UNIT, "", "整改举一反三，制度健全", day("05-13"), director, at("05-13"))
    decree = find_policy("decree-733")
    bench.office.policy_change.propose(
        read_policy(decree), decree.read_text("utf-8"), How.RECOMPUTE, "director", at("05-13")
    )
    bench.office.signing.checkpoint(at("05-13"))
    return late
