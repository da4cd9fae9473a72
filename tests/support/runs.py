"""How this run of the tests goes: on which databases, and how hard."""

from __future__ import annotations

import os
from typing import Final

ENVIRON: Final = os.environ  # noqa: TID251  # the settings of the test run; the product's own are set aside below
KINDS: Final = {"sqlite": ["sqlite"], "postgres": ["postgresql"], "both": ["sqlite", "postgresql"]}[
    ENVIRON.get("DUBAN_TEST_DATABASES", "both")
]
FULL: Final = ENVIRON.get("DUBAN_PROOF") == "full"
