"""Who comes to the pages in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store import accounts, organisation, unit_posts
from tests.support.visitors import Arrivals, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from states.vocabulary import Role
    from tests.support.offices import Bench


@pytest.fixture
def visitor(bench: Bench) -> Iterator[Callable[..., Visitor]]:
    """Give what employs a person, of the office if no unit is named, and lets him or her log in."""
    made: list[Visitor] = []

    def make(username: str, role: Role, unit: str = "") -> Visitor:
        with bench.office.database.transaction() as session:
            unit_posts.ensure_office(session, bench.settings.office)
            row = organisation.ensure_unit(session, unit or bench.settings.office)
            accounts.add_person(session, username, username, role, row.id)
        made.append(Visitor(bench, username))
        return made[-1]

    yield make
    for one in made:
        one.client.close()


@pytest.fixture
def arrivals(bench: Bench) -> Iterator[Arrivals]:
    """Give people who come with an account of their own each; their browsers are closed in the end."""
    with Arrivals(bench) as found:
        yield found
