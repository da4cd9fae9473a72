"""What stands in the forms of a page, for tests that send them.."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httpx2 import Response


class _Fields(HTMLParser):
    """Reads what the fields of the open form hold, as a browser would send them."""

    def __init__(self, action: str, act: str = "") -> None:
        super().__init__()
        self.action, self.act = action, act
        self.forms: list[list[tuple[str, str]]] = []
        self._form: list[tuple[str, str]] | None = None
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "form":
            self._form = [] if given.get("action") == self.action else None
            if self._form is not None:
                self.forms.append(self._form)
        elif self._form is None or (tag != "textarea" and tag not in ("input", "select")):
            return
        elif tag == "textarea":
            self._area = given["name"]
            self._form.append((self._area, ""))
        elif tag == "input" and given.get("type") not in ("file", "checkbox"):
            self._form.append((given["name"], given.get("value", "")))
        elif tag == "input" and given.get("type") == "checkbox" and "checked" in given:
            self._form.append((given["name"], given["value"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form[-1] = (self._area, data)


def fields(page: Response, action: str, **having: str) -> dict[str, str | list[str]]:
    """Return what the first form with this address holds, of those that have these values."""
    reader = _Fields(action)
    reader.feed(page.text)
    for form in reader.forms:
        held: dict[str, str | list[str]] = {}
        for key, value in form:
            before = held.get(key)
            held[key] = value if before is None else [*([before] if isinstance(before, str) else before), value]
        if all(held.get(key) == value for key, value in having.items()):
            return held
    raise AssertionError(f"no form for {action} with {having}")


def alert(page: Response) -> str:
    found = re.search(r'role="alert">([^<]*)<', page.text)
    return unescape(found[1]) if found else ""


class _Filled(_Fields):
    """Reads the fields as a browser sends them: choices with what is chosen, radio buttons where one is."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self._choice = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "input" and given.get("type") == "radio" and "checked" not in given:
            return
        super().handle_starttag(tag, attrs)
        if self._form is None:
            return
        if tag == "select":
            self._choice = given["name"]
        elif tag == "option" and self._choice:
            if not self._form or self._form[-1][0] != self._choice:
                self._form.append((self._choice, given.get("value", "")))
            elif "selected" in given:
                self._form[-1] = (self._choice, given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        super().handle_endtag(tag)
        if tag == "select":
            self._choice = ""


def filled(page: Response, action: str, field: str) -> dict[str, str]:
    """Return what the first form with this address and a field of this name would send as it stands."""
    reader = _Filled(action)
    reader.feed(page.text)
    return next(dict(form) for form in reader.forms if field in dict(form))
