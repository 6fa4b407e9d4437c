"""No credential leaves the place it was given for: not in logs, reports, errors, the ledger, its history or a lock."""

from __future__ import annotations

import base64
import json
import logging
import sqlite3
import stat
import time
from contextlib import closing
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from click.testing import CliRunner
from sandbox_visitor import visit

from engine.cli import engine
from engine.compiler import compile_file
from engine.errors import EngineError
from engine.render.failure import failure_json, failure_text
from engine.render.outcome import run_text
from engine.render.table import Screen
from engine.run.operations.preview import preview
from engine.run.read.observe import pull, spec_to_pull, systems_to_ask
from engine.run.session.run_request import RunRequest
from engine.run.sync.execute import execute

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from sandbox_visitor import Visitor

    from engine.event import Event

SPEC = """\
spec: 1
name: zoho-books-crm
systems:
  crm:   { connector: zoho-crm,   with: { credentials: "${env:ZOHO_CRM}" } }
  books: { connector: zoho-books, with: { organization: "${env:ZOHO_BOOKS_ORG}", credentials: "${env:ZOHO_BOOKS}" } }
modules:
  customers:
    sync: crm.Accounts -> books.contacts
    view: { crm: "starts_with(Account_Name, 'B') or starts_with(Account_Name, 'C')" }
    match: [ Account_Name = contact_name ]
    duplicates: skip
    fields: [ Account_Name -> contact_name, Website -> website ]
"""
#: What goes wrong on the way, each once: every kind of answer that could quote what was sent.
FAULTS = (
    ("expired-token", "GET", "/crm/v8/Accounts"),
    ("html", "GET", "/crm/v8/Accounts"),
    ("status-429", "GET", "/books/v3/contacts"),
    ("torn", "GET", "/books/v3/contacts"),
    ("status-500-after-apply", "POST", "/books/v3/contacts"),
    ("torn", "POST", "/books/v3/contacts"),
)


@dataclass
class Told:
    """Everything that anybody gets to see."""

    texts: list[str] = field(default_factory=list)

    def listen(self, event: Event) -> None:
        self.texts.append(repr(event))

    def attempt(self, act: Callable[[], Any], show: Callable[[Any], str] = str) -> bool:
        """Do it, and keep what it says; True = it went well."""
        try:
            self.texts.append(show(act()))
        except EngineError as error:
            self.texts += [failure_text(error), failure_json(error), repr(error), repr(error.__context__)]
            return False
        return True


def forms(secret: str) -> set[str]:
    """How a secret may look inside another text."""
    return {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}


def secrets_of(visitor: Visitor, store: Path) -> tuple[set[str], set[str]]:
    """What was given to us for good, and the tokens that we were lent; looked up in the sandbox itself."""
    given = {
        one["credentials"][key]
        for one in visitor.running.connect().values()
        for key in ("client_secret", "refresh_token")
    }
    with closing(sqlite3.connect(store)) as database:
        lent = {row[0] for row in database.execute("SELECT token FROM token")}
    return given, lent


def call_for(visitor: Visitor, folder: Path, told: Told, **instead: str) -> RunRequest:
    """The sandbox as if it were the vendor: only its hosts are put in, the credentials come by reference."""
    connect = visitor.running.connect()
    hosts = {key: connect["zoho-crm"][key] for key in ("host", "accounts_host")}
    return RunRequest(
        folder=folder, overrides={"crm": hosts, "books": {**hosts, **instead}}, listen=told.listen
    )


