"""Mails: texts that a person reads about a record, and the templates of letters that stand beside a spec."""

from __future__ import annotations

import os.path
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.catalog import Stream
from engine.compiler.draft.draft import Draft, place
from engine.compiler.draft.names import resolve
from engine.compiler.draft.parts import RefusalMail, ShownText
from engine.expr.error import ExprError
from engine.expr.template import compile_template
from engine.plan import MailServer, SlowField
from engine.spec.diagnostic import Span, Text

if TYPE_CHECKING:
    from engine.compiler.draft.parts import End
    from engine.spec.model import Mail, Spec

#: Where templates are, unless `mail: templates` says otherwise; and what their names end in.
FOLDER, SUFFIX = "mails", ".txt"
SUBJECT = "Subject:"

#: Takes any name, as a template does when it is rendered.
ANY = Stream(name="record", id="", open=True)


def mail_server(spec: Spec) -> MailServer | None:
    """How the spec sends mails."""
    if not spec.mail:
        return None
    where = f"{spec.file}:{spec.span.line}"
    return MailServer(sender=str(spec.mail["from"]), url=str(spec.mail["server"]), place=where)


def told(draft: Draft, words: Text, end: End) -> ShownText | None:
    """A text about a record of that end; None where a name or a form in it is wrong, which is a finding."""
    scope = draft.scope(end.ref, end.stream, walk=True)
    try:
        template = compile_template(words.value, scope)
        written = compile_template(words.value, replace(scope, stream=ANY, walk=None)).reads
        shows = {name: scope.resolve(tuple(name.split("."))).sql for name in written}
    except ExprError as error:
        draft.findings.expression(error, words)
        return None
    text = SlowField(
        column="text",
        kind="text",
        source=words.value,
        reads=written,
        options={name: draft.options[name].value for name in template.options},
        place=place(words.span),
    )
    return ShownText(text=text, shows=shows)


def letter(draft: Draft, mail: Mail, changed: End, end: End) -> RefusalMail | None:
    """A mail to whoever changed a record, about the record of the other end as it would become."""
    to, found = _addressee(draft, mail.to, changed), template_of(draft, mail.template)
    if found is None:
        return None
    subject, body = told(draft, found[0], end), told(draft, found[1], end)
    if to is None or subject is None or body is None:
        return None
    return RefusalMail(to=to, subject=subject, body=body)


def _addressee(draft: Draft, to: Text, changed: End) -> str | None:
    """The field of the changed record that holds the address."""
    if to.value != "changed_by":
        field = resolve(draft, draft.scope(changed.ref, changed.stream), to)
        return field.name if field else None
    if changed.stream.changed_by is None:
        message = f"`{changed.ref.system}.{changed.ref.stream}` does not say who changed a record."
        hint = "name a field that holds an address instead of `changed_by`"
        draft.findings.add("unknown-field", message, to.span, hint=hint)
    return changed.stream.changed_by


def template_of(draft: Draft, name: Text) -> tuple[Text, Text] | None:
    """Subject and body, each with its place in the template's file; None where that cannot be read."""
    spec = draft.spec
    folder = str(spec.mail.get("templates") or FOLDER)
    file = os.path.normpath(os.path.join(os.path.dirname(spec.file), folder, name.value + SUFFIX))  # noqa: PTH118, PTH120 - the name stays as the caller wrote it
    try:
        text = draft.load(file).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        message = f"The mail template {file} cannot be read: {why[:1].lower()}{why[1:]}."
        draft.findings.add("unreadable-file", message, name.span, hint=f"it begins with `{SUBJECT} …`")
        return None
    first, _, rest = text.partition("\n")
    if not first.startswith(SUBJECT) or not first.removeprefix(SUBJECT).strip():
        message = f"The mail template does not begin with a line `{SUBJECT} …`."
        draft.findings.add("wrong-form", message, _line(file, 1, len(first)))
        return None
    subject = first.removeprefix(SUBJECT)
    at = _line(file, 1, len(first))
    at = replace(at, column=1 + len(first) - len(subject.lstrip()))
    return Text(value=subject.strip(), span=at), Text(value=rest.lstrip("\n"), span=_line(file, 2, 0))


def _line(file: str, line: int, length: int) -> Span:
    return Span(file=file, line=line, column=1, end_line=line, end_column=1 + length)
