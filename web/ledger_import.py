"""The page on which a ledger becomes cases: looked at row by row first, then imported as the same bytes.

What a person says beside the rows goes with the form: which unit a name means, or that it is new; and of a row that
resembles a known case, whether it is that case, the problem come back, or another one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from cases.evidence import was_brought_by
from cases.ledger_import import AlikeAnswer, AlikeChoice, import_ledger
from cases.ledger_layouts import said_of
from cases.ledger_mapping import NO_MAPPING, Mapping
from config.duties import duty_ids
from states.errors import BadData, Problem, Sentence
from store import evidence
from web.dependencies import clean_query, reader_of, status_of
from web.forms import kept_from, whole_number
from web.ledger_mapping import MAPS, SentLedger, answer_to, kept_mapping, mapping_json, shown_mapping
from web.page import OPENERS, Here, Visit, open_to
from wiring import now

if TYPE_CHECKING:
    from cases.ledger_import import ImportReport, RowOutcome
    from cases.ledger_layouts import Remembered
    from cases.ledger_survey import LedgerSurvey

_NO_FILE: Final = Sentence(
    "请选择一份台账（.xlsx、.xls、.et、.ods 或 .csv）。", "Choose a ledger (.xlsx, .xls, .et, .ods or .csv)."
)
_GONE: Final = Sentence(
    "找不到预览过的台账，请重新上传。", "The ledger that was looked at is not there; upload it again."
)
_LOOKED: Final = Sentence(
    "预览：可导入{opened}行，跳过{skipped}行，有误{failed}行；尚未写入任何内容。",
    "Preview: {opened} rows can be imported, {skipped} skipped, {failed} wrong; nothing was written.",
)
_DONE: Final = Sentence(
    "已立案{opened}件，跳过{skipped}行，有误{failed}行。", "{opened} opened, {skipped} skipped, {failed} wrong."
)
_FORGOTTEN: Final = Sentence(
    "已不再记住“{name}”，下一份同样表头的台账会重新请您对应。",
    "“{name}” is remembered no more; its next file is asked about.",
)
_WORDS: Final = {
    "opened": Sentence("立案", "open"),
    "skipped": Sentence("跳过", "skip"),
    "failed": Sentence("有误", "wrong"),
}
_ASKED: Final = Sentence("待选定", "to be settled")
_SAME: Final = Sentence("与{number}是同一问题，不另立案", "the same finding as {number}; not opened")
_CAME_BACK: Final = Sentence("{number}的问题反复出现", "the problem of {number} has come back")
_REASONS: Final = {
    "fact": Sentence("事实不同", "another fact"),
    "time": Sentence("时间或地点不同", "another time or place"),
    "post": Sentence("责任人不同", "another post is responsible"),
}
_OTHER: Final = Sentence("是另一个问题：{reason}", "another finding: {reason}")
NEW: Final = "new"
UNITS_OFFERED: Final = 100
ASKED_AT_ONCE: Final = 200
"""So many units and rows are asked about on one page; those behind them wait for the next import of the file."""

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to(OPENERS)])


@router.get("/ledger")
def ledger_page(visit: Here) -> Response:
    """Ask for a ledger."""
    return _page(visit)


@router.post("/ledger")
def import_page(visit: Here) -> Response:
    """Look at an uploaded ledger without writing a case, or import the one that was looked at.

    Where columns are not understood, they are mapped first; what was said of the layout before needs no second word.
    """
    hash_, does = visit.form.get("hash", ""), visit.form.get("do", "")
    try:
        if does == "forget":
            return _forgotten(visit)
        if not hash_:
            return _uploaded(visit)
        sent = SentLedger(_place_of(visit, hash_), visit.form.get("name", ""), hash_)
        if does in MAPS:
            return _mapped(visit, sent)
        looks_again = does == "look"
        report = _imported(visit, sent.place, sent.name, kept_mapping(visit), dry_run=looks_again)
        return _page(visit, report, hash_, looked=looks_again)
    except Problem as problem:
        return _page(visit, wrong=problem.sentence.text(visit.lang), status=status_of(problem))


def _uploaded(visit: Visit) -> Response:
    files = visit.sent.files.get("file", [])
    if not files:
        raise BadData(_NO_FILE)
    name_, content = files[0]
    with TemporaryDirectory() as folder:
        place = Path(folder) / "ledger"
        place.write_bytes(content)
        survey, remembered = visit.here.ledger_layouts.look(place, name_)
        report = _imported(visit, place, name_, None, dry_run=True) if survey.is_settled else None
    # A readable ledger is kept like evidence, under its hash: what is confirmed is what was looked at.
    hash_ = kept_from(visit, name_, content)
    if report is None:
        return _mapping_page(visit, hash_, survey, remembered)
    return _page(visit, report, hash_, looked=True)


def _mapped(visit: Visit, sent: SentLedger) -> Response:
    """Show the columns, try what was chosen for them, or go on to the rows with it."""
    answer = answer_to(visit, sent, visit.person.username)
    if answer.mapping is None:
        shown = {"wrong": answer.wrong, "status": answer.status} if answer.wrong else {}
        return _mapping_page(visit, sent.hash, answer.survey, answer.remembered, **shown)
    report = _imported(visit, sent.place, sent.name, answer.mapping, dry_run=True)
    return _page(visit, report, sent.hash, looked=True)


def _mapping_page(
    visit: Visit,
    hash_: str,
    survey: LedgerSurvey,
    remembered: Remembered | None,
    **more: Any,  # noqa: ANN401  # as `page`
) -> HTMLResponse:
    shown = shown_mapping(visit, survey, remembered)
    return visit.page("ledger_mapping.html", map=shown, hash=hash_, name=survey.name, served=_served(visit), **more)


def _forgotten(visit: Visit) -> Response:
    number = whole_number(visit.form.get("layout", "")) or 0
    gone = visit.here.ledger_layouts.forget(number)
    return _page(visit, said=_FORGOTTEN.fill(name=gone.kept.name).text(visit.lang))


def _place_of(visit: Visit, hash_: str) -> Path:
    place = evidence.place_of(visit.here.settings.home, hash_)
    # Only what this person looked at: a hash of anything else that is kept would be read out row by row.
    if not was_brought_by(visit.here.database, visit.person.username, hash_) or not place.is_file():
        raise BadData(_GONE)
    return place


def _imported(visit: Visit, place: Path, name_: str, mapping: Mapping | None, *, dry_run: bool) -> ImportReport:
    units = _said_of_units(visit)
    if mapping is not None:
        mapping = replace(mapping, unit_names=units.unit_names, new_units=units.new_units)
    elif units != NO_MAPPING:
        mapping = units
    return import_ledger(
        visit.here.desk,
        place,
        duty_ids(),
        now(),
        user=visit.person.username,
        role=visit.person.role,
        served=_served(visit),
        dry_run=dry_run,
        mapping=mapping,
        name=name_,
        new_units=visit.form.get("new_units", "") == "1",
        alike=_said_of_rows(visit),
        reader=reader_of(visit.person),
    )


def _served(visit: Visit) -> bool:
    return visit.form.get("served", "") == "1"


def _said_of_units(visit: Visit) -> Mapping:
    """Return which unit each name means, as it was chosen: fields `unit.NAME` hold a unit's name, or `new`."""
    chosen = {
        key.removeprefix("unit."): value for key, value in visit.form.items() if key.startswith("unit.") and value
    }
    return replace(
        NO_MAPPING,
        unit_names={name: meant for name, meant in chosen.items() if meant != NEW},
        new_units=frozenset(name for name, meant in chosen.items() if meant == NEW),
    )


