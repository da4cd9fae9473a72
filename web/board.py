"""The board: the cases by state, and the acts that would move each of them."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from cases.case_listing import board
from states.errors import Sentence
from states.vocabulary import OUTCOMES, SPINE, State, name
from store import case_counts
from web.case_rows import rows_shown
from web.dependencies import clean_query, reader_of
from web.page import Here
from web.views import moves_of
from wiring import now

CARDS: Final = 15
"""Of each column; the list has the others."""
_ENDED: Final = Sentence("已有结果", "Ended")

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/board")
def board_page(visit: Here) -> Response:
    """Show the cases in the columns of their states; a card moves by the act that moves the case."""
    today, reader, role = visit.here.today(now()), reader_of(visit.person), visit.person.role
    groups: list[tuple[str, tuple[State, ...], Sentence]] = [(state.value, (state,), name(state)) for state in SPINE]
    groups.append(("outcomes", OUTCOMES, _ENDED))
    columns = []
    found = board(visit.here.database, reader, [states for _, states, _ in groups], today, most=CARDS)
    for (key, states, title), cards in zip(groups, found.columns, strict=True):
        count = case_counts.total(found.counts[state] for state in states)
        columns.append(
            {
                "key": key,
                "title": title.text(visit.lang),
                "count": count,
                "late": case_counts.total(found.late[state] for state in states),
                "late_link": "/cases?" + urlencode({"state": key, "due_before": today.isoformat()}),
                "cards": [card | {"moves": moves_of(role, card["case"].state)} for card in rows_shown(visit, cards)],
                "more": count - len(cards),
            }
        )
    return visit.page("board.html", columns=columns)
