"""The founding case from the demo's files to verified plans: 霞光里 before its division, under each profile.

    python benchmarks/xiaguangli.py [--folder FOR_THE_FILES]

Every step is the command that a planner would give; each plan is verified from its file by a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

DEMO = Path(__file__).parents[1] / "layers" / "demo"
PROFILES = ("along-roads", "compact", "grids-whole")
SIZES = ("--ranges 2800:3000,1500:1700", "--between 1500 3060", "--tolerance 0.05")


def geoapp(*words: object) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "geoapp", *map(str, words)], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )


def main() -> None:
    """Make units, divide, verify, and print a table."""
    import geopandas as gpd

    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--folder", type=Path, default=None)
    folder = ask.parse_args().folder or Path(tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    places, grids = (gpd.read_file(DEMO / f"boundary_{level}.geojson") for level in ("community", "grid"))
    places[(places["name"] == "霞光里") & (places["households"] == 4560)].to_file(
        folder / "before.gpkg", layer="outline"
    )
    grids[grids["valid_from"] < "2021-07-01"].to_file(folder / "before.gpkg", layer="grids")
    units = folder / "units.gpkg"
    geoapp(
        "units", "--outline", f"{folder / 'before.gpkg'}:outline", "--grids", f"{folder / 'before.gpkg'}:grids",
        "--buildings", DEMO / "buildings.geojson", "--compounds", DEMO / "compounds.geojson",
        "--barriers", DEMO / "roads.geojson", "--barriers", DEMO / "water.geojson",
        "--households", "households", "--basis", "套数", "--date", "2020-12-31", "--out", units,
    ).check_returncode()  # fmt: skip
    print("| profile | sizes | status | cost | households | s | `geoapp verify` |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for number, (profile, sizes) in enumerate((p, s) for p in PROFILES for s in SIZES):
        out = folder / f"plan-{number + 1}.json"
        geoapp(
            "split", "--units", units, "--households", "households", "--parts", 2, *sizes.split(),
            "--profile", profile, "--out", out,
        ).check_returncode()  # fmt: skip
        plan = json.loads(out.read_text(encoding="utf-8"))
        checked = geoapp("verify", out, "--units", units)
        held = " + ".join(str(part["households"]) for part in plan["parts"])
        print(
            f"| {profile} | `{sizes}` | {plan['status']} | {plan['objective']} | {held} | {plan['seconds']:.2f} "
            f"| {checked.returncode} {checked.stdout.split('（')[0]} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
