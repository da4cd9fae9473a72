"""The page on which a ledger becomes cases: looked at row by row first, then imported as the same bytes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from cases.evidence import was_brought_by
from cases.ledger_import import import_ledger
from config.duties import duty_ids
from states.errors import BadData, Problem, Sentence
from store import evidence
from web.dependencies import clean_query, status_of
from web.forms import kept_from
from web.page import OPENERS, Here, Visit, open_to
from wiring import now

if TYPE_CHECKING:
    from cases.ledger_import import ImportReport

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
_WORDS: Final = {
    "opened": Sentence("立案", "open"),
    "skipped": Sentence("跳过", "skip"),
    "failed": Sentence("有误", "wrong"),
}

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to(OPENERS)])


@router.get("/ledger")
def ledger_page(visit: Here) -> Response:
    """Ask for a ledger."""
    return _page(visit)


@router.post("/ledger")
def import_page(visit: Here) -> Response:
    """Look at an uploaded ledger without writing a case, or import the one that was looked at."""
    hash_ = visit.form.get("hash", "")
    try:
        if hash_:
            report = _imported(visit, _place_of(visit, hash_), visit.form.get("name", ""), dry_run=False)
            return _page(visit, report, hash_)
        files = visit.sent.files.get("file", [])
        if not files:
            raise BadData(_NO_FILE)
        name_, content = files[0]
        with TemporaryDirectory() as folder:
            place = Path(folder) / "ledger"
            place.write_bytes(content)
            report = _imported(visit, place, name_, dry_run=True)
        # A readable ledger is kept like evidence, under its hash: what is confirmed is what was looked at.
        return _page(visit, report, kept_from(visit, name_, content), looked=True)
    except Problem as problem:
        return _page(visit, wrong=problem.sentence.text(visit.lang), status=status_of(problem))


def _place_of(visit: Visit, hash_: str) -> Path:
    place = evidence.place_of(visit.here.settings.home, hash_)
    # Only what this person looked at: a hash of anything else that is kept would be read out row by row.
    if not was_brought_by(visit.here.database, visit.person.username, hash_) or not place.is_file():
        raise BadData(_GONE)
    return place


def _imported(visit: Visit, place: Path, name_: str, *, dry_run: bool) -> ImportReport:
    return import_ledger(
        visit.here.desk,
        place,
        duty_ids(),
        now(),
        user=visit.person.username,
        role=visit.person.role,
        served=_served(visit),
        dry_run=dry_run,
        name=name_,
    )


def _served(visit: Visit) -> bool:
    return visit.form.get("served", "") == "1"


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
    rows = [
        {
            "row": one.row,
            "cell": one.cell,
            "kind": {"opened": "good", "skipped": "wait", "failed": "bad"}[one.outcome],
            "outcome": _WORDS[one.outcome].text(visit.lang),
            "number": one.number or "",
            "reason": one.reason.text(visit.lang),
        }
        for one in (report.rows if report is not None else ())
    ]
    shown: dict[str, Any] = {
        "rows": rows,
        "hash": hash_,
        "name": report.ledger.name if report is not None else "",
        "looked": looked,
        "can_import": looked and tally["opened"] > 0,
        "served": _served(visit),
    }
    return visit.page("ledger.html", **shown, **more)
