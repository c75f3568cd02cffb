"""Every table that is written as CSV goes through what keeps office programs from taking words for formulas."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2] / "geoapp"
#: What they write is ours alone: the registry of personal fields, and the illustrative data.
OURS = {"administration.py", "demo/actions.py"}


def test_19_every_table_that_leaves_is_harmless() -> None:
    writers = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in ROOT.rglob("*.py")
        if "csv.writer(" in path.read_text(encoding="utf-8") or "csv.DictWriter(" in path.read_text(encoding="utf-8")
    }
    assert len(writers) > 4
    wrong = [name for name, text in writers.items() if name not in OURS and "harmless(" not in text]
    assert not wrong, f"cells go out as they came in: {wrong}"


def test_19_there_is_one_function_for_it() -> None:
    defined = [path for path in ROOT.rglob("*.py") if "def harmless(" in path.read_text(encoding="utf-8")]
    assert [path.relative_to(ROOT).as_posix() for path in defined] == ["layers/handing_out.py"]
