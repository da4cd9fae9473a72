"""A case in one file: who checks it learns what it proves, and every forgery is told in a sentence."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from audit import bundle as bundles
from audit import offline
from audit.bundle import check_bundle, replay_of
from audit.notes import Signer, signed
from states.errors import BadData, NotFound
from states.vocabulary import Act
from store import checkpoints
from tests.support.offices import Bench, at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Files = dict[str, bytes]


def _bundle(bench: Bench, folder: Path) -> Path:
    case = bench.reported()
    bench.office.signing.checkpoint(at("02-11"))
    path = folder / "case.zip"
    path.write_bytes(bench.office.proofs.bundle(case))
    return path


def _key(bench: Bench) -> str:
    with bench.office.database.reading() as session:
        return checkpoints.keys(session)[0]


def _files(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _repacked(path: Path, change: Callable[[Files], None]) -> Path:
    """Return a copy of the bundle with something changed."""
    content = _files(path)
    change(content)
    other = path.with_name("changed.zip")
    with zipfile.ZipFile(other, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return other


def _manifest(content: Files, **other: object) -> None:
    content["manifest.json"] = json.dumps(json.loads(content["manifest.json"]) | other).encode()


def _script(path: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the bundle's own script as an auditor does who has nothing of ours."""
    (folder / "verify.py").write_bytes(bundles.own_script())
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), str(path), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", timeout=60)


def test_a_bundle_says_what_it_proves_and_is_trusted_only_with_a_key_that_was_given(
    bench: Bench, tmp_path: Path
) -> None:
    path = _bundle(bench, tmp_path)
    found = check_bundle(path)
    (key,) = found.signed_by
    assert (found.ok, found.events, found.trusted, key) == (True, 3, False, _key(bench))
    said = " ".join(line.text("en") for line in found.said)
    assert f"up to event 3 (2026-02-10), within the checkpoint of {found.checkpoint} places" in said
    assert f"Consistent, signed by {key}" in said
    assert "Trusted" not in said
    trusted = check_bundle(path, [key])
    assert trusted.trusted
    assert "Trusted: signed by" in trusted.said[1].text("en")


