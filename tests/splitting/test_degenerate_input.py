"""What `geoapp split` answers to input at the edge of sense, as docs/splitting-answers.md lists it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from tests.splitting.test_split_command import run

DOCS = Path(__file__).parents[2] / "docs" / "splitting-answers.md"


def homes(graph: nx.Graph, each: int = 10, **other: Any) -> nx.Graph:
    """The graph with households in field ``hh``; ``u5=..`` for unit 5."""
    graph = nx.convert_node_labels_to_integers(graph)
    for unit in graph:
        graph.nodes[unit]["hh"] = other.get(f"u{unit}", each)
    return graph


def ring() -> nx.Graph:
    """Five by five squares without the one in the middle."""
    board = nx.grid_2d_graph(5, 5)
    board.remove_node((2, 2))
    return homes(board)


def enclave() -> nx.Graph:
    """Four by four squares and a unit that touches only one of them."""
    board = nx.convert_node_labels_to_integers(nx.grid_2d_graph(4, 4))
    board.add_edge(5, 16)
    return homes(board)


def board(rows: int, columns: int, **other: Any) -> nx.Graph:
    return homes(nx.grid_2d_graph(rows, columns), **other)


def islands() -> nx.Graph:
    return homes(nx.disjoint_union(nx.path_graph(3), nx.path_graph(4)))


#: As in the table of the docs: graph, words after `--households hh`, exit code.
CASES: dict[str, tuple[Callable[[], nx.Graph], str, int]] = {
    "一个单元，分两个": (lambda: homes(nx.path_graph(1)), "--parts 2", 3),
    "一个单元，分一个": (lambda: homes(nx.path_graph(1)), "--parts 1", 0),
    "两个单元": (lambda: homes(nx.path_graph(2)), "--parts 2", 0),
    "星形，要求对半": (lambda: homes(nx.star_graph(6)), "--parts 2", 3),
    "星形，分出一个角": (lambda: homes(nx.star_graph(6)), "--parts 2 --between 10 60", 0),
    "星形，三个部分，算得无解": (lambda: homes(nx.star_graph(6)), "--parts 3", 3),
    "一条链": (lambda: homes(nx.path_graph(9)), "--parts 2 --between 40 50", 0),
    "单元超过上限": (lambda: board(4, 4, u5=5000), "--parts 2 --between 500 3000", 3),
    "两片，各成一个": (islands, "--parts 2 --between 30 40", 0),
    "两片，要求对半": (islands, "--parts 2", 3),
    "两片，分一个": (islands, "--parts 1 --between 1 70", 3),
    "两片，分三个": (islands, "--parts 3 --between 10 60", 0),
    "中间有洞": (ring, "--parts 2", 0),
    "飞地": (enclave, "--parts 2 --between 80 90", 0),
    "非平面图": (lambda: homes(nx.complete_graph(5)), "--parts 2 --between 20 30", 0),
    "非平面图，无解": (lambda: homes(nx.complete_graph(5)), "--parts 2 --between 25 25", 3),
    "一个单元十亿户": (lambda: board(4, 4, u0=10**9), "--parts 2", 3),
    "每个单元十亿户": (lambda: board(4, 4, each=10**9), "--parts 2", 0),
    "户数是文字": (lambda: board(4, 4, u3="许多"), "--parts 2", 2),
    "户数为空": (lambda: board(4, 4, u3=None), "--parts 2", 2),
    "户数是负数": (lambda: board(4, 4, u3=-1), "--parts 2", 2),
    "户数全是 0": (lambda: board(4, 4, each=0), "--parts 2", 3),
    "没有单元": (nx.Graph, "--parts 2", 2),
    "两万个单元，一秒": (lambda: board(100, 200), "--parts 2 --seconds 1", 0),
}


def first_sentence(told: str) -> str:
    """What was said, without the name of the program and how long it took."""
    line = told.strip().splitlines()[0].removeprefix("geoapp: ")
    return re.sub(r"，[\d.]+ 秒", "", line)


def rows() -> dict[str, list[str]]:
    """The table of the docs: cells by the name of the case."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in DOCS.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith("| ---")
    ]
    return {row[0]: row for row in cells}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long) if name.startswith("两万") else name for name in CASES]
)
def test_the_answer_is_the_one_in_the_docs(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph, words, code = CASES[name]
    path, out = tmp_path / "graph.json", tmp_path / "plan.json"
    path.write_text(json.dumps(nx.readwrite.json_graph.adjacency_data(graph())), encoding="utf-8")
    assert run("split", "--graph", path, "--households", "hh", *words.split(), "--out", out) == code
    told = capsys.readouterr()
    assert "Traceback" not in told.err and "程序出错" not in told.err
    said = first_sentence(told.out or told.err)
    _, _, wanted_words, wanted_code, wanted, verified = rows()[name]
    if name.startswith("两万"):
        said, wanted = said.split("：")[0], wanted.split("：")[0]  # the plan found in a second differs by machine
    assert (wanted_words, wanted_code, wanted) == (f"`{words}`", str(code), said)
    if code == 2:
        assert not out.exists() and verified == ""
        return
    answer = run("verify", out, "--graph", path)
    told = capsys.readouterr()
    checked = first_sentence(told.out or told.err)
    assert verified == f"{answer} {checked.split('（代价')[0].split('：无法')[0].rstrip('。')}"


def test_the_table_lists_just_these_cases() -> None:
    listed = [name for name in rows() if name in CASES]
    assert listed == list(CASES)
