"""Evidence: files kept under the SHA-256 of their content, below the home. What is kept is never changed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, or_, select

from states.errors import BadData, Sentence, Unavailable
from states.file_trouble import file_trouble
from store.schema.documents import OfficialDocumentRow, OfficialDocumentStepRow
from store.schema.evidence import EvidenceCaseRow, EvidenceRow, EvidenceUploadRow
from store.schema.inspections import InspectionPhotoRow
from store.schema.obligations import ObligationStepRow
from store.upsert import insert_once

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

PIECE: Final = 1 << 20
_UNREADABLE: Final = Sentence("读不出文件 {path}：{why}。", "The file {path} cannot be read: {why}.")
_NOT_KEPT: Final = Sentence(
    "佐证材料无法存入 {path}：{why}。没有登记任何内容。",
    "The evidence cannot be kept in {path}: {why}. Nothing was noted.",
)
_NOT_REMOVED: Final = Sentence("文件 {path} 不能删除：{why}。", "The file {path} cannot be removed: {why}.")


def place_of(home: Path, hash_: str) -> Path:
    """Return where the file with this hash is kept."""
    return home / "evidence" / hash_[:2] / hash_


def keep(home: Path, source: Path) -> tuple[str, int]:
    """Copy the file into the store; return its SHA-256 and its size in bytes. Keeping it again changes nothing.

    The copy is on the disk under its full name or not at all: it is written beside its place, forced out, and renamed.

    Raises:
        BadData: the file cannot be read.
        Unavailable: the store cannot be written, or the disk is full.
    """
    folder = home / "evidence"
    digest, size = sha256(), 0
    try:
        reading = source.open("rb")
    except OSError as error:
        raise BadData(_UNREADABLE.fill(path=source, why=file_trouble(error))) from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with reading, NamedTemporaryFile(dir=folder, delete=False) as copy:
            while piece := reading.read(PIECE):
                digest.update(piece)
                size += len(piece)
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())
        place = place_of(home, digest.hexdigest())
        place.parent.mkdir(exist_ok=True)
        Path(copy.name).replace(place)
        for changed in (place.parent, folder):
            handle = os.open(changed, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)
    except OSError as error:
        raise Unavailable(_NOT_KEPT.fill(path=folder, why=file_trouble(error))) from error
    return digest.hexdigest(), size


def is_kept(session: Session, sha256: str) -> bool:
    """Say whether a file with this hash is kept."""
    return session.get(EvidenceRow, sha256) is not None


def note_evidence(  # what came, under which name, how large, of which kind, from whom, when
    session: Session, sha256: str, name: str, size: int, media_type: str, by: str, now: datetime
) -> None:
    """Note a file that was put into the store, and who brought it; noting it again changes nothing."""
    row = {"sha256": sha256, "name": name, "size": size, "media_type": media_type, "added_at": now}
    insert_once(session, EvidenceRow, row)
    note_upload(session, sha256, by, name, now)


def note_upload(session: Session, sha256: str, by: str, name: str, now: datetime) -> None:
    """Note that somebody brought this file, so that he or she may cite it."""
    insert_once(session, EvidenceUploadRow, {"sha256": sha256, "username": by, "name": name, "at": now})


def name_given_by(session: Session, sha256: str, username: str) -> str | None:
    """Return the name under which this person brought the file; nothing if he or she did not bring it."""
    row = session.get(EvidenceUploadRow, (sha256, username))
    return row.name if row is not None else None


def cite(session: Session, sha256: str, case_id: int, act: str) -> None:
    """Note that an event of this case names the file."""
    insert_once(session, EvidenceCaseRow, {"sha256": sha256, "case_id": case_id, "act": act})


def holders(session: Session, sha256: str) -> list[tuple[int, str]]:
    """Return the cases that hold the file, each with the act by which it came in."""
    statement = select(EvidenceCaseRow.case_id, EvidenceCaseRow.act).where(EvidenceCaseRow.sha256 == sha256)
    return [(row.case_id, row.act) for row in session.execute(statement.order_by(EvidenceCaseRow.case_id))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A kept file: its SHA-256, the name under which it first came, and its size in bytes."""

    sha256: str
    name: str
    size: int
    added_at: datetime


