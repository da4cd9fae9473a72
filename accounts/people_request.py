"""A workbook of people at the page: the system administrator looks and asks, the security administrator decides.

The request names the file by its hash, so that what is entered is what both have looked at; what stands in the file is
personal and goes into no request. Rows are judged again when it is entered, because others may have been entered since.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from accounts import requests
from accounts.decisions import decide_in
from accounts.operators import SECURITY, SYSTEM, Operator, asked, note, require
from accounts.people_import import entered, import_people
from accounts.people_workbook import read_people
from accounts.requests import PendingRequest, RequestKind
from states.errors import BadData, Sentence
from store import evidence

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from accounts.people_report import PeopleReport
    from notifications.channels import Channels
    from store.database import Database

_GONE: Final = Sentence(
    "找不到预览过的登记表，请重新上传。", "The workbook that was looked at is not there; upload it again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleDoor:
    """What an import at the page needs: where files are kept, how addresses are checked, the office's own unit."""

    database: Database
    home: Path
    channels: Channels
    office: str

    def waiting(self) -> list[PendingRequest]:
        """Return the imports that nobody has decided."""
        with self.database.reading() as session:
            return [one for one in requests.waiting(session) if one.kind is RequestKind.PEOPLE]

    def looked(self, who: Operator, path: Path, name: str, today: date, at: datetime) -> PeopleReport:
        """Return what the workbook would bring about.

        Raises:
            NotPermitted: it is for the administrators of system and security.
            BadLedger: it cannot be read.
        """
        require(who, "want_import_people", (*SYSTEM, *SECURITY))
        written = read_people(path, name)
        return import_people(self.database, written, who, self.channels, self.office, today, at, dry_run=True)

    def looked_at_request(self, who: Operator, request: PendingRequest, today: date, at: datetime) -> PeopleReport:
        """Return what a workbook that was asked for would bring about now.

        Raises:
            NotPermitted, BadData, BadLedger: as `looked`, or the file is not there any more.
        """
        return self.looked(who, self._place(request.to["hash"]), request.about, today, at)

    def ask(self, who: Operator, hash_: str, name: str, today: date, at: datetime) -> Sentence:
        """Ask for a workbook that was looked at to be entered; who asks says nothing of it but its name.

        Raises:
            NotPermitted: it is for the system administrator.
            BadData: the file is not there, or nothing in it would be entered.
        """
        require(who, "want_import_people", SYSTEM)
        report = self.looked(who, self._place(hash_), name, today, at)
        if not report.count("new"):
            raise BadData(Sentence("表中没有可以写入的内容。", "Nothing in the workbook would be entered."))
        with self.database.transaction() as session:
            to, wanted = {"hash": hash_}, RequestKind.PEOPLE
            text = f"{report.count('new')}/{len(report.rows)}"
            requests.ask(session, wanted, report.name, to, None, who.username, SECURITY[0], at, to_text=text)
            note(session, who, "want_import_people", report.name, at, text)
        return asked("want_import_people", SECURITY[0])

    def decide(self, who: Operator, request_id: int, today: date, at: datetime, *, grant: bool) -> Sentence:
        """Enter a workbook that another asked for, or refuse it.

        Raises:
            NotPermitted, GuardRefused, Conflict: as `decisions.decide`.
            BadData: the file is not there any more.
            BadLedger: it cannot be read.
        """
        wanted = next((one for one in self.waiting() if one.id == request_id), None)
        written = read_people(self._place(wanted.to["hash"]), wanted.about) if wanted is not None and grant else None

        def carry_out(session: Session, _request: PendingRequest) -> str:
            if written is None:
                raise BadData(_GONE)
            report = entered(session, written, self.channels, self.office, today)
            return " ".join(f"{what}={n}" for what, n in report.made.items() if n)

        with self.database.transaction() as session:
            return decide_in(session, who, request_id, at, grant=grant, carry_out=carry_out)

    def _place(self, hash_: str) -> Path:
        place = evidence.place_of(self.home, hash_)
        if not place.is_file():
            raise BadData(_GONE)
        return place
