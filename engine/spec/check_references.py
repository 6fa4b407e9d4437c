"""References: where `${options.…}`, `${env:…}` and `${file:…}` may stand, and secrets that should be one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.spec.schema_words import names_of, quote
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from engine.spec.compose import Pointer
    from engine.spec.diagnostic import Text
    from engine.spec.node import Node
    from engine.spec.report import Report

_REFERENCE = re.compile(r"\$\{(?P<inner>[^}]*)\}?")
_OPTION = re.compile(r"options\.(?P<name>\S+)")
_OUTSIDE = re.compile(r"(?P<kind>env|file):(?P<name>.*)")

#: Keys whose value is prose or a template, where `${` has no meaning.
_PROSE = frozenset({"text", "title", "description", "help", "says", "what", "because", "try"})

#: Keys that hold SQL, where an option is read without `${…}`.
_SQL = frozenset({"if", "check", "when", "becomes", "only", "value", "offer", "at-most", "needs", "by"})

#: Keys that choose a word, and the words, so that an option behind one can be checked to offer no other.
_WORDS = {
    "creates": ("both", "left", "right", "none", "by hand"),
    "duplicates": ("link", "overwrite", "skip", "clone"),
    "same-key": ("make", "hold"),
    "deletes": ("keep", "propagate"),
    "direction": ("->", "<-", "<->", "=="),
}

_SECRET_KEY = re.compile(r"(secret|token|passw|pwd|api[-_]?key|private[-_]?key|credential)", re.IGNORECASE)
_PLACE_KEY = re.compile(r"(url|uri|host|path|folder|name|id)$", re.IGNORECASE)
_SECRET_IN_URL = re.compile(r"[a-z+]+://[^/:@\s]*:(?P<secret>[^@/\s]+)@", re.IGNORECASE)

#: Where containers put the secrets they are given; the only absolute place a spec may name.
_MOUNTED = "/run/secrets/"


def check_references(root: Node, options: Node, report: Report) -> None:
    """Note every reference that leads nowhere or stands where it means nothing, and every literal secret.

    `root` is a spec or a mapping; `options` the spec whose options it reads.
    """
    checks = _References(options, report)
    for pointer in root.document.places.scalars:
        text = root.document.text(pointer)
        if text is None:
            continue
        if "${" in text.value and str(pointer[-1]) not in _PROSE:
            checks.check(pointer, text)
        if _is_setting(pointer):
            _check_secret(pointer, text, report)
    templates = root.get("mail")
    folder = None if templates is None else templates.text("templates")
    if folder is not None and _leaves(folder.value):
        _outside(folder, folder.value, report)


def _is_setting(pointer: Pointer) -> bool:
    """Whether this is a setting of a connector or of the mail server, the only homes of `env` and `file`."""
    return pointer[0] == "mail" or (pointer[0] == "systems" and "with" in pointer)


class _References:
    """The options of one spec, and the checks of what refers to them."""

    def __init__(self, options: Node, report: Report) -> None:
        self.options = {node.name: node for node in options.entries("options")}
        self.report = report

    def check(self, pointer: Pointer, text: Text) -> None:
        """Check each reference inside one scalar."""
        expression = str(pointer[-1]) in _SQL or "view" in pointer
        if not _is_setting(pointer) and not expression and not _REFERENCE.fullmatch(text.value):
            message = f"A reference must be the whole value, not a part of {quote(text.value)}."
            self.report.add("bad-reference", message, text.span, hint="write `${options.NAME}` alone")
            return
        for match in _REFERENCE.finditer(text.value):
            inner = match["inner"]
            whole = text.at(match.start(), len(match.group()))
            outside = _OUTSIDE.fullmatch(inner)
            option = _OPTION.fullmatch(inner)
            if outside and not _is_setting(pointer):
                message = f"{quote(match.group())} can stand only inside `with` or `mail`."
                self.report.add("misplaced-reference", message, whole, hint="ask for it as an option instead")
            elif outside and outside["kind"] == "file" and _leaves(outside["name"]):
                _outside(text, outside["name"], self.report)
            elif option:
                self._check_option(pointer, text, option["name"], match)
            elif not outside:
                hint = f"write `${{env:{inner}}}` or `${{options.NAME}}`" if inner.isidentifier() else None
                message = f"{quote(match.group())} refers to nothing that is known."
                self.report.add("bad-reference", message, whole, hint=hint or "write `${options.NAME}`")

    def _check_option(self, pointer: Pointer, text: Text, name: str, match: re.Match[str]) -> None:
        span = text.at(match.start("inner") + len("options."), len(name))
        if name not in self.options:
            hint = did_you_mean(name, self.options, otherwise="Options")
            self.report.add("unknown-option", f"There is no option `{name}` in this spec.", span, hint=hint)
            return
        key = str(pointer[-1])
        if key in _SQL or "view" in pointer:
            message = f"`{match.group()}` stands inside an expression, which reads options by name."
            self.report.add("misplaced-reference", message, text.span, hint=f"write `options.{name}`")
        words = None if "limits" in pointer else _WORDS.get(key)
        if words is not None:
            self._check_choices(name, key, words, text)

    def _check_choices(self, name: str, key: str, words: tuple[str, ...], text: Text) -> None:
        wrong = [choice for choice in self.options[name].texts("choices") if choice.value not in words]
        if wrong:
            offered = names_of([choice.value for choice in wrong], "and")
            message = f"Option `{name}` offers {offered}, which `{key}` cannot be."
            hint = f"`{key}` can be {names_of(words, 'or')}"
            self.report.add("wrong-choice", message, text.span, hint=hint, related=[wrong[0].span])


def _check_secret(pointer: Pointer, text: Text, report: Report) -> None:
    """Note a credential that is written out; the finding shows the line without it."""
    key = next((part for part in reversed(pointer) if isinstance(part, str)), "")
    in_url = _SECRET_IN_URL.match(text.value)
    secret = in_url["secret"] if in_url else text.value
    named = _SECRET_KEY.search(key) and not _PLACE_KEY.search(key)
    if "${" in secret or not text.value or not (in_url or named):
        return
    message = f"`{key}` contains a secret in plain text; a spec only says where to find it."
    hint = f'write `{key}: "${{env:NAME}}"`, and revoke the secret if this file was ever shared'
    report.add("literal-secret", message, text.span, hint=hint, secret=True)


def _leaves(path: str) -> bool:
    """Whether a path leads out of the spec's folder, other than to where containers mount secrets."""
    parts = path.replace("\\", "/").split("/")
    absolute = path.startswith(("/", "~", "\\")) or path[1:2] == ":"
    return ".." in parts or (absolute and not path.startswith(_MOUNTED))


def _outside(text: Text, path: str, report: Report) -> None:
    message = f"{quote(path)} leads out of the folder of this spec."
    report.add("outside-folder", message, text.span, hint=f"put it beside the spec, or under `{_MOUNTED}`")
