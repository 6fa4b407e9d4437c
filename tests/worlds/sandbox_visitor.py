"""A plain HTTP client of the sandbox: what its tests share."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import yaml
from patience import LONGEST_S
from places import CASES

from engine.sandbox.serve import Running, start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.sandbox.server.site import CompanyName
    from engine.sandbox.server.throttle import LimitsName

HERE = CASES / "sandbox"


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Talks to a running sandbox, with a fresh token for each product."""

    running: Running
    http: httpx.Client
    tokens: dict[str, str]

    def sign_in(self) -> None:
        """Get a token for each product."""
        for connector in self.running.connect():
            self.tokens[connector] = self.token(connector)["access_token"]

    def token(self, connector: str, **instead: str) -> dict[str, Any]:
        """Ask for an access token; `instead` replaces credentials."""
        form = self.running.connect()[connector]["credentials"] | instead
        answer = self.http.post("/oauth/v2/token", data=form | {"grant_type": "refresh_token"})
        return dict(answer.json())

    def crm(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One call of CRM."""
        more["headers"] = self._sign("zoho-crm") | more.get("headers", {})
        return self.http.request(method, f"/crm/v8{path}", **more)

    def books(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One call of Books, in the organisation."""
        return self._finance("books", method, path, **more)

    def erp(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One call of ERP, in the organisation."""
        return self._finance("erp", method, path, **more)

    def _finance(self, product: str, method: str, path: str, **more: Any) -> httpx.Response:
        more["headers"] = self._sign(f"zoho-{product}") | more.get("headers", {})
        organization = self.running.connect()[f"zoho-{product}"]["organization"]
        more["params"] = {"organization_id": organization} | more.get("params", {})
        return self.http.request(method, f"/{product}/v3{path}", **more)

    def projects(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One call of Projects, in the portal."""
        more["headers"] = self._sign("zoho-projects") | more.get("headers", {})
        portal = self.running.connect()["zoho-projects"]["portal"]
        return self.http.request(method, f"/api/v3/portal/{portal}{path}", **more)

    def _sign(self, connector: str) -> dict[str, str]:
        return {"Authorization": f"Zoho-oauthtoken {self.tokens[connector]}"}

    def command(self, name: str, **body: Any) -> dict[str, Any]:
        """One command of the sandbox itself; without a body it is a GET."""
        method = "POST" if body or name == "reset" else "GET"
        answer = self.http.request(method, f"/_sandbox/{name}", json=body or None)
        answer.raise_for_status()
        return dict(answer.json())

    def records(self, product: str, module: str) -> list[dict[str, Any]]:
        """Every living record, straight from the store."""
        return list(self.command(f"records/{product}/{module}")["records"])

    def begin_anew(self) -> None:
        """The company's first day, and fresh tokens."""
        self.command("reset")
        self.sign_in()


@contextmanager
def visit(folder: Path, *, company: CompanyName = "clean", limits: LimitsName = "roomy") -> Iterator[Visitor]:
    """A visitor of the sandbox of a folder, for as long as the block lasts."""
    with (
        start(folder, company=company, limits=limits) as running,
        httpx.Client(base_url=running.url, timeout=LONGEST_S, verify=False) as http,
    ):
        visitor = Visitor(running=running, http=http, tokens={})
        visitor.sign_in()
        yield visitor


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of a file under tests/cases/sandbox."""
    return list(yaml.safe_load((HERE / name).read_text(encoding="utf-8")))
