"""The handbook speaks of the pages as they are: its words, links, pictures and places are held against them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from states.fields import FIELDS
from states.ranking import RANKING_ACTS
from states.vocabulary import PERSONS_ACTS, Act, Role, name
from tests.support.offices import UNIT
from tests.support.visitors import Arrivals
from web.data_words import CHOICES
from web.handbook import CHAPTERS, FOLDER, OWN, PICTURES, chapter, in_order
from web.handbook_places import PLACES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.offices import Bench

TEXTS: Final = {one: (FOLDER / f"{one}.md").read_text("utf-8") for one in CHAPTERS}
MOST_BYTES: Final = 120 * 1024
MOST_PICTURES: Final = 10
_HEADING: Final = re.compile(r"^## (.*)$", re.MULTILINE)
_ANCHOR: Final = re.compile(r".+ \{#[a-z-]+\}")
_OFFICES_ROLES: Final = frozenset(Role) - {Role.SYSTEM}


@pytest.fixture
def arrivals(sqlite_bench: Bench) -> Iterator[Arrivals]:
    with Arrivals(sqlite_bench) as arrivals:
        yield arrivals


def words_of_the_pages() -> set[str]:
    """Return every word of a template, act, field or choice."""
    shown = {
        words
        for path in Path("web/templates").rglob("*.html")
        for words in re.findall(r'_\([\'"]([^\'"]+)[\'"]', path.read_text("utf-8"))
    }
    shown |= {name(act).zh for act in Act} | {zh for zh, _en in RANKING_ACTS.values()}
    for fields in FIELDS.values():
        for field in fields.values():
            shown |= {field.zh, *(part.zh for part in field.parts)}
    # The groups of acts and the steps of the set-up are named in Python.
    source = "".join(Path(path).read_text("utf-8") for path in ("web/next_step.py", "web/setup.py"))
    return shown | {zh for zh, _en in CHOICES.values()} | set(re.findall(r'Sentence\("([^"]+)"', source))


@pytest.mark.parametrize("one", CHAPTERS)
def test_what_the_handbook_quotes_as_a_word_of_the_pages_stands_on_them(one: str) -> None:
    quoted = set(re.findall("「([^」]+)」", TEXTS[one]))
    assert not sorted(quoted - words_of_the_pages())


@pytest.mark.parametrize("one", CHAPTERS)
def test_every_task_has_a_place_of_its_own_on_the_page(one: str) -> None:
    titles = _HEADING.findall(TEXTS[one])
    assert all(_ANCHOR.fullmatch(title) for title in titles)
    places = [task.place for task in chapter(one).tasks]
    assert len(places) == len(set(places)) == len(titles)
    assert all(f'<h2 id="{place}">' in chapter(one).body for place in places)


@pytest.mark.parametrize("one", CHAPTERS)
def test_every_link_within_the_handbook_leads_somewhere(one: str) -> None:
    for target, place in re.findall(r'href="/help/([a-z]+)(?:#([a-z-]+))?"', chapter(one).body):
        assert target in CHAPTERS
        assert not place or place in {task.place for task in chapter(target).tasks}


def test_every_picture_that_is_named_exists_and_is_small_and_none_is_left_over() -> None:
    named = {found for text in TEXTS.values() for found in re.findall(r"\]\(pictures/([^)]+)\)", text)}
    kept = {path.name: path.stat().st_size for path in PICTURES.glob("*.png")}
    assert named == set(kept)
    assert len(kept) <= MOST_PICTURES
    assert max(kept.values()) <= MOST_BYTES


def test_every_act_of_persons_has_a_task_in_the_handbook() -> None:
    assert set(PLACES) == set(PERSONS_ACTS)
    for address in PLACES.values():
        of, _, place = address.partition("#")
        assert place in {task.place for task in chapter(of).tasks}


def test_every_role_has_a_chapter_that_is_listed_first() -> None:
    assert set(OWN) == _OFFICES_ROLES
    for role in _OFFICES_ROLES:
        assert in_order(role)[1] == OWN[role]
        assert sorted(in_order(role)) == sorted(CHAPTERS)


@pytest.mark.parametrize(("role", "unit"), [(Role.HANDLER, ""), (Role.HEAD, UNIT), (Role.ADMINISTRATOR, "")])
def test_a_reader_finds_the_own_tasks_listed_and_the_pictures_served(role: Role, unit: str, arrivals: Arrivals) -> None:
    reader = arrivals.come("reader", role, unit)
    page = reader.read("/help").text.partition('<nav class="card toc"')[2]
    own = chapter(OWN[role])
    assert all(f'href="/help/{own.name}#{task.place}"' in page for task in own.tasks)
    listed = re.findall(r'href="/help/([a-z]+)"', page)
    assert listed == list(in_order(role)[1:])
    assert reader.read("/static/handbook/desk.png").headers["content-type"] == "image/png"


def test_who_reads_english_is_led_to_the_summary(arrivals: Arrivals) -> None:
    reader = arrivals.come("reader", Role.LEADER)
    assert '<h1 id="chapter">English summary</h1>' in reader.read("/help?lang=en").text
    assert 'href="/help/english#leaders"' in reader.read("/help/leaders?lang=en").text


def test_who_is_not_logged_in_is_led_to_the_login(arrivals: Arrivals) -> None:
    visitor = arrivals.come("reader", Role.LEADER)
    visitor.client.cookies.clear()
    for path in ("/help", "/help/leaders"):
        answer = visitor.client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login")


def test_the_next_step_of_a_case_links_to_its_task(sqlite_bench: Bench, arrivals: Arrivals) -> None:
    case = sqlite_bench.open("01-28")
    page = arrivals.come("director", Role.DIRECTOR).read(f"/cases/{case}?act=transfer").text
    assert 'href="/help/officers#transfer"' in page
