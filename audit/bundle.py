"""A case as one file that can be verified and replayed away from the office, and against its will."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from audit import offline
from audit.checkpoints import tree_of
from audit.history import stored_text
from audit.notes import Checkpoint, Key
from audit.replay import steps
from audit.replay_page import page
from audit.witness import seen_by
from config.rulebook import parsed_calendar, parsed_policy
from states.case import Actor, Event
from states.command import Rules
from states.commitments import shown_event
from states.errors import BadData, NotFound, Problem, Sentence
from states.file_trouble import file_trouble
from states.sealing import canonical
from states.vocabulary import Act, Role, State
from store import checkpoints, leaves, personal_data
from store import events as event_rows
from store.events import Recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session

FORMAT: Final = "duban-bundle/2"
LARGEST: Final = 4 << 30
"""How large a bundle may be that is opened, in bytes."""
KNOWN_SCRIPTS: Final = frozenset({"900e51fce75ec495d8a90e072e00fdce454e8cf0342f07f122c2183738cf0ab8"})
"""The SHA-256 of every `verify.py` that releases before this one put into bundles."""
_ZONE: Final = "Asia/Shanghai"
_NO_CHECKPOINT: Final = Sentence(
    "还没有覆盖本案全部事件的检查点，请先运行 duban checkpoint make。",
    "No checkpoint covers all events of this case yet; run `duban checkpoint make` first.",
)
_UNREADABLE: Final = Sentence("读不出案卷包 {path}：{why}。", "The bundle {path} cannot be read: {why}.")
_NO_BUNDLE: Final = Sentence("它不是案卷包，或者已经损坏", "it is no bundle, or it is damaged")
_TOO_LARGE: Final = Sentence(
    "案卷包 {path} 超过{most} GiB，不予打开。", "The bundle {path} is larger than {most} GiB and is not opened."
)
_UP_TO: Final = Sentence(
    "{number}：至第{last}号事项（{on}），在长度为{size}的检查点之内；此后可能另有事项。",
    "{number}: up to event {last} ({on}), within the checkpoint of {size} places; later events may exist.",
)
_TRUSTED: Final = Sentence("可信：由您给出的公钥 {key} 签名。", "Trusted: signed by {key}, the key that you gave.")
_CONSISTENT: Final = Sentence(
    "一致，由公钥 {key} 签名；该公钥出自案卷包本身，请用 --key 给出您所知的公钥再作校验。",
    "Consistent, signed by {key}; the key is the bundle's own, so verify again with --key and the key that you know.",
)
_WITNESSED: Final = Sentence("“{name}”于{at}见证。", "Cosigned by “{name}” at {at}.")
_LEFT_OUT: Final = Sentence("未附佐证材料{count}件。", "{count} piece(s) of evidence were left out.")


@dataclass(frozen=True, slots=True)
class BundleVerdict:
    """Whether a bundle fits together, and the first thing that does not.

    `trusted` only where a key was given that has signed it; else it is consistent, signed by whoever holds
    `signed_by`. It proves the events up to `events`, within a checkpoint of `checkpoint` places.
    """

    ok: bool
    events: int
    first_wrong: str | None
    number: str = ""
    checkpoint: int = 0
    signed_by: tuple[str, ...] = ()
    trusted: bool = False
    said: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a bundle takes what lies outside the tables of cases: texts and files by their hashes, and the zone."""

    policy_meaning: Callable[[Session, str], str]
    policy_text: Callable[[Session, str], str]
    calendar_text: Callable[[Session, str], str]
    evidence: Callable[[str], bytes | None]
    zone: str


