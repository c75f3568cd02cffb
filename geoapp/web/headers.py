"""Security headers on every answer, whatever made it: page, error, tile, file, download; one policy for all.

`geoapp.web.requests.Entrance` puts them on outside of the application, so that no error on the way loses them.
"""

from __future__ import annotations

#: MapLibre draws from data: and blob: images and runs one worker that is served by us. No inline code, no inline style.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "worker-src 'self'",
        "object-src 'none'",
        "frame-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

#: A page may ask where the phone is; nothing else of the machine.
PERMISSIONS = ", ".join(
    ["geolocation=(self)"]
    + [f"{what}=()" for what in ("camera", "microphone", "payment", "usb", "serial", "midi", "display-capture")]
)

SAFE = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # What frame-ancestors says, for browsers of old office computers.
    "X-Frame-Options": "DENY",
    # Not no-referrer: the check against forgery reads our own referer behind TLS.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Almost everything depends on who asks; what may be kept says so itself.
    "Cache-Control": "no-store",
}

#: One year. Of this name only: an office's domain has other machines.
TRANSPORT = "max-age=31536000"


_WANTED = tuple((name.lower(), name, value) for name, value in SAFE.items())


def completed(listed: list[tuple[str, str]], *, secure: bool) -> list[tuple[str, str]]:
    """The headers of an answer with what they lack; ``secure``: it leaves through TLS.

    Lists and not werkzeug's Headers: this is done for every tile, and is ten times as quick.
    """
    have = {name.lower(): value for name, value in listed}
    found = listed + [(name, value) for lower, name, value in _WANTED if lower not in have]
    if secure and "strict-transport-security" not in have:
        found.append(("Strict-Transport-Security", TRANSPORT))
    if "private" in have.get("cache-control", "") and "cookie" not in have.get("vary", "").lower():
        # On a shared computer the next person's request differs by its cookie.
        found.append(("Vary", "Cookie"))
    return found