def test_plain_python_that_has_nothing_of_ours_says_the_same(bench: Bench, tmp_path: Path) -> None:
    path = _bundle(bench, tmp_path)
    key = _key(bench)
    for words, code, told in (
        ((), 0, "CONSISTENT"),
        ((key,), 0, "TRUSTED"),
        ((key.replace("+", "x+", 1),), 1, "NOT VERIFIED"),
    ):
        done = _script(path, tmp_path, *words)
        assert (done.returncode, told in done.stdout) == (code, True), done.stdout + done.stderr
    _script(path, tmp_path, "--replay", str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert not re.search(r"(?:src|href|url)\s*[=(]", page)


def test_the_replay_is_drawn_from_the_events_by_who_verifies(bench: Bench, tmp_path: Path) -> None:
    path = _bundle(bench, tmp_path)
    assert "replay.html" not in _files(path)
    found, page = replay_of(path)
    assert found.ok
    assert page.count("<section>") == 3
    assert "<b>" not in page.replace("<body>", "")
    assert "&lt;b&gt;" in page
    assert "截止" in page
    assert "整改通知书" in page or "应发通知" in page
    assert not re.search(r"(?:src|href|url)\s*[=(]", page.replace("http-equiv", ""))


def _replaced(name: str, old: bytes, new: bytes) -> Callable[[Files], None]:
    def change(content: Files) -> None:
        found = min(key for key in content if key.startswith(name))
        assert old in content[found]
        content[found] = content[found].replace(old, new, 1)

    return change


def _truncated(content: Files) -> None:
    content["events.jsonl"] = b"".join(content["events.jsonl"].splitlines(keepends=True)[:-1])


def _other_number(content: Files) -> None:
    _manifest(content, number="临法治督案〔2026〕999号")


def _other_case(content: Files) -> None:
    _manifest(content, case_id=999)


def _extra(content: Files) -> None:
    content["notes/readme.html"] = b"<script>"


def _old_page(content: Files) -> None:
    content["replay.html"] = b"<p>nothing happened</p>"


def _other_script(content: Files) -> None:
    content["verify.py"] = b"print('VERIFIED')"


def _other_format(content: Files) -> None:
    _manifest(content, format="duban-bundle/9")


def _salt_moved(content: Files) -> None:
    found = json.loads(content["personal.json"])
    token = next(iter(found))
    salt, value = found[token]
    found[token] = [salt[:-2], salt[-2:] + value]
    content["personal.json"] = json.dumps(found).encode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_replaced("events.jsonl", b"02-06", b"02-05"), "its content is not what its hash seals"),
        (_replaced("checkpoint.txt", b"\n", b"x\n"), "the signature of"),
        (_replaced("policies/", b"15wd", b"16wd"), "is not the one that the events name"),
        (_replaced("calendars/", b"2026-02", b"2026-03"), "is not the one that the events name"),
        (_replaced("evidence/", "现场".encode(), "现象".encode()), "is not the one that the events name"),
        (_replaced("proofs.json", b"0", b"1"), "is not in the history that the office has signed"),
        (_truncated, "proofs of what is not in the bundle"),
        (_other_number, "the number in the manifest is not that of the case"),
        (_other_case, "belongs to another case"),
        (_extra, "does not belong into the bundle"),
        (_old_page, "does not belong into the bundle"),
        (_other_script, "do not run it"),
        (_other_format, "is not known"),
        (_salt_moved, "is not the one that its event has committed"),
    ],
)
def test_a_forgery_is_told(sqlite_bench: Bench, tmp_path: Path, change: Callable[[Files], None], told: str) -> None:
    path = _repacked(_bundle(sqlite_bench, tmp_path), change)
    verdict = check_bundle(path)
    assert not verdict.ok
    assert told in str(verdict.first_wrong)
    if change is not _other_script:  # a script cannot speak for itself
        assert _script(path, tmp_path).returncode == 1


def test_a_shortened_bundle_that_fits_together_says_how_far_it_goes(sqlite_bench: Bench, tmp_path: Path) -> None:
    def shortened(content: Files) -> None:
        kept = content["events.jsonl"].splitlines(keepends=True)[:-1]
        gone = json.loads(content["events.jsonl"].splitlines()[-1])
        proofs = json.loads(content["proofs.json"])
        del proofs[str(gone["place"])]
        personal = json.loads(content["personal.json"])
        tokens = set(re.findall(r"committed:[a-z0-9:]+", b"".join(kept).decode()))
        content["personal.json"] = json.dumps({key: personal[key] for key in tokens}).encode()
        content["events.jsonl"], content["proofs.json"] = b"".join(kept), json.dumps(proofs).encode()
        for name in [name for name in content if name.startswith("evidence/")]:
            del content[name]
        _manifest(content, events=2)

    found = check_bundle(_repacked(_bundle(sqlite_bench, tmp_path), shortened))
    assert found.ok
    assert "up to event 2 (2026-02-06)" in found.said[0].text("en")
    assert "later events may exist" in found.said[0].text("en")


def test_names_that_stand_twice_and_bytes_beside_the_bundle_are_told(sqlite_bench: Bench, tmp_path: Path) -> None:
    path = _bundle(sqlite_bench, tmp_path)
    twice = tmp_path / "twice.zip"
    shutil.copy(path, twice)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("events.jsonl", b"{}")
    assert check_bundle(twice).first_wrong == "events.jsonl is in the bundle twice"
    before = tmp_path / "before.zip"
    before.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    assert check_bundle(before).first_wrong == "something stands in the file beside the bundle"


