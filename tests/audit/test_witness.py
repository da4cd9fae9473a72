"""A discipline organ that keeps its own checkpoints cosigns only what goes on from them; verification can demand it."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import text

from audit.bundle import check_bundle
from audit.notes import BadNote, Checkpoint, Key, Signer, signed, text_of
from audit.witness import Cosigned, Witness, cosign, latest_in, request_of, seen_by, witness_in
from states.errors import BadData, NotFound, Problem, Refused, Unavailable
from store import checkpoints
from tests.support.offices import Bench, at

if TYPE_CHECKING:
    from pathlib import Path


def _keys(bench: Bench) -> list[Key]:
    with bench.office.database.reading() as session:
        return [Key.parse(found) for found in checkpoints.keys(session)]


def _asked(bench: Bench, folder: Path, old: int | None = None) -> Cosigned:
    """Ask the witness whose folder this is to cosign the newest checkpoint."""
    kept = latest_in(folder)
    request = bench.office.signing.request(old if old is not None else kept.size if kept else 0)
    return cosign(request, witness_in(folder, "discipline.example"), _keys(bench), folder, at("03-01"))


def _grown(bench: Bench, on: str, unit: str) -> Checkpoint:
    bench.ordered(unit=unit)
    made = bench.office.signing.checkpoint(at(on))
    assert made is not None
    return made.checkpoint


def test_a_witness_follows_a_history_that_grows_and_its_signature_can_be_demanded(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "discipline"
    _grown(bench, "02-07", "第一局")
    first = _asked(bench, folder)
    key = witness_in(folder, "discipline.example").key.text()
    refused = bench.office.proofs.verify(witnesses=[key])
    assert refused.first_wrong == "witness discipline.example: has cosigned no checkpoint of this history"
    assert bench.office.signing.accept(first.note) == 1
    assert bench.office.signing.accept(first.note) == 0, "the same signature is kept once"
    second = _grown(bench, "02-08", "第二局")
    cosigned = _asked(bench, folder)
    assert (cosigned.before, cosigned.checkpoint) == (first.checkpoint.size, second)
    bench.office.signing.accept(cosigned.note)
    verdict = bench.office.proofs.verify(witnesses=[key])
    assert verdict.ok, verdict.first_wrong
    assert [(seen.name, seen.size, seen.at) for seen in verdict.witnessed] == [
        ("discipline.example", second.size, at("03-01"))
    ]
    stranger = Witness("other.example", b"\x09" * 32).key.text()
    assert not bench.office.proofs.verify(witnesses=[key, stranger]).ok


def test_the_signature_is_that_of_c2sp(bench: Bench, tmp_path: Path) -> None:
    _grown(bench, "02-07", "第一局")
    found = _asked(bench, tmp_path)
    dash, name, encoded = found.line.rstrip("\n").split(" ")
    assert (dash, name) == ("—", "discipline.example")
    raw = base64.b64decode(encoded)
    key = witness_in(tmp_path, name).key
    assert key.text().split("+", 2)[2] == base64.b64encode(b"\x04" + key.public).decode()
    assert raw[:4] == key.id
    (seconds,) = struct.unpack(">Q", raw[4:12])
    assert seconds == int(at("03-01").timestamp())
    message = f"cosignature/v1\ntime {seconds}\n" + text_of(found.note)
    Ed25519PublicKey.from_public_bytes(key.public).verify(raw[12:], message.encode())


def test_a_rewritten_history_is_not_cosigned_though_the_office_has_signed_it(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    bench = sqlite_bench
    _grown(bench, "02-07", "第一局")
    before = _asked(bench, tmp_path).checkpoint
    signer = Signer(before.origin, (bench.settings.home / "keys" / "checkpoint-0001.key").read_bytes())
    for size, root, told in (
        (before.size, b"\x01" * 32, "changed"),
        (before.size + 5, b"\x01" * 32, "changed"),
        (before.size - 1, b"\x01" * 32, "cut off"),
    ):
        note = signed(Checkpoint(before.origin, size, root).text(), [signer])
        request = request_of(before.size, [b"\x02" * 32] * 3, note)
        with pytest.raises(Refused) as refused:
            cosign(request, witness_in(tmp_path, "w"), [signer.key], tmp_path, at("03-01"))
        assert told in refused.value.sentence.text("en")
    assert latest_in(tmp_path) == before, "what was refused is not kept"


def test_a_proof_from_another_length_or_another_log_is_refused_and_says_what_to_send(
    bench: Bench, tmp_path: Path
) -> None:
    first = _grown(bench, "02-07", "第一局")
    _asked(bench, tmp_path)
    _grown(bench, "02-08", "第二局")
    with pytest.raises(Refused, match=f"--old {first.size}"):
        _asked(bench, tmp_path, first.size - 1)
    other = Signer("another.example/log", b"\x03" * 32)
    note = signed(Checkpoint("another.example/log", 999, b"\x01" * 32).text(), [other])
    with pytest.raises(Refused, match=r"another\.example/log"):
        cosign(request_of(first.size, [], note), witness_in(tmp_path, "w"), [other.key], tmp_path, at("03-01"))
    with pytest.raises(BadNote):
        cosign(request_of(first.size, [], note), witness_in(tmp_path, "w"), _keys(bench), tmp_path, at("03-01"))


def test_a_witness_that_died_before_it_answered_signs_the_same_checkpoint_again(bench: Bench, tmp_path: Path) -> None:
    made = _grown(bench, "02-07", "第一局")
    _asked(bench, tmp_path)
    assert _asked(bench, tmp_path, 0).checkpoint == made


def test_what_is_no_request_is_refused(tmp_path: Path) -> None:
    witness = witness_in(tmp_path, "w")
    for request in ("", "old 1", "old -1\n\nx", "new 1\n\nx", "old 1\n!!\n\nx", "old 1\n" + "AAAA\n" * 64 + "\nx"):
        with pytest.raises(BadData):
            cosign(request, witness, [], tmp_path, at("03-01"))
    assert (tmp_path / "witness.key").stat().st_mode & 0o077 == 0
    (tmp_path / "witness.key").write_bytes(b"short")
    with pytest.raises(Unavailable, match=r"witness\.key"):
        witness_in(tmp_path, "w")


def test_only_signatures_on_our_own_checkpoints_are_taken_in(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="checkpoint make"):
        bench.office.signing.request(0)
    _grown(bench, "02-07", "第一局")
    stranger = Signer("duban.local/history", b"\x05" * 32)
    with pytest.raises(BadNote):
        bench.office.signing.accept(signed(Checkpoint("duban.local/history", 3, b"\x01" * 32).text(), [stranger]))
    cosigned = _asked(bench, tmp_path)
    forged = cosigned.note.replace(cosigned.line, cosigned.line[:-12] + "AAAAAAAAAA=\n")
    key = witness_in(tmp_path, "discipline.example").key
    with pytest.raises(Problem):
        seen_by(forged, key)


def test_a_forged_cosignature_in_the_database_is_found(sqlite_bench: Bench, tmp_path: Path) -> None:
    bench = sqlite_bench
    _grown(bench, "02-07", "第一局")
    cosigned = _asked(bench, tmp_path)
    bench.office.signing.accept(cosigned.note)
    key = witness_in(tmp_path, "discipline.example").key.text()
    raw = bytearray(base64.b64decode(cosigned.line.split(" ")[2]))
    raw[11] ^= 1  # another moment
    with bench.office.database.transaction() as session:
        session.execute(
            text("UPDATE checkpoints SET note = replace(note, :old, :new)"),
            {"old": cosigned.line.split(" ")[2].strip(), "new": base64.b64encode(bytes(raw)).decode()},
        )
    assert "witness discipline.example" in str(bench.office.proofs.verify(witnesses=[key]).first_wrong)


def test_a_bundle_can_be_asked_for_its_witness(sqlite_bench: Bench, tmp_path: Path) -> None:
    bench, path = sqlite_bench, tmp_path / "case.zip"
    case = bench.ordered()
    bench.office.signing.checkpoint(at("02-07"))
    folder = tmp_path / "discipline"
    path.write_bytes(bench.office.proofs.bundle(case))
    key = witness_in(folder, "discipline.example").key.text()
    refused = check_bundle(path, (), [key])
    assert refused.first_wrong == "the checkpoint: the witness discipline.example has not cosigned it"
    bench.office.signing.accept(_asked(bench, folder).note)
    path.write_bytes(bench.office.proofs.bundle(case))
    found = check_bundle(path, (), [key])
    assert found.ok
    assert any("Cosigned by “discipline.example”" in line.text("en") for line in found.said)
