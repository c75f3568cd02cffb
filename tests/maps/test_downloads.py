"""Every download of a division of the demo's 霞光里 opens in what it is for, and says the founding numbers."""

from __future__ import annotations

import io
import json
import shutil
import urllib.parse
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest
import shapely
from apiflask import APIFlask

from geoapp.accounts.people import system
from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.maps.sheets.views import DOWNLOADS
from geoapp.places import actions as places
from geoapp.places import store as place_store
from geoapp.splitting.actions import verify_plan
from geoapp.splitting.drafts import tasks
from geoapp.splitting.store import read_units
from geoapp.splitting.verify import verify
from tests.founding import listed
from tests.signing_in import chief

needs_client = pytest.mark.usefixtures("built_client")


@pytest.fixture(scope="module")
def demo(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[APIFlask]:
    folder = tmp_path_factory.mktemp("demo") / "var"
    shutil.copytree(founded, folder)
    app = create_app(Settings(data=folder))
    yield app
    app.extensions["geoapp"]["database"].dispose()


@pytest.fixture(scope="module")
def address(demo: APIFlask) -> str:
    """Where the plans of the founding division are."""
    return f"/api/divisions/{listed(demo)['id']}/plans"


@pytest.fixture
def get(demo: APIFlask, address: str) -> Any:
    def fetch(kind: str, *, plan: int = 1) -> Any:
        return chief(demo).get(f"{address}/{plan}/download/{kind}")

    return fetch


def name_of(response: Any) -> str:
    return urllib.parse.unquote(response.headers["Content-Disposition"].split("UTF-8''")[1])


@needs_client
@pytest.mark.parametrize("kind", DOWNLOADS)
def test_every_download_is_a_file_with_a_chinese_name(get: Any, kind: str) -> None:
    response = get(kind)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Disposition"].startswith("attachment;")
    name = name_of(response)
    assert name.startswith("霞光里-") and "第1稿" in name and name.endswith("." + DOWNLOADS[kind].ending)
    assert response.content_type == DOWNLOADS[kind].content_type
    assert len(response.data) > 300


def test_the_workbook_says_the_founding_numbers(get: Any) -> None:
    book = openpyxl.load_workbook(io.BytesIO(get("xlsx").data))
    rows = {row[0].value: [cell.value for cell in row[2:4]] for row in book["方案比选"].iter_rows()}
    assert rows["户数"] == [4560, 4560] and rows["人员缺口"][1] == 15
    assert [round(x) for x in rows["人均服务户数"]] == [285, 147] and round(rows["人均服务户数变化"][1]) == -48
    parts = [[cell.value for cell in row[1:5]] for row in book["拟设社区"].iter_rows(min_row=2, max_row=3)]
    assert parts == [["霞光里", 2970, 0, 20], ["亮马", 1590, 0, 11]]
    # The households that move are those of the new community, door by door.
    assert sum(row[1].value for row in book["变更名单"].iter_rows(min_row=2)) == 1590


def test_plan_and_units_pass_verification(get: Any, tmp_path: Path) -> None:
    """What is handed out proves itself: the check of `geoapp verify`, on the downloaded files alone."""
    (tmp_path / "u.gpkg").write_bytes(get("units").data)
    (tmp_path / "plan.json").write_bytes(get("json").data)
    document = json.loads(get("json").data)
    verdict = verify_plan(tmp_path / "plan.json", units=tmp_path / "u.gpkg")
    assert document["status"] == "optimal" and verdict.objective == document["objective"]
    assert json.loads(get("certificate").data)["certificate"] == document["certificate"]


def test_a_draft_passes_as_a_plan_without_proof(get: Any, demo: APIFlask, address: str, tmp_path: Path) -> None:
    client = chief(demo)
    draft = client.post(f"{address}/1/steps", json={"units": [5, 6, 7], "to": 2}).json
    (tmp_path / "u.gpkg").write_bytes(get("units").data)
    document = json.loads(get("json", plan=draft["number"]).data)
    assert document["status"] == "feasible" and document["certificate"] is None
    if all(part["pieces"] == 1 for part in draft["score"]["parts"]):
        verify(read_units(tmp_path / "u.gpkg", "households").graph(document["profile"]), document)
    refused = get("certificate", plan=draft["number"])
    assert refused.status_code == 404 and "没有经过验证" in refused.json["detail"]


def test_the_plan_file_is_adopted_as_it_stands(demo: APIFlask) -> None:
    """枣营 (3160 households) is divided on paper, and from 2027 on in truth: the larger part keeps name and code."""
    database, client = demo.extensions["geoapp"]["database"], chief(demo)
    wish = {"on": "2026-11-21", "part_names": ["枣营", "枣营东"], "seconds": 5}
    division = client.post("/api/places/110105012026/divisions", json=wish).json
    tasks.divide(database, lambda *_: None, division_id=division["id"])
    document = client.get(f"/api/divisions/{division['id']}/plans/1/download/json").json
    outcome = places.split_by_plan(database, document, on=date(2027, 1, 1), by=system("test"))
    opened = [(v.name, v.households) for v in outcome.opens if v.level == "community"]
    assert opened == [(part["name"], part["households"]) for part in document["parts"]]
    assert outcome.opens[0].code == "110105012026" and sum(h for _, h in opened) == 3160
    with database.reading() as connection:
        before = place_store.version(connection, "110105012026", on=date(2026, 12, 31)).geometry
        after = place_store.versions(connection, on=date(2027, 1, 1), level="community")
    both = shapely.union_all([v.geometry for v in after if v.name in {"枣营", "枣营东"}])
    # Degrees to m2 at 40 degrees north.
    assert shapely.symmetric_difference(both, before).area * 85_300 * 111_000 < 1.0


def test_gis_files_hold_both_parts(get: Any, tmp_path: Path) -> None:
    (tmp_path / "p.gpkg").write_bytes(get("gpkg").data)
    (tmp_path / "p.geojson").write_bytes(get("geojson").data)
    for path in (tmp_path / "p.gpkg", tmp_path / "p.geojson"):
        layer = "parts" if path.suffix == ".gpkg" else None
        frame = pyogrio.read_dataframe(path, layer=layer)
        assert list(frame["households"]) == [2970, 1590] and list(frame["code"]) == ["110105012023", ""]
    for kind, encoding in (("shp", "UTF-8"), ("shp-gbk", "GBK")):
        with zipfile.ZipFile(io.BytesIO(get(kind).data)) as files:
            table = next(n for n in files.namelist() if n.endswith(".dbf"))
            assert "亮马".encode(encoding) in files.read(table)


def test_an_unknown_kind_names_those_that_there_are(get: Any) -> None:
    response = get("docx")
    assert response.status_code == 404 and "xlsx" in response.json["detail"]


@needs_client
def test_pages_in_chinese_say_nothing_in_the_engine_s_jargon(get: Any, demo: APIFlask, address: str) -> None:
    said = [
        json.dumps(chief(demo).get(address.removesuffix("/plans")).json["plans"], ensure_ascii=False),
        "".join(str(c.value) for s in openpyxl.load_workbook(io.BytesIO(get("xlsx").data)) for r in s.rows for c in r),
    ]
    for text in said:
        assert not [word for word in ("ReCom", "Polsby", " gap ", "dual cycle") if word in text]
