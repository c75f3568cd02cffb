"""Security headers on every answer, whatever made it: page, error, tile, file, download; one policy for all.

`geoapp.web.requests.Entrance` puts them on outside of the application, so that no error on the way loses them.
"""

from __future__ import annotations

from werkzeug.datastructures import Headers

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


def complete(headers: Headers, *, secure: bool) -> None:
    """Add what an answer lacks; ``secure``: it leaves through TLS."""
    for name, value in SAFE.items():
        headers.setdefault(name, value)
    if secure:
        headers.setdefault("Strict-Transport-Security", TRANSPORT)
    if "private" in headers["Cache-Control"]:
        # On a shared computer the next person's request differs by its cookie.
        vary = headers.get("Vary", "")
        if "cookie" not in vary.lower():
            headers["Vary"] = f"{vary}, Cookie" if vary else "Cookie"
