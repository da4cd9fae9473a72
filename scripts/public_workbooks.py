"""Try workbooks of others: each through the dry run of an import of cases and of people, in a home of its own.

`python scripts/public_workbooks.py FOLDER…` looks at every workbook below the folders, and says how many were read, how
many were refused in a sentence, and how long the slowest took. Whatever else happens to one is a defect, and is named.

Public collections to try (files that other readers of workbooks have failed on): tafia/calamine `tests`, apache/poi
`test-data/spreadsheet`, jmcnamara/XlsxWriter `xlsxwriter/test/comparison`, SheetJS/test_files.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from accounts.people_workbook import read_people
from cases.ledger_import import import_ledger
from config.duties import duty_ids
from config.settings import Settings
from states.errors import BadLedger
from wiring import Office, now

ENDINGS: Final = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".et", ".csv"})


def main(folders: list[str]) -> int:
    """Try every workbook below the folders; return 1 if one brought about anything but an answer."""
    paths = sorted(path for folder in folders for path in Path(folder).rglob("*") if path.suffix.lower() in ENDINGS)
    answers: Counter[str] = Counter()
    slowest, defects = (0.0, ""), []
    with TemporaryDirectory() as home:
        office = Office(Settings(home=Path(home), database_url=f"sqlite:///{home}/duban.db"))
        office.installation.prepare(now())
        for path in paths:
            began = time.perf_counter()
            try:
                answers[_tried(office, path)] += 1
            except Exception as error:  # noqa: BLE001  # whatever it is, it is what this looks for
                defects.append(f"{path}: {type(error).__name__}: {error}")
            slowest = max(slowest, (time.perf_counter() - began, path.name))
        office.close()
    report = {"files": len(paths), **answers, "defects": defects, "slowest_seconds": round(slowest[0], 2)}
    print(json.dumps(report | {"slowest": slowest[1]}, ensure_ascii=False, indent=1))  # its answer
    return 1 if defects else 0


def _tried(office: Office, path: Path) -> str:
    try:
        import_ledger(office.desk, path, duty_ids(), now(), user="console/handler", dry_run=True)
        answer = "read"
    except BadLedger:
        answer = "refused"
    try:
        read_people(path)
    except BadLedger:
        return answer
    return f"{answer}, and has people"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
