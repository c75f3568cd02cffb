"""The same seed makes the same bytes, and they are the committed ones."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from geoapp.demo.commands import demo
from geoapp.demo.layout import generate
from geoapp.errors import Invalid

LAYERS = Path(__file__).parents[2] / "layers"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_committed_files_are_what_the_generator_makes(made: dict[str, bytes]) -> None:
    committed = {
        path.relative_to(LAYERS / "demo").as_posix(): sha256(path.read_bytes())
        for path in (LAYERS / "demo").rglob("*")
        if path.is_file() and path.name != ".gitattributes"
    }
    assert committed == {name: sha256(content) for name, content in made.items()}


def test_a_program_of_its_own_with_another_hash_seed_writes_the_same_bytes(
    made: dict[str, bytes], tmp_path: Path
) -> None:
    """Sets and dictionaries must not leak their order: another process, another PYTHONHASHSEED."""
    program = "from geoapp.demo.commands import demo; demo()"
    result = subprocess.run(
        [sys.executable, "-c", program, "generate", "--out", str(tmp_path / "new")],
        check=True,
        capture_output=True,
        cwd=LAYERS.parent,
        env=os.environ | {"PYTHONHASHSEED": "4711", "PYTHONPATH": str(LAYERS.parent)},
    )
    assert result.stdout.startswith(b"36 files")
    assert {name: sha256((tmp_path / "new" / name).read_bytes()) for name in made} == {
        name: sha256(content) for name, content in made.items()
    }


def test_another_seed_makes_another_town_with_the_same_sums(made: dict[str, bytes]) -> None:
    files = generate(1)
    assert files["buildings.geojson"] != made["buildings.geojson"]
    households: dict[str, int] = {}
    for feature in json.loads(files["buildings.geojson"])["features"]:
        properties = feature["properties"]
        code = properties["community_code"]
        households[code] = households.get(code, 0) + properties["households"]
    assert households["110105012023"] == 2970
    assert households["110105012027"] == 1590


def test_files_are_small_and_have_one_feature_a_line(made: dict[str, bytes]) -> None:
    assert sum(map(len, made.values())) < 3_000_000
    assert max(map(len, made.values())) < 1_000_000
    for name, content in made.items():
        if name.endswith(".geojson"):
            lines = content.decode().splitlines()
            assert len(lines) == len(json.loads(content)["features"]) + 2


def test_every_feature_says_that_it_is_illustrative(made: dict[str, bytes]) -> None:
    for name, content in made.items():
        if name.endswith(".geojson"):
            layer = json.loads(content)
            assert layer["illustrative"] is True
            assert {feature["properties"]["note"] for feature in layer["features"]} == {"示意"}
        else:
            assert "示意".encode() in content


def test_a_folder_that_cannot_be_made_gets_one_sentence(tmp_path: Path) -> None:
    """A file stands where a folder is wanted."""
    (tmp_path / "town").write_text("a file")
    result = CliRunner().invoke(demo, ["generate", "--out", str(tmp_path / "town" / "new")])
    assert isinstance(result.exception, Invalid)
    assert str(result.exception).endswith("name another folder with --out.")
