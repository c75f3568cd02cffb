"""What makes an application in a hundredth of a second instead of a tenth: hundreds of tests make one each.

None of it changes what an application does. Its routes turn into patterns and functions that depend on the rule alone,
its templates into code that depends on their text alone, and its statements into SQL that depends on the kind of
database alone; they are made once here and used by all applications.
"""

from __future__ import annotations

import io
from typing import Any

from flask import templating
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule


class _InMemory(BytecodeCache):
    """Templates' code by their name and text (the bucket checks the text)."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.load_bytecode(io.BytesIO(self._code[bucket.key]))

    def dump_bytecode(self, bucket: Bucket) -> None:
        out = io.BytesIO()
        bucket.write_bytecode(out)
        self._code[bucket.key] = out.getvalue()


def install() -> None:
    """Share them among all applications of this process."""
    _share_templates(_InMemory())
    _share_builders({})
    _share_parts({})
    _share_statements(LRUCache(5000))


def _share_templates(cache: BytecodeCache) -> None:
    make = templating.Environment.__init__

    def init(self: templating.Environment, app: Any, **options: Any) -> None:
        options.setdefault("bytecode_cache", cache)
        make(self, app, **options)

    templating.Environment.__init__ = init  # type: ignore[method-assign]


def _share_builders(known: dict[Any, Any]) -> None:
    compile_builder = Rule._compile_builder

    def shared(self: Rule, append_unknown: bool = True) -> Any:
        if self.defaults:
            return compile_builder(self, append_unknown)
        key = (self.rule, append_unknown, tuple(self._trace))
        if key not in known:
            known[key] = compile_builder(self, append_unknown)
        return known[key]

    Rule._compile_builder = shared  # type: ignore[method-assign]


def _share_parts(known: dict[Any, Any]) -> None:
    parse = Rule._parse_rule

    def shared(self: Rule, rule: str) -> Any:
        # Converters of one name may be of different kinds in different applications.
        key = (rule, self.map.converters["int"])  # type: ignore[union-attr]
        if key not in known:
            begun = len(self._trace)
            parts = list(parse(self, rule))
            known[key] = parts, self._trace[begun:], dict(self._converters)
            return parts
        parts, trace, converters = known[key]
        self._trace += trace
        self._converters |= converters
        self.arguments |= converters.keys()
        return parts

    Rule._parse_rule = shared  # type: ignore[assignment]


def _share_statements(cache: LRUCache[Any, Any]) -> None:
    Engine._compiled_cache = property(lambda self: cache, lambda self, own: None)  # type: ignore[assignment]
    # The key of a statement names its dialect; those of one kind are set up alike here and talk to one server.
    DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
    DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
