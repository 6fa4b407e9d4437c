"""The four Zoho connectors keep every promise of the port on the sandbox, also when it fails on purpose."""

from __future__ import annotations

import itertools
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import pytest
from http_scripted import Clock
from patience import LONGEST_S, wait_little_for

from engine.connectors.port import Surroundings
from engine.connectors.zoho import BOOKS, CRM, ERP, PROJECTS
from engine.sandbox.serve import Running, start
from engine.testing import FAULTS, ConnectorSuite, SystemUnderTest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from engine.connectors.port import Connector
    from engine.testing import Fault

#: A fault of the kit -> what the sandbox calls it.
PLAYED: dict[Fault, str] = {
    "busy": "status-429",
    "expired": "expired-token",
    "down": "status-503",
    "page": "html",
    "silent": "timeout",
    "broken-after": "status-500-after-apply",
    "silent-after": "timeout-after-apply",
    "torn": "torn",
    "stale": "stale-listing",
}

#: For streams whose requests are made and judged like those of another suite here.
FEW: tuple[Fault, ...] = ("busy", "broken-after", "torn", "stale")


@dataclass(frozen=True, kw_only=True)
class Collection:
    """One collection of the sandbox, emptied, and reached by plain HTTP."""

    running: Running
    http: httpx.Client
    product: str
    module: str
    path: str  #: what the addresses of its requests have in them
    monkeypatch: pytest.MonkeyPatch

    def empty(self) -> None:
        """Take away what the seeded company has in it."""
        with closing(sqlite3.connect(self.running.site.store.path)) as file, file:
            for table in ("record", "version"):
                where = f"DELETE FROM {table} WHERE product = ? AND module = ?"
                file.execute(where, (self.product, self.module))
        self.http.delete("/faults").raise_for_status()

    def command(self, name: str, **body: Any) -> dict[str, Any]:
        answer = self.http.post(f"/{name}", json=body)
        answer.raise_for_status()
        return dict(answer.json())

    def add(self, values: Mapping[str, Any]) -> str:
        return str(self.command("edit", product=self.product, module=self.module, set=dict(values))["id"])

    def change(self, id_: str, **more: Any) -> None:
        """Somebody's edit, some seconds later: the products tell the time of a change in seconds."""
        self.command("clock", advance_s=2)
        self.command("edit", product=self.product, module=self.module, id=id_, **more)

    def look(self, key: str) -> dict[str, dict[str, Any]]:
        answer = self.http.get(f"/records/{self.product}/{self.module}").raise_for_status()
        return {str(row[key]): row for row in json.loads(answer.content, parse_float=Decimal)["records"]}

    def strike(self, fault: Fault, what: str, times: int) -> None:
        method = {"read": "GET", "create": "POST", "delete": "DELETE"}.get(what)
        if fault in ("silent", "silent-after"):
            wait_little_for(self.monkeypatch, method, self.path, times)
        match = {"method": method, "path": self.path}
        seconds = 60 if fault in ("stale", "silent", "silent-after") else 1
        self.command("faults", fault=PLAYED[fault], match=match, times=times, seconds=seconds, retry_after=0)


@pytest.fixture(scope="class")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with start(tmp_path_factory.mktemp("sandbox")) as one:
        yield one


class ZohoSuite(ConnectorSuite):
    faults = tuple(FAULTS)
    confidential = True
    product: ClassVar[str]
    module: ClassVar[str]
    path: ClassVar[str]

    @pytest.fixture
    def collection(self, running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collection]:
        with httpx.Client(base_url=f"{running.url}/_sandbox", timeout=LONGEST_S, verify=False) as http:
            one = Collection(
                running=running,
                http=http,
                product=self.product,
                module=self.module,
                path=self.path,
                monkeypatch=monkeypatch,
            )
            one.empty()
            yield one

    def under_test(self, collection: Collection, folder: Path, **more: Any) -> SystemUnderTest:
        said = collection.running.connect()[self.type_.name]
        clock = Clock()  # a wait takes no time
        around = Surroundings(folder=folder, clock=clock.time, sleep=clock.sleep, sandbox=True)
        credentials = said["credentials"]

        def denied(wrong: Sequence[str]) -> Connector:
            changed = dict(zip(("client_secret", "refresh_token"), wrong, strict=True))
            return self.type_.open({**said, "credentials": {**credentials, **changed}}, around)

        key = self.type_.describe({}).streams[self.module].id
        return SystemUnderTest(
            connect=lambda: self.type_.open(said, around),
            stream=self.module,
            plant=lambda rows: [collection.add(row) for row in rows],
            look=lambda: collection.look(key),
            edit=lambda id_, values: collection.change(id_, set=dict(values)),
            remove=lambda id_: collection.change(id_, delete=True),
            strike=collection.strike,
            denied=denied,
            secrets=(credentials["client_secret"], credentials["refresh_token"]),
            **more,
        )


