"""What the fields of a form choose from: what the system knows is picked, not typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.case_handlers import case_handlers
from states.field_values import Kind
from states.fields import FIELDS
from web.data_words import CHOICES, LONG_FIELDS

if TYPE_CHECKING:
    from states.vocabulary import Act
    from web.page import Visit


def field_choices(visit: Visit, act: Act | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # as the templates take it
    """Return what the fields of the act choose from; `more` is what only this page knows."""
    names_people = act is not None and any(field.kind is Kind.ACCOUNT for field in FIELDS[act].values())
    return {
        "files_name": "f.evidence",
        "file_names": {},
        "long": LONG_FIELDS,
        "choice": CHOICES,
        "events": [],
        "lenient": False,
        "people": case_handlers(visit.here.database, visit.person) if names_people else [],
    } | more
