"""The administration's pages of policies and calendars."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from accounts import units
from accounts.operators import SYSTEM
from config.policy import FOLDER, parse_policy, read_policy
from states.errors import BadData, Sentence
from states.policy import Policy
from states.vocabulary import DEADLINES, RUNGS
from web.administration import answered, operator_of
from web.dependencies import clean_query
from web.page import Here, Visit, open_to
from web.rule_words import LIMITS, differing_in_words
from wiring import now, office

Move = tuple[str, date, date, int]
"""A kind of deadline, its day before and after, and in how many cases."""
LARGEST_FILE: Final = 1 << 20
ONE_FILE: Final = Sentence("请选择一个不超过1 MiB的文件。", "Choose one file of at most 1 MiB.")
SOUND: Final = Sentence("政策“{title}”没有问题，没有保存。", "The policy “{title}” is sound; it was not kept.")
NOT_TEXT: Final = Sentence("文件不是 UTF-8 文本。", "The file is not UTF-8 text.")
IMPORTED: Final = Sentence(
    "已导入。核对{looked_at}案，调整{changed}案、{moved}个期限。",
    "Imported. Looked at {looked_at} cases, changed {changed}, moved {moved} deadlines.",
)
PREVIEWED: Final = Sentence("预览：将调整{n}案，尚未写入。", "Preview: {n} case(s) would change; nothing is written.")

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/admin/policies", dependencies=[open_to(SYSTEM)])
def policies_page(visit: Here) -> Response:
    """Show the policies that the installation knows, one's ladder, or in what two of them differ."""
    return _policies(visit)


def _known() -> dict[str, Policy]:
    return {path.stem: read_policy(path) for path in sorted(FOLDER.glob("*.toml"))}


def _policies(visit: Visit, *, status: int = 200, said: str = "", wrong: str = "") -> Response:
    known = {**_known(), visit.here.settings.policy: visit.here.rulebook.policy}
    a, b = visit.asked("a"), visit.asked("b")
    return visit.page(
        "admin_policies.html",
        status=status,
        said=said,
        wrong=wrong,
        known=known,
        in_force=visit.here.rulebook.policy.hash,
        shown=known.get(visit.asked("show")),
        rungs=RUNGS,
        deadlines=DEADLINES,
        limit_names=LIMITS,
        a=a,
        b=b,
        differing=differing_in_words(known[a], known[b], visit.lang) if a in known and b in known else None,
    )


def _file(visit: Visit) -> tuple[str, bytes]:
    found = visit.sent.files.get("file", [])
    if len(found) != 1 or len(found[0][1]) > LARGEST_FILE:
        raise BadData(ONE_FILE)
    name = re.sub(r"[^\w.-]", "_", Path(found[0][0]).name)[-80:]
    return name.lstrip(".") or "file", found[0][1]


@router.post("/admin/policies")
def check_policy(visit: Here) -> Response:
    """Say whether a policy file is sound; nothing is kept of it."""
    return answered(visit, SYSTEM, _checked, _policies)


def _checked(visit: Visit) -> Sentence:
    name, content = _file(visit)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadData(NOT_TEXT) from error
    policy = parse_policy(text, Path(name))
    return SOUND.fill(title=Sentence(policy.title_zh, policy.title_en))


@router.get("/admin/calendar", dependencies=[open_to(SYSTEM)])
def calendar_page(visit: Here) -> Response:
    """Show until when the days are known, and which days of a year differ from their weekday."""
    return _calendar(visit)


def _calendar(  # what a page shows
    visit: Visit, *, status: int = 200, said: str = "", wrong: str = "", moves: list[Move] | None = None
) -> Response:
    calendar, at = visit.here.rulebook.calendar, now()
    year = visit.number("year") or visit.here.today(at).year
    tally = visit.here.rounds.calendar_reach(at)
    days = [
        (day, rule.works, calendar.label(day, visit.lang))
        for day, rule in sorted(calendar.exceptions.items())
        if day.year == year
    ]
    return visit.page(
        "admin_calendar.html",
        status=status,
        said=said,
        wrong=wrong,
        year=year,
        years=sorted(calendar.known_years),
        days=days,
        until=tally.known_until,
        warnings=tally.warnings,
        hash=calendar.hash,
        moves=moves,
    )


@router.post("/admin/calendar")
def import_calendar(visit: Here) -> Response:
    """Take a notice in, or only say what it would move."""
    moves: list[Move] = []

    def again(visit: Visit, **more: Any) -> Response:  # noqa: ANN401  # what the page shows
        return _calendar(visit, moves=moves, **more)

    return answered(visit, SYSTEM, lambda visit: _import(visit, moves), again)


def _import(visit: Visit, moves: list[Move]) -> Sentence:
    here = visit.here
    name, content = _file(visit)
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        if visit.form.get("do") != "import":
            # An office beside this one: nothing that others read at the same time may count by a calendar on trial.
            with office(here.settings) as trial:
                trial.rulebook.calendar = here.calendar_change.preview_calendar(path)
                previews = list(trial.calendar_change.what_would_move(now()))
            # How many and of what kind, never which case: administrators see none.
            counted = Counter(
                (Sentence(*DEADLINES[moved.old.kind]).text(visit.lang), moved.old.due_on, moved.new.due_on)
                for preview in previews
                for moved in preview.moves
            )
            moves += [(*move, count) for move, count in sorted(counted.items())]
            return PREVIEWED.fill(n=len(previews))
        total = here.calendar_change.import_calendar(path, now())
    units.note_calendar(here.database, operator_of(visit), name, here.rulebook.calendar.hash[:12], now())
    return IMPORTED.fill(looked_at=total.looked_at, changed=total.changed, moved=total.moved)