class TestCrm(ZohoSuite):
    type_ = CRM
    can = CRM.describe({}).streams["Accounts"].can
    conditional = True
    product, module, path = "crm", "Accounts", "/Accounts"
    number = "Annual_Revenue"

    @pytest.fixture
    def system(self, collection: Collection, tmp_path: Path) -> SystemUnderTest:
        return self.under_test(
            collection,
            tmp_path,
            text="Account_Name",
            other="Billing_City",
            refused={"Account_Name": "x" * 300},
            tidied=lambda text: text.strip() or None,
        )


class TestBooks(ZohoSuite):
    type_ = BOOKS
    can = BOOKS.describe({}).streams["contacts"].can
    product, module, path = "books", "contacts", "/contacts"

    @pytest.fixture
    def system(self, collection: Collection, tmp_path: Path) -> SystemUnderTest:
        return self.under_test(
            collection,
            tmp_path,
            text="contact_name",
            other="company_name",
            refused={"contact_name": "Ada"},
            unique="cf_engine_key",
            tidied=str.strip,
        )


class TestContactPersons(ZohoSuite):
    """A stream whose records live inside others, and are listed parent by parent."""

    faults = FEW
    type_ = BOOKS
    can = BOOKS.describe({}).streams["contact_persons"].can
    product, module, path = "books", "contact_persons", "/contactpersons"

    @pytest.fixture
    def system(self, collection: Collection, tmp_path: Path) -> SystemUnderTest:
        contacts = replace(collection, module="contacts")
        contacts.empty()
        above = contacts.add({"contact_name": "Harbour", "contact_type": "customer"})
        numbers = itertools.count(70_000)

        def held() -> dict[str, dict[str, Any]]:
            rows = contacts.look("contact_id")[above]["contact_persons"]
            return {str(row["contact_person_id"]): row for row in rows}

        def keep(rows: Mapping[str, Mapping[str, Any]]) -> None:
            contacts.change(above, set={"contact_persons": list(rows.values())})

        def plant(rows: Sequence[Mapping[str, Any]]) -> list[str]:
            new = {str(next(numbers)): dict(row) for row in rows}
            keep(held() | {id_: {**row, "contact_person_id": id_} for id_, row in new.items()})
            return list(new)

        return replace(
            self.under_test(
                collection,
                tmp_path,
                text="first_name",
                other="designation",
                also={"contact_id": above},
                refused={"first_name": "x" * 300},
                tidied=str.strip,
            ),
            plant=plant,
            look=held,
            edit=lambda id_, values: keep({**held(), id_: {**held()[id_], **values}}),
            remove=lambda id_: keep({key: row for key, row in held().items() if key != id_}),
        )


class TestErp(ZohoSuite):
    faults = FEW
    type_ = ERP
    can = ERP.describe({}).streams["contacts"].can
    product, module, path = "erp", "contacts", "/contacts"

    @pytest.fixture
    def system(self, collection: Collection, tmp_path: Path) -> SystemUnderTest:
        return self.under_test(
            collection,
            tmp_path,
            text="contact_name",
            other="company_name",
            refused={"contact_name": "Ada"},
            unique="cf_engine_key",
            tidied=str.strip,
        )


class TestProjects(ZohoSuite):
    type_ = PROJECTS
    can = PROJECTS.describe({}).streams["projects"].can
    product, module, path = "projects", "projects", "/projects"

    @pytest.fixture
    def system(self, collection: Collection, tmp_path: Path) -> SystemUnderTest:
        return self.under_test(
            collection, tmp_path, text="name", other="description", refused={"name": "x" * 300}
        )


class TestTasks(ZohoSuite):
    """A stream that is listed as a whole, and written below its project."""

    faults = FEW
    type_ = PROJECTS
    can = PROJECTS.describe({}).streams["tasks"].can
    product, module, path = "projects", "tasks", "/tasks"

    @pytest.fixture
    def system(self, collection: Collection, tmp_path: Path) -> SystemUnderTest:
        parents = replace(collection, module="projects")
        parents.empty()
        above = parents.add({"name": "Harbour"})
        system = self.under_test(
            collection,
            tmp_path,
            text="name",
            other="description",
            also={"project.id": above},
            refused={"name": "x" * 300},
        )
        numbers = itertools.count(1)

        def plant(rows: Sequence[Mapping[str, Any]]) -> list[str]:
            """The store has a bare id where answers show the project."""
            plain = [{name: value for name, value in row.items() if name != "project.id"} for row in rows]
            return [collection.add({**row, "project": above, "number": next(numbers)}) for row in plain]

        return replace(system, plant=plant)
