"""People who come to the pages, each with an account and a browser of his or her own."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from store import accounts, organisation
from tests.web.test_pages import Visitor

if TYPE_CHECKING:
    from types import TracebackType

    from states.vocabulary import Role
    from tests.offices import Bench


class Arrivals:
    """Whoever has come; their browsers are closed in the end."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def account(self, username: str, role: Role, unit: str = "") -> None:
        with self.bench.office.database.transaction() as session:
            organisation.ensure_office(session, self.bench.settings.office)
            row = organisation.ensure_unit(session, unit or self.bench.settings.office)
            accounts.add_person(session, username, username, role, row.id)

    def come(self, username: str, role: Role, unit: str = "") -> Visitor:
        self.account(username, role, unit)
        visitor = Visitor(self.bench, username)
        self.stack.callback(visitor.client.close)
        return visitor
