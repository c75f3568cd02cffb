"""What a file is, is told by its content before anything decodes it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.errors import Invalid
from geoapp.reports.photos.header import MOST_BYTES, PhotoTooLarge
from geoapp.reports.photos.sniffing import sniff
from tests.reports.photos import corpus


def test_01_what_is_no_picture_is_refused_whatever_it_is_called(outcomes: dict[str, Any]) -> None:
    """html, svg, php, zip, pdf and others named .jpg; a picture with something before it; TIFF and AVIF in disguise."""
    wrong = {
        name: (outcome.fate, type(outcome.error).__name__)
        for name, outcome in outcomes.items()
        if outcome.sample.fate == "refused" and type(outcome.error).__name__ != outcome.sample.error
    }
    assert wrong == {}
    assert sum(outcome.sample.error == "NotAPhoto" for outcome in outcomes.values()) >= 18


def test_02_bombs_are_refused_without_being_decoded(outcomes: dict[str, Any]) -> None:
    """30000x30000, 65500x65500, thousands of frames: each by its header, in a hundredth of a second."""
    refused = [outcome for outcome in outcomes.values() if outcome.sample.error in {"TooManyPixels", "MovingPicture"}]
    assert len(refused) >= 16
    assert [o.sample.name for o in refused if o.fate != "refused"] == []
    # Judged by the quickest half: the machine may stop for a while anywhere.
    assert sorted(outcome.look_s for outcome in refused)[len(refused) // 2] < 0.01


def test_02_a_file_over_the_limit_is_refused_by_its_length() -> None:
    with pytest.raises(PhotoTooLarge, match="25 MiB"):
        sniff(b"\xff\xd8\xff" + bytes(MOST_BYTES))


def test_a_refusal_says_what_to_do_in_one_sentence(outcomes: dict[str, Any]) -> None:
    for outcome in outcomes.values():
        if outcome.error is not None:
            words = str(outcome.error)
            assert words.endswith("。") and "；" in words, words
            assert not any(sign in words for sign in "<>{}"), words


def test_size_and_place_are_read_without_decoding(outcomes: dict[str, Any]) -> None:
    wrong = []
    for name, outcome in outcomes.items():
        if outcome.seen is None:
            continue
        if (outcome.seen.width, outcome.seen.height) != outcome.sample.size:
            wrong.append((name, outcome.seen.width, outcome.seen.height))
        found = outcome.seen.position
        lonlat = None if found is None else (round(found.lon, 9), round(found.lat, 9))
        if lonlat != outcome.sample.lonlat:
            wrong.append((name, lonlat))
    assert wrong == []


def test_a_progressive_picture_counts_its_coefficients() -> None:
    """7000 x 7000 with three full components is 294 MB of coefficients; baseline needs none."""
    with pytest.raises(Invalid, match="7000×7000"):
        sniff(corpus._progressive_header(7000, 7000))
    baseline = corpus.jpeg()
    frame = baseline.index(b"\xff\xc0")
    changed = baseline[: frame + 5] + (7000).to_bytes(2, "big") * 2 + baseline[frame + 9 :]
    assert sniff(changed).extra_bytes == 0


@given(st.binary(max_size=200))
def test_any_bytes_are_a_picture_or_refused(data: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"RIFF\xff\0\0\0WEBP", b"\0\0\0\x18ftypheic"):
        try:
            sniff(start + data)
        except Invalid:
            continue


@given(data=st.data())
def test_a_picture_with_some_bytes_changed_is_a_picture_or_refused(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([corpus.heic_grid(2, 2), corpus.heic(), corpus.jpeg(), corpus._palette()]))
    changed = bytearray(whole)
    for at in data.draw(st.lists(st.integers(0, min(len(whole), 600) - 1), max_size=8)):
        changed[at] = data.draw(st.integers(0, 255))
    try:
        sniff(bytes(changed[: data.draw(st.integers(0, len(whole)))]))
    except Invalid:
        return
