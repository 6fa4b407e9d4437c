"""The settings on docs/local-connectors.md are what the connectors take, and describe the streams they name."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
import yaml
from places import ROOT

from engine.connectors.registry import connector_type

PAGE = (ROOT / "docs" / "local-connectors.md").read_text(encoding="utf-8")
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
SYSTEMS: dict[str, Any] = {
    f"{place}-{name}": said
    for place, block in enumerate(BLOCKS)
    for name, said in block.items()
    if "connector" in said
}


def test_the_page_shows_every_kind_of_local_system() -> None:
    urls = {said["with"].get("url", "").partition(":")[0] for said in SYSTEMS.values()}
    assert {"sqlite", "postgresql", "mysql"} <= urls
    assert {"csv", "parquet"} <= {said["with"].get("format") for said in SYSTEMS.values()}


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_settings_of_the_page_are_taken_and_describe_their_streams(system: str) -> None:
    said = SYSTEMS[system]
    type_ = connector_type(said["connector"])
    jsonschema.Draft202012Validator(dict(type_.settings)).validate(said["with"])
    assert set(type_.describe(said["with"]).streams) == set(said["with"]["streams"])
