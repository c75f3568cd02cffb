"""Kinds as services: names, groups, questions from the data file, and what a broken file is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoapp.api.open311.answers import FORMATS
from geoapp.api.open311.services import definition, discovery, parse_catalogue, services
from geoapp.reports.datafile import BadData
from geoapp.reports.kinds import Kinds, parse_kinds

DATA = Path(__file__).parents[3] / "layers" / "reports"
HEAD = 'contact_zh = "甲"\ncontact_en = "A"\nkey_service_zh = "乙"\nkey_service_en = "B"\n'


@pytest.fixture(scope="module")
def kinds() -> Kinds:
    return parse_kinds((DATA / "kinds.toml").read_text(encoding="utf-8"))


def test_every_kind_is_a_service_in_the_group_of_its_class(kinds: Kinds) -> None:
    listed = services(kinds, parse_catalogue(HEAD, kinds), english=False)
    assert [one["service_code"] for one in listed] == [k.code for _, below in kinds.tree() for k in below]
    lane = next(one for one in listed if one["service_code"] == "fire-lane")
    assert lane == {
        "service_code": "fire-lane",
        "service_name": "占用消防通道",
        "description": "消防通道停了车、堆了东西",
        "metadata": False,
        "type": "realtime",
        "keywords": "消防通道, 消防车, 生命通道, 登高面",
        "group": "消防和用电安全",
    }


def test_the_districts_own_file_is_read_whole(kinds: Kinds) -> None:
    catalogue = parse_catalogue((DATA / "open311.toml").read_text(encoding="utf-8"), kinds)
    listed = {one["service_code"]: one for one in services(kinds, catalogue, english=True)}
    assert listed["unsorted"]["type"] == "batch" and listed["lamp"]["type"] == "realtime"
    assert listed["bike-upstairs"]["metadata"] is True and listed["lamp"]["service_name"] != ""
    asked = definition(kinds.get("bike-upstairs"), catalogue, english=True)
    assert [(a["order"], a["code"], a["datatype"], a["required"]) for a in asked["attributes"]] == [
        (1, "WHERE", "singlevaluelist", True),
        (2, "FLOOR", "number", False),
    ]
    assert asked["attributes"][0]["values"][1] == {"key": "home", "name": "inside a flat"}


def test_a_kind_with_a_number_to_ring_first_says_so_before_its_questions(kinds: Kinds) -> None:
    (notice,) = definition(kinds.get("fire-gas"), parse_catalogue(HEAD, kinds), english=False)["attributes"]
    assert (notice["code"], notice["variable"], notice["required"]) == ("RING", False, False)
    assert "119" in notice["description"]


def test_discovery_has_all_that_is_required(kinds: Kinds) -> None:
    found = discovery(
        parse_catalogue(HEAD, kinds), url="https://x.example/open311/v2", changeset="2026-11-22 08:00",
        production=False, formats=FORMATS, english=True,
    )  # fmt: skip
    assert (found["contact"], found["key_service"], found["changeset"]) == ("A", "B", "2026-11-22 08:00")
    assert found["endpoints"] == [
        {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": "https://x.example/open311/v2",
            "changeset": "2026-11-22 08:00",
            "type": "test",
            "formats": ["xml", "json"],
        }
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('batch = ["nothing"]', "nothing"),
        ("nonsense = 1", "nonsense"),
        ("[[attribute.lamp]]\ncode='A'\ndatatype='string'\nzh='x'", "en"),
        ("[[attribute.lamp]]\ncode='A'\ndatatype='colour'\nzh='x'\nen='x'", "colour"),
        ("[[attribute.lamp]]\ncode='A]'\ndatatype='string'\nzh='x'\nen='x'", "A]"),
        ("[[attribute.lamp]]\ncode='A'\ndatatype='singlevaluelist'\nzh='x'\nen='x'", "values"),
        ("[[attribute.lamp]]\ncode='A'\ndatatype='string'\nzh='x'\nen='x'\nvalues=[['a','b','c']]", "values"),
        ("[[attribute.lamp]]\ncode='RING'\ndatatype='string'\nzh='x'\nen='x'", "RING"),
        ("[attribute.lamp]\ncode='A'", "attribute.lamp"),
        ("a = ", "open311.toml"),
    ],
)
def test_a_broken_file_is_told_the_entry(kinds: Kinds, body: str, told: str) -> None:
    with pytest.raises(BadData, match=told.replace("]", r"\]")):
        parse_catalogue(HEAD + body, kinds)
