"""A route that declares no permission keeps the app from starting."""

import pytest
from apiflask import APIFlask

from geoapp.web.rights import UndeclaredRoute, needs, require_declarations


def test_a_silent_route_is_named() -> None:
    app = APIFlask(__name__, docs_path=None, static_folder=None, spec_path=None)  # type: ignore[arg-type]
    app.add_url_rule("/said", "said", needs("places.read")(lambda: ""))
    require_declarations(app)
    app.add_url_rule("/silent", "silent", lambda: "")
    with pytest.raises(UndeclaredRoute, match="/silent"):
        require_declarations(app)
