"""The pages of cases: the list and its export, one case with its forms, and a new finding."""

from __future__ import annotations

import csv
from io import TextIOWrapper
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Path
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from starlette.background import BackgroundTask

from audit.exports import safe_cell
from cases import case_listing
from cases.case_listing import listing
from cases.office_ledger import write_office_ledger
from config.citations import duty_words
from config.duties import duty_titles
from programme.reports import figure_named
from states.errors import BadData, Sentence
from states.vocabulary import Light, Phase, State, name
from store import case_filters, saved_views
from store.case_orders import ListColumn, Order, Place
from store.ids import LARGEST_ID
from web.case_rows import rows_shown
from web.dependencies import clean_query, reader_of
from web.forms import filter_from
from web.page import HEADERS, Here, Visit
from web.views import FILTER_FIELDS, LONGEST_FILTER, acts_of
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


PAGE: Final = 50
EXPORT_BATCH: Final = 500
LONGEST_QUERY: Final = 2_000
"""How long the conditions of a view may be, as an address writes them."""
_HEADS: Final = (
    Sentence("编号", "Number"),
    Sentence("灯", "Light"),
    Sentence("状态", "State"),
    Sentence("阶段", "Phase"),
    Sentence("单位", "Unit"),
    Sentence("责任领导", "Head"),
    Sentence("下一期限", "Next due"),
    Sentence("剩余工作日", "Working days left"),
    Sentence("密级标注", "Confidentiality"),
)
_CONDITIONS: Final = {
    "q": Sentence("含：", "with: "),
    "state": Sentence("", ""),
    "light": Sentence("", ""),
    "unit": Sentence("单位：", "unit: "),
    "phase": Sentence("阶段：", "phase: "),
    "due_from": Sentence("到期日不早于", "due from "),
    "due_before": Sentence("到期日早于", "due before "),
    "waiting": Sentence("", ""),
    "report": Sentence("", ""),
}
_ENUMS: Final = {"state": State, "light": Light, "phase": Phase}
NAMES_OF_VALUES: Final = {
    "open": Sentence("在办", "open"),
    "outcomes": Sentence("已有结果", "ended"),
    "1": Sentence("有升级建议待批准", "a proposal waits"),
    "mine": Sentence("待我批准", "waits for my decision"),
}
"""What people call the values of the filters that are no states, phases or lights."""

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/cases")
def cases_page(visit: Here) -> Response:
    """List cases; filters, order and page stand in the address."""
    asked, wanted, wrong = filter_from(visit)
    order = Order.parse(visit.asked("sort"))
    place = Place.parse(visit.asked("after"))
    found = listing(visit.here.database, reader_of(visit.person), wanted, order, place, limit=PAGE)
    kept = [(key, value) for key, values in asked.items() for value in values if value]
    sorted_by = [*kept, *([("sort", str(order))] if order != Order() else [])]
    further = "/cases?" + urlencode([*sorted_by, ("after", str(found.following))]) if found.following else ""
    shown: dict[str, Any] = {
        "states": list(State),
        "lights": list(Light),
        "phases": list(Phase),
        "rows": rows_shown(visit, found.rows, found.latest),
        "total": found.total,
        "summary": _summary(visit, found.total, found.lights) if found.lights is not None else "",
        "further": further,
        "query": urlencode(kept),
        "chips": _chips(visit, kept, order),
        "view": urlencode(kept),
        "saved": urlencode(sorted_by),
        "views": [(view, "/cases?" + view.query) for view in found.views],
        "sorts": {column.value: _sorted_by(kept, order, column) for column in ListColumn},
        "order": order,
        "longest_view": saved_views.LONGEST_NAME,
        "bulk_acts": acts_of(visit.person.role),
    }
    return visit.page("cases.html", wanted=asked, wrong=wrong, status=422 if wrong else 200, **shown)


def _summary(visit: Visit, total: int, lights: Mapping[Light, int]) -> str:
    """Return in one line how many cases are open and how many of them are urgent, by their light."""
    lit = [f"{name(light).text(visit.lang)}{n}{'件' if visit.lang != 'en' else ''}" for light, n in lights.items() if n]
    if visit.lang == "en":
        return f"{total} open" + (": " + ", ".join(lit) if lit else "")
    return f"在办{total}件" + ("，其中" + "、".join(lit) if lit else "，没有亮灯的")


def _sorted_by(kept: list[tuple[str, str]], order: Order, column: ListColumn) -> tuple[str, str]:
    """Return the address of the list by this column, and how the list is in its order now, as `aria-sort` says it."""
    is_now = order.column is column
    other = Order(column, is_now and not order.descending)
    now_so = ("descending" if order.descending else "ascending") if is_now else ""
    return "/cases?" + urlencode([*kept, ("sort", str(other))]), now_so


