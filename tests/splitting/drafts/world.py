"""A small community of 4560 households, drawn by hand.

Six compounds in two rows, each 100 m wide and 200 m high, of two units side by side; a main road 亮马桥路 runs along
x = 300 m, every other line is nothing:

    y 400 +----+----+----+----+----+----+
          | 甲园    | 乙园    | 丙园    |
      200 +----+----+----+----+----+----+
          | 丁园    | 戊园    | 己园    |
        0 +----+----+----+----+----+----+
          0         200   |300      400       600

Households: 甲 1000, 乙 740, 丁 1090, 戊 140, 丙 700, 己 890: 甲 乙 丁 戊 2970, 丙 己 1590; with
the first unit of 丙 (140 households) on the western side: 3110 + 1450.
"""

from __future__ import annotations

import datetime

import numpy as np
import shapely

from geoapp.splitting.drafts.comparison import Background, Comparison, PlaceToday, Proof, Proposal, moves
from geoapp.splitting.drafts.ground import Ground, Stations
from geoapp.splitting.drafts.scorecard import score_plan
from geoapp.splitting.store import read_profiles, read_rules
from geoapp.splitting.units import UnitBorders, Units

WEST, SOUTH = 116.46, 39.94
#: Degrees of one metre there, near enough for a world that is only drawn.
LON_M, LAT_M = 1 / 85_400.0, 1 / 111_030.0
COMPOUNDS = ("甲园", "乙园", "丙园", "丁园", "戊园", "己园")
HOUSEHOLDS = ((600, 400), (340, 400), (140, 560), (590, 500), (70, 70), (390, 500))


def degrees(shape: shapely.Geometry) -> shapely.Geometry:
    """Metres from the south-west corner -> longitude and latitude."""
    return shapely.transform(shape, lambda xy: xy * (LON_M, LAT_M) + (WEST, SOUTH))


def make_units() -> Units:
    boxes, names, compounds, households = [], [], [], []
    for i, compound in enumerate(COMPOUNDS):
        x, y = 200 * (i % 3), 200 * (1 - i // 3)
        for half in range(2):
            boxes.append(shapely.box(x + 100 * half, y, x + 100 * half + 100, y + 200))
            names.append(f"{compound}{half + 1}号楼")
            compounds.append(compound)
            households.append(HOUSEHOLDS[i][half])
    pairs, metres, kinds, lines_named, lines = [], [], [], [], []
    for a in range(12):
        for b in range(a + 1, 12):
            shared = shapely.intersection(boxes[a], boxes[b])
            if shared.length > 0:
                on_road = shared.bounds[0] == shared.bounds[2] == 400
                pairs.append((a, b))
                metres.append(shared.length)
                kinds.append("arterial" if on_road else "none")
                lines_named.append("亮马桥路" if on_road else "")
                lines.append(degrees(shared))
    return Units(
        ids=tuple(f"u{i + 1}" for i in range(12)),
        polygons=np.array([degrees(box) for box in boxes], dtype=object),
        households=np.array(households, dtype=np.int64),
        borders=UnitBorders(
            np.array(pairs, dtype=np.int32),
            np.array(metres),
            tuple(kinds),
            tuple(lines_named),
            np.array(lines, dtype=object),
        ),
        profiles=read_profiles(),
        apportioned=np.array([name.startswith("丁园") for name in names]),
        groups={
            "compound": tuple(compounds),
            "grid": tuple("一二三"[i % 6 // 2] for i in range(12)),
        },
        basis="常住",
        date="2026-10-31",
    )


def make_ground() -> Ground:
    units = make_units()
    names = tuple(f"{units.groups['compound'][i]}{i % 2 + 1}号楼" for i in range(12))
    middle = np.array([polygon.centroid.coords[0] for polygon in units.polygons])
    lonlat = np.array([[WEST + 100 * LON_M, SOUTH + 300 * LAT_M], [WEST + 500 * LON_M, SOUTH + 100 * LAT_M]])
    metres = np.hypot(*np.moveaxis((middle[:, None] - lonlat) / (LON_M, LAT_M), -1, 0))
    stations = Stations(("霞光里服务站", "亮马服务站"), lonlat, np.array([False, True]), metres / 1.2, by_network=False)
    return Ground(units, names, {"charging": np.arange(12), "reports": np.ones(12, dtype=np.int64)}, stations)


#: 丙园 (units 5 and 6) and 己园 (units 11 and 12) go to the new community.
SPLIT = np.array([1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 2, 2])
#: The same, but the first unit of 丙园 stays: 3110 + 1450, one compound cut.
TOO_LARGE = np.array([1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 2])
NAMES = ("霞光里", "亮马")


def make_proposal(ground: Ground, part_of: np.ndarray, *, number: int = 1, name: str = "紧凑") -> Proposal:
    score = score_plan(
        ground, part_of, profile="along-roads", names=NAMES, staff_now=16, rules=read_rules(),
        extents=("东至亮马桥路，南、西、北至社区外界。", "西至亮马桥路，东、南、北至社区外界。"),
    )  # fmt: skip
    proof = Proof(True, "已验证：在下列条件下，没有代价更低的界线", ("两部分各 2800 至 3000 户、1500 至 1700 户",))
    return Proposal(number, name, "沿路", score, ground.shapes(part_of, parts=2), proof)


def make_comparison() -> Comparison:
    ground = make_ground()
    place = PlaceToday(
        "110105012023", "霞光里", datetime.date(2026, 11, 21), 4560, "常住", datetime.date(2026, 10, 31), 16,
        degrees(shapely.box(0, 0, 600, 400)),
    )  # fmt: skip
    road = degrees(shapely.LineString([(400, -60), (400, 460)]))
    return Comparison(
        place=place,
        proposals=(
            make_proposal(ground, SPLIT, number=1, name="方案一"),
            make_proposal(ground, TOO_LARGE, number=2, name="方案二"),
        ),
        chosen=0,
        background=(Background("road", "亮马桥路", road),),
        moves=moves(ground, SPLIT, names=NAMES, today="霞光里"),
        sources=("示意楼栋（自绘，Apache-2.0，2026-11-01）",),
        illustrative=True,
        made_on=datetime.date(2026, 11, 21),
    )
