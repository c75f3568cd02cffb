"""Error answers: a page for people, a problem document (RFC 9457) for programs; never a trace."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Protocol

from apiflask import APIFlask
from flask import Response, current_app, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from geoapp.errors import GeoappError, TooOften, Unavailable, http_status
from geoapp.web.negotiation import wants_json
from geoapp.web.requests import request_id

log = logging.getLogger(__name__)


def install(app: APIFlask) -> None:
    """Answer every error of ``app`` in one shape."""

    @app.errorhandler(GeoappError)
    def expected(error: GeoappError) -> Any:
        if error.outside:
            log.error("request %s: %s", request_id(), error)
        sentence = _(error.outside) if error.outside else said(error)
        return answer(http_status(error), sentence, headers=_wait(error))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Any:
        return answer(error.code or 500, _sentence(error), headers=dict(error.get_headers()))

    @app.errorhandler(Exception)
    def fault(error: Exception) -> Any:
        log.exception("fault in request %s", request_id())
        return answer(500, _("程序出错，已记入日志。请稍后再试；仍不行时，把请求编号告诉管理员。"))


def _wait(error: GeoappError) -> dict[str, str]:
    """When to come again, in seconds."""
    if isinstance(error, TooOften):
        return {"Retry-After": str(int(error.wait_s) + 1)}
    return {"Retry-After": "30"} if isinstance(error, Unavailable) else {}


def shape(app: APIFlask, prefix: str, make: Callable[[int, str], Response]) -> None:
    """Answer errors below ``prefix`` by ``make(status, sentence)``: for protocols that prescribe a shape."""
    app.extensions["geoapp"].setdefault("error_shapes", {})[prefix] = make


def plainly(app: APIFlask, *prefixes: str) -> None:
    """Show errors of the pages below ``prefixes`` as residents' pages are: plain, and leading on to what she can do."""
    app.extensions["geoapp"].setdefault("plain_errors", set()).update(prefixes)


def _template_here() -> str:
    plain: set[str] = current_app.extensions["geoapp"].get("plain_errors", set())
    return "web/plain_error.html" if request.path.startswith(tuple(plain)) else "web/error.html"


def _shape_here() -> Callable[[int, str], Response] | None:
    shapes: dict[str, Callable[[int, str], Response]] = current_app.extensions["geoapp"].get("error_shapes", {})
    return next((make for prefix, make in shapes.items() if request.path.startswith(prefix)), None)


class Sentence(Protocol):
    """Words of ours with their values apart: an error, or a note that is an answer's part; ``str()`` is Chinese."""

    sentence: str

    @property
    def values(self) -> Any:
        """What stands at the places of the sentence, by name."""


def said(error: Sentence) -> str:
    """An error's sentence in the reader's language, in Chinese where it has no other."""
    spoken = error.sentence % error.values if error.values else error.sentence
    if not error.sentence or spoken != str(error):
        return str(error)  # altered on its way
    return str(_(error.sentence, **{name: _said_value(value) for name, value in error.values.items()}))


def _said_value(value: Any) -> Any:
    """A value may be a sentence or a word of ours too, such as the name of a rank."""
    if getattr(value, "sentence", ""):
        return said(value)
    return _(value) if isinstance(value, str) and value else value


def said_again(text: str, *sentences: str) -> str:
    """What was stored as a sentence in Chinese, in the reader's language; as it stands where we have no other.

    One with values in it is found among ``sentences``, which have their places: "编号与第 %(row)s 行相同".
    """
    for sentence in sentences:
        places = re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+)", re.escape(sentence))
        if found := re.fullmatch(places, text, re.DOTALL):
            return str(_(sentence, **found.groupdict()))
    return str(_(text)) if text else ""


def answer(status: int, sentence: str, *, headers: dict[str, str] | None = None) -> Any:
    """One error answer: what happened, what to do, and the number to quote."""
    prescribed = _shape_here()
    if prescribed is not None:
        response = prescribed(status, sentence)
        status = response.status_code
    elif wants_json():
        title = HTTPStatus(status).phrase
        response = jsonify(type="about:blank", title=title, status=status, detail=sentence, request_id=request_id())
        response.content_type = "application/problem+json"
    else:
        page = render_template(_template_here(), status=status, sentence=sentence, request_id=request_id())
        response = make_response(page)
    response.status_code = status
    for name in ("Allow", "Retry-After"):
        if headers and name in headers:
            response.headers[name] = headers[name]
    return response


def _sentence(error: HTTPException) -> str:
    sentences = {
        400: _("请求不完整或格式不对；请返回上一页重试。"),
        403: _("您没有办理这件事的权限；请联系本级管理员。"),
        404: _("没有找到这个页面或这条记录；它可能已被移走，请从首页重新进入。"),
        405: _("这个地址不接受这种操作。"),
        413: _("文件太大；请拆成几份再上传。"),
        415: _("不支持这种内容格式。"),
        429: _("操作太频繁；请稍候再试。"),
    }
    return str(sentences.get(error.code or 500, _("请求无法完成；请返回上一页重试。")))
