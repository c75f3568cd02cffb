"""One tree, two formats: names, wrappers, empty values, and what XML cannot carry."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from geoapp.api.open311.answers import answer, errors

TREE = [{"service_code": "001", "metadata": True, "order": 1, "keywords": None, "lat": 39.95, "description": "a<b & c"}]


def test_xml_has_the_wrapper_the_singular_and_an_element_for_what_is_empty() -> None:
    response = answer("services", TREE, "xml")
    assert response.content_type == "text/xml; charset=utf-8"
    assert response.get_data(as_text=True) == (
        '<?xml version="1.0" encoding="utf-8"?>\n<services><service><service_code>001</service_code>'
        "<metadata>true</metadata><order>1</order><keywords /><lat>39.95</lat>"
        "<description>a&lt;b &amp; c</description></service></services>"
    )


def test_json_is_the_list_without_the_wrapper_and_codes_stay_texts() -> None:
    response = answer("services", TREE, "json")
    assert response.content_type == "application/json; charset=utf-8"
    assert json.loads(response.get_data()) == TREE
    assert '"service_code":"001"' in response.get_data(as_text=True)


def test_lists_inside_lists_keep_their_own_names() -> None:
    tree = {"service_code": "x", "attributes": [{"code": "a", "values": [{"key": "1", "name": "一"}]}]}
    root = ElementTree.fromstring(answer("service_definition", tree, "xml").get_data())
    assert root.tag == "service_definition"
    assert root.findtext("attributes/attribute/values/value/name") == "一"


def test_an_error_is_a_list_of_code_and_description_in_both_formats() -> None:
    assert json.loads(errors(["甲", "乙"], "json", status=403).get_data()) == [
        {"code": 403, "description": "甲"},
        {"code": 403, "description": "乙"},
    ]
    response = errors(["甲"], "xml", status=404)
    assert response.status_code == 404
    assert ElementTree.fromstring(response.get_data()).findtext("error/code") == "404"


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_words_whatever_come_out_well_formed(words: str) -> None:
    for form in ("xml", "json"):
        body = answer("services", [{"description": words}], form).get_data()
        if form == "xml":
            ElementTree.fromstring(body)
        else:
            json.loads(body)