def write_bundle(session: Session, case_id: int, sources: Sources) -> bytes:
    """Return the bundle of a case, as a zip file.

    Raises:
        NotFound: there is no such case, or no checkpoint covers all its events.
    """
    history = event_rows.history(session, case_id)
    newest = checkpoints.latest(session)
    if not history or newest is None or newest.size < leaves.place_of(session, history[-1].seq):
        raise NotFound(_NO_CHECKPOINT)
    tree = tree_of(session)
    places = {item.seq: leaves.place_of(session, item.seq) for item in history}
    texts = {row[0]: stored_text(row, tree.algorithm) for row in event_rows.stored_rows_of(session, case_id)}
    lines = [
        canonical({"hash": item.hash, "place": places[item.seq], "sealed": texts[item.seq], "seq": item.seq})
        for item in history
    ]
    inclusion = {
        str(place): [step.hex() for step in tree.inclusion(place - 1, newest.size)] for place in places.values()
    }
    kept: dict[str, bytes] = {}
    left_out = []
    for hash_ in dict.fromkeys(hash_ for item in history for hash_ in item.event.data.get("evidence", ())):
        content = sources.evidence(hash_)
        if content is None:
            left_out.append(hash_)
        else:
            kept[f"evidence/{hash_}"] = content
    for hash_ in {item.event.policy_hash for item in history}:
        kept[f"policies/{hash_}.json"] = sources.policy_meaning(session, hash_).encode()
        kept[f"policies/{hash_}.toml"] = sources.policy_text(session, hash_).encode()
    for hash_ in {item.event.calendar_hash for item in history}:
        kept[f"calendars/{hash_}.json"] = sources.calendar_text(session, hash_).encode()
    manifest = {
        "format": FORMAT,
        "case_id": case_id,
        "number": history[0].event.data["number"],
        "events": len(history),
        "hash": tree.algorithm,
        "keys": checkpoints.keys(session),
        "origin": Checkpoint.parse(newest.note.rpartition("\n\n")[0] + "\n").origin,
        "evidence_left_out": left_out,
        "zone": sources.zone,
    }
    personal = {content.token: [content.salt, content.value] for content in personal_data.of_case(session, case_id)}
    kept |= {
        "manifest.json": json.dumps(manifest, ensure_ascii=False, indent=1).encode(),
        "events.jsonl": ("\n".join(lines) + "\n").encode(),
        "proofs.json": json.dumps(inclusion).encode(),
        "checkpoint.txt": newest.note.encode(),
        "verify.py": own_script(),
        "personal.json": json.dumps(personal, ensure_ascii=False).encode(),
    }
    return _packed(kept)


def own_script() -> bytes:
    """Return the `verify.py` of this release."""
    return files("audit").joinpath("offline.py").read_bytes()


