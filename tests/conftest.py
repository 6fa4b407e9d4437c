"""What all tests share: the flags of this project's test run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rows_world import House

#: A package of its own, whose tests run where it is installed.
collect_ignore = ["sample_connector"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two flags: one rewrites expected texts for review, one runs the long proofs."""
    parser.addoption("--update-cases", action="store_true", help="rewrite the expected texts in tests/cases")
    parser.addoption("--long", action="store_true", help="also run the tests marked `slow`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long proofs out unless they are asked for, all of them or one by its id.

    They are not skipped, a skip counts as a failure.
    """
    if config.getoption("--long"):
        return
    slow = [item for item in items if item.get_closest_marker("slow") and not _is_named(item, config)]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]


def _is_named(item: pytest.Item, config: pytest.Config) -> bool:
    """Whether the command line names this very test, its function or its class."""
    _, _, name = item.nodeid.partition("::")
    return any(
        item.path == (config.invocation_params.dir / file).resolve()
        and f"{name}[".startswith((wanted + "[", wanted + "::"))
        for file, _, wanted in (argument.partition("::") for argument in config.args)
        if wanted
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a new ledger may be made, on either database: a path or URL."""
    from ledger_place import new_place

    with new_place(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """The company and command line of a row scenario, which `proves` has marked."""
    from rows_world import PROOFS, house_of

    proof, _ = PROOFS[request.node.name]
    with house_of(proof, tmp_path) as house:
        yield house
