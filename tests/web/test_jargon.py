"""Chinese pages, cards and sentences say nothing in the engine's jargon: planners and residents read them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from geoapp.splitting.drafts.judging import SPARE, proof_by_hand, proof_of
from geoapp.splitting.drafts.tasks import CHINESE_NUMBERS
from geoapp.splitting.request import DivisionRequest, DivisionResult
from geoapp.splitting.solvers import milp, search
from geoapp.splitting.solvers.obstacles import certain_obstacle
from tests.splitting.enumeration import make_graph, rook
from tests.web.test_translations import GEOAPP, said_by_client, said_by_server

JARGON = re.compile(
    r"ReCom|Polsby|\bgaps?\b|dual cycle|\bMILP\b|HiGHS|spanning tree|upper bound|lower bound|\bdual\b|\bcut edges\b",
    re.IGNORECASE,
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
CLIENT = GEOAPP / "web" / "client" / "src"


def jargon(words: str) -> str | None:
    """The word of the engine that is in a Chinese sentence, if any."""
    found = JARGON.search(words)
    return found.group() if found and CHINESE.search(words) else None


def strings_of(path: Path) -> Iterator[tuple[int, str]]:
    """String constants of a module that are not docstrings, pieces of f-strings joined."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    inside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
            yield node.lineno, "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented | inside:
            yield node.lineno, node.value


def test_the_words_are_found_where_they_are() -> None:
    assert jargon("由 ReCom 抽取") == "ReCom"
    assert jargon("紧凑度（Polsby-Popper）") == "Polsby"
    assert jargon("与最好值的 gap 为 3%") == "gap"
    assert jargon("gap of three per cent") is None
    assert jargon("空隙 gapless") is None


def test_no_message_of_a_page_or_of_the_client_has_them() -> None:
    said = said_by_server() | said_by_client()
    assert len(said) > 300
    assert not [words for words in said if jargon(words)]


def test_no_template_has_them() -> None:
    templates = [path for path in GEOAPP.rglob("templates/**/*.html") if "node_modules" not in path.parts]
    assert templates
    for path in templates:
        shown = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]*>|\{[{%#].*?[}%#]\}", " ", path.read_text(encoding="utf-8"))
        assert not [line for line in shown.splitlines() if jargon(line)], path


def test_no_chinese_sentence_of_the_program_has_them() -> None:
    """Errors, reasons, notes, progress: whatever any module may put on a page; sources cited by name are not said."""
    wrong = []
    for path in sorted(GEOAPP.rglob("*.py")):
        if "node_modules" in path.parts or path.name == "measures.py":
            continue
        wrong += [f"{path.name}:{line} {words}" for line, words in strings_of(path) if jargon(words)]
    assert not wrong


def test_no_line_of_the_client_has_them() -> None:
    for path in CLIENT.rglob("*.ts"):
        for text in re.findall(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`', path.read_text(encoding="utf-8")):
            assert not jargon("".join(text)), path.name


def patterns(table: str) -> list[re.Pattern[str]]:
    """The shapes of sentences that a table of division-words.ts knows."""
    text = (CLIENT / "division-words.ts").read_text(encoding="utf-8")
    rows = text.split(f"const {table}")[1].split("\n];")[0]
    return [re.compile(shape) for shape in re.findall(r"\[\s*/((?:[^/\\\n]|\\.)+)/,", rows)]


def reasons() -> list[str]:
    """Why there is no plan, by asking for what cannot be."""
    path = make_graph([(u, u + 1) for u in range(5)], households=[10] * 6)
    boards = [
        (make_graph([], households=[5]), DivisionRequest(2, ((0, 9),) * 2)),
        (rook(2, 2, households=[0] * 4), DivisionRequest(2, ((0, 9),) * 2)),
        (path, DivisionRequest(2, ((0, 9),) * 2)),
        (make_graph([], households=[5] * 3), DivisionRequest(2, ((5, 10),) * 2)),
        (make_graph([(0, 1)], households=[50, 1]), DivisionRequest(2, ((0, 40), (0, 40)))),
        (path, DivisionRequest(2, ((0, 35), (0, 35)), together=((0, 1, 2, 3),))),
        (make_graph([(0, 1), (2, 3)], households=[5] * 4), DivisionRequest(2, ((5, 15),) * 2, together=((0, 2),))),
        (path, DivisionRequest(3, ((0, 60),) * 3, together=((0, 1, 2), (3, 4, 5)))),
    ]  # fmt: skip
    found = [certain_obstacle(graph, request) for graph, request in boards]
    assert all(found), found
    return [*(reason or "" for reason in found), milp.NO_CERTIFICATE]


def proofs() -> list[str]:
    """Every sentence on how good a plan is."""
    plan = np.array([1, 2])
    answers = [
        DivisionResult("feasible", plan, 10, bound, method)
        for bound, method in ((8, "x"), (0, "x"), (None, "x"), (9, SPARE), (2, SPARE), (None, SPARE))
    ]
    said = [proof_of(answer, ["条件"]).sentence for answer in answers]
    said += proof_of(DivisionResult("optimal", plan, 1, 1, "x"), []).conditions
    name = f"方案{CHINESE_NUMBERS[0]}"
    return said + [proof_by_hand(cost, name, base).sentence for cost, base in ((5, 5), (6, 5), (4, 5), (34, 5), (4, 0))]


@pytest.mark.parametrize(("table", "said"), [("JOB_WORDS", reasons), ("SENTENCES", proofs)])
def test_an_english_page_knows_the_shape_of_every_sentence(table: str, said) -> None:
    shapes = patterns(table)
    assert len(shapes) > 10
    for words in said():
        assert any(shape.search(words) for shape in shapes), words
        assert not jargon(words)


def test_six_times_as_dear_is_not_said_in_per_cent() -> None:
    assert proof_by_hand(337, "方案一", 50).sentence == "人工调整稿，未验证；界线代价是方案一的 6.7 倍"
    assert proof_by_hand(99, "方案一", 50).sentence == "人工调整稿，未验证；界线代价比方案一高98%"
    assert proof_by_hand(49, "方案一", 50).sentence == "人工调整稿，未验证；界线代价比方案一低2.0%"


def test_what_is_only_bounded_says_so() -> None:
    assert "证书" in search.ONLY_BOUND and "证书" in milp.NO_CERTIFICATE
