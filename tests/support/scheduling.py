"""Which tests stay in one worker, and on which of the two databases a test of a page runs.

pytest-xdist's own groups do nothing under this pytest: it writes the group to an attribute that pytest reads no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zlib import crc32

from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]  # it has no types

from tests.support.runs import FULL

if TYPE_CHECKING:
    import pytest

TOGETHER: Final = {
    "tests/browser/": "browser",  # one site and one walk over all pages
    "tests/flows/": "prefect",  # a server of Prefect's takes seconds to start
    "tests/attacks/test_dead_runs.py": "prefect",
    "tests/attacks/test_prefects_door.py": "prefect",
    "tests/attacks/test_the_home.py": "prefect",
    "tests/faults/": "faults",  # they take the whole machine
    "tests/attacks/test_the_database.py": "faults",
    "tests/cli/test_sample.py": "sample",  # the office is filled once, in half a minute
    "tests/cli/test_refusals.py": "refusals",  # what commands need is loaded once
    "tests/web/test_plain_words.py": "words",  # the same, of a year
    "tests/web/test_rough_input.py": "rough",  # the rest: an office that has lived is made once for each file
    "tests/web/test_documents.py": "documents",
    "tests/audit/test_every_table.py": "tables",
    "tests/programme/test_obligations.py": "thirty",
    "tests/programme/test_ranking.py": "spring",
    "tests/programme/test_dossiers.py": "dossiers",
    "tests/store/test_edges_of_visibility.py": "town",
    "tests/store/test_edges_of_sight.py": "province",
}
"""What shares something that is slow to make, by the beginning of its node id."""


class GroupedScheduling(LoadGroupScheduling):  # type: ignore[misc]  # xdist has no types
    """Sends each test to whoever is free, and what is kept together to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group for start, group in TOGETHER.items() if nodeid.startswith(start)), nodeid)


def is_left_to_the_other(item: pytest.Item, kind: str) -> bool:
    """Say whether a test of the pages runs on the other database in a bounded run.

    What a page shows does not depend on the database, whose own tests run on both. Each such test runs on one of them,
    by its name; `make test-slow` runs all on both.
    """
    if FULL or item.path.parent.name != "web":
        return False
    other = crc32(item.nodeid.split("[")[0].encode()) % 2
    return kind == ("sqlite", "postgresql")[other]
