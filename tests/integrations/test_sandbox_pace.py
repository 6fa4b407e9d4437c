"""The sandbox tells how much it takes of a path; a connector believes that of the sandbox alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sandbox_visitor import visit

import engine.connectors.zoho
from engine.connectors.http.description.load import load_description
from engine.connectors.http.send.settings import resolve_account
from engine.errors import UserError

if TYPE_CHECKING:
    from engine.sandbox.server.throttle import LimitsName

PROJECTS = load_description(Path(engine.connectors.zoho.__path__[0]) / "projects.yaml")


@pytest.mark.parametrize(("limits", "requests"), [("roomy", 5_040), ("published", 84)])
def test_a_connector_is_as_quick_as_the_sandbox_allows(
    tmp_path: Path, limits: LimitsName, requests: int
) -> None:
    with visit(tmp_path, company="bare", limits=limits) as visitor:
        settings = visitor.running.connect()["zoho-projects"]
        assert visitor.command("connect")["zoho-projects"] == settings
    pace = resolve_account(PROJECTS, settings, sandbox=True).limits.per_path
    assert pace is not None
    assert (pace.requests, pace.window_s) == (requests, 120)


def test_nobody_says_so_of_the_real_thing(tmp_path: Path) -> None:
    with visit(tmp_path, company="bare") as visitor:
        settings = visitor.running.connect()["zoho-projects"]
    kept = {name: settings[name] for name in ("credentials", "portal")}
    real = resolve_account(PROJECTS, kept, sandbox=False).limits.per_path
    assert real is not None
    assert real.requests == 84
    with pytest.raises(UserError, match="no key `requests_per_path`"):
        resolve_account(PROJECTS, {**kept, "requests_per_path": 5_040}, sandbox=False)