def evidence_of(session: Session, hashes: Sequence[str], by: Collection[str] = ()) -> list[Evidence]:
    """Return what is known of the kept files with these hashes, in the order of the hashes.

    Each has the name that one of the people `by` gave it, if one of them brought it: the same content may have come
    under another name to another case, and that name is not for everybody.
    """
    rows = session.scalars(select(EvidenceRow).where(EvidenceRow.sha256.in_(hashes)))
    known = {row.sha256: row for row in rows}
    uploads = select(EvidenceUploadRow).where(EvidenceUploadRow.sha256.in_(hashes), EvidenceUploadRow.username.in_(by))
    names = {row.sha256: row.name for row in session.scalars(uploads.order_by(EvidenceUploadRow.at.desc()))}
    return [
        Evidence(sha256=row.sha256, name=names.get(row.sha256, row.name), size=row.size, added_at=row.added_at)
        for row in (known[hash_] for hash_ in hashes if hash_ in known)
    ]


def forget(session: Session, hashes: Collection[str], brought_by: Collection[str]) -> list[str]:
    """Forget these files where nothing holds them any more; return those of which the bytes may go.

    What a case cites, a document, photo or obligation names, or somebody else than `brought_by` has brought, stays.
    """
    gone = [hash_ for hash_ in dict.fromkeys(hashes) if not _is_held(session, hash_, brought_by)]
    for hash_ in gone:
        session.execute(delete(EvidenceUploadRow).where(EvidenceUploadRow.sha256 == hash_))
        session.execute(delete(EvidenceRow).where(EvidenceRow.sha256 == hash_))
    session.flush()
    return gone


def _is_held(session: Session, hash_: str, brought_by: Collection[str]) -> bool:
    holders_ = (
        select(EvidenceCaseRow.case_id).where(EvidenceCaseRow.sha256 == hash_),
        select(OfficialDocumentRow.id).where(
            or_(
                OfficialDocumentRow.file == hash_,
                OfficialDocumentRow.edited == hash_,
                OfficialDocumentRow.scan == hash_,
            )
        ),
        # A draft only says how its file would look; it keeps none.
        select(OfficialDocumentStepRow.document_id).where(
            OfficialDocumentStepRow.file == hash_, OfficialDocumentStepRow.step != "draft"
        ),
        select(InspectionPhotoRow.id).where(InspectionPhotoRow.sha256 == hash_),
        select(ObligationStepRow.id).where(ObligationStepRow.file == hash_),
        select(EvidenceUploadRow.sha256).where(
            EvidenceUploadRow.sha256 == hash_, EvidenceUploadRow.username.not_in(brought_by)
        ),
    )
    return any(session.scalar(statement.limit(1)) is not None for statement in holders_)


def remove(session: Session, home: Path, hashes: Iterable[str]) -> None:
    """Take the bytes of forgotten files off the disk; one that was noted again meanwhile stays.

    Raises:
        Unavailable: a file cannot be removed.
    """
    for hash_ in hashes:
        if is_kept(session, hash_):
            continue
        place = place_of(home, hash_)
        try:
            place.unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(_NOT_REMOVED.fill(path=place, why=file_trouble(error))) from error


def faults(session: Session, home: Path) -> Iterator[str]:
    """Yield what is wrong with each kept file that is not as it was noted: missing, or another. Reads them all."""
    for row in session.scalars(select(EvidenceRow).order_by(EvidenceRow.sha256)):
        place = place_of(home, row.sha256)
        if not place.is_file():
            yield f"evidence {row.sha256} ({row.name}): its file is missing"
        elif _digest(place) != (row.sha256, row.size):
            yield f"evidence {row.sha256} ({row.name}): its file is not the one that was kept"


def missing(session: Session, home: Path) -> list[str]:
    """Return the names of the noted files that are not below the home, without reading those that are."""
    rows = session.scalars(select(EvidenceRow).order_by(EvidenceRow.added_at, EvidenceRow.sha256))
    return [f"{row.name} ({row.sha256[:12]})" for row in rows if not place_of(home, row.sha256).is_file()]


def all_hashes(session: Session) -> frozenset[str]:
    """Return the hashes of all files that were noted."""
    return frozenset(session.scalars(select(EvidenceRow.sha256)))


def all_cited(session: Session) -> set[tuple[str, int, str]]:
    """Return which files are cited by which cases and acts."""
    rows = session.execute(select(EvidenceCaseRow.sha256, EvidenceCaseRow.case_id, EvidenceCaseRow.act))
    return {(row.sha256, row.case_id, row.act) for row in rows}


def _digest(path: Path) -> tuple[str, int]:
    digest, size = sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size
