"""Evidence in cases: who may cite which kept file.

A hash is no key. Whoever learns the hash of a file out of another's case could else cite it in a case of his or her own
and read it there. So a file may be cited by who brought it, and by who sees a case that holds it; to everybody else it
does not exist (CWE-639).
"""

from __future__ import annotations

import mimetypes
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from cases.event_visibility import visible_event
from cases.unit_of_work import SYSTEM
from states.errors import BadData, NotFound, Sentence
from states.secrecy import refuse_secrets
from states.vocabulary import Act, is_evidence
from store import accounts, case_lists
from store import evidence as kept
from store.visibility import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from states.case import Event
    from store.database import Database

CONSOLE: Final = "console"
"""Who brought what came in at the machine itself."""
_NO_EVIDENCE: Final = Sentence(
    "佐证材料“{hash}”不是您可以引用的已存文件的 SHA-256，请先上传。",
    "The evidence “{hash}” is not the SHA-256 of a kept file that you may cite; upload it first.",
)


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


def names_of_own(database: Database, username: str, hashes: Iterable[str]) -> dict[str, str]:
    """Return the names that this person gave to those of the files that he or she brought; of others nothing is told.

    What stands in a refused form may be any hash: it must not tell what somebody else's file is called.
    """
    wanted = [hash_ for hash_ in hashes if is_evidence(hash_)]
    if not wanted:
        return {}
    with database.reading() as session:
        names = {hash_: kept.name_given_by(session, hash_, username) for hash_ in wanted}
    return {hash_: name for hash_, name in names.items() if name is not None}


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
        if not (is_evidence(hash_) and kept.is_kept(session, hash_) and _may_cite(session, event, hash_)):
            raise BadData(_NO_EVIDENCE.fill(hash=hash_))
        kept.cite(session, hash_, event.case_id, event.act.value)


def _may_cite(session: Session, event: Event, hash_: str) -> bool:
    """Say whether who acts brought the file, or reads it in a case: the event that names it there, and that of it."""
    actor = event.actor
    if actor == SYSTEM or actor.user.startswith(f"{CONSOLE}/"):
        return True  # whoever sits at the machine has the files themselves
    if kept.name_given_by(session, hash_, actor.user) is not None:
        return True
    try:
        person = accounts.person(session, actor.user)
    except NotFound:
        return False
    reader = Reader(person.username, person.role, person.unit_id, person.territory)
    for case_id, act in kept.holders(session, hash_):
        named = event._replace(act=Act(act), data={"evidence": [hash_]})
        with suppress(NotFound):
            case = case_lists.case(session, reader, case_id).case
            if "evidence" in visible_event(named, case, person.role).data:
                return True
    return False
