"""Photos for tests: JPEGs that say when they were taken."""

from __future__ import annotations

import struct


def jpeg(taken: str = "", offset: str = "", *, order: str = "<", more: bytes = b"") -> bytes:
    """Return a JPEG whose EXIF says this time (2026:04:01 09:36:10) and offset (+08:00), or nothing.

    `more` makes one photo differ from another.
    """
    body = b"\xff\xda\x00\x02" + more + b"\xff\xd9"
    if not taken:
        return b"\xff\xd8" + body
    texts = [(0x9003, taken)] + ([(0x9011, offset)] if offset else [])
    inner = 8 + 2 + 12 + 4
    place = inner + 2 + 12 * len(texts) + 4
    entries, kept = b"", b""
    for tag, text in texts:
        raw = text.encode() + b"\x00"
        entries += struct.pack(f"{order}HHII", tag, 2, len(raw), place + len(kept))
        kept += raw
    tiff = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    tiff += struct.pack(f"{order}H", 1) + struct.pack(f"{order}HHII", 0x8769, 4, 1, inner) + struct.pack(f"{order}I", 0)
    tiff += struct.pack(f"{order}H", len(texts)) + entries + struct.pack(f"{order}I", 0) + kept
    segment = b"Exif\x00\x00" + tiff
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + body
