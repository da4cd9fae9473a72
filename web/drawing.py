"""Pictures drawn on the server: plain SVG with a title and a description, and no style but classes.

Every number of a picture stands in a table beside it; what a colour says, a letter or a word says too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape

from states.diagram import edges
from states.rows import NEW
from states.vocabulary import OUTCOMES, SPINE, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from states.errors import Sentence

WIDTH: Final = 720


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is called, how much of it is of each class, and what stands behind it."""

    label: str
    parts: tuple[tuple[str, int], ...]
    note: str = ""


def picture(id_: str, title: str, described: str, height: int, body: str, *, width: int = WIDTH) -> Markup:
    """Return an SVG that a screen reader announces by its title and description. `body` is escaped already."""
    return Markup(  # noqa: S704  # every text in the body went through `escape`
        f'<svg class="pic" role="img" viewBox="0 0 {width} {height}" aria-labelledby="{id_}-t {id_}-d">'
        f'<title id="{id_}-t">{escape(title)}</title>'
        f'<desc id="{id_}-d">{escape(described)}</desc>{body}</svg>'
    )


def text_at(x: float, y: float, words: str, class_: str = "") -> str:
    """Return a text of the picture."""
    return f'<text x="{x:.1f}" y="{y:.1f}"{_class(class_)}>{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, class_: str = "", title: str = "") -> str:  # a rectangle
    """Return a rectangle; the title is what a pointer resting on it shows."""
    told = f"<title>{escape(title)}</title>" if title else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"{_class(class_)}>{told}</rect>'


def _class(name: str) -> str:
    return f' class="{escape(name)}"' if name else ""


def columns(  # what it is called, what it shows, and what the classes of the parts mean
    id_: str, title: str, described: str, lines: Sequence[Bar], legend: Sequence[tuple[str, str]]
) -> Markup:
    """Return columns side by side, each stacked from its parts, with its sum above and its name below."""
    most = max((sum(count for _, count in line.parts) for line in lines), default=0) or 1
    high, top, wide = 180, 42, WIDTH / max(len(lines), 1)
    body: list[str] = []
    for place, (class_, words) in enumerate(legend):
        x = place * WIDTH / len(legend)
        body.extend((box(x, 2, 14, 14, class_), text_at(x + 19, 14, words)))
    for place, line in enumerate(lines):
        x, y = place * wide, float(top + high)
        for class_, count in line.parts:
            tall = high * count / most
            y -= tall
            if count:
                body.append(box(x + wide * 0.15, y, wide * 0.7, max(tall, 1), class_, f"{line.label} {count}"))
        body.append(text_at(x + wide / 2, y - 4, line.note or str(sum(count for _, count in line.parts)), "mid"))
        body.append(text_at(x + wide / 2, top + high + 16, line.label, "mid"))
    return picture(id_, title, described, top + high + 24, "".join(body))


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of a strip: what is written in it, its class, and what it says in full."""

    text: str
    class_: str
    full: str


def strip(id_: str, title: str, described: str, cells: Sequence[Cell], *, a_row: int = 30) -> Markup:
    """Return days side by side, `a_row` of them in a row, each with its letter or number."""
    wide, high = WIDTH / a_row, 30
    body: list[str] = []
    for place, cell in enumerate(cells):
        x, y = place % a_row * wide, place // a_row * (high + 4)
        body.extend(
            (box(x + 0.5, y, wide - 1, high, cell.class_, cell.full), text_at(x + wide / 2, y + 20, cell.text, "mid"))
        )
    return picture(id_, title, described, (max(len(cells) - 1, 0) // a_row + 1) * (high + 4), "".join(body))


_BOX: Final = (116, 36)
_OVER: Final = 112


def _place(state: str) -> tuple[float, float]:
    """Return the middle of the box of a state."""
    if state == NEW:
        return 14, _OVER
    if state in SPINE:
        return 92 + 138 * SPINE.index(State(state)), _OVER
    return 74 + 119 * OUTCOMES.index(State(state)), 240


def lifecycle(  # what stands where, and the words for it
    id_: str, title: str, described: str, names: dict[State, Sentence], lang: str, now: State, moved: tuple[str, str]
) -> Markup:
    """Return the states and the ways between them, with the present state and the way just taken made plain."""
    body = []
    ways = dict.fromkeys((source, dest) for source, _, dest in edges())
    if moved[0] != moved[1]:
        ways[moved] = None
    # The way just taken is drawn last, above the others.
    for way in sorted(ways, key=lambda found: found == moved):
        taken = way == moved
        body.append(f'<path d="{_way(*way)}" class="way{" taken" if taken else ""}"/>')
    for state in State:
        x, y = _place(state)
        wide, high = _BOX if state in SPINE else (110, 34)
        kind = "node now" if state is now else ("node from" if state == moved[0] else "node")
        body.append(box(x - wide / 2, y - high / 2, wide, high, kind))
        mark = "▶ " if state is now else ""
        words = mark + names[state].text(lang)
        body.append(text_at(x, y + 4, words, "mid small" if len(words) > 14 else "mid"))  # noqa: PLR2004  # letters that fit
    body.append(f'<circle cx="14" cy="{_OVER}" r="6" class="dot"/>')
    return picture(id_, title, described, 270, "".join(body), width=770)


def _way(source: str, dest: str) -> str:
    (x1, y1), (x2, y2) = _place(source), _place(dest)
    half = _BOX[1] / 2
    if y1 == y2:
        apart = abs(x2 - x1)
        if source == NEW and dest == State.FOUND:
            return f"M{x1 + 6:.0f} {y1} L{x2 - _BOX[0] / 2:.0f} {y2}"
        if 0 < x2 - x1 <= 140:  # noqa: PLR2004  # neighbours: 138 apart
            return f"M{x1 + _BOX[0] / 2:.0f} {y1} L{x2 - _BOX[0] / 2:.0f} {y2}"
        top = y1 - half if y1 == _OVER else y1 + half
        bend = top - apart * 0.22
        return f"M{x1:.0f} {top:.0f} C{x1:.0f} {bend:.0f} {x2:.0f} {bend:.0f} {x2:.0f} {top:.0f}"
    down = 1 if y2 > y1 else -1
    return f"M{x1:.0f} {y1 + down * half:.0f} L{x2:.0f} {y2 - down * 17:.0f}"