def _packed(kept: Mapping[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(kept):
            # One moment for all, so that the same case gives the same bytes.
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), kept[path], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def check_bundle(path: Path, keys: Sequence[str] = (), witnesses: Sequence[str] = ()) -> BundleVerdict:
    """Check a bundle as `verify.py` inside it does, with this program's own copy; `witnesses` must have cosigned it.

    Raises:
        BadData: the file is no bundle, or too large.
    """
    return _checked(path, keys, witnesses)[0]


def replay_of(path: Path, keys: Sequence[str] = (), witnesses: Sequence[str] = ()) -> tuple[BundleVerdict, str]:
    """Return what a bundle proves, and the page of its case after each event, drawn here from the checked events.

    Raises:
        BadData: the file is no bundle, too large, or does not verify.
    """
    return _checked(path, keys, witnesses, draw=True)


def _checked(
    path: Path, keys: Sequence[str], witnesses: Sequence[str], *, draw: bool = False
) -> tuple[BundleVerdict, str]:
    try:
        _check_size(path)
        with zipfile.ZipFile(path) as archive:
            proved = offline.check(archive, list(keys))
            _check_script(offline.content(archive, "verify.py"))
            seen = _witnessed(offline.content(archive, "checkpoint.txt").decode(), map(Key.parse, witnesses))
            verdict = _verdict(proved, seen)
            return verdict, _page(archive, proved, verdict) if draw else ""
    except offline.Wrong as wrong:
        return BundleVerdict(ok=False, events=0, first_wrong=str(wrong)), ""
    except Problem:
        raise
    except OSError as error:
        raise BadData(_UNREADABLE.fill(path=path, why=file_trouble(error))) from error
    except Exception as error:  # whoever forged it chose how it cannot be read
        raise BadData(_UNREADABLE.fill(path=path, why=_NO_BUNDLE)) from error


def _check_size(path: Path) -> None:
    if path.stat().st_size > LARGEST:
        raise BadData(_TOO_LARGE.fill(path=path, most=LARGEST >> 30))


def _check_script(script: bytes) -> None:
    if script != own_script() and sha256(script).hexdigest() not in KNOWN_SCRIPTS:
        raise offline.Wrong("verify.py is not one that any release made: do not run it")


def _witnessed(note: str, witnesses: Iterable[Key]) -> list[Sentence]:
    found = []
    for key in witnesses:
        at = seen_by(note, key)
        if at is None:
            raise offline.Wrong(f"the checkpoint: the witness {key.name} has not cosigned it")
        found.append(_WITNESSED.fill(name=key.name, at=at.isoformat()))
    return found


def _verdict(proved: Mapping[str, Any], witnessed: Sequence[Sentence]) -> BundleVerdict:
    last = proved["events"][-1]
    said = [
        _UP_TO.fill(number=proved["number"], last=last["case_seq"], on=last["occurred_on"], size=proved["size"]),
        *((_TRUSTED if proved["trusted"] else _CONSISTENT).fill(key=key) for key in proved["signed_by"]),
        *witnessed,
    ]
    left_out = len(proved["manifest"]["evidence_left_out"])
    if left_out:
        said.append(_LEFT_OUT.fill(count=left_out))
    return BundleVerdict(
        ok=True,
        events=len(proved["events"]),
        first_wrong=None,
        number=proved["number"],
        checkpoint=proved["size"],
        signed_by=tuple(proved["signed_by"]),
        trusted=proved["trusted"],
        said=tuple(said),
    )


def _page(archive: zipfile.ZipFile, proved: Mapping[str, Any], verdict: BundleVerdict) -> str:
    """Return the page of the case, with the rules that its events name; a bundle of before has no text of policies."""
    if proved["manifest"]["format"] != FORMAT:
        return str(offline.page(proved))
    try:
        zone = ZoneInfo(str(proved["manifest"].get("zone", _ZONE)))
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo(_ZONE)
    rules: dict[tuple[str, str], Rules] = {}

    def rules_of(recorded: Recorded) -> Rules:
        policy, calendar = named = recorded.event.policy_hash, recorded.event.calendar_hash
        if named not in rules:
            text = offline.content(archive, f"policies/{policy}.toml").decode()
            days = offline.content(archive, f"calendars/{calendar}.json").decode()
            rules[named] = Rules(
                policy=parsed_policy(policy, policy, text), calendar=parsed_calendar(calendar, days), zone=zone
            )
        return rules[named]

    history = [
        Recorded(
            seq, shown_event(event_of(event), proved["texts"]), canonical(event["data"]), event["prev_hash"], hash_
        )
        for seq, (event, hash_) in enumerate(zip(proved["events"], proved["hashes"], strict=True), 1)
    ]
    return page(verdict.number, [line.text("zh-CN") for line in verdict.said], steps(history, rules_of))


def event_of(sealed: Mapping[str, Any]) -> Event:
    """Return the event that its canonical form holds."""
    actor = sealed["actor"]
    return Event(
        sealed["case_id"],
        sealed["case_seq"],
        Act(sealed["act"]),
        date.fromisoformat(sealed["occurred_on"]),
        datetime.fromisoformat(sealed["recorded_at"]),
        Actor(user=actor["user"], role=Role(actor["role"]), unit=actor["unit"]),
        sealed["data"],
        State(sealed["from_state"]) if sealed["from_state"] is not None else None,
        State(sealed["to_state"]),
        sealed["policy_hash"],
        sealed["calendar_hash"],
    )
