"""Evidence in cases: who may cite which kept file.

A hash is no key. Whoever learns the hash of a file out of another's case could else cite it in a case of his or her own
and read it there. So a file may be cited by who brought it, and by who sees a case that holds it; to everybody else it
does not exist (CWE-639).
"""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any, Final

from states.case import sealed_for
from states.errors import BadData, NotFound, Sentence
from states.secrecy import refuse_secrets
from states.vocabulary import Act, Role, is_evidence
from store import accounts, case_lists
from store import evidence as kept
from store.visibility import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from states.case import Actor, Event
    from store.database import Database

CONSOLE: Final = "console"
"""Who brought what came in at the machine itself."""
_NO_EVIDENCE: Final = Sentence(
    "佐证材料“{hash}”不是您可以引用的已存文件的 SHA-256，请先上传。",
    "The evidence “{hash}” is not the SHA-256 of a kept file that you may cite; upload it first.",
)
_HIDDEN_FROM_UNITS: Final = frozenset({Act.TRANSFER.value, Act.RECORD_ACCOUNTABILITY.value})
"""The acts whose content the people of the unit do not read (`web.api.event_for`)."""


def keep(  # where, which file, from whom, when
    database: Database, home: Path, source: Path, by: str, at: datetime
) -> str:
    """Keep a file, and return the SHA-256 by which acts refer to it. `by` is the user name of who brings it.

    The file is on the disk before the database knows of it, so an event never names a file that is not there.

    Raises:
        BadData: the file cannot be read.
        Unavailable: it cannot be kept.
    """
    refuse_secrets(source.name)
    hash_, size = kept.keep(home, source)
    media_type = mimetypes.guess_type(source.name)[0] or "application/octet-stream"
    with database.transaction() as session:
        kept.note_evidence(session, hash_, source.name, size, media_type, by, at)
    return hash_


def claim_at_console(database: Database, username: str, hashes: Iterable[object], at: datetime) -> None:
    """Let somebody in whose name the console acts cite what was brought at the console and no case holds yet."""
    with database.transaction() as session:
        for hash_ in hashes:
            if isinstance(hash_, str) and is_evidence(hash_) and not kept.holders(session, hash_):
                name = kept.name_given_by(session, hash_, CONSOLE)
                if name is not None:
                    kept.note_upload(session, hash_, username, name, at)


def was_brought_by(database: Database, username: str, hash_: str) -> bool:
    """Say whether this person brought the file with this hash."""
    with database.reading() as session:
        return is_evidence(hash_) and kept.name_given_by(session, hash_, username) is not None


def named_in(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the hashes of the files that an act names, for the whole or for one of its items."""
    yield from data.get("evidence", ())
    for answer in data.get("answers", ()):
        yield from answer.get("evidence", ())


def cite(session: Session, event: Event) -> None:
    """Note that the case holds the files that the event names, if who acts may cite them.

    Raises:
        BadData: one is not kept, or is none of this person's; the sentence is the same.
    """
    for hash_ in named_in(event.data):
        if not (is_evidence(hash_) and kept.is_kept(session, hash_) and _may_cite(session, event.actor, hash_)):
            raise BadData(_NO_EVIDENCE.fill(hash=hash_))
        kept.cite(session, hash_, event.case_id, event.act.value)


def _may_cite(session: Session, actor: Actor, hash_: str) -> bool:
    if actor.role is Role.SYSTEM or actor.user.startswith(f"{CONSOLE}/"):
        return True  # whoever sits at the machine has the files themselves
    if kept.name_given_by(session, hash_, actor.user) is not None:
        return True
    try:
        person = accounts.person(session, actor.user)
    except NotFound:
        return False
    reader = Reader(person.username, person.role, person.unit_id, person.territory)
    for case_id, act in kept.holders(session, hash_):
        if person.role in (Role.LIAISON, Role.HEAD) and act in _HIDDEN_FROM_UNITS:
            continue
        try:
            case = case_lists.case(session, reader, case_id).case
        except NotFound:
            continue
        if sealed_for(case, person.role) is case:
            return True
    return False
