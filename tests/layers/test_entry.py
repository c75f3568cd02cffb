"""A catalogue entry is understood or refused with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoapp.layers.entry import KINDS, BadEntry, check_kind, check_level, parse_catalogue
from geoapp.layers.importing import ImportOptions, check_options, entry_options, key_from_filename, stored_options


def test_what_speaks_of_people_is_internal_unless_said_otherwise() -> None:
    entries = parse_catalogue('[r]\ntitle="台账"\nkind="roster"\n[s]\ntitle="路"\nkind="road"\n')
    assert (entries["r"].visibility, entries["s"].visibility) == ("internal", "public")
    assert {key for key, kind in KINDS.items() if kind.visibility == "internal"} == {"report", "roster"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[a", "TOML"),
        ("[a]\nkind='road'", "title"),
        ("[a]\ntitle='x'\nkind='castle'", "castle"),
        ("[a]\ntitle='x'\nlevel='village'", "village"),
        ("[a]\ntitle='x'\nvisibility='secret'", "visibility"),
        ("[a]\ntitle='x'\ncolour='red'", "colour"),
    ],
)
def test_a_wrong_entry_is_named(text: str, words: str) -> None:
    with pytest.raises(BadEntry, match=words):
        parse_catalogue(text)


def test_the_committed_catalogue_names_files_that_there_are() -> None:
    folder = Path(__file__).parents[2] / "layers"
    entries = parse_catalogue((folder / "catalogue.toml").read_text(encoding="utf-8"))
    assert entries
    for entry in entries.values():
        assert entry.source and entry.licence, entry.key
        assert not entry.file or (folder / entry.file).exists(), entry.key


def test_options_of_an_entry_and_what_wins_over_it() -> None:
    (entry,) = parse_catalogue('[a]\ntitle="路"\nkind="road"\ndatum="gcj02"\n').values()
    options = entry_options(entry, crs="bd09", title="")
    assert (options.layer, options.title, options.kind, options.crs) == ("a", "路", "road", "bd09")


@pytest.mark.parametrize(
    "options",
    [
        ImportOptions(kind="castle"),
        ImportOptions(level="village"),
        ImportOptions(mode="merge"),
        ImportOptions(visibility="secret"),
        ImportOptions(layer="a/b"),
    ],
)
def test_wrong_options_are_refused(options: ImportOptions) -> None:
    with pytest.raises(BadEntry):
        check_options(options)


def test_a_trial_and_a_mode_do_not_make_another_import() -> None:
    assert stored_options(ImportOptions(crs="gcj02", dry_run=True, mode="append")) == {"crs": "gcj02"}


@pytest.mark.parametrize(
    ("stem", "key"), [("小区", "小区"), ("a b/c", "a_b_c"), ("...", "layer"), ("x" * 99, "x" * 80)]
)
def test_a_key_is_made_of_a_files_name(stem: str, key: str) -> None:
    assert key_from_filename(stem) == key


def test_kinds_and_levels_are_checked() -> None:
    assert check_kind("compound").title == "小区"
    assert check_level("") == ""
