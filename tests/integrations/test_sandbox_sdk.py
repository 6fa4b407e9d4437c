"""The vendor's own SDK works against the sandbox: what it takes for CRM, our connector may take for CRM."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from patience import LONGEST_S
from places import TESTS
from sandbox_visitor import visit

if TYPE_CHECKING:
    from pathlib import Path

CHILD = TESTS / "worlds" / "sdk_child.py"


@pytest.mark.skipif(
    find_spec("zohocrmsdk") is None, reason="the vendor's SDK is not installed: pip install '.[sdk]'"
)
def test_the_vendors_sdk_lists_inserts_upserts_updates_and_deletes_accounts(tmp_path: Path) -> None:
    """Over HTTP, with its own tokens, field metadata, type conversion and understanding of every answer."""
    with visit(tmp_path / "kept") as visitor:
        before = len(visitor.records("crm", "Accounts"))
        done = drive(visitor.running.connect()["zoho-crm"], tmp_path)
        names = {one["Account_Name"] for one in visitor.records("crm", "Accounts")}
    assert done["listed"]["count"] == before
    assert done["listed"]["pages"] == -(-before // 100)
    assert outcomes(done["insert"]) == (201, [("success", "SUCCESS", None)])
    assert outcomes(done["upsert"]) == (
        200,
        [("success", "SUCCESS", "update"), ("success", "SUCCESS", "insert")],
    )
    assert done["upsert"][1]["id"] == done["insert"][1]["id"]
    assert outcomes(done["update"]) == (200, [("success", "SUCCESS", None)])
    assert done["one"] == [
        {
            "id": done["insert"][1]["id"],
            "parent": done["listed"]["first"],
            "Account_Name": ["str", "Nordlicht Werft GmbH"],
            "Phone": ["str", "+49 40 1"],
            "Employees": ["int", "13"],
            "Annual_Revenue": ["float", "1250000.5"],
            "Rating": ["Choice", "Active"],
            "Modified_Time": ["datetime", done["one"][0]["Modified_Time"][1]],
        }
    ]
    assert outcomes(done["mixed"]) == (207, [("error", "INVALID_DATA", None), ("success", "SUCCESS", None)])
    assert outcomes(done["unknown"]) == (400, [("error", "INVALID_DATA", None)])
    assert outcomes(done["delete"]) == (200, [("success", "SUCCESS", None), ("success", "SUCCESS", None)])
    assert (done["after"]["count"], done["after"]["found"]) == (before + 1, [])
    assert "Nordlicht Takelage" in names
    assert not names & {"Nordlicht Werft GmbH", "Nordlicht Segel GmbH"}


def drive(connection: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What the SDK tells of its steps; it leaves its files in the folder."""
    asked = json.dumps({"url": connection["host"], "credentials": connection["credentials"]})
    ended = subprocess.run(
        [sys.executable, str(CHILD), asked],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


def outcomes(told: list[dict[str, Any]]) -> tuple[int, list[tuple[str, str, str | None]]]:
    """The status of the answer, and of each record its status, code and action."""
    return told[0]["http"], [(one["status"], one["code"], one["action"]) for one in told[1:]]
