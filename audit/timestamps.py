"""Timestamps by RFC 3161: an authority that is not the office says that a checkpoint was there at a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import requests
from cryptography import x509
from rfc3161_client import TimestampRequestBuilder, VerificationError, VerifierBuilder, decode_timestamp_response

from states.errors import BadData, Sentence, Unavailable
from states.file_trouble import file_trouble

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from rfc3161_client import TimeStampResponse

LONGEST: Final = 64 << 10
"""How long an answer may be, in bytes; a token with its certificates has a few thousand."""
SECONDS: Final = 20
_GRANTED: Final = frozenset({0, 1})
_AWAY: Final = Sentence(
    "时间戳服务 {url} 没有给出时间戳：{why}。检查点已签发，可稍后用 duban checkpoint stamp 补盖。",
    "The timestamp authority {url} gave none: {why}. The checkpoint is signed; `duban checkpoint stamp` asks again.",
)
_NO_ROOTS: Final = Sentence(
    "读不出时间戳根证书 {path}：{why}。",
    "The root certificates of the timestamp authority, {path}, cannot be read: {why}.",
)
_NO_CERTIFICATE: Final = Sentence("其中没有 PEM 证书", "it holds no PEM certificate")
_NOT_VOUCHED: Final = Sentence("不是为这段文字签的，或者签名者不受信任", "{said}")
_NO_TOKEN: Final = Sentence("内容不是时间戳", "{said}")
_WRONG: Final = Sentence("时间戳无效：{why}。", "The timestamp is not valid: {why}.")


def stamp(url: str, text: str, roots: Sequence[x509.Certificate]) -> bytes:
    """Return the authority's answer for the text of a checkpoint, checked against its roots if any are given.

    Raises:
        Unavailable: the authority does not answer, or refuses.
        BadData: its answer is not about this text, or nobody who is trusted has signed it.
    """
    asked = TimestampRequestBuilder().data(text.encode()).build()
    headers = {"Content-Type": "application/timestamp-query"}
    try:
        with requests.post(url, asked.as_bytes(), headers=headers, timeout=SECONDS, stream=True) as answer:
            answer.raise_for_status()
            raw = answer.raw.read(LONGEST + 1, decode_content=True)
    except (requests.RequestException, OSError) as error:
        raise Unavailable(_AWAY.fill(url=url, why=type(error).__name__)) from error
    found = _decoded(raw)
    if found.status not in _GRANTED or found.tst_info.nonce != asked.nonce:
        raise Unavailable(_AWAY.fill(url=url, why=f"status {found.status}"))
    if roots:
        stamped_at(raw, text, roots)
    return raw


def stamped_at(token: bytes, text: str, roots: Sequence[x509.Certificate]) -> datetime:
    """Return the moment that the authority has signed for this text.

    Raises:
        BadData: it is about another text, or nobody whom the roots vouch for has signed it.
    """
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    found = _decoded(token)
    try:
        builder.build().verify_message(found, text.encode())
    except (VerificationError, ValueError) as error:
        raise BadData(_WRONG.fill(why=_NOT_VOUCHED.fill(said=str(error) or type(error).__name__))) from error
    return found.tst_info.gen_time


def roots_in(path: str | Path) -> list[x509.Certificate]:
    """Return the certificates of a PEM file; none if no file is named.

    Raises:
        BadData: it cannot be read.
    """
    if not path:
        return []
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # a string or a path
            return x509.load_pem_x509_certificates(file.read(1 << 20))
    except (OSError, ValueError) as error:
        why = file_trouble(error) if isinstance(error, OSError) else _NO_CERTIFICATE
        raise BadData(_NO_ROOTS.fill(path=path, why=why)) from error


def _decoded(raw: bytes) -> TimeStampResponse:
    if len(raw) > LONGEST:
        raise BadData(_WRONG.fill(why=f"> {LONGEST} B"))
    try:
        return decode_timestamp_response(raw)
    except ValueError as error:
        raise BadData(_WRONG.fill(why=_NO_TOKEN.fill(said=error))) from error
