"""Telephones in all the ways people part their digits; and what only looks like one."""

from __future__ import annotations

import pytest

from geoapp.reports.orders.callers import masked, traces
from geoapp.reports.orders.sheet import SheetOrder
from geoapp.reports.people import BadContact, Contact
from tests.reports.orders.test_sheet import HEAD, row, sheet
from tests.reports.orders.test_text import read

#: (as written, as dialled, as a contact keeps it)
TELEPHONES = [
    ("010-8456-1234", "01084561234", "01084561234"), ("010 8456 1234", "01084561234", "01084561234"),
    ("（０１０）８４５６—１２３４", "01084561234", "01084561234"), ("0571-876-5432", "05718765432", "05718765432"),
    ("021-6234 5678转801", "02162345678转801", "02162345678-801"),
    ("021-62345678-801", "02162345678转801", "02162345678-801"),
    ("021 6234 5678 分机 801", "02162345678转801", "02162345678-801"),
    ("138.1234.5678", "13812345678", "13812345678"), ("138-1234-5678", "13812345678", "13812345678"),
    ("+86 138 - 1234 - 5678", "13812345678", "+8613812345678"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "number", "kept"), TELEPHONES)
def test_telephones_are_found_cut_from_words_and_kept(written: str, number: str, kept: str) -> None:
    order = read(f"工单编号：20261118-0412\n联系电话：{written}\n诉求内容：楼道堆物，回{written}。请处理")
    assert order.phones == (number,)
    assert "回〔电话〕。请处理" in order.words
    assert masked(f"灯不亮，回{written}，谢谢") == "灯不亮，回〔电话〕，谢谢"
    (listed,) = sheet([HEAD, row(联系电话=written, 诉求内容=f"堆物，回{written}")]).rows()
    assert isinstance(listed, SheetOrder)
    assert (listed.phones, listed.words) == ((number,), "堆物，回〔电话〕")
    assert Contact(phone=written).checked().phone == kept


@pytest.mark.parametrize(
    "written",
    ["3-2-501", "20261118-0412", "2026-11-18", "2026-11-18 10:30", "XG-2026-0118-2345", "0412-2026-1118",
     "131.12345678", "2026 1118 0412", "116.4567, 39.9876", "30号院5-2-0103"],
)  # fmt: skip
def test_dates_orders_and_houses_are_no_telephones(written: str) -> None:
    assert traces(written) == [] and masked(f"在{written}旁") == f"在{written}旁"


@pytest.mark.parametrize(
    "written", ["2026-11-18", "3-2-501", "20261118-0412-7", "13800138000/010-84561234", "abc", "110"]
)
def test_what_is_no_telephone_is_no_contact(written: str) -> None:
    with pytest.raises(BadContact):
        Contact(phone=written).checked()
