"""Records of CRM are looked for by a query where one can be asked, and in its list where none can or finds nobody."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sandbox_visitor import Visitor, visit

from engine.connectors.port import Contains, ReadRequest, Surroundings
from engine.connectors.zoho import CRM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A company with three contacts."""
    with visit(tmp_path_factory.mktemp("search"), company="bare") as visitor:
        people = [("Ada", "Veld"), ("Bo", "Lund"), ("Łucja", "Öster")]
        rows = [{"First_Name": first, "Last_Name": last} for first, last in people]
        assert visitor.crm("POST", "/Contacts", json={"data": rows}).status_code == 201
        yield visitor


def looked_for(visitor: Visitor, folder: Path, text: str) -> tuple[list[str], list[str]]:
    """(last names that were delivered, paths that were called)."""
    around = Surroundings(folder=folder, clock=time.time, sleep=time.sleep, sandbox=True)
    visitor.http.request("DELETE", "/_sandbox/calls")
    names = ("First_Name", "Last_Name")
    request = ReadRequest(stream="Contacts", fields=names, contains=Contains(fields=names, text=text))
    with closing(CRM.open(visitor.running.connect()["zoho-crm"], around)) as connector:
        pages = list(connector.read(request))
    assert pages[-1].complete
    found = sorted(str(row["Last_Name"]) for page in pages for row in page.records or ())
    calls = [one["path"].rsplit("/", 1)[-1] for one in visitor.command("calls")["calls"]]
    return found, [one for one in calls if one in ("coql", "Contacts")]


@pytest.mark.parametrize("text", ["ada", "VELD", "da ve", " Ada  Veld "])
def test_one_query_finds_whoever_has_all_the_words(visitor: Visitor, tmp_path: Path, text: str) -> None:
    assert looked_for(visitor, tmp_path, text) == (["Veld"], ["coql"])


@pytest.mark.parametrize("text", ["ö", "nobody", "50%"])
def test_where_a_query_finds_nobody_everybody_is_listed(visitor: Visitor, tmp_path: Path, text: str) -> None:
    found, calls = looked_for(visitor, tmp_path, text)
    assert found == ["Lund", "Veld", "Öster"]
    assert calls[-1] == "Contacts"
