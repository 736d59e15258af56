"""The scenario of a variant, for the commands that take one."""

from __future__ import annotations

from pathlib import Path

from optimizer.read import Inputs
from optimizer.scenario import Scenario
from optimizer.whatif.apply import apply
from optimizer.whatif.patch import read_variants


def varied(scenario: Path, variant: str) -> Scenario:
    """Reads a scenario with a variant applied.

    Args:
        scenario: folder, ``.xlsx`` or ``.json``.
        variant: a patch, or several joined by ``+``.

    Raises:
        InputError: with every fault of the patch, or else of the scenario.
    """
    patch = read_variants([variant])[0]
    return apply(Inputs.read(scenario), patch).scenario
