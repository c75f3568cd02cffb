"""Everything that pages and the client say has an English sentence with the same places for values."""

from __future__ import annotations

import ast
import functools
import importlib
import os
import re
import shutil
import string
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from geoapp import app
from geoapp.accounts import audit
from geoapp.accounts.bodies.kinds import KINDS as BODY_KINDS
from geoapp.accounts.roles import RANK_NAMES
from geoapp.accounts.trail import views as trail_views
from geoapp.db import DatabaseGone
from geoapp.layers import faults, handing_out
from geoapp.layers.rosters import actions as rosters
from geoapp.layers.rosters import matching, sheet
from geoapp.maps import facts, style
from geoapp.objects import ObjectsUnreachable
from geoapp.reports.casework.showing import FIELDS
from geoapp.reports.orders import notes
from geoapp.reports.orders.sheets import actions as orders
from geoapp.reports.patrols import rounds
from geoapp.reports.photos import photo
from geoapp.reports.sending.taking.actions import THERE_ALREADY
from geoapp.reports.wording import EVENT_WORDS, NEED_WORDS, STAGE_WORDS
from geoapp.web import translating

GEOAPP = Path(translating.__file__).parents[1]
PO = translating.FOLDER / "en" / "LC_MESSAGES" / "messages.po"
#: Looked up by the words that data carry, not by a literal in the code.
LOOKED_UP = {
    *facts.FIELDS.values(), *facts.VALUES.values(), *style.WORDS.values(), *facts.ESTIMATES[:2],
    *RANK_NAMES.values(), *trail_views.SYSTEMS.values(), *BODY_KINDS.values(), DatabaseGone.outside,
    ObjectsUnreachable.outside, photo.TAKEN_BACK, photo.TOO_OLD, *rounds.ACTS.values(), *rounds.RHYTHMS.values(),
    *orders.NOTES.values(), notes.CUT, notes.LATE, notes.UNREAD_TERM, *(EVENT_WORDS[event][0] for event in FIELDS),
    *(words for words, _ in STAGE_WORDS.values()), *NEED_WORDS.values(), *handing_out.REFUSED_HEADINGS,
    *(words for fault in vars(faults).values() if isinstance(fault, faults.Fault)
      for words in (fault.message, fault.remedy)),
    *(words for both in notes.REASONS.values() for words in both if words), THERE_ALREADY, matching.SHARED,
    matching.SEVERAL, matching.NOWHERE, sheet.NO_NAME, sheet.NO_HOUSEHOLDS, rosters.REMEDY,
}  # fmt: skip
#: Parts whose errors are message ids, too: what they raise is said in the reader's language.
BILINGUAL = (
    "accounts", "reports/bulk", "reports/calling", "reports/casework", "reports/counter", "reports/handling",
    "reports/doors", "reports/inbox", "reports/intake", "reports/ledger", "reports/links", "reports/merging",
    "reports/moderating", "reports/orders",
    "reports/patrols", "reports/photos", "reports/receipts", "reports/sending", "reports/waiting",
    # Files that officials bring: orders, ledgers, layers.
    "layers/formats/archive.py", "layers/formats/charset.py", "layers/formats/table.py", "layers/formats/workbook.py",
    "reports/imports/forms.py",
    # What residents are told comes from these as well.
    "reports/numbers.py", "reports/people.py", "reports/store.py",
)  # fmt: skip


@functools.cache
def said_by_server() -> set[str]:
    methods = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
    found = extract_from_dir(GEOAPP, methods, keywords={"_": None}, directory_filter=lambda d: "client" not in d)
    answers = (GEOAPP / "maps" / "answers.py").read_text(encoding="utf-8")
    passed_on = set(re.findall(r'say\(["\'](.+?)["\']\)', answers))
    return {message for _file, _line, message, _comments, _context in found if isinstance(message, str)} | passed_on


def said_by_errors() -> set[str]:
    """Sentences that are raised, or noted beside an answer, in the parts whose pages speak both languages."""
    found = set()
    for path in [path for part in BILINGUAL for path in _files(GEOAPP / part)]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                raised = node.func.id[:1].isupper() and isinstance(first, ast.Constant)
                if raised and isinstance(first.value, str) and first.value.endswith("。"):
                    found.add(first.value)
    return found


def _files(part: Path) -> list[Path]:
    return [part] if part.suffix else list(part.rglob("*.py"))


def said_by_client() -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in (GEOAPP / "web" / "client" / "src").rglob("*.ts")]
    return {message for text in texts for message in re.findall(r'\bt\(\s*"((?:[^"\\]|\\.)*)"', text)}


@pytest.fixture(scope="module")
def english() -> dict[str, str]:
    with PO.open("rb") as stream:
        return {str(message.id): str(message.string) for message in read_po(stream) if message.id}


def test_every_sentence_has_its_english(english: dict[str, str]) -> None:
    for name in app.VIEWS:
        importlib.import_module(name)
    wanted = audit.titles() | said_by_server() | said_by_client() | said_by_errors() | LOOKED_UP
    missing = sorted(sentence for sentence in wanted if not english.get(sentence))
    assert not missing, f"add these to {PO.name}: {missing}"


def test_the_extraction_sees_what_each_side_says() -> None:
    """One sentence known to stand in each kind of file."""
    assert {"跳到正文", "操作太频繁；请稍候再试。"} <= said_by_server()
    assert "图层" in said_by_client()


def test_translations_keep_the_places_for_values(english: dict[str, str]) -> None:
    def places(text: str) -> list[str]:
        braces = [name for _, name, _, _ in string.Formatter().parse(text.replace("%", "")) if name]
        return sorted([*braces, *re.findall(r"%\((\w+)\)s", text)])

    wrong = [sentence for sentence, text in english.items() if places(sentence) != places(text)]
    assert not wrong


def test_a_page_speaks_english_when_asked_and_remembers_it(client: Any) -> None:
    response = client.get("/nowhere?lang=en")
    assert "There is no such page" in response.text
    assert "Skip to content" in response.text
    assert "There is no such page" in client.get("/nowhere").text


def test_a_catalogue_is_compiled_when_it_is_missing_or_older(tmp_path: Path) -> None:
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    shutil.copyfile(PO, folder / "messages.po")
    target = folder / "messages.mo"
    assert translating.compile_stale(tmp_path) == [target]
    assert translating.compile_stale(tmp_path) == []
    os.utime(target, (1, 1))
    assert translating.compile_stale(tmp_path) == [target]
