"""The OpenAPI document has every route, and says of each what it needs, takes and answers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from apiflask import APIFlask

from geoapp.web.describing import TEXT, describe
from geoapp.web.openapi import document
from geoapp.web.rights import needs


@pytest.fixture
def described(app: APIFlask) -> dict[str, Any]:
    return document(app)


def test_every_route_and_method_is_in_it_and_nothing_else(app: APIFlask, described: dict[str, Any]) -> None:
    routes = {
        (re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(path, method) for path, methods in described["paths"].items() for method in methods}


def test_each_operation_has_a_summary_a_permission_and_the_errors_of_its_kind(described: dict[str, Any]) -> None:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"].strip(), (path, method)
            assert operation["x-permission"], (path, method)
            variables = {p["name"] for p in operation["parameters"] if p.get("in") == "path"}
            assert variables == set(re.findall(r"{(\w+)}", path))
            wanted = {"404"} if variables else set()
            wanted |= {"400", "413"} if method != "get" else set()
            assert wanted <= set(operation["responses"])
            assert not {s for s in operation["responses"] if s.startswith("5")} - {"503"}
            assert "default" not in operation["responses"]  # it would document anything


def test_a_body_is_required_and_pages_are_told_from_programs(described: dict[str, Any]) -> None:
    upload = described["paths"]["/api/layers/import"]["post"]
    assert upload["requestBody"]["required"] is True
    (fields,) = [content["schema"] for content in upload["requestBody"]["content"].values()]
    assert fields["required"] == ["file"]
    assert upload["x-page"] is False and described["paths"]["/"]["get"]["x-page"] is True


def test_names_of_operations_are_unique(described: dict[str, Any]) -> None:
    names = [operation["operationId"] for methods in described["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


def test_what_a_view_says_of_itself_stands_there(app: APIFlask) -> None:
    @needs("places.read")
    @describe(query={"a": TEXT, "b": TEXT}, needed=("a",), answers={204: ()}, errors=(409,))
    def view(kind: str, number: int) -> str:
        """Say it.

        More.
        """
        return ""

    app.add_url_rule("/said/<any(x, y):kind>/<int:number>", "said", view)
    said = document(app)["paths"]["/said/{kind}/{number}"]["get"]
    assert said["summary"] == "Say it."
    assert [(p["name"], p["in"], p["required"]) for p in said["parameters"][:4]] == [
        ("kind", "path", True), ("number", "path", True), ("a", "query", True), ("b", "query", False),
    ]  # fmt: skip
    assert said["parameters"][0]["schema"]["enum"] == ["x", "y"]
    assert sorted(said["responses"]) == ["204", "303", "400", "401", "403", "404", "409", "429", "503"]


def test_it_is_served(client: Any) -> None:
    assert client.get("/openapi.json").json["openapi"].startswith("3.")
