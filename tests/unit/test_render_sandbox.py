"""How to connect to a sandbox: lines that a shell and a spec take as they are."""

from __future__ import annotations

import json
import shlex
from typing import Any

import yaml

from engine.render.sandbox import connect_text

SERVED: dict[str, dict[str, Any]] = {
    "some-crm": {"host": "http://127.0.0.1:1", "credentials": {"client_id": "it's", "refresh_token": "r"}},
    "shop": {"host": "http://127.0.0.1:1", "organization": "20081234567"},
}


def test_credentials_are_for_the_shell_and_the_spec_only_refers_to_them() -> None:
    _, flag, _, export, _, crm, shop = connect_text("http://127.0.0.1:1", SERVED).splitlines()
    assert flag.endswith(" --sandbox=http://127.0.0.1:1")
    word, assignment = shlex.split(export)
    name, _, value = assignment.partition("=")
    assert (word, name, json.loads(value)) == ("export", "SOME_CRM", SERVED["some-crm"]["credentials"])
    assert yaml.safe_load(crm) == {
        "some-crm": {"host": "http://127.0.0.1:1", "credentials": "${env:SOME_CRM}"}
    }
    assert yaml.safe_load(shop) == {"shop": SERVED["shop"]}
