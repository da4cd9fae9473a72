"""What cases are found by, lists in the order of every column, and lists that people keep under a name.

Why: a request for tolerance waited on nobody's desk, words of a finding could not be looked for, and a list was in the
order of ids or due days alone. The release before this one does not know the new tables and column: while it still runs
beside this one, its cases are found by nothing new, and the nightly comparison writes the texts anew. `case_words`
stays, because that release finds numbers by it.

Revision: 0023
After: 0022
"""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import date
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from alembic import op

from store.schema.base import Moment

revision = "0023"
down_revision = "0022"

_BRACKETS = str.maketrans("([【{)]】}", "〔〔〔〔〕〕〕〕")
_DIGITS = re.compile(r"(?<![0-9])(?=[0-9])")
_BATCH = 1_000


def upgrade() -> None:
    """Add tables, column and indexes, and fill them from the cases."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.add_column("cases", sa.Column("last_on", sa.Date(), nullable=True))
    day = "json_extract(body, '$.last_on')" if is_sqlite else "(body::json ->> 'last_on')::date"
    op.execute(f"UPDATE cases SET last_on = {day}")  # noqa: S608  # of our own words
    asked = "json_extract(body, '$.tolerance')" if is_sqlite else "body::json ->> 'tolerance'"
    op.execute(
        "UPDATE cases SET attention = CASE WHEN attention IS NULL THEN '' ELSE attention || ',' END "  # noqa: S608  # of our own words
        f"|| 'tolerance_' || ({asked}) WHERE ({asked}) IN ('requested', 'accepted')"
    )
    op.create_index("ix_cases_post", "cases", ["post_id", "id"])
    op.create_index("ix_cases_last", "cases", ["last_on", "id"])
    texts = op.create_table(
        "case_texts",
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id"), primary_key=True, autoincrement=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    pairs = op.create_table(
        "case_pairs",
        sa.Column("pair", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id"), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    days = op.create_table(
        "case_deadlines",
        sa.Column("due_on", sa.Date(), primary_key=True),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id"), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_deadlines_case", "case_deadlines", ["case_id"])
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.UniqueConstraint("owner", "name"),
    )
    _fill(texts, pairs, days)


def _fill(texts: sa.Table, pairs: sa.Table, days: sa.Table) -> None:
    cases = sa.table("cases", sa.column("id"), sa.column("body"))
    personal = sa.table("personal_data", sa.column("token"), sa.column("value"))
    batch, after = sa.select(cases.c.id, cases.c.body).order_by(cases.c.id).limit(_BATCH), 0
    while rows := op.get_bind().execute(batch.where(cases.c.id > after)).all():
        after = rows[-1].id
        # Whatever stands there is not stopped at; the nightly comparison says what is no case.
        bodies = {row.id: body for row in rows if isinstance(body := json.loads(row.body), dict)}
        tokens = [body.get("finding", "") for body in bodies.values()]
        known = sa.select(personal.c.token, personal.c.value).where(personal.c.token.in_(tokens))
        values = {row.token: row.value for row in op.get_bind().execute(known)}
        found = {id_: _text(body, values) for id_, body in bodies.items()}
        every = [{"pair": pair, "case_id": id_} for id_, text in found.items() for pair in _pairs(text)]
        if found:
            op.bulk_insert(texts, [{"case_id": id_, "text": text} for id_, text in found.items()])
            op.bulk_insert(pairs, every)
        owed = {(line["due_on"], id_, line["kind"]) for id_, body in bodies.items() for line in _owed(body)}
        if owed:
            rows_of = (
                {"due_on": date.fromisoformat(on), "case_id": id_, "kind": kind} for on, id_, kind in sorted(owed)
            )
            op.bulk_insert(days, list(rows_of))


def _owed(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the running deadlines that somebody owes: the unit's term does not run while its report is verified."""
    stands = body.get("phase") in ("verifying", "verified")
    return [
        line
        for line in body.get("deadlines", ())
        if line["party"] != "right"
        and not (stands and line["kind"] == "rectification" and line.get("has_lights", False))
    ]


def _text(body: dict[str, Any], values: dict[str, str]) -> str:
    """Return what the case is found by, as the release of this migration has it."""
    finding = str(body.get("finding", ""))
    finding = values.get(finding, "") if finding.startswith("committed:") else finding
    sealed = body.get("state") == "transferred"
    if sealed or body.get("confidentiality") == "work_secret":
        finding = ""
    post = "" if sealed else str(body.get("post", ""))
    return "\n".join(_folded(part) for part in (str(body["number"]), str(body["unit"]), post, finding))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_BRACKETS)
    return _DIGITS.sub("\x01", " ".join(plain.split()))


def _pairs(text: str) -> set[int]:
    return {ord(one) * (1 << 21) + ord(other) for word in text.split() for one, other in pairwise(f"{word}\0")}
