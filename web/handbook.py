"""The handbook, served by the program itself: the same Markdown that `make docs` builds, so that it works offline."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from markdown_it import MarkdownIt
from markupsafe import Markup

from states.errors import NotFound, Sentence
from states.vocabulary import Role
from web.dependencies import clean_query
from web.page import Here, Visit

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).parent.parent / "docs" / "handbook"
PICTURES: Final = FOLDER / "pictures"
CHAPTERS: Final = ("index", "officers", "heads", "leaders", "auditors", "administrators", "english")
"""In the order in which they are listed; each is a file of the folder."""
_NO_CHAPTER: Final = Sentence("手册里没有这一章。", "There is no such chapter.")
_LINK: Final = re.compile(r"\]\((?P<chapter>[a-z]+)\.md\)")
_HEADING: Final = re.compile(r"^## (?P<title>.+?) \{#(?P<place>[a-z-]+)\}$", re.MULTILINE)
"""A task: its title, and the name under which links reach it, which stays when the title is worded anew."""
_SIGNS: Final = re.compile(r"!\[.*?\]\(.*?\)|[*`#\[\]]|\([a-z]+\.md\)|^\d+\. |^- ", re.MULTILINE)
_PICTURE: Final = re.compile(r'<p><img src="pictures/(?P<file>[a-z]+\.png)" alt="(?P<said>[^"]*)" ?/?></p>')
_FIGURE: Final = (
    r'<figure><img src="/static/handbook/\g<file>" alt="\g<said>" loading="lazy">'
    r"<figcaption>\g<said></figcaption></figure>"
)
OWN: Final[Mapping[Role, str]] = {
    Role.INSPECTOR: "officers",
    Role.HANDLER: "officers",
    Role.DIRECTOR: "officers",
    Role.LEADER: "leaders",
    Role.HEAD: "heads",
    Role.LIAISON: "heads",
    Role.DISCIPLINE: "auditors",
    Role.ARCHIVIST: "auditors",
    Role.AUDITOR: "auditors",
    Role.ADMINISTRATOR: "administrators",
    Role.SECURITY_ADMINISTRATOR: "administrators",
    Role.AUDIT_ADMINISTRATOR: "administrators",
}
"""The chapter that is written for a role; it is listed first."""
AROUND: Final = 24
"""Characters shown on each side of a word that was looked for."""

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a chapter: its place on the page, its title, and its text without signs, for looking through."""

    place: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter as it is shown, with its tasks."""

    name: str
    title: str
    body: Markup
    tasks: tuple[Task, ...]


@lru_cache
def chapter(name: str) -> Chapter:
    """Return a chapter, rendered once. Raw HTML in it would be shown as text.

    Raises:
        NotFound: there is none of this name.
    """
    if name not in CHAPTERS:
        raise NotFound(_NO_CHAPTER)
    source = (FOLDER / f"{name}.md").read_text("utf-8")
    title, _, rest = source.removeprefix("# ").partition("\n")
    linked = _LINK.sub(lambda found: f"](/help/{found['chapter']})", rest)
    titles = _HEADING.findall(rest)
    body = MarkdownIt("commonmark", {"html": False}).render(_HEADING.sub(r"## \g<title>", linked))
    for words, place in titles:
        body = body.replace(f"<h2>{words}</h2>", f'<h2 id="{place}">{words}</h2>', 1)
    body = _PICTURE.sub(_FIGURE, body)
    # The steps of a task are a grid of number and text: what stands in one step is one cell.
    body = re.sub(r"<li>(.*?)</li>", r"<li><span>\1</span></li>", body, flags=re.DOTALL)
    parts = _HEADING.split(rest)[3::3]
    tasks = (
        Task(place, words, _SIGNS.sub("", text).strip()) for (words, place), text in zip(titles, parts, strict=True)
    )
    return Chapter(name, title, Markup(body), tuple(tasks))  # noqa: S704  # our own file, rendered without raw HTML


def found(looked_for: str) -> list[tuple[Chapter, Task, str]]:
    """Return the tasks in whose title or text the words stand, each with the line around the first of them."""
    words = looked_for.casefold().split()
    hits = []
    for name in CHAPTERS:
        for task in chapter(name).tasks:
            text = f"{task.title}\n{task.text}".casefold()
            if words and all(word in text for word in words):
                at = max(0, task.text.casefold().find(words[0]))
                piece = task.text[max(0, at - AROUND) : at + AROUND].replace("\n", " ")
                hits.append((chapter(name), task, piece))
    return hits


@router.get("/help")
def handbook_page(visit: Here) -> Response:
    """Show the beginning of the handbook in the reader's language, or what is found in it."""
    return _page(visit, "english" if visit.lang == "en" and not visit.asked("q") else "index")


@router.get("/help/{name}")
def chapter_page(name: str, visit: Here) -> Response:
    """Show one chapter."""
    return _page(visit, name)


def in_order(role: Role) -> tuple[str, ...]:
    """Return the chapters as this role finds them listed: the beginning, its own, and the others."""
    own = OWN.get(role, "officers")
    return (CHAPTERS[0], own, *(name for name in CHAPTERS[1:] if name != own))


def _page(visit: Visit, name: str) -> Response:
    looked_for = visit.asked("q")
    role = visit.person.role
    return visit.page(
        "help.html",
        chapter=chapter(name),
        chapters=[chapter(one) for one in in_order(role)],
        own=OWN.get(role, ""),
        q=looked_for,
        hits=found(looked_for) if looked_for else [],
    )