def test_a_foreign_signer_is_named_and_refused_where_a_key_was_given(sqlite_bench: Bench, tmp_path: Path) -> None:
    path, key = _bundle(sqlite_bench, tmp_path), _key(sqlite_bench)
    stranger = Signer("duban.local/history", b"\x05" * 32)

    def signed_by_a_stranger(content: Files) -> None:
        text = content["checkpoint.txt"].decode().rpartition("\n\n")[0] + "\n"
        content["checkpoint.txt"] = signed(text, [stranger]).encode()
        _manifest(content, keys=[stranger.key.text()])

    forged = _repacked(path, signed_by_a_stranger)
    found = check_bundle(forged)
    assert (found.ok, found.trusted, found.signed_by) == (True, False, (stranger.key.text(),))
    refused = check_bundle(forged, [key])
    assert refused.first_wrong == "the checkpoint: no trusted key has signed it"


def test_a_bundle_that_swells_when_it_is_unpacked_is_refused_before_it_does(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("manifest.json", "w") as file:
        for _ in range(80):
            file.write(b"\0" * (1 << 20))
    assert path.stat().st_size < 1 << 20
    assert check_bundle(path).first_wrong == "manifest.json is larger than 64 MiB"
    many = tmp_path / "many.zip"
    with zipfile.ZipFile(many, "w") as archive:
        for n in range(offline.MOST_FILES + 1):
            archive.writestr(f"evidence/{n}", b"")
    assert check_bundle(many).first_wrong == "the bundle has more than 10000 files"


def test_what_is_no_bundle_is_refused_by_name(tmp_path: Path) -> None:
    for name, content in (("junk.zip", b"no zip"), ("empty.zip", b"")):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(BadData, match=name):
            check_bundle(path)
    with pytest.raises(BadData, match=r"none\.zip"):
        check_bundle(tmp_path / "none.zip")


def test_a_case_that_no_checkpoint_covers_has_no_bundle_yet(bench: Bench) -> None:
    case = bench.ordered()
    with pytest.raises(NotFound, match="检查点"):
        bench.office.proofs.bundle(case)


def test_a_bundle_of_before_still_verifies_and_its_own_page_is_not_believed(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    path = _bundle(sqlite_bench, tmp_path)

    def as_before(content: Files) -> None:
        lines = [json.loads(line) for line in content["events.jsonl"].splitlines()]
        content["events.jsonl"] = b"".join(
            json.dumps({"hash": line["hash"], "sealed": line["sealed"], "seq": line["place"]}).encode() + b"\n"
            for line in lines
        )
        for name in [name for name in content if name.endswith(".toml")]:
            del content[name]
        content["replay.html"] = b"<p>nothing happened</p>"
        _manifest(content, format="duban-bundle/1")

    old = _repacked(path, as_before)
    found, page = replay_of(old, [_key(sqlite_bench)])
    assert found.trusted
    assert "nothing happened" not in page
    assert "submit_report" in page


def test_the_scripts_of_earlier_releases_are_known_and_this_one_is_the_programs_own(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    files = _files(_bundle(sqlite_bench, tmp_path))
    assert files["verify.py"] == bundles.own_script()
    assert sha256(files["verify.py"]).hexdigest() not in bundles.KNOWN_SCRIPTS


def test_a_bundle_of_a_ten_year_case_is_verified_in_two_seconds(sqlite_bench: Bench, tmp_path: Path) -> None:
    bench = sqlite_bench
    case = bench.ordered("02-06", term="2026-12-31")
    for n in range(600):
        bench.act(case, Act.ACKNOWLEDGE, "02-07", note=f"第{n}次签收")
    bench.office.signing.checkpoint(at("02-11"))
    path = tmp_path / "long.zip"
    path.write_bytes(bench.office.proofs.bundle(case))
    done = _script(path, tmp_path)
    assert "602 events" in done.stdout


BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here; `make browser` brings one")
def test_the_replay_opens_from_disk_in_a_real_browser_and_asks_nobody(bench: Bench, tmp_path: Path) -> None:
    page = tmp_path / "replay.html"
    page.write_text(replay_of(_bundle(bench, tmp_path))[1], "utf-8")
    log = tmp_path / "net.json"
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--log-net-log={log}"]
    command += ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--dump-dom"]
    done = subprocess.run([*command, page.as_uri()], check=False, capture_output=True, text=True, timeout=120)
    assert 'class="now"' in done.stdout
    assert "3 / 3" in done.stdout
