"""The page reckons as the server does: its figures after any hand-overs equal those of the scorecard."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoapp.splitting.drafts.answers import ground_json
from geoapp.splitting.drafts.scorecard import score_plan
from geoapp.splitting.store import read_rules
from geoapp.web import assets
from tests.splitting.drafts.world import NAMES, SPLIT, make_ground

CLIENT = Path(assets.__file__).parent / "client"
NODE = shutil.which("node")
pytestmark = [
    pytest.mark.usefixtures("built_client"),
    pytest.mark.skipif(NODE is None, reason="no Node on the path here: set-up has its own"),
]

RUN = """
import { readFileSync } from "node:fs";
const { Model } = await import(process.argv[2]);
const { ground, start, steps } = JSON.parse(readFileSync(process.argv[3], "utf-8"));
const model = new Model(ground, start, 2, 16);
const said = [model.figures()];
for (const [units, to] of steps) {
  model.give(units, to);
  said.push({ ...model.figures(), partOf: [...model.partOf] });
}
console.log(JSON.stringify({ said, compound: model.compoundOf(4), neighbour: model.neighbour([4, 5]) }));
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module by itself, without the page."""
    out = tmp_path_factory.mktemp("client") / "division-model.mjs"
    build = "import { build } from 'esbuild'; await build({ entryPoints: ['src/division-model.ts'], bundle: true, "
    build += f"format: 'esm', outfile: {json.dumps(str(out))} }});"
    subprocess.run([str(NODE), "--input-type=module", "-e", build], cwd=CLIENT, check=True)
    return out


def run(model: Path, steps: list[tuple[list[int], int]]) -> dict[str, Any]:
    data = model.with_name("data.json")
    ground = ground_json(make_ground(), read_rules())
    data.write_text(json.dumps({"ground": ground, "start": SPLIT.tolist(), "steps": steps}), encoding="utf-8")
    script = model.with_name("run.mjs")
    script.write_text(RUN, encoding="utf-8")
    done = subprocess.run(
        [str(NODE), str(script), model.as_uri(), str(data)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_sums_after_many_hand_overs_are_those_of_the_server(model: Path, rng: np.random.Generator) -> None:
    """Forty hand-overs of one to five units at random, stray pieces and empty parts among them."""
    steps = [
        (rng.choice(12, size=rng.integers(1, 6), replace=False).tolist(), int(rng.integers(1, 3))) for _ in range(39)
    ]
    steps.append((list(range(12)), 1))
    said = run(model, steps)["said"]
    ground = make_ground()
    for figures in said:
        part_of = np.array(figures.get("partOf", SPLIT.tolist()))
        score = score_plan(
            ground, np.asarray(part_of), profile="along-roads", names=NAMES, staff_now=16, rules=read_rules()
        )
        for mine, part in zip(figures["parts"], score.parts, strict=True):
            assert (mine["households"], mine["estimated"]) == (part.households, part.households_estimated)
            assert (mine["staffMin"], mine["staffNow"], mine["shortfall"], mine["pieces"]) == (
                part.staff_min, part.staff_now, part.shortfall, part.pieces
            )  # fmt: skip
            assert mine["mark"] == {"超过3000户": "over", "不足500户": "merge", "": ""}[part.mark]
        assert (figures["staffMin"], figures["shortfall"]) == (score.staff_min, score.shortfall)
        assert figures["load"] == pytest.approx(score.load)
        assert figures["moved"] == score.moved_households
        assert figures["border_m"] == pytest.approx(score.border.length_m, abs=0.1)
        assert {row["kind"] for row in figures["border"]} == {kind for kind, _, _ in score.border.by_kind}
        assert tuple(figures["cut"]) == score.compounds_cut


def test_a_press_takes_the_whole_compound_to_its_neighbour(model: Path) -> None:
    """丙园 is units 4 and 5 and lies in part 2; the only other part is 1."""
    found = run(model, [])
    assert found["compound"] == [4, 5] and found["neighbour"] == 1
