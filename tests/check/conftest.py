"""The plan made by hand, ready to be spoiled."""

from __future__ import annotations

import pytest
from hand_made_plan import HandMade


@pytest.fixture
def by_hand(tmp_path) -> HandMade:
    return HandMade(tmp_path)
