"""受理编号 and codes: nothing wrong is read as right, and nothing follows from anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.reports import numbers
from geoapp.reports.numbers import BadKey, BadNumber

eight = st.integers(0, 10**8 - 1)


def number(n: int) -> str:
    return numbers.new_number(lambda _: n)


def test_the_check_digit_is_that_of_damm() -> None:
    """Damm's own example: 572 has the check digit 4; leading zeros do not change it, 0 -> 0."""
    assert number(572) == "000005724"


@given(eight, st.integers(0, 8), st.integers(1, 9))
def test_every_wrong_digit_is_found(n: int, place: int, by: int) -> None:
    right = number(n)
    wrong = right[:place] + str((int(right[place]) + by) % 10) + right[place + 1 :]
    with pytest.raises(BadNumber):
        numbers.read_number(wrong)


@given(eight, st.integers(0, 7))
def test_two_neighbours_exchanged_are_found(n: int, place: int) -> None:
    right = number(n)
    wrong = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
    if wrong != right:
        with pytest.raises(BadNumber):
            numbers.read_number(wrong)


@given(eight)
def test_a_number_is_read_as_people_write_it(n: int) -> None:
    right = number(n)
    wide = "".join(chr(ord(d) + 0xFEE0) for d in right)
    for written in (
        numbers.spoken(right),
        f" {right} ",
        wide,
        " ".join(right),
        numbers.spoken(right).replace("-", "－"),
    ):
        assert numbers.read_number(written) == right


@pytest.mark.parametrize("text", ["", "12", "abcdefghi", "1" * 40, "٣" * 9, "000005725", "\x00" * 9])
def test_what_is_no_number_is_told(text: str) -> None:
    with pytest.raises(BadNumber):
        numbers.read_number(text)


def test_one_key_has_one_code_and_another_key_another() -> None:
    code = numbers.code_from("k" * 22)
    assert code == numbers.code_from("k" * 22) != numbers.code_from("k" * 21 + "l")
    assert len(code) == 26 and numbers.read_code(code) == code
    typed = code.lower().replace("o", "0").replace("i", "1").replace("b", "8")
    assert numbers.read_code(f" {typed[:13]} {typed[13:]} ") == code
    assert numbers.read_code(f"看看：https://jie.example.cn/r/{code}?new=1 收到了吗") == code


def test_a_code_has_128_bits_that_look_random() -> None:
    """Of 4,000 codes each of the 26 letters takes all 32 values, and no two codes are alike."""
    codes = [numbers.code_from(f"{n:022d}") for n in range(4000)]
    assert len(set(codes)) == 4000
    assert all(len({code[place] for code in codes}) == 32 for place in range(26))


@pytest.mark.parametrize("key", ["", "short", "k" * 21, "k" * 65, "k" * 21 + "/", "密" * 22])
def test_a_key_too_short_to_be_secret_is_refused(key: str) -> None:
    with pytest.raises(BadKey):
        numbers.code_from(key)


@pytest.mark.parametrize("text", ["", "ABC", "A" * 27, "9" * 26, "../../etc/passwd", "é" * 26])
def test_what_cannot_be_a_code_is_none(text: str) -> None:
    assert numbers.read_code(text) is None
