"""Chinese text tells its own encoding."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.layers.formats.charset import detect, detect_file, named, reads_well
from geoapp.layers.formats.source import MustChoose

SIMPLIFIED = "霞光里社区三十号院二号楼\n枣营南里小区居委会\n朝阳公园路东侧停车场"
TRADITIONAL = "朝陽區麥子店街道\n停車場收費處\n社區服務中心與圖書館"


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "gbk", "gb18030"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        (TRADITIONAL, "utf-8", "utf-8"),
        (SIMPLIFIED, "utf-8-sig", "utf-8-sig"),
        (SIMPLIFIED, "utf-16", "utf-16"),
        ("plain ascii, 123", "ascii", "utf-8"),
        ("联通", "gbk", "gb18030"),
        ("Lüneburger Straße, Tegeler Straße, Alt-Moabit, Größe", "utf-8", "utf-8"),
    ],
)
def test_an_encoding_is_told(text: str, encoding: str, expected: str) -> None:
    assert detect(text.encode(encoding)).encoding == expected


def test_noise_is_asked_about() -> None:
    with pytest.raises(MustChoose, match="--encoding"):
        detect(bytes(range(128, 256)) * 20)


@given(st.lists(st.sampled_from(SIMPLIFIED.replace("\n", "")), min_size=4, max_size=60))
def test_common_words_are_told_in_any_order(words: list[str]) -> None:
    text = "".join(words)
    assert detect(text.encode("gbk")).encoding == "gb18030"
    assert detect(text.encode("utf-8")).encoding == "utf-8"


def test_a_lie_is_seen() -> None:
    assert reads_well(SIMPLIFIED.encode("gbk"), "gb18030")
    assert not reads_well(SIMPLIFIED.encode("gbk"), "utf-8")
    assert not reads_well(SIMPLIFIED.encode("utf-8"), "gb18030")


def test_chinese_far_into_a_file_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"name,x,y\n" * 400_000 + f"{SIMPLIFIED}\n".encode("gbk"))
    assert detect_file(path).encoding == "gb18030"


def test_names_of_encodings() -> None:
    assert named("GBK").encoding == "gb18030"
    assert named(" utf8 ").encoding == "utf-8"
    with pytest.raises(MustChoose, match="EBCDIC-CN"):
        named("EBCDIC-CN")


def test_a_letter_of_a_million_signs_is_read_in_no_time(tmp_path: Path) -> None:
    """A long line of ASCII beside a short Chinese one: a pattern that begins anew at each sign does not end."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * 900_000 + "\n霞光里社区居民委员会\n".encode("gb18030"))
    assert detect_file(path).encoding == "gb18030"


@pytest.mark.parametrize("text", ["name\nCafé José\n", "Straße", "École 3"])
def test_a_few_accents_are_no_chinese(text: str) -> None:
    """Café in UTF-8 is Caf茅 in GB18030; beside Latin letters it is an accent."""
    assert detect(text.encode()).encoding == "utf-8"
    assert detect("茅台路".encode("gb18030")).encoding == "gb18030"
