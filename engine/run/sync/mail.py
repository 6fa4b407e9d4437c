"""Mail: the mail about a refused change is sent after a module; what the server does not take is retried later."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import closing
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from engine.errors import EngineError, UserError
from engine.event import Noted
from engine.run.session.held import FIRST_WAIT, LONGEST_WAIT
from engine.run.session.systems import environment, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.ledger.model import Notice
    from engine.plan import MailServer, Plan
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.run_request import RunRequest

#: A mail that was not taken so often is given up, after a little more than three days.
MOST_ATTEMPTS = 20
TIMEOUT_S = 10.0
#: Mails about stand-ins go to a server with one of these names, or to nobody.
LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: Answers that say that this very mail is never taken.
PERMANENT = range(500, 600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where mails are handed in."""

    host: str
    port: int
    user: str | None  #: None = nobody is asked who we are
    password: str
    encrypted: bool  #: from the first byte; else as soon as the server offers it
    sender: str


def send_mails(plan: Plan, request: RunRequest, writer: LedgerWriter) -> None:
    """Send what is due, and note what came of it. Never ends a run: what fails is tried by a later one."""
    if plan.mail is None:
        return
    now = writer.clock.text()
    due = [
        one
        for one in writer.ledger.notices(plan.name)
        if one.state == "pending" and (one.next_try is None or one.next_try <= now)
    ]
    if not due or (request.overrides and not _on_this_machine(plan.mail, plan)):
        return  # stand-ins hold nobody whom a mail should reach
    for one in _sent(plan, plan.mail, due, writer):
        writer.ledger.mailed(writer.renew(), one)
        if one.error is not None:
            words = f"A mail to {one.mail_to} was not accepted: {one.error}"
            request.listen(Noted(module=one.module or None, message=words))


def _sent(plan: Plan, mail: MailServer, due: Sequence[Notice], writer: LedgerWriter) -> Iterator[Notice]:
    """Each notice as it stands after one attempt to send it."""
    try:
        server = server_of(mail, Path(plan.file).parent)
        connection = _connect(server)
    except (OSError, smtplib.SMTPException, EngineError) as error:
        yield from (_not_taken(one, writer, said(error), for_good=False) for one in due)
        return
    with closing(connection):
        for one in due:
            try:
                connection.send_message(message_of(one, server.sender, plan.name))
                yield replace(one, state="sent", attempts=one.attempts + 1, error=None, next_try=None)
            except (OSError, ValueError, smtplib.SMTPException) as error:
                yield _not_taken(one, writer, said(error), for_good=_for_good(error))


def _on_this_machine(mail: MailServer, plan: Plan) -> bool:
    """Whether mails are handed in on this very machine, where somebody has set up a server to look at them."""
    try:
        return server_of(mail, Path(plan.file).parent).host in LOOPBACK
    except EngineError:
        return False


def _not_taken(one: Notice, writer: LedgerWriter, why: str, *, for_good: bool) -> Notice:
    wait = min(FIRST_WAIT * 2 ** min(one.attempts, 10), LONGEST_WAIT)
    attempts = one.attempts + 1
    failed = for_good or attempts >= MOST_ATTEMPTS
    return replace(
        one,
        state="failed" if failed else "pending",
        attempts=attempts,
        error=why,
        next_try=None if failed else writer.clock.text_in(wait),
    )


def _for_good(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code in PERMANENT for code, _ in error.recipients.values())
    return isinstance(error, ValueError) or (
        isinstance(error, smtplib.SMTPResponseException) and error.smtp_code in PERMANENT
    )


def said(error: Exception) -> str:
    """What the server said, in its own words; never what we sent to it."""
    if isinstance(error, EngineError):
        return error.message
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_words(text)}" for code, text in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_words(error.smtp_error)}"
    return str(error) or type(error).__name__


def _words(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def server_of(mail: MailServer, base: Path) -> Server:
    """Where the spec says that mails are handed in. Raises UserError where that is no address of a mail server."""
    known = environment()
    url = str(resolve(mail.url, base, known, f"{mail.place}: `mail`"))
    sender = str(resolve(mail.sender, base, known, f"{mail.place}: `mail`"))
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise UserError(
            f"{mail.place}: `mail: server` is no address of a mail server.",
            remedy="Write smtp://HOST:PORT, or smtps://USER:PASSWORD@HOST.",
        )
    encrypted = parts.scheme == "smtps"
    return Server(
        host=parts.hostname,
        port=parts.port or (465 if encrypted else 25),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or ""),
        encrypted=encrypted,
        sender=sender,
    )


def _connect(server: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.encrypted:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=TIMEOUT_S, context=context
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
    try:
        _introduce(connection, server, context)
    except BaseException:
        connection.close()
        raise
    return connection


def _introduce(connection: smtplib.SMTP, server: Server, context: ssl.SSLContext) -> None:
    connection.ehlo_or_helo_if_needed()
    secret = server.encrypted
    if not secret and connection.has_extn("starttls"):
        connection.starttls(context=context)
        secret = True
    if server.user is None:
        return
    if not secret:
        raise UserError(
            "The mail server offers no encryption, so no password is sent.", remedy="Use smtps://."
        )
    connection.login(server.user, server.password)


def message_of(one: Notice, sender: str, integration: str) -> EmailMessage:
    """The mail. Its id is the notice's, so that one that goes out twice can be known. Raises ValueError."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = one.mail_to
    message["Subject"] = one.subject
    message["Message-ID"] = f"<{one.key}@{integration}.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(one.body or one.message)
    return message
