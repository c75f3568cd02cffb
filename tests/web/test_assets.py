"""Built files: addresses from the manifest, compression and how long they may be kept."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from geoapp.web import assets


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build of one script."""
    (tmp_path / "manifest.json").write_text(json.dumps({"map.js": "map-ABCD1234.js"}), encoding="utf-8")
    (tmp_path / "map-ABCD1234.js").write_bytes(b"export {};")
    (tmp_path / "map-ABCD1234.js.gz").write_bytes(gzip.compress(b"export {};"))
    (tmp_path / "messages-en.json").write_text(json.dumps({"图层": "Layers"}), encoding="utf-8")
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    return tmp_path


def test_an_entry_has_the_address_of_its_content(built: Path) -> None:
    assert assets.address("map.js") == "/static/map-ABCD1234.js"


def test_an_entry_that_was_not_built_names_the_remedy(built: Path) -> None:
    with pytest.raises(assets.NotBuilt, match="npm run build"):
        assets.address("other.js")


def test_a_hashed_file_may_be_kept_for_a_year_and_is_a_script_everywhere(built: Path, client: Any) -> None:
    with client.get("/static/map-ABCD1234.js") as response:
        assert response.data == b"export {};"
        assert "immutable" in response.headers["Cache-Control"]
        assert response.content_type.startswith("text/javascript")
        assert "Content-Encoding" not in response.headers


def test_who_takes_gzip_gets_it_with_the_type_of_the_content(built: Path, client: Any) -> None:
    with client.get("/static/map-ABCD1234.js", headers={"Accept-Encoding": "gzip"}) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.content_type.startswith("text/javascript")
        assert gzip.decompress(response.data) == b"export {};"


def test_a_name_without_a_hash_is_asked_for_again_each_time(built: Path, client: Any) -> None:
    with client.get("/static/manifest.json") as response:
        assert response.headers["Cache-Control"] == "no-cache"


def test_nothing_outside_the_folder_is_served(built: Path, client: Any) -> None:
    assert client.get("/static/../assets.py").status_code == 404
    assert client.get("/static/%2e%2e/assets.py").status_code == 404


def test_chinese_pages_need_no_dictionary(built: Path) -> None:
    assert assets.messages("zh") == {}
    assert assets.messages("en") == {"图层": "Layers"}


def test_pages_answer_before_the_client_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: Any) -> None:
    monkeypatch.setattr(assets, "STATIC", tmp_path / "nothing")
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "stylesheet" not in response.text


def test_templates_get_the_helper(app: Flask) -> None:
    with app.test_request_context():
        context: dict[str, Any] = {}
        app.update_template_context(context)
    assert context["asset"] is assets.address
