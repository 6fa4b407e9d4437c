"""The connector file and the catalog agree with each other."""

from __future__ import annotations

from engine.testing import DescribedSuite

from engine_sample import CONNECTOR


class TestFiles(DescribedSuite):
    type_ = CONNECTOR