def test_no_secret_is_seen_anywhere_after_runs_with_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told, kept = Told(), tmp_path / "kept"
    kept.mkdir(mode=0o700)
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(
        "engine.run.session.systems.time", SimpleNamespace(time=time.time, sleep=lambda _: None)
    )
    with visit(tmp_path / "sandbox") as visitor:
        connect = visitor.running.connect()
        for name, connector in (("ZOHO_CRM", "zoho-crm"), ("ZOHO_BOOKS", "zoho-books")):
            monkeypatch.setenv(name, json.dumps(connect[connector]["credentials"]))
        monkeypatch.setenv("ZOHO_BOOKS_ORG", connect["zoho-books"]["organization"])
        file = tmp_path / "specs" / "one.yaml"
        file.parent.mkdir()
        file.write_text(SPEC, encoding="utf-8")
        plan = compile_file(str(file))
        call = call_for(visitor, kept, told)
        assert told.attempt(lambda: preview(plan, call), lambda seen: json.dumps(seen.as_json()))
        for kind, method, path in FAULTS:
            visitor.command(
                "faults", match={"method": method, "path": f"^{path}$"}, fault=kind, seconds=1, retry_after=0
            )
        shown = lambda seen: run_text(seen, Screen(), spec="x") + json.dumps(seen.as_json())  # noqa: E731
        went = [told.attempt(lambda: execute(plan, call), shown) for _ in range(2)]
        assert went[-1]
        assert visitor.command("faults")["faults"] == [], "every fault was met"
        spec = spec_to_pull(str(file))
        told.attempt(lambda: pull(spec, systems_to_ask(spec, ()), call.world()), repr)
        # Products that quote what they were sent: a read, a write, and the endpoint of the tokens.
        for path in ("^/crm/v8/Accounts$", "^/books/v3/contacts$", "^/oauth/v2/token$"):
            visitor.command("faults", match={"path": path}, fault="echo", times=1)
            if "oauth" in path:
                forget_tokens(kept)
            told.attempt(lambda: execute(plan, call), shown)
            visitor.http.delete("/_sandbox/faults").raise_for_status()
        visitor.command("edit", product="crm", module="Accounts", set={"Account_Name": "Canary & Co"})
        visitor.command("faults", match={"method": "POST", "path": "/contacts$"}, fault="echo", times=1)
        assert told.attempt(lambda: execute(plan, call), shown)
        assert any("Bad request" in text and "[hidden]" in text for text in told.texts)
        # Accounts that are refused tell why: a wrong organisation, a wrong secret, a wrong grant.
        elsewhere = call_for(visitor, kept, told, organization="1").world()
        assert not told.attempt(lambda: pull(spec, systems_to_ask(spec, ["books"]), elsewhere))
        for key in ("client_secret", "refresh_token"):
            wrong = {**connect["zoho-crm"]["credentials"], key: f"canary-{key}-0123456789"}
            monkeypatch.setenv("ZOHO_CRM", json.dumps(wrong))
            forget_tokens(kept)
            assert not told.attempt(lambda: execute(plan, call))
        given, lent = secrets_of(visitor, tmp_path / "sandbox" / "sandbox-clean.sqlite")
    given |= {"canary-client_secret-0123456789", "canary-refresh_token-0123456789"}
    for words in (["status"], ["history", "zoho-books-crm"], ["errors", "zoho-books-crm"]):
        for form in ("text", "json"):
            told.texts.append(
                CliRunner().invoke(engine, [*words, "--folder", str(kept), "--format", form]).output
            )
    told.texts += [record.getMessage() for record in caplog.records] + [
        caplog.text,
        json.dumps(plan.describe(), default=str),
    ]
    assert len(lent) > 2
    assert any("zoho-crm" in text for text in told.texts)
    check_texts(told.texts, given | lent)
    check_files(kept, given, lent)


def forget_tokens(folder: Path) -> None:
    """Make the next run ask for new ones."""
    for file in folder.rglob("*token*"):
        if file.is_file():
            file.unlink()


def check_texts(texts: list[str], secrets: set[str]) -> None:
    found = {
        (secret[:6], text[:80])
        for text in texts
        for secret in secrets
        for form in forms(secret)
        if form in text
    }
    assert found == set()


def check_files(folder: Path, given: set[str], lent: set[str]) -> None:
    """The ledger and everything else that is kept; the tokens' own private file alone holds what was lent."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert any(file.suffix == ".sqlite" for file in files), files
    for file in files:
        raw = file.read_bytes()
        private = stat.S_IMODE(file.stat().st_mode) == 0o600 and "token" in str(file.relative_to(folder))
        for secret in given | (set() if private else lent):
            assert not any(form.encode() in raw for form in forms(secret)), file
