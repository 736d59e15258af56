"""A week of the start-up zone and its plan, made once."""

import pytest
import report_district as district


@pytest.fixture(scope="session")
def scenario():
    return district.scenario()


@pytest.fixture(scope="session")
def plan(scenario):
    return district.plan(scenario)
