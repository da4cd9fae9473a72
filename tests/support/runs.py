"""How this run of the tests goes: on which databases, and how hard."""

from __future__ import annotations

import os
from pathlib import Path
from shutil import disk_usage
from typing import Final

ENVIRON: Final = os.environ  # noqa: TID251  # the settings of the test run; the product's own are set aside below
KINDS: Final = {"sqlite": ["sqlite"], "postgres": ["postgresql"], "both": ["sqlite", "postgresql"]}[
    ENVIRON.get("DUBAN_TEST_DATABASES", "both")
]
FULL: Final = ENVIRON.get("DUBAN_PROOF") == "full"

_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # where Linux keeps files in memory, with folders of our own names
_ROOM: Final = 4 * 1024**3


def folder_of_databases() -> str | None:
    """Return where the databases of a run lie: in memory where that has room, because they are made a thousand times.

    On this machine a copy of the template took from 40 to 450 ms on the disk and 15 ms in memory. What the tests prove
    of durability is that a killed process loses nothing; for that, a file in memory is as good as one on a disk.
    """
    return str(_MEMORY) if _MEMORY.is_dir() and disk_usage(_MEMORY).free > _ROOM else None
