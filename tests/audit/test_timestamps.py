"""An authority that is not the office stamps checkpoints (RFC 3161): tried with OpenSSL's own, on loopback."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlalchemy import text

from audit.notes import text_of
from audit.timestamps import roots_in, stamp, stamped_at
from states.errors import BadData, Unavailable
from store import checkpoints
from tests.support.offices import Bench, at
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl, whose authority is tried")

_CONF: Final = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ess_cert_id_alg = sha256
"""


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey, *, ca: bool
) -> x509.Certificate:
    def named(word: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, word)])

    began = now() - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    signs = x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **usage)
    made = made.add_extension(signs, critical=True)
    if not ca:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return made.sign(by, hashes.SHA256())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of an authority with certificates of its own; `root.pem` vouches for it."""
    folder = tmp_path_factory.mktemp("authority")
    root, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    for name, found in (
        ("root.pem", _certificate("Root", root, "Root", root, ca=True)),
        ("tsa.pem", _certificate("Authority", own, "Root", root, ca=False)),
    ):
        (folder / name).write_bytes(found.public_bytes(Encoding.PEM))
    (folder / "tsa.key").write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "serial").write_text("01\n")
    (folder / "tsa.conf").write_text(_CONF.format(folder=folder))
    return folder


@contextmanager
def serving(folder: Path, answer: bytes | None = None) -> Iterator[str]:
    """Let the authority answer on loopback, or always give one answer; give its address."""

    class Authority(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            (folder / "asked.tsq").write_bytes(asked)
            command = ["openssl", "ts", "-reply", "-config", str(folder / "tsa.conf"), "-queryfile"]
            command += [str(folder / "asked.tsq"), "-out", str(folder / "answer.tsr")]
            if answer is None:
                subprocess.run(command, check=True, capture_output=True)
            content = answer if answer is not None else (folder / "answer.tsr").read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Authority)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_checkpoint_is_stamped_when_it_is_signed_and_verified_by_the_roots(
    database_url: str, tmp_path: Path, authority: Path
) -> None:
    roots = str(authority / "root.pem")
    with serving(authority) as url, Bench(database_url, tmp_path, tsa_url=url, tsa_roots=roots) as bench:
        bench.ordered()
        made = bench.office.signing.checkpoint(at("02-07"))
        assert made is not None
        assert made.failed == ()
        assert bench.office.proofs.verify().ok
        with bench.office.database.reading() as session:
            kept = checkpoints.latest(session)
            assert kept is not None
        assert kept.timestamp is not None
        assert bench.office.signing.stamp() == 0, "it is stamped once"
        other = "QUFB" + kept.timestamp[4:]
        for altered in (other, kept.timestamp.replace(kept.timestamp[-40:-30], "A" * 10)):
            with bench.office.database.transaction() as session:
                session.execute(text("UPDATE checkpoints SET timestamp = :new"), {"new": altered})
            assert "its timestamp is not valid" in str(bench.office.proofs.verify().first_wrong)


def test_an_authority_that_is_away_undoes_no_signature_and_is_asked_again(
    sqlite_bench: Bench, tmp_path: Path, authority: Path
) -> None:
    url = str(sqlite_bench.settings.database_url)
    with Bench(url, tmp_path, tsa_url="http://127.0.0.1:9/") as bench:
        bench.ordered()
        made = bench.office.signing.checkpoint(at("02-07"))
        assert made is not None
        assert "duban checkpoint stamp" in made.failed[0]
    with serving(authority) as address, Bench(url, tmp_path, tsa_url=address) as bench:
        assert bench.office.signing.stamp() == made.checkpoint.size


def test_a_stamp_of_another_text_or_another_authority_is_refused(authority: Path, tmp_path: Path) -> None:
    roots = roots_in(authority / "root.pem")
    with serving(authority) as url:
        token = stamp(url, "one", roots)
    assert abs(stamped_at(token, "one", roots) - now()) < timedelta(minutes=5)
    with pytest.raises(BadData):
        stamped_at(token, "two", roots)
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(BadData):
        stamped_at(token, "one", [_certificate("Root", key, "Root", key, ca=True)])
    with serving(authority, token) as url, pytest.raises((Unavailable, BadData)):
        stamp(url, "one", roots)  # an old answer is none: it has another nonce
    for bad in (b"", b"no token", b"x" * (70 << 10)):
        with serving(authority, bad) as url, pytest.raises(BadData):
            stamp(url, "one", roots)
    assert roots_in("") == []
    with pytest.raises(BadData, match=r"none\.pem"):
        roots_in(tmp_path / "none.pem")
    (tmp_path / "bad.pem").write_text("no certificate")
    with pytest.raises(BadData, match=r"bad\.pem"):
        roots_in(tmp_path / "bad.pem")


def test_what_is_stamped_is_the_text_that_was_signed(sqlite_bench: Bench, tmp_path: Path, authority: Path) -> None:
    roots = roots_in(authority / "root.pem")
    url = str(sqlite_bench.settings.database_url)
    with serving(authority) as address, Bench(url, tmp_path, tsa_url=address) as bench:
        bench.ordered()
        made = bench.office.signing.checkpoint(at("02-07"))
    assert made is not None
    answer = (authority / "answer.tsr").read_bytes()
    assert abs(stamped_at(answer, text_of(made.note), roots) - now()) < timedelta(minutes=5)
