"""`geoapp ensemble`: what the file holds, and one sentence where nothing can be drawn."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from click.testing import CliRunner

from geoapp.cli import geoapp
from geoapp.errors import exit_code


def write_board(path: Path, *, sizes: int = 1) -> Path:
    """4x4 squares named r0c0 .. r3c3."""
    board = nx.relabel_nodes(nx.grid_2d_graph(4, 4), lambda rc: f"r{rc[0]}c{rc[1]}")
    nx.set_node_attributes(board, sizes, "hh")
    path.write_text(json.dumps(nx.readwrite.json_graph.adjacency_data(board)), encoding="utf-8")
    return path


def run(tmp_path: Path, *more: str, out: str = "draws.npz"):
    """The command on the board of sixteen."""
    graph = write_board(tmp_path / "g.json")
    given = ["ensemble", "--graph", str(graph), "--households", "hh", "--out", str(tmp_path / out), *more]
    return CliRunner().invoke(geoapp, given)


def test_the_file_holds_parts_ids_and_seconds(tmp_path: Path) -> None:
    result = run(tmp_path, "--parts", "2", "--tolerance", "0.05", "--draws", "30")
    assert result.exit_code == 0, result.output
    with np.load(tmp_path / "draws.npz", allow_pickle=False) as drawn:
        assert drawn["part_of"].shape == (30, 16) and drawn["part_of"].dtype == np.int8
        assert set(np.unique(drawn["part_of"])) == {1, 2}
        assert (np.count_nonzero(drawn["part_of"] == 1, axis=1) == 8).all()
        assert drawn["ids"].tolist()[:2] == ["r0c0", "r0c1"]
        assert 0 < float(drawn["seconds"]) < 60
        assert drawn["weights"].sum() == pytest.approx(1.0)
        assert drawn["cut_edges"].min() >= 4
    assert "相互独立" in result.output


def test_the_same_seed_writes_the_same_draws(tmp_path: Path) -> None:
    for name, seed in (("a.npz", "5"), ("b.npz", "5"), ("c.npz", "6")):
        assert (
            run(tmp_path, "--parts", "3", "--tolerance", "0.2", "--draws", "20", "--seed", seed, out=name).exit_code
            == 0
        )
    a, b, c = (np.load(tmp_path / name)["part_of"] for name in ("a.npz", "b.npz", "c.npz"))
    assert np.array_equal(a, b) and not np.array_equal(a, c)


def test_the_summary_as_json_says_how_well_it_mixed(tmp_path: Path) -> None:
    result = run(tmp_path, "--parts", "2", "--draws", "40", "--tree", "mst", "--json")
    said = json.loads(result.output)
    assert said["tree"] == "mst" and said["rhat"] > 0 and said["effective"] > 0
    assert "weights" not in np.load(tmp_path / "draws.npz").files


@pytest.mark.parametrize(
    ("more", "out", "word", "code"),
    [
        (("--parts", "2", "--draws", "0"), "d.npz", "draws", 2),
        (("--parts", "17", "--draws", "1"), "d.npz", "17 个部分", 3),
        (("--parts", "2", "--draws", "1", "--tolerance", "-1"), "d.npz", "tolerance", 2),
        (("--parts", "2", "--draws", "1"), "d.csv", ".npz", 2),
        (("--parts", "2", "--draws", "1"), "nowhere/d.npz", "不存在", 2),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(
    tmp_path: Path, more: tuple[str, ...], out: str, word: str, code: int
) -> None:
    result = run(tmp_path, *more, out=out)
    assert result.exception is not None and word in str(result.exception)
    assert exit_code(result.exception) == code
    assert not (tmp_path / out).exists()
