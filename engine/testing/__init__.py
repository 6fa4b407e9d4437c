"""What proves that a connector keeps the promises of the port: a pytest class that any connector inherits.

    from engine.testing import ConnectorSuite, SystemUnderTest

    class TestShop(ConnectorSuite):
        type_ = SHOP
        can = Capabilities(create=True, update=True)

        @pytest.fixture
        def system(self, tmp_path): ...

`pip install 'sync-engine[testing]'` brings pytest. The engine itself never imports this package.
"""

from __future__ import annotations

import pytest

# Before they are imported: so that a failing promise shows what was compared.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{part}"
        for part in ("bench", "catalog", "described", "forecasts", "reading", "trouble", "writing")
    )
)

from engine.testing.bench import (  # noqa: E402  see above
    ABSENT,
    Bench,
    batch,
    read,
    receipts,
    refuses,
    surroundings,
    texts,
)
from engine.testing.described import DescribedSuite  # noqa: E402
from engine.testing.samples import AMOUNTS, DOUBTFUL_TEXTS, HOSTILE_IDS, ODD_TEXTS, PEOPLE  # noqa: E402
from engine.testing.suite import ConnectorSuite  # noqa: E402
from engine.testing.system import FAULTS, Fault, SystemUnderTest  # noqa: E402

__all__ = [
    "ABSENT",
    "AMOUNTS",
    "DOUBTFUL_TEXTS",
    "FAULTS",
    "HOSTILE_IDS",
    "ODD_TEXTS",
    "PEOPLE",
    "Bench",
    "ConnectorSuite",
    "DescribedSuite",
    "Fault",
    "SystemUnderTest",
    "batch",
    "read",
    "receipts",
    "refuses",
    "surroundings",
    "texts",
]
