"""Copies of a model office's cases until there are very many, with what is kept beside them; for reading alone.

The copies have their models' hashes, so that the proof would not hold over them. Their next due days are spread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select, text

from benchmarks.model_office import AT_ONCE, MODELS
from store import counters
from store.schema.base import table_of
from store.schema.cases import CaseDeadlineRow, CaseRow, CaseTextRow
from store.schema.events import CaseEventRow
from store.schema.outbox import OutboxRow
from store.schema.timers import TimerRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from store.schema.base import Base

_SPREAD: Final = 40
"""The next due days of the copies of one open case lie on so many days, one after the other."""
_PLANES: Final = 1 << 21
"""As `store.text_search` makes a number of two characters."""
_DIGITS: Final = 7
_MOST_MESSAGES: Final = 250_000
"""Where there are more cases, a fifth of the messages is copied, so that the disk holds them."""
_PART_OF_CASES: Final = 4
"""One case in so many has a document."""


class Copying:
    """Copies in one transaction of either database."""

    def __init__(self, session: Session, total: int, *, is_sqlite: bool) -> None:
        """Copy until there are `total` cases."""
        self.session, self.total, self.is_sqlite = session, total, is_sqlite
        self.models = int(session.scalar(select(func.max(table_of(CaseRow).c.id))) or 0)
        self.events = int(session.scalar(select(func.max(table_of(CaseEventRow).c.seq))) or 0)

    def run(self) -> None:
        """Copy everything."""
        if not self.is_sqlite:
            # What is copied refers to what is there; looking each row up again would take most of the time.
            self._do("SET LOCAL session_replication_role = replica")
        self._which()
        self._cases()
        self._events()
        self._rest()
        self._words()
        self._documents()
        counters.refill(self.session)

    def _do(self, statement: str) -> None:
        self.session.execute(text(statement))

    def _series(self, first: int, last: int) -> str:
        if self.is_sqlite:
            return f"(WITH RECURSIVE s(v) AS (SELECT {first} UNION ALL SELECT v + 1 FROM s WHERE v < {last}) SELECT v FROM s)"  # noqa: S608  # of our own numbers
        return f"(SELECT generate_series({first}, {last}) AS v)"

    def _which(self) -> None:
        """Say of which model each copy is, block after block, and which place its events begin behind."""
        blocks = max(1, self.models // AT_ONCE)
        each = -(-(self.total - self.models) // blocks)
        copy = f"(n.v - {self.models + 1})"
        own = f"({copy} / {each}) * {AT_ONCE} + ({copy} % {AT_ONCE}) + 1"
        self._do("CREATE TEMPORARY TABLE copied (id bigint PRIMARY KEY, own bigint, days bigint, behind bigint)")
        self._do(
            f"INSERT INTO copied SELECT n.v, c.id, n.v % {_SPREAD}, {self.events} + sum(c.version) OVER (ORDER BY n.v) - c.version"  # noqa: S608  # of our own names and numbers
            f" FROM {self._series(self.models + 1, self.total)} n CROSS JOIN cases c WHERE c.id = {own}"
        )

    def _insert(self, model: type[Base], source: str, **other: str) -> None:
        """Insert copies of the rows `m` of a table, with other values in some columns; one that is "" is left out."""
        names = [column.name for column in table_of(model).columns if other.get(column.name) != ""]
        into, taken = ", ".join(names), ", ".join(other.get(name, f"m.{name}") for name in names)
        self._do(f"INSERT INTO {table_of(model).name} ({into}) SELECT {taken} FROM {source}")  # noqa: S608  # as above

    def _later(self, day: str) -> str:
        if self.is_sqlite:
            return f"date({day}, '+' || n.days || ' days')"
        return f"({day} + n.days::int)"

    def _number(self) -> str:
        return "substr(m.number, 1, 8) || n.id || '号'"

    def _cases(self) -> None:
        due, body = self._later("m.next_due_on"), "m.body"
        old, new = "m.next_due_on", due
        if not self.is_sqlite:
            old, new = f"{old}::text", f"{new}::text"
        body = f"CASE WHEN m.next_due_on IS NULL THEN {body} ELSE replace({body}, {old}, {new}) END"
        body = (
            f"replace(replace({body}, '\"id\":' || m.id || ',', '\"id\":' || n.id || ','), m.number, {self._number()})"
        )
        source = "copied n CROSS JOIN cases m WHERE m.id = n.own"
        self._insert(CaseRow, source, id="n.id", number=self._number(), next_due_on=due, fingerprint="NULL", body=body)
        self._do(f"UPDATE series SET last = {self.total} WHERE name = 'cases'")  # noqa: S608  # as above

    def _events(self) -> None:
        source = "copied n CROSS JOIN case_events m WHERE m.case_id = n.own"
        self._insert(CaseEventRow, source, seq="n.behind + m.case_seq", case_id="n.id")
        self._do("UPDATE log_head SET size = (SELECT max(seq) FROM case_events)")

    def _rest(self) -> None:
        """Copy days, timers and messages; nothing of it is due, and what was owed was sent long ago."""
        source = "copied n CROSS JOIN {} m WHERE m.case_id = n.own"
        self._insert(TimerRow, source.format("timers"), id="", case_id="n.id")
        self._do("UPDATE timers SET due_at = '2099-01-01 00:00:00.000000'")
        self._insert(CaseDeadlineRow, source.format("case_deadlines"), due_on=self._later("m.due_on"), case_id="n.id")
        sent = {"state": "'sent'", "sent_at": "m.created_at", "message_id": "'m' || n.id || '.' || m.id"}
        part = " AND m.id % 5 = 0" if self.total > _MOST_MESSAGES else ""
        self._insert(OutboxRow, source.format("outbox") + part, id="", case_id="n.id", **sent)
        self._do("UPDATE outbox SET state = 'sent', sent_at = created_at WHERE case_id > 20 OR case_id IS NULL")
        self._do("UPDATE outbox SET not_before = '2099-01-01 00:00:00.000000' WHERE state = 'waiting'")

    def _words(self) -> None:
        """Copy the texts by which cases are found, with the pairs of the models and those of their own numbers."""
        source = "copied n CROSS JOIN {} m WHERE m.case_id = n.own"
        digits = (
            "replace(m.text, (SELECT {0} FROM cases c WHERE c.id = n.own), (SELECT {0} FROM cases c WHERE c.id = n.id))"
        )
        # Before each group of digits stands a mark; both numbers are folded the same.
        mark = "char(1)" if self.is_sqlite else "chr(1)"
        folded = f"replace(replace(c.number, '〔', '〔' || {mark}), '〕', '〕' || {mark})"
        self._insert(CaseTextRow, source.format("case_texts"), case_id="n.id", text=digits.format(folded))
        # Pairs have no index by case, and need none but here.
        self._do("CREATE TEMPORARY TABLE model_pairs AS SELECT pair, case_id FROM case_pairs")
        self._do("CREATE INDEX model_pairs_case ON model_pairs (case_id)")
        self._do("CREATE INDEX copied_own ON copied (own)")
        self._do(
            "INSERT INTO case_pairs (pair, case_id) SELECT m.pair, n.id FROM model_pairs m"
            " JOIN copied n ON n.own = m.case_id ORDER BY 1, 2"
        )
        code = "unicode" if self.is_sqlite else "ascii"
        own = f"('{chr(1)}' || id || '号')" if self.is_sqlite else "(chr(1) || id || '号')"
        for place in range(1, _DIGITS + 2):
            pair = f"{code}(substr({own}, {place}, 1)) * {_PLANES} + {code}(substr({own}, {place + 1}, 1))"
            pair = pair if self.is_sqlite else pair.replace("ascii(", "1::bigint * ascii(", 1)
            self._do(
                f"INSERT INTO case_pairs (pair, case_id) SELECT {pair}, id FROM copied"  # noqa: S608  # as above
                f" WHERE length({own}) > {place} ORDER BY 1, 2 ON CONFLICT DO NOTHING"
            )

    def _documents(self) -> None:
        """Let one case in four have an issued notice, and some hundred documents be on their way."""
        columns = {
            "kind": "'order'",
            "status": f"CASE WHEN id > {self.total - 400} THEN 'draft' WHEN id > {self.total - 800} THEN 'submitted' ELSE 'served' END",
            "number": "NULL",
            "template": "'order'",
            "template_version": "''",
            "typed": "'{}'",
            "content": "'{}'",
            "drafted_by": "'officer'",
            "signed_on": "opened_on",
            "changed_at": "'2026-11-02 03:00:00.000000'",
        }
        self._into(
            "official_documents",
            {"case_id": "id", **columns},
            f"cases WHERE id > {self.models} AND id % {_PART_OF_CASES} = 0 AND state <> 'found'",
        )
        steps = {
            "document_id": "id",
            "place": "1",
            "step": "'draft'",
            "who": "drafted_by",
            "role": "'handler'",
            "day": "signed_on",
            "noted_at": "changed_at",
            "note": "''",
        }
        self._into(
            "official_document_steps",
            steps,
            f"official_documents WHERE template_version = '' AND case_id > {self.models}",
        )

    def _into(self, table: str, columns: dict[str, Any], source: str) -> None:
        self._do(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM {source}")  # noqa: S608  # as above


__all__ = ["MODELS", "Copying"]
