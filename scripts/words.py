"""The words of the pages: `make words` reads them from the templates and says what the English catalogue lacks.

The source of every message is Chinese as it stands in a template; `locale/en/LC_MESSAGES/duban.po` has the English.
What is new is added there with an empty translation, and what no template says any more is taken out. The command
fails while anything is missing or has other blanks in braces than its source. `--check` writes nothing.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).parent.parent
TEMPLATES: Final = ROOT / "web" / "templates"
CATALOGUE: Final = ROOT / "locale" / "en" / "LC_MESSAGES" / "duban.po"
_BLANKS: Final = re.compile(r"\{\w*\}")


def spoken() -> dict[str, list[tuple[str, int]]]:
    """Return every message of the templates, with where it stands."""
    found: dict[str, list[tuple[str, int]]] = {}
    method = [("**.html", "jinja2")]
    for place, line, message, _comments, _context in extract_from_dir(TEMPLATES, method, keywords={"_": None}):
        if isinstance(message, str) and message:
            found.setdefault(message, []).append((f"web/templates/{place}", line))
    return found


def merged(known: Catalog, messages: dict[str, list[tuple[str, int]]]) -> Catalog:
    """Return the catalogue with exactly these messages, each with the translation that is known."""
    new = Catalog(locale="en", project="Duban", charset="utf-8", fuzzy=False)
    for message in sorted(messages):
        before = known.get(message)
        new.add(message, before.string if isinstance(before, Message) else "")
    return new


def shortfalls(catalogue: Catalog) -> list[str]:
    """Return what is wrong with the catalogue: what is not translated, and translations with other blanks."""
    wrong = []
    for message in catalogue:
        if not message.id:
            continue
        source, translation = str(message.id), str(message.string or "")
        if not translation:
            wrong.append(f"not translated: {source}")
        elif sorted(_BLANKS.findall(source)) != sorted(_BLANKS.findall(translation)):
            wrong.append(f"other blanks: {source} → {translation}")
    return wrong


def main() -> int:
    """Write the catalogue, unless only a check is asked for; return 1 while something is missing."""
    check = "--check" in sys.argv[1:]
    with CATALOGUE.open("rb") as file:
        known = read_po(file, "en")
    messages = spoken()
    new = merged(known, messages)
    wrong = shortfalls(new)
    if check:
        held = {str(message.id) for message in known if message.id}
        wrong += [f"no template says it any more: {words}" for words in sorted(held - messages.keys())]
    else:
        with CATALOGUE.open("wb") as file:
            write_po(file, new, width=110, omit_header=False, sort_output=True)
    print(f"{len(messages)} messages, {len(wrong)} to put right", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