def _said_of_rows(visit: Visit) -> dict[str, AlikeAnswer]:
    """Return what was said of rows that resemble known cases: `alike.CELL` holds the choice and its particular."""
    said = {}
    for key, value in visit.form.items():
        choice, _, particular = value.partition(":")
        if not key.startswith("alike.") or choice not in list(AlikeChoice):
            continue
        is_other = choice == AlikeChoice.OTHER
        said[key.removeprefix("alike.")] = AlikeAnswer(
            choice=AlikeChoice(choice),
            number="" if is_other else particular,
            reason=_REASONS[particular].zh if is_other and particular in _REASONS else "",
        )
    return said


def _row(visit: Visit, one: RowOutcome) -> dict[str, Any]:
    chosen = visit.form.get(f"alike.{one.cell}", "")
    choices = _choices(visit, one) if one.resembling and (one.outcome == "failed" or chosen) else []
    is_asked = one.outcome == "failed" and bool(one.resembling)
    return {
        "row": one.row,
        "cell": one.cell,
        "kind": "warn" if is_asked else {"opened": "good", "skipped": "wait", "failed": "bad"}[one.outcome],
        "outcome": (_ASKED if is_asked else _WORDS[one.outcome]).text(visit.lang),
        "number": one.number or "",
        "reason": one.reason.text(visit.lang),
        "choices": choices,
        "chosen": chosen,
    }


