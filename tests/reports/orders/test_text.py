"""Orders as they are pasted: the same four things are read whatever the platform's shape, and callers stay apart."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.reports.datafile import BadData
from geoapp.reports.orders.order import Order, canonical_number
from geoapp.reports.orders.text import EmptyOrder, LongOrder, SeveralOrders, read_order
from geoapp.reports.orders.vocabulary import Vocabulary, parse_vocabulary
from tests.reports import data
from tests.reports.data import BEIJING

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=BEIJING)


@cache
def vocabulary() -> Vocabulary:
    return parse_vocabulary(data.text("order-words"), data.kinds().kinds)


def read(text: str, now: datetime = NOW) -> Order:
    return read_order(text, vocabulary(), data.kinds(), now=now, zone=BEIJING)


def test_labels_of_two_letters_count_at_the_beginning_of_a_line() -> None:
    order = read(
        "派单通知\n编号 CD-2026-1118-009\n标题 小区路灯损坏\n描述 西门路灯三盏不亮，内容 不在行首\n"
        "要求 请在48小时内回复\n联系人 赵** 电话 138****1234"
    )
    assert (order.number, order.term, order.kind) == ("CD-2026-1118-009", "48h", "lamp")
    assert order.words.startswith("小区路灯损坏\n西门路灯三盏不亮，内容 不在行首")
    # Half a telephone is nobody's to dial, and still not for everybody.
    assert "1234" not in order.words and order.phones == () and "赵" not in order.words


def test_cells_between_upright_lines_are_read_and_who_stands_before_a_telephone_is_kept_apart() -> None:
    order = read("20261118000999 | 投诉举报 | 霞光里30号院 | 井盖丢失 | 李四 | 13522223333")
    assert (order.number, order.place, order.kind) == ("20261118000999", "霞光里30号院", "cover")
    assert (order.caller_name, order.phones) == ("李四", ("13522223333",))
    assert order.words == "投诉举报\n井盖丢失"


@pytest.mark.parametrize("said", ["不愿透露", "匿名", "不便透露姓名", "保密", "无", "未留"])
def test_who_gives_no_name_has_none(said: str) -> None:
    assert read(f"编号：20261118-0412\n来电人：{said}\n来电号码：13611112222\n内容：路灯不亮").caller_name == ""


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("请于2026年11月20日17:00前处理并反馈", "2026-11-20 17:00"), ("务必在11月21日之前办结", "2026-11-21 23:59"),
        ("11月10日修过一次，请于11月20日前回复", "2026-11-20 23:59"), ("11月20日前面的路被挖开", ""),
        ("去年11月20日前就反映过，没人管", ""),
    ],
)  # fmt: skip
def test_a_moment_in_a_sentence_is_an_end_where_something_is_asked_by_it(words: str, due: str) -> None:
    order = read(f"工单编号：20261118-0412，有人占用消防通道停车，{words}")
    assert order.due_at == (datetime.fromisoformat(f"{due}+08:00") if due else None)


def test_an_order_with_hardly_a_label() -> None:
    text = "工单编号 20261118-0412 … 绿景苑3号楼2单元 电动车上楼 … 时限24小时"
    order = read(text)
    assert (order.number, order.place, order.words) == ("20261118-0412", "绿景苑3号楼2单元", "电动车上楼")
    assert (order.kind, order.term, order.due_at) == ("bike-upstairs", "24h", None)
    assert not order.unread and not order.missing and not order.personal
    # Every value says from where it was read.
    assert {r.field: text[r.start : r.end] for r in order.readings} == {
        "number": "20261118-0412", "place": "绿景苑3号楼2单元", "words": "电动车上楼", "term": "24小时",
    }  # fmt: skip


FULL = """\
工单编号：２０２６１１１８－０４１２
诉求人：张某某  联系电话：138 0013 8000
诉求地址：朝阳区麦子店街道霞光里３０号院２号楼３单元
诉求类型：消防安全/电动自行车上楼
诉求内容：张某某称楼道内有人给电动车充电，电话13800138000，请处理。
派单时间：2026-11-18 09:12:33
办结时限：2026-11-25 18:00
"""


def test_a_full_order_with_full_width_digits_and_a_caller() -> None:
    order = read(FULL)
    assert order.number == "20261118-0412"
    assert order.place == "朝阳区麦子店街道霞光里３０号院２号楼３单元"
    assert order.words == "〔姓名〕称楼道内有人给电动车充电\n请处理"
    assert (order.caller_name, order.phones) == ("张某某", ("13800138000",))
    assert order.sent_at == datetime(2026, 11, 18, 9, 12, 33, tzinfo=BEIJING)
    assert order.due_at == datetime.fromisoformat("2026-11-25T18:00:00+08:00")
    assert (order.kind, order.category) == ("bike-upstairs", "消防安全/电动自行车上楼")
    for reading in order.readings:
        assert "138" not in reading.value and "张某某" not in reading.value


SHAPES = [
    # (text, number, place, kind, term, words contain)
    ("【工单号】HJ202611180412【来电人】李女士【来电号码】01064567890【问题地点】枣营北里12号楼【诉求内容】垃圾桶满冒无人清运"
     "【反馈时限】3个工作日", "HJ202611180412", "枣营北里12号楼", "rubbish", "3wd", "垃圾桶满冒"),
    ("受理单号\t京热〔2026〕0412号\n姓  名\t王五\n性别\t男\n年龄\t67\n手机\t13911112222\n"
     "地址\t甘露园南里甲5号楼1单元202室\n"
     "内容\t停暖三天，老人在家。\n要求：尽快联系。\n期限\t2小时",
     "京热[2026]0412", "甘露园南里甲5号楼1单元202室", "utility-cut", "2h", "尽快联系"),
    ("市民张先生来电反映绿景苑5号楼门口路灯不亮一周了，联系方式13700001111，编号20261118000777，请3天内答复",
     "20261118000777", "绿景苑5号楼门口", "lamp", "3d", "路灯不亮"),
    ("诉求编号:2026111812345 小区名称:霞光里 楼号:30号院2号楼 问题描述:井盖缺失 办理时限:五个工作日 是否回访:是",
     "2026111812345", "霞光里30号院2号楼", "cover", "5wd", "井盖缺失"),
    ("CY-2026111800123 八里庄东里６＃楼 楼道堆物堵门 限办时限：72小时",
     "CY-2026111800123", "八里庄东里６＃楼", "piles", "72h", "楼道堆物"),
    ("任务号：20261118000045\r\n标题：电梯困人\r\n主要内容：三单元电梯故障，多次困人\r\n事发地点：枣营南里２８号楼\r\n处置时限：2小时\r\n",
     "20261118000045", "枣营南里２８号楼", "elevator", "2h", "多次困人"),
    ("案件编号：2026-CY-00871；案件大类：街面秩序；案件小类：占道经营；详细地址：麦子店街与枣营路交叉口；问题描述：烧烤摊占道；"
     "处置期限：1天", "2026-CY-00871", "麦子店街与枣营路交叉口", "road-trade", "1d", "烧烤摊占道"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "number", "place", "kind", "term", "words"), SHAPES, ids=lambda v: str(v)[:14])
def test_shapes_of_many_platforms(text: str, number: str, place: str, kind: str, term: str, words: str) -> None:
    order = read(text)
    assert (order.number, order.place, order.kind, order.term) == (number, place, kind, term)
    assert words in order.words
    assert not order.unread


def test_what_is_personal_and_needed_by_nobody_is_dropped() -> None:
    order = read(SHAPES[1][0].replace("年龄", "身份证号\t110105195901011234\n住址\t某某胡同3号\n年龄"))
    everything = repr((order.words, order.place, order.readings, order.unread))
    for secret in ("110105195901011234", "67", "某某胡同", "王五", "13911112222"):
        assert secret not in everything, secret
    assert (order.caller_name, order.phones) == ("王五", ("13911112222",))


def test_somebody_elses_telephone_is_cut_from_the_words_but_is_not_the_callers() -> None:
    order = read("工单编号：20261118-0007\n来电号码：13700001111\n诉求内容：物业电话：010-64561234，一直没人接")
    assert order.phones[0] == "13700001111"
    assert "64561234" not in order.words and "〔电话〕" in order.words and "没人接" in order.words


def test_labels_that_are_known_and_not_used_are_told_and_what_nobody_knows_is_listed() -> None:
    order = read(
        "工单编号：20261118-0009\n签收时限：30分钟\n紧急程度：一般\n神秘栏目：甲乙丙\n诉求内容：路灯不亮\n办结时限：2天"
    )
    assert {r.label: r.value for r in order.readings if r.field == "unused"} == {
        "签收时限": "30分钟",
        "紧急程度": "一般",
    }
    assert [r.value for r in order.unread] == ["神秘栏目：甲乙丙"]
    # The term is that of the work, not that of signing for it.
    assert order.term == "2d"


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("2026-11-25 18:00", "2026-11-25 18:00"), ("2026年11月25日", "2026-11-25 23:59"),
        ("11月25日18时前", "2026-11-25 18:00"), ("11-25 17:30:00", "2026-11-25 17:30"),
        ("2026/11/25 下午5:30", "2026-11-25 17:30"), ("20261125180000", "2026-11-25 18:00"),
        ("2026.11.25", "2026-11-25 23:59"), ("11月25日24:00", "2026-11-26 00:00"),
        ("1月4日前", "2027-01-04 23:59"), ("当日办结", "2026-11-18 23:59"),
    ],
)  # fmt: skip
def test_dates_of_terms(written: str, due: str) -> None:
    order = read(f"编号：20261118-0412\n派单时间：2026-11-18 09:00\n办结时限：{written}\n内容：路灯不亮")
    assert order.due_at == datetime.fromisoformat(f"{due}+08:00")
    assert order.term == ""


def test_a_term_before_its_order_is_pointed_out() -> None:
    order = read("编号：20261118-0412\n派单时间：2026-11-18 09:00\n办结时限：2026-11-17\n内容：路灯不亮")
    assert order.notes == ("办结时限早于派单时间，请核对。",)
    # Where it does not say when it was sent, all that is known is that the term is over.
    order = read("编号：20261118-0412\n办结时限：2025-11-17\n内容：路灯不亮")
    assert order.notes == ("办结时限已经过了，请核对。",)


def test_two_orders_in_one_text_are_refused_and_one_number_twice_is_not() -> None:
    with pytest.raises(SeveralOrders, match="20261118-0412、20261118-0413"):
        read("工单编号：20261118-0412 内容：甲\n工单编号：20261118-0413 内容：乙")
    assert read("工单编号：20261118-0412 内容：甲\n工单编号：20261118－0412").number == "20261118-0412"


def test_nothing_and_far_too_much_are_refused() -> None:
    with pytest.raises(EmptyOrder):
        read(" \n\t……")
    with pytest.raises(LongOrder, match="20001 个字"):
        read("长" * 20_001)


def test_a_hostile_text_is_read_in_no_time_and_without_signs_that_no_eye_sees() -> None:
    began = datetime.now(UTC)
    read("1号楼" * 6_600)
    read("工单编号：" + "9" * 19_000)
    read("电话" * 10_000)
    order = read("编号：2026\x001118-0412\n内容：<script>alert(1)</script>\u202e{{7*7}}\x00")
    assert datetime.now(UTC) - began < timedelta(seconds=5)
    assert order.number == "20261118-0412"
    assert order.words == "<script>alert(1)</script>{{7*7}}"


LABELS = {
    "number": ["工单编号", "受理单号", "诉求编号", "工单号"],
    "place": ["诉求地址", "问题地点", "事发地点"],
    "words": ["诉求内容", "问题描述", "主要内容"],
    "category": ["诉求类型", "问题分类"],
    "term": ["办结时限", "反馈时限", "办理期限"],
    "phone": ["联系电话", "来电号码"],
    "name": ["诉求人", "来电人"],
}
VALUES = {
    "number": "20261118-0412", "place": "霞光里30号院2号楼", "words": "楼道里堆满杂物，老人摔倒",
    "category": "堆物堆料",
    "term": "48小时", "phone": "13800138000", "name": "欧阳某某",
}  # fmt: skip
WIDE = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(0x21, 0x7F)})


@given(
    order=st.permutations(list(LABELS)),
    style=st.sampled_from(
        ["{}：{}\n", "{}:{}\n", "{}\t{}\n", "【{}】{}\n", "[{}] {} \r\n", "{}：{}  ", "【{}】{}", "{} {}\n"]
    ),
    wide=st.booleans(),
    seed=st.integers(0, 99),
)
def test_any_order_of_labels_in_any_style_reads_the_same(order: list[str], style: str, wide: bool, seed: int) -> None:
    choose = random.Random(seed)
    text = "".join(style.format(choose.choice(LABELS[field]), VALUES[field]) for field in order)
    got = read(text.translate(WIDE) if wide else text)
    assert (got.number, got.term, got.kind) == ("20261118-0412", "48h", "piles")
    assert got.place.translate({ord(v): k for k, v in WIDE.items()}) == "霞光里30号院2号楼"
    assert (got.caller_name, got.phones) == ("欧阳某某", ("13800138000",))
    assert got.words.replace(",", "，").startswith("楼道里堆满杂物")
    assert not got.unread


@given(st.text(max_size=300))
def test_whatever_is_pasted_gives_an_answer_with_true_places(text: str) -> None:
    try:
        order = read(text)
    except (EmptyOrder, SeveralOrders):
        return
    for reading in itertools.chain(order.readings, order.personal, order.unread):
        assert 0 <= reading.start <= reading.end <= len(text)


def test_one_spelling_of_a_number() -> None:
    spellings = ["20261118-0412", " 20261118－0412", "２０２６１１１８—0412 ", "20261118-0412号", "#20261118-0412"]
    assert {canonical_number(s) for s in spellings} == {"20261118-0412"}


def test_a_label_of_two_fields_and_a_kind_that_is_not_there_are_refused() -> None:
    with pytest.raises(BadData, match="既是 number 又是 words"):
        parse_vocabulary('[label]\nnumber = ["编号"]\nwords = ["编 号"]\n', data.kinds().kinds)
    with pytest.raises(BadData, match="工单用语表的 kind"):
        parse_vocabulary('[label]\nnumber = ["编号"]\n[kind]\nflood = ["积水"]\n', data.kinds().kinds)
