"""TAB and MIF in GBK: with the charset in the header, without one, and with a wrong one."""

from __future__ import annotations

from typing import Any

import pytest

NAMES = ["霞光里一号院", "枣营南里", "农展馆", "亮马河北岸"]


@pytest.mark.parametrize("name", ["a.tab", "a.mif"])
def test_gbk_with_its_charset_in_the_header(written: Any, opened: Any, name: str) -> None:
    source, rows = opened(written(name, "MapInfo File", layer_options={"ENCODING": "CP936"}))
    assert source.encoding == "GB18030"
    assert [props["名称"] for props in rows.props] == NAMES
    assert [props["户数"] for props in rows.props] == [10, 20, 30, 40]
    assert "4326" in source.crs or "WGS" in source.crs


@pytest.mark.parametrize("name", ["a.tab", "a.mif"])
def test_gbk_without_a_charset_whose_field_names_were_cut_up(written: Any, opened: Any, name: str) -> None:
    """GDAL cuts Chinese field names in two when no charset is set; the values are whole."""
    source, rows = opened(written(name, "MapInfo File", encoding="GBK"))
    assert source.encoding == "GB18030"
    assert [next(v for v in props.values() if isinstance(v, str)) for props in rows.props] == NAMES
    assert all(len(props) == 2 for props in rows.props)


@pytest.mark.parametrize("name", ["a.tab", "a.mif"])
def test_a_header_that_names_a_western_charset_is_not_believed(written: Any, opened: Any, name: str) -> None:
    path = written(name, "MapInfo File", layer_options={"ENCODING": "CP936"})
    path.write_bytes(path.read_bytes().replace(b"WindowsSimpChinese", b"WindowsLatin1"))
    source, rows = opened(path)
    assert source.encoding == "GB18030"
    assert [props["名称"] for props in rows.props] == NAMES