def _choices(visit: Visit, one: RowOutcome) -> list[tuple[str, str]]:
    found = []
    for known in one.resembling:
        found.append((f"{AlikeChoice.SAME}:{known.number}", _SAME.fill(number=known.number).text(visit.lang)))
        if "〔" in known.number:
            # A row of the same file has no number yet that another could name.
            said = _CAME_BACK.fill(number=known.number).text(visit.lang)
            found.append((f"{AlikeChoice.CAME_BACK}:{known.number}", said))
    found += [(f"{AlikeChoice.OTHER}:{key}", _OTHER.fill(reason=why).text(visit.lang)) for key, why in _REASONS.items()]
    return found


def _page(
    visit: Visit,
    report: ImportReport | None = None,
    hash_: str = "",
    *,
    looked: bool = False,
    **more: Any,  # noqa: ANN401  # as `page`
) -> HTMLResponse:
    tally = {word: report.count(word) if report is not None else 0 for word in _WORDS}
    if report is not None:
        more["said"] = (_LOOKED if looked else _DONE).fill(**tally).text(visit.lang)
    rows = [_row(visit, one) for one in (report.rows if report is not None else ())]
    asked = [row for row in rows if row["choices"]]
    for row in asked[ASKED_AT_ONCE:]:
        row["choices"] = []
    units = report.units if report is not None else ()
    shown: dict[str, Any] = {
        "rows": rows,
        "hash": hash_,
        "name": report.ledger.name if report is not None else "",
        "looked": looked,
        "can_import": looked and tally["opened"] > 0,
        "is_asked": looked and (bool(asked) or any(not unit.is_taken for unit in units)),
        "unknown": [one for one in units if not one.is_taken or f"unit.{one.name}" in visit.form][:UNITS_OFFERED],
        "new_units": [one.name for one in units if one.is_taken],
        "all_new": visit.form.get("new_units", "") == "1",
        "alike_units": [said.text(visit.lang) for said in (report.alike_units if report is not None else ())],
        "chosen_units": {key: value for key, value in visit.form.items() if key.startswith("unit.") and value},
        "known_units": report.known_units if report is not None and looked else (),
        "served": _served(visit),
        "mapping": mapping_json(report.mapping) if report is not None else "",
        "read_by": _read_by(visit, report),
        "layouts": [] if report is not None else _layouts(visit),
    }
    return visit.page("ledger.html", **shown, **more)


def _read_by(visit: Visit, report: ImportReport | None) -> str:
    if report is None or report.remembered is None:
        return ""
    return said_of(report.remembered, visit.here.settings.tz).text(visit.lang)


def _layouts(visit: Visit) -> list[dict[str, Any]]:
    """Return the layouts that are remembered, with who said it when."""
    zone = visit.here.settings.tz
    return [
        {
            "id": one.kept.id,
            "name": one.kept.name,
            "who": one.kept.kept_by,
            "on": one.kept.kept_at.astimezone(zone).date(),
            "columns": len(one.mapping.columns),
        }
        for one in visit.here.ledger_layouts.kept()
    ]
