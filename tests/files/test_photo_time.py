"""When a photo was taken: as it says itself, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.photo_time import is_image, taken_at
from tests.support.days import ZONE
from tests.support.photos import jpeg

TAKEN = "2026:04:01 09:36:10"


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_photo_says_when_it_was_taken_and_without_an_offset_in_the_zone_of_the_office(order: str) -> None:
    expected = datetime(2026, 4, 1, 9, 36, 10, tzinfo=ZONE)
    assert taken_at(jpeg(TAKEN, order=order), ZONE) == expected
    assert taken_at(jpeg(TAKEN, "+00:00", order=order), ZONE) == datetime(2026, 4, 1, 9, 36, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xd8", jpeg(), jpeg("0000:00:00 00:00:00"), jpeg("gestern"), jpeg(TAKEN)[:40], jpeg(TAKEN, "x")],
)
def test_what_makes_no_sense_says_nothing(content: bytes) -> None:
    assert taken_at(content, ZONE) is None


@given(st.binary(max_size=200), st.integers(0, 120))
def test_whatever_is_sent_is_read_without_a_fault(noise: bytes, place: int) -> None:
    good = jpeg(TAKEN, "+08:00")
    taken_at(good[:place] + noise + good[place + len(noise) :], ZONE)
    is_image(noise)


def test_pictures_are_known_by_how_they_begin() -> None:
    heads = (jpeg(), b"\x89PNG\r\n\x1a\n..", b"RIFF0000WEBPVP8 ", b"\x00\x00\x00\x18ftypheic", b"GIF89a", b"BM..")
    assert all(map(is_image, heads))
    assert not any(map(is_image, (b"", b"%PDF-1.7", b"PK\x03\x04", b"MZ", b"<svg>")))
