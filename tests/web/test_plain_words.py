"""No page speaks in keys, hashes, paths or the clock of Greenwich: a walk over all pages of a filled office."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

import pytest
from starlette.testclient import TestClient

from states.vocabulary import PERSONS_ACTS
from tests.support.applications import over
from tests.support.offices import Bench
from tests.support.runs import FULL
from tests.support.sample_year import NEW, employ, live_through_the_year, paths_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.databases import Databases

RAW: Final = re.compile(r"[a-z]+_[a-z]+|\bart\d|/tmp/|/var/|\b[0-9a-f]{64}\b|UTC|\bNone\b|\bwd\b|T-\d")
ADDRESSES: Final = re.compile(r"\S+@\S+")
CASES: Final = (2, 19, 21)
"""Cases of the sample office in three states."""
LANGUAGES: Final = ("zh-CN", "en")
TYPED: Final = frozenset({"duban user add", "audit_admin"})
"""What stands on pages as it is to be typed, or as people called their accounts."""
PROVED: Final = ("/audit",)
"""Where hashes are what the page is about."""


class _Text(HTMLParser):
    """Reads what a person reads: text, and the attributes that are read out or shown."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("style", "script")
        given = dict(attrs)
        self.words += [given[key] or "" for key in ("aria-label", "title", "placeholder", "data-label") if key in given]
        if tag == "input" and given.get("type") in ("text", "search", "number", None):
            self.words.append(given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def read(html: str) -> list[str]:
    reader = _Text()
    reader.feed(html)
    return [unescape(word).strip() for word in reader.words if word.strip()]


@pytest.fixture(scope="module")
def filled(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Give the sample office, once for all languages."""
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path_factory.mktemp("words")) as bench:
        employ(bench)
        live_through_the_year(bench)
        yield bench
    databases.drop(url)


def test_the_walk_would_find_a_raw_word() -> None:
    for raw in ("ordered_to_rectify", "art6-4b", "/var/lib/x", "a" * 64, "10:00 UTC", "15wd"[2:]):
        assert RAW.search(raw), raw
    for plain in ("责令整改", "第六条第四项", "38 kB", "read-only", "16号"):
        assert not RAW.search(plain), plain


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_refusal_shows_a_key_or_json(filled: Bench, lang: str) -> None:
    """Every act, as everybody of the office and the unit, on cases in several states, with a form that has nothing.

    The bounded run gives each act of each person one of the cases in one of the languages, in turn; together they meet
    all of them in both.
    """
    wrong: list[str] = []
    refused = 0
    known_lines: set[str] = set()
    today = filled.office.today().isoformat()
    share = 1 if FULL else len(LANGUAGES) * len(CASES)
    for turn, who in enumerate(name for name in paths_of() if name):
        client = TestClient(over(filled.office), headers={"accept": "text/html", "accept-language": lang})
        client.post("/login", data={"username": who, "password": NEW})
        csrf = re.search(r'name="csrf" value="([^"]*)"', client.get("/password").text)
        assert csrf is not None
        for place, case in enumerate(CASES):
            mine = (turn + len(LANGUAGES) * place + LANGUAGES.index(lang)) % share
            for act in PERSONS_ACTS[mine::share]:
                form = {"csrf": csrf[1], "act": act.value, "on": today, "d.note": ""}
                answer = client.post(f"/cases/{case}/acts", data=form, follow_redirects=False)
                if answer.status_code < 400:
                    continue
                refused += 1
                # What stands on the pages of all refusals alike is read once.
                new = [line for line in answer.text.splitlines() if line not in known_lines]
                known_lines.update(new)
                for word in read("\n".join(new)):
                    found = RAW.search(ADDRESSES.sub("", word)) or re.search(r'\{\s*"', word)
                    if found and not any(known in word for known in TYPED):
                        wrong.append(f"{lang} {act}: {found[0]!r} in {word[:120]!r}")
    assert refused > (600 if FULL else 100)
    assert not wrong, "\n".join(dict.fromkeys(wrong))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_page_shows_a_key_a_hash_or_a_path(filled: Bench, lang: str) -> None:
    wrong: list[str] = []
    seen = 0
    for who, paths in paths_of().items():
        client = TestClient(over(filled.office), headers={"accept": "text/html", "accept-language": lang})
        if who:
            client.post("/login", data={"username": who, "password": NEW})
        for path in paths:
            answer = client.get(path)
            assert answer.status_code in (200, 403, 404), (path, answer.status_code)
            seen += 1
            for word in read(answer.text):
                found = RAW.search(ADDRESSES.sub("", word))
                allowed = path.startswith(PROVED) and found and len(found[0]) == 64
                if found and not allowed and not any(known in word for known in TYPED):
                    wrong.append(f"{lang} {who} {path}: {found[0]!r} in {word[:90]!r}")
    assert seen > 40
    assert not wrong, "\n".join(dict.fromkeys(wrong))
