"""The documents: what they name is there, what cites them finds it, and the site asks nobody else for anything."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from lxml import html

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
ROOMS = (
    *(
        "accounts",
        "audit",
        "cases",
        "cli",
        "config",
        "documents",
        "files",
        "flows",
        "notifications",
        "operations",
        "programme",
        "states",
        "store",
    ),
    *("web", "wiring"),
)
COMING: set[str] = set()
"""Decisions that are cited already, and whose page comes with the next merge."""
FETCHING = ("link", "script", "img", "iframe", "source", "form", "video", "audio", "object", "embed")
CITING = [
    path
    for room in (*ROOMS, "tests", "scripts", "benchmarks")
    for kind in ("*.py", "*.toml", "*.yaml")
    for path in (ROOT / room).rglob(kind)
]


def _text(path: Path) -> str:
    return path.read_text("utf-8")


def test_every_word_of_the_glossary_is_a_name_in_the_code() -> None:
    code = "\n".join(_text(path) for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    files = {path.stem for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    known = set(re.findall(r"\w+", code)) | files
    words = re.findall(r"^\| `(\w+)` \|", _text(DOCS / "glossary.md"), flags=re.MULTILINE)
    assert len(words) > 80
    assert [word for word in words if word not in known] == []


def test_no_word_of_the_glossary_is_explained_twice() -> None:
    words = re.findall(r"^\| `(\w+)` \|", _text(DOCS / "glossary.md"), flags=re.MULTILINE)
    assert sorted(words) == sorted(set(words))


def test_every_cited_section_of_the_law_is_there() -> None:
    there = set(re.findall(r"^#{2,3} (\d(?:\.\d)?)\b", _text(DOCS / "domain.md"), flags=re.MULTILINE))
    there |= {f"0.{point}" for point in re.findall(r"^(\d+)\. \*\*", _text(DOCS / "domain.md"), flags=re.MULTILINE)}
    cited = {
        (path.name, section.rstrip("."))
        for path in [*CITING, *DOCS.rglob("*.md")]
        for section in re.findall(r"docs/domain\.md §([\d.]+)", _text(path))
    }
    assert len(cited) > 10
    assert [place for place in sorted(cited) if place[1] not in there] == []


def test_every_cited_row_of_the_lifecycle_is_there() -> None:
    rows = set(re.findall(r"^\| (\d+) \| .* \| .* \| .* \|$", _text(DOCS / "domain.md"), flags=re.MULTILINE))
    cited = {row for path in CITING for row in re.findall(r"§4\.2,? rows? (\d+)", _text(path))}
    assert cited
    assert cited <= rows


def test_every_cited_decision_is_there() -> None:
    there = {path.name[:4] for path in (DOCS / "adr").glob("[0-9]*.md")} | COMING
    cited = {(path.name, number) for path in CITING for number in re.findall(r"ADR (\d{4})", _text(path))}
    assert len(cited) > 10
    assert [place for place in sorted(cited) if place[1] not in there] == []


def test_every_test_that_the_timer_scenarios_name_is_there() -> None:
    page = _text(DOCS / "timer-scenarios.md")
    files = dict(re.findall(r"([A-Z]) = `(tests/\S+\.py)`", page))
    named = re.findall(r"\b([A-Z]) ((?:[a-z0-9]+_){3,}[a-z0-9]+)", page)
    assert len(named) > 12
    assert [name for letter, name in named if f"def test_{name}" not in _text(ROOT / files[letter])] == []


def test_nothing_cites_what_is_outside_the_repository() -> None:
    outside = re.compile(r"\b(?:DOMAIN|STORYLINES|DESIGN|CONTRACT|PLATFORM|TIMER-SCENARIOS)\b(?:\.md| §)|\.\./shared")
    own = Path(__file__).name
    found = [path.name for path in [*CITING, *DOCS.rglob("*.md")] if outside.search(_text(path)) and path.name != own]
    assert found == []


@pytest.mark.parametrize("path", sorted((DOCS / "adr").glob("[0-9]*.md")), ids=lambda path: path.name[:4])
def test_every_decision_states_its_status_and_date_and_is_in_the_list(path: Path) -> None:
    title, blank, status, *_rest = _text(path).splitlines()
    said = re.fullmatch(r"Status: (accepted|replaced|proposed)\b(.*) · Date: (\d{4}-\d{2}-\d{2})", status)
    assert (title[:7], blank) == (f"# {path.name[:4]} ", "")
    assert said is not None
    listed = f"| [{title[2:]}]({path.name}) | {said[1]}{said[2]} | {said[3]} |"
    assert listed in _text(DOCS / "adr/index.md")


def test_the_site_is_built_strictly_and_asks_no_other_host_for_anything() -> None:
    subprocess.run(["make", "-C", ROOT, "docs"], check=True, capture_output=True)
    pages = sorted((ROOT / "artifacts/docs").rglob("*.html"))
    assert {page.stem for page in pages} >= {path.stem for path in DOCS.rglob("*.md")}
    for page in pages:
        tree = html.fromstring(page.read_bytes())
        fetched = [tag.get(key, "") for tag in tree.iter(*FETCHING) for key in ("src", "href", "action", "srcset")]
        assert [address for address in fetched if re.match(r"(?:[a-z]+:)?//", address)] == []
        rules = [tag.get("content", "") for tag in tree.iter("meta") if tag.get("http-equiv")]
        assert [rule.partition(";")[0] for rule in rules] == ["default-src 'self'"]
    styles = [_text(path) for path in (ROOT / "artifacts/docs").rglob("*.css")]
    assert styles
    assert not [style for style in styles if re.search(r"url\(['\"]?(?:https?:)?//|@import\s+['\"]?https?:", style)]
