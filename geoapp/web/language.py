"""Chinese first, English second: chosen by the visitor, kept in a cookie."""

from __future__ import annotations

from datetime import datetime

from apiflask import APIFlask
from flask import g, request
from flask_babel import Babel, format_datetime

from geoapp.web import current
from geoapp.web.translating import compile_stale

LANGUAGES = ("zh", "en")
COOKIE = "language"


def chosen() -> str:
    """``?lang=``, else the cookie, else the installation's language (an office browser's own setting is chance)."""
    for code in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if code in LANGUAGES:
            return str(code)
    return current.settings().language


def moment(at: datetime) -> str:
    """A time to the minute, in the district's zone and the reader's language."""
    return str(format_datetime(at, "yyyy年M月d日 HH:mm" if g.get("language", "zh") == "zh" else "d MMM yyyy, HH:mm"))


def install(app: APIFlask) -> None:
    """Translate pages; message ids are the Chinese sentences themselves."""
    compile_stale()
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "web/translations"
    Babel(app, default_locale="zh", locale_selector=chosen, timezone_selector=lambda: current.settings().timezone)

    @app.before_request
    def note() -> None:
        g.language = chosen()

    @app.after_request
    def remember(response):  # type: ignore[no-untyped-def]
        code = request.args.get("lang")
        if code in LANGUAGES:
            response.set_cookie(COOKIE, str(code), max_age=365 * 86400, samesite="Lax", httponly=True)
        return response

    app.template_filter("moment")(moment)
    app.context_processor(lambda: {"language": g.get("language", "zh"), "languages": LANGUAGES})