@router.post("/cases/views")
def keep_view(visit: Here) -> Response:
    """Keep the list at hand under a name; only conditions and order that a list knows are kept."""
    asked = parse_qsl(visit.form.get("query", "")[:LONGEST_QUERY])
    query = urlencode([(key, value[:LONGEST_FILTER]) for key, value in asked if key in (*FILTER_FIELDS, "sort")])
    shared = bool(visit.form.get("shared"))
    case_listing.keep_view(
        visit.here.database, reader_of(visit.person), visit.form.get("name", ""), query, now(), shared=shared
    )
    return RedirectResponse("/cases?" + query, 303)


@router.post("/cases/views/{view_id:int}/delete")
def drop_view(view_id: Annotated[int, Path(ge=1, le=LARGEST_ID)], visit: Here) -> Response:
    """Delete one of one's own views."""
    case_listing.drop_view(visit.here.database, reader_of(visit.person), view_id)
    return RedirectResponse("/cases", 303)


def _chips(visit: Visit, kept: list[tuple[str, str]], order: Order) -> list[tuple[str, str]]:
    """Return each condition of the address in words, with the address that leaves it out and keeps the order."""
    found = []
    sort = [("sort", str(order))] if order != Order() else []
    for place, (key, value) in enumerate(kept):
        words = NAMES_OF_VALUES.get(value)
        shown = words.text(visit.lang) if words is not None else value
        if value in list(State) or value in list(Phase) or value in list(Light):
            shown = name(_ENUMS[key](value)).text(visit.lang) if key in _ENUMS else value
        if key == "report":
            shown = figure_named(value).text(visit.lang)
        label = _CONDITIONS[key].text(visit.lang)
        rest = [pair for other, pair in enumerate(kept) if other != place]
        found.append((f"{label}{shown}", "/cases?" + urlencode([*rest, *sort])))
    return found


@router.get("/cases/export.csv")
def export_csv(visit: Here) -> Response:
    """Hand out the list, filtered as the page is, as comma-separated values."""
    return _export(visit, "csv", "text/csv; charset=utf-8")


@router.get("/cases/export.xlsx")
def export_xlsx(visit: Here) -> Response:
    """Hand out the list, filtered as the page is, as a workbook."""
    return _export(visit, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def _export(visit: Visit, ending: str, media_type: str) -> Response:
    _asked, wanted, wrong = filter_from(visit)
    if wrong:
        raise BadData(Sentence(wrong, wrong))
    # The file has no name and is gone when it is closed; it is written whole before the answer begins, so that all
    # of it is one moment's list, and nobody's slow line keeps a reader of the database waiting.
    file = TemporaryFile()  # noqa: SIM115  # closed when the answer was sent
    try:
        if ending == "csv":
            _write_csv(file, _all_rows(visit, wanted), visit.lang)
        else:
            _write_ledger(file, visit, wanted)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    name_ = f"cases-{visit.here.today(now()).isoformat()}.{ending}"
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name_}"'}
    pieces = iter(lambda: file.read(1 << 16), b"")
    return StreamingResponse(pieces, 200, headers, media_type, BackgroundTask(file.close))


def _write_ledger(file: IO[bytes], visit: Visit, wanted: case_filters.Filter) -> None:
    """Write the ledger as the office keeps it, with its title and the day on which it was drawn up."""
    today = visit.here.today(now())
    title = f"{visit.here.settings.office}整改台账（{today.year}年{today.month}月{today.day}日）"
    write_office_ledger(
        file,
        visit.here.database,
        reader_of(visit.person),
        wanted,
        title=title,
        cited=lambda key: duty_words(key, duty_titles(), "zh-CN"),
        safe=safe_cell,
    )


def _all_rows(visit: Visit, wanted: case_filters.Filter) -> Iterator[tuple[object, ...]]:
    """Yield what the list shows of each case, as a person reads it."""
    lang = visit.lang
    for found in case_listing.in_batches(visit.here.database, reader_of(visit.person), wanted, EXPORT_BATCH):
        for row in rows_shown(visit, found):
            case = row["case"]
            yield (
                case.number,
                name(case.light).text(lang),
                name(case.state).text(lang),
                name(case.phase).text(lang),
                case.unit,
                case.post,
                case.next_due_on.isoformat() if case.next_due_on else "",
                row["left"] if row["left"] is not None else "",
                name(case.confidentiality).text(lang),
            )


def _write_csv(file: IO[bytes], rows: Iterable[tuple[object, ...]], lang: str) -> None:
    # The mark at the start tells Excel that the text is UTF-8.
    text = TextIOWrapper(file, "utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow([head.text(lang) for head in _HEADS])
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
    text.detach()
