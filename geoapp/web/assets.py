"""Built files of the client: the address of each entry, from the manifest that the build wrote."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from apiflask import APIFlask
from flask import Response, request, send_from_directory

from geoapp.errors import Unavailable

STATIC = Path(__file__).parent / "static"


class NotBuilt(Unavailable):
    """The client has not been built on this machine."""


def install(app: APIFlask) -> None:
    """Give templates ``asset(name)``."""
    app.context_processor(lambda: {"asset": address, "built": is_built()})


def is_built() -> bool:
    """Has the client been built on this machine?"""
    return "style.css" in _manifest(_stamp())


def address(name: str) -> str:
    """Address of an entry like ``map.js``, with its content hash; NotBuilt names the remedy."""
    names = _manifest(_stamp())
    if name not in names:
        raise NotBuilt(
            "页面文件还没有生成；请在 geoapp/web/client 目录运行 npm ci 和 npm run build，或用 python3 run.py 启动。"
        )
    return f"/static/{names[name]}"


def messages(language: str) -> dict[str, str]:
    """What the client says in a language other than Chinese; empty for Chinese and before the client is built."""
    path = STATIC / f"messages-{language}.json"
    if language == "zh" or not path.is_file():
        return {}
    return cast(dict[str, str], json.loads(path.read_text(encoding="utf-8")))


def send(name: str) -> Response:
    """A built file, compressed where the asker takes it; a name that carries a content hash may be kept for a year."""
    response: Response
    if request.accept_encodings["gzip"] > 0 and (STATIC / f"{name}.gz").is_file():
        response = send_from_directory(STATIC, f"{name}.gz", mimetype=_mimetype(name))
        response.headers["Content-Encoding"] = "gzip"
        # The policy of browsers against guessing wants the type of what is inside.
        response.headers["Vary"] = "Accept-Encoding"
    else:
        response = send_from_directory(STATIC, name, mimetype=_mimetype(name))
    stem = Path(name).stem
    hashed = "-" in stem and len(stem.rsplit("-", 1)[1]) == 8
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
    return response


def _mimetype(name: str) -> str | None:
    # Windows takes types from its registry, where .js may be text/plain: a module of that type is refused.
    return {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}.get(Path(name).suffix)


def _stamp() -> float:
    path = STATIC / "manifest.json"
    return path.stat().st_mtime if path.is_file() else 0.0


@lru_cache(maxsize=2)
def _manifest(stamp: float) -> dict[str, Any]:
    if not stamp:
        return {}
    return cast(dict[str, Any], json.loads((STATIC / "manifest.json").read_text(encoding="utf-8")))
