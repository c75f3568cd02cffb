"""Other people's servers: the mail server, and the program by which an installation sends short messages."""

from __future__ import annotations

import json
import shlex
import smtplib
import ssl
import subprocess
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from geoapp.config import Settings
from geoapp.errors import Invalid, Unavailable

_PATIENCE_S = 30


class NotDelivered(Unavailable):
    """A letter or message could not be handed over; the task tries once more."""


def send_letter(settings: Settings, *, to: str, subject: str, body: str) -> None:
    """Hand a letter to the mail server."""
    if not settings.smtp_host or not settings.smtp_from:
        raise Invalid("没有设置邮件服务器；请设置 GEOAPP_SMTP_HOST 和 GEOAPP_SMTP_FROM。")
    letter = EmailMessage()
    # EmailMessage refuses line ends in headers: no second recipient can be put into an address.
    letter["From"], letter["To"], letter["Subject"] = settings.smtp_from, to, subject
    letter["Date"], letter["Message-ID"] = formatdate(), make_msgid(domain="geoapp.invalid")
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(body)
    try:
        with _connected(settings) as server:
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            server.send_message(letter)
    except (OSError, smtplib.SMTPException) as error:
        raise NotDelivered(f"邮件服务器 {settings.smtp_host} 没有收下（{type(error).__name__}）；稍后再试。") from None


def _connected(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host, settings.smtp_port
    if port == 465:
        return smtplib.SMTP_SSL(host, port, timeout=_PATIENCE_S, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=_PATIENCE_S)
    if not settings.smtp_plain:
        server.starttls(context=ssl.create_default_context())
    return server


def send_message(settings: Settings, *, to: str, text: str, language: str) -> None:
    """Hand a short message to the installation's program; it succeeds when the program ends with 0."""
    command = shlex.split(settings.message_command)
    if not command:
        raise Invalid("没有设置发短信的程序；请设置 GEOAPP_MESSAGE_COMMAND，见 docs/notices.md。")
    # On standard input, not as an argument: arguments are seen by every user of the machine.
    told = json.dumps({"to": to, "text": text, "language": language}, ensure_ascii=False)
    try:
        # The command is the installation's own setting; nothing of a request stands in it.
        done = subprocess.run(  # noqa: S603
            command, input=told.encode(), timeout=_PATIENCE_S, capture_output=True, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotDelivered(f"发短信的程序没有完成（{type(error).__name__}）；请核对 GEOAPP_MESSAGE_COMMAND。") from None
    if done.returncode != 0:
        raise NotDelivered(f"发短信的程序返回 {done.returncode}；稍后再试。")
