"""The registry finds connector types and says clearly what is wrong with one."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from engine.connectors.registry import GROUP, ConnectorTypes
from engine.errors import UserError


def good(name: str) -> SimpleNamespace:
    return SimpleNamespace(
        name=name,
        summary="A system.",
        settings={"type": "object"},
        describe=lambda _: None,
        open=lambda *_: None,
    )


FINE = good("fine")
MISNAMED = good("else")
BARE = SimpleNamespace(name="bare", summary="A system.", settings={}, describe=lambda _: None)


def types(**objects: str) -> ConnectorTypes:
    return ConnectorTypes(EntryPoint(name=name, value=value, group=GROUP) for name, value in objects.items())


def test_an_unknown_name_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(UserError, match="no connector named `fin`") as caught:
        types(fine=f"{__name__}:FINE").find("fin")
    assert caught.value.remedy == "Did you mean `fine`?"


def test_a_plugin_that_does_not_import_is_named_and_the_others_still_load() -> None:
    found = types(fine=f"{__name__}:FINE", broken="no_such_package_at_all:X")
    with pytest.raises(UserError, match=r"`broken` \(no_such_package_at_all:X\) does not load"):
        found.find("broken")
    assert found.find("fine") is FINE


@pytest.mark.parametrize(
    ("name", "value", "says"), [("wrong", "MISNAMED", "calls itself 'else'"), ("bare", "BARE", "no open")]
)
def test_an_object_that_is_no_connector_type_is_refused_with_the_reason(
    name: str, value: str, says: str
) -> None:
    with pytest.raises(UserError, match=says):
        types(**{name: f"{__name__}:{value}"}).find(name)


def test_listing_names_imports_no_connector_and_loading_the_registry_no_heavy_library() -> None:
    code = (
        "import sys; from engine.connectors.registry import connector_types; list(connector_types());"
        "bad = {'httpx', 'duckdb', 'sqlalchemy', 'pyarrow', 'yaml', 'engine.connectors.sql'};"
        "print(sorted(bad & set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
