"""The suite: every promise of the port, for one stream of one connector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.testing.bench import Bench
from engine.testing.catalog import CatalogPromises
from engine.testing.forecasts import ForecastPromises
from engine.testing.reading import ReadingPromises
from engine.testing.trouble import TroublePromises
from engine.testing.writing import ChangePromises, CreatePromises

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.testing.system import SystemUnderTest


class ConnectorSuite(
    CatalogPromises, ReadingPromises, CreatePromises, ChangePromises, ForecastPromises, TroublePromises
):
    """Inherit it, say `type_` and `can`, and give a fixture `system` with an empty stream.

    Only those tests exist that the capabilities call for, so none is skipped. A test that needs a system which
    fails exists if `faults` says that the system can be made to.
    """

    @pytest.fixture
    def system(self) -> SystemUnderTest:
        """The system under test, its stream empty; every suite gives its own."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a fixture `system` that gives a SystemUnderTest."
        )

    @pytest.fixture
    def bench(self, system: SystemUnderTest) -> Iterator[Bench]:
        """The system with what the tests ask of it; closes the connections at the end."""
        bench = Bench(system)
        yield bench
        bench.close()
