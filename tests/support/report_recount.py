"""A report counted again, from what `duban export events` and `duban export ledger` have written and nothing else.

It knows the words of the exported files; it imports nothing of Duban.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RUNGS = ("ordered_to_rectify", "publicly_criticized", "interviewed", "held_accountable")
ENDS = ("unfounded", "withdrawn", "merged", "exempted", "transferred")
OPEN = ("found", *RUNGS)
ACTS = {
    "publish_criticism": "criticized",
    "record_help": "helped",
    "hold_interview": "interviewed",
    "record_accountability": "held",
}


def item_of(duty: str) -> str:
    return re.sub(r"[a-z]$", "", duty)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def recounted(events: Iterable[dict[str, Any]], first: str, until: str) -> Counter[str]:
    """Return the figures of a period from its first day until another, both inclusive, as `2026-04-01`."""
    histories: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        histories[event["case_id"]].append(event)
    found: Counter[str] = Counter()
    for history in histories.values():
        handed_over = history[-1]["to_state"] == "transferred"
        seen = [event for event in history if event["occurred_on"] <= until]
        if seen:
            count_case(found, seen, handed_over, first, until)
    return found


def count_case(found: Counter[str], seen: list[dict[str, Any]], handed_over: bool, first: str, until: str) -> None:
    begin = seen[0]
    opened, data = begin["occurred_on"], begin["data"]
    year = until[:4]
    found["opened"] += opened >= first
    found["opened_year"] += opened[:4] == year
    found["open"] += seen[-1]["to_state"] in OPEN
    if not handed_over and data.get("duty"):
        item = item_of(data["duty"])
        found[f"item:{item}"] += opened[:4] == year
        found[f"item_before:{item}"] += opened[:4] == str(int(year) - 1)
        found[f"cell:{item}:{data['unit']}"] += opened[:4] == year
    reached = set()
    for event in seen:
        if event["occurred_on"] < first:
            continue
        reached |= {event["to_state"]} if event["from_state"] != event["to_state"] else set()
        count_act(found, event, data["unit"])
    found["closed"] += "closed" in reached
    found["ended"] += bool(reached & set(ENDS))
    found["tolerated"] += "exempted" in reached


def count_act(found: Counter[str], event: dict[str, Any], unit: str) -> None:
    data, act = event["data"], event["act"]
    if data.get("to_be_countersigned") or act == "refuse_countersign":
        return
    found["office_terms"] += sum(line["party"] == "office" for line in data.get("starts", ()))
    if act == "countersign":
        act = data["signed_act"]
    if event["to_state"] in RUNGS and (event["from_state"] != event["to_state"] or "cycle" in data):
        found["entered"] += 1
        found[f"entered_of:{unit}"] += 1
    if act in ACTS:
        found[ACTS[act]] += 1
    marked, of_office = act == "marked_yellow", data.get("party") == "office"
    found["missed"] += marked and not of_office
    found[f"missed_of:{unit}"] += marked and not of_office
    found["office_late"] += marked and of_office
    found["office_late"] += act in {"office_overdue", "clue_raised"} and "times" not in data


def lights_of(path: Path) -> Counter[str]:
    """Return how many open cases of the exported ledger have which light."""
    sheet = load_workbook(path).worksheets[0]  # read at once, so that no file stays open
    heads, *rows = sheet.iter_rows(values_only=True)
    light, closed = heads.index("灯色"), heads.index("状态")
    words = {"红灯": "red", "黄灯": "yellow"}
    ended = ("销号", "查否", "撤销登记", "并案", "容错免责", "移送")
    lit = [str(row[light]) for row in rows if not str(row[closed]).startswith(ended)]
    return Counter(words[word] for word in lit if word in words)
