"""Imports run one way, and only files of reserved names touch the world (CONTRIBUTING, "Which way imports run")."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "geoapp"

# From left to right: a part imports only from parts that stand in an earlier set, or from itself.
ORDER: list[set[str]] = [
    {"errors"},
    {"geo", "indicators"},
    {"config", "events"},
    {"db", "logs"},
    {"files", "jobs", "schema", "dumping"},
    {"objects", "computing"},
    {"worker", "backups"},
    {"web"},
    {"accounts"},
    {"layers"},
    {"places"},
    {"reports", "community"},
    {"splitting", "siting"},
    {"deliberation"},
    {"evaluation"},
    {"maps"},
    {"api"},
    {"demo"},
    {"administration", "bundling"},
    {"app", "listening", "production"},
    {"serving"},
    {"cli"},
    {"__main__"},
]
RANK = {part: rank for rank, parts in enumerate(ORDER) for part in parts}

RESERVED = {"tables", "store", "actions", "forms", "views", "tasks", "commands", "clients", "guards"}
# Top-level modules that are the world itself, and folders that are doors as a whole.
DOORS = {
    "app", "cli", "__main__", "administration", "serving", "listening", "production", "bundling", "config", "logs",
    "db", "dumping", "files", "jobs", "schema", "objects", "backups", "worker", "computing", "events",
    "migrations", "web", "api",
}  # fmt: skip
DOOR_FOLDERS = {
    ("layers", "formats"),
    ("maps", "sheets"),  # what is printed and handed out: reportlab, openpyxl, GDAL and the built client's font
}
DOOR_FILES = {
    ("maps", "publish"),
    ("maps", "handout"),  # folium, and Leaflet from the built client
    ("reports", "photos", "darkroom"),  # a process of its own in which decoders meet what strangers send
}

PURE_MAY_IMPORT = {
    "numpy", "scipy", "numba", "networkx", "highspy", "shapely", "pyproj", "geopandas", "pandas",
    "mapbox_vector_tile", "PIL", "pillow_heif", "geoapp",
}  # fmt: skip
# The standard library less what reaches the world.
WORLDLY_STDLIB = {
    "os", "io", "pathlib", "shutil", "tempfile", "socket", "subprocess", "sqlite3", "urllib", "http", "ssl",
    "logging", "time", "glob", "threading", "multiprocessing", "asyncio", "signal", "ctypes", "secrets",
}  # fmt: skip
#: Bytes in memory that look like a file are not the world: Pillow asks for them.
HARMLESS = {"io.BytesIO"}
WORLDLY_CALLS = {"open", "print", "input", "exec", "eval", "breakpoint"}
# datetime may be imported for its types; asking the clock is a call.
CLOCK_CALLS = {"now", "utcnow", "today"}


@functools.cache
def modules() -> tuple[tuple[str, ...], ...]:
    return tuple(_modules())


def _modules() -> Iterator[tuple[str, ...]]:
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "client" not in parts and parts[0] != "migrations":
            yield parts


@functools.cache
def tree_of(parts: tuple[str, ...]) -> ast.Module:
    return ast.parse(ROOT.joinpath(*parts).with_suffix(".py").read_text(encoding="utf-8"))


@functools.cache
def imported_names(parts: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    return tuple(_imported_names(parts))


def _imported_names(parts: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Absolute dotted names of everything that a module imports, also inside functions and for types only."""
    package = ("geoapp", *parts[:-1])
    for node in ast.walk(tree_of(parts)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            stem = ".".join(filter(None, [base, node.module or ""]))
            for alias in node.names:
                yield f"{stem}.{alias.name}", node.lineno


def is_pure(parts: tuple[str, ...]) -> bool:
    return not (
        parts[0] in DOORS
        or parts[:2] in DOOR_FOLDERS
        or parts in DOOR_FILES
        or parts[-1] in RESERVED
        or parts[-1] == "__init__"
    )


PURE = [parts for parts in modules() if is_pure(parts)]


def test_every_part_has_a_rank() -> None:
    unknown = {parts[0] for parts in modules()} - set(RANK) - {"__init__"}
    assert not unknown, f"give these parts a place in ORDER and in CONTRIBUTING: {sorted(unknown)}"


def test_imports_run_from_left_to_right() -> None:
    wrong = []
    for parts in modules():
        if parts[0] == "__init__":
            continue
        for name, line in imported_names(parts):
            steps = name.split(".")
            if steps[0] != "geoapp" or len(steps) < 2 or steps[1] == parts[0]:
                continue
            if RANK[steps[1]] >= RANK[parts[0]]:
                wrong.append(f"{'/'.join(parts)}.py:{line} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_tables_of_another_part_are_joined_only_inside_a_store() -> None:
    wrong = []
    for parts in modules():
        for name, line in imported_names(parts):
            steps = name.split(".")
            if steps[0] != "geoapp" or "tables" not in steps[2:]:
                continue
            foreign = steps[1] != parts[0]
            if foreign and parts[-1] not in {"store", "tables"}:
                wrong.append(f"{'/'.join(parts)}.py:{line} imports {name}")
            elif not foreign and parts[-1] not in RESERVED:
                wrong.append(f"{'/'.join(parts)}.py:{line} is pure and imports {name}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("parts", PURE, ids="/".join)
def test_a_domain_noun_is_pure(parts: tuple[str, ...]) -> None:
    """No Flask, SQL, files, network, clock, global random or settings in a module that is no reserved name."""
    import sys

    wrong = []
    for name, line in imported_names(parts):
        steps = name.split(".")
        top = steps[0]
        if top in sys.stdlib_module_names:
            if (top in WORLDLY_STDLIB and name not in HARMLESS) or name.startswith("random."):
                wrong.append(f"line {line}: imports {name}")
        elif top not in PURE_MAY_IMPORT:
            wrong.append(f"line {line}: imports {name}")
        elif top == "geoapp":
            world = steps[1] in DOORS or (len(steps) > 2 and steps[2] in RESERVED)
            if world and steps[1] != "errors":
                wrong.append(f"line {line}: imports {name}")
    for node in ast.walk(tree_of(parts)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in WORLDLY_CALLS:
                wrong.append(f"line {node.lineno}: calls {node.func.id}()")
            if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_CALLS:
                wrong.append(f"line {node.lineno}: asks the clock")
    assert not wrong, "\n".join(wrong)


def test_package_files_stay_empty() -> None:
    full = [p.relative_to(ROOT).as_posix() for p in ROOT.rglob("__init__.py") if p.read_text().strip()]
    assert not full, f"what stands in these belongs in a module with a name: {full}"


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "lib", "tools"}
    found = [
        p.relative_to(ROOT).as_posix() for p in ROOT.rglob("*") if p.stem in drawers and "node_modules" not in p.parts
    ]
    assert not found, f"move each name to the part that owns the idea: {found}"


def test_files_and_functions_stay_readable() -> None:
    """Near 400 lines a file wants a second noun; past 40 lines of code a function wants a named step."""
    long = []
    for parts in modules():
        path = ROOT.joinpath(*parts).with_suffix(".py")
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > 450:
            long.append(f"{'/'.join(parts)}.py has {lines} lines")
        for node in ast.walk(tree_of(parts)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                if length > 60:
                    long.append(f"{'/'.join(parts)}.py:{node.lineno} {node.name} has {length} lines")
    assert not long, "\n".join(long)
