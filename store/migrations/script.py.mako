"""${message}.

Why: (the reason, and what the release before this one does while this runs)

Revision: ${up_revision}
After: ${down_revision}
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Bring the schema forward."""
    ${upgrades if upgrades else "pass"}
