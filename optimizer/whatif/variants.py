"""A scenario with a variant, for the commands that take one."""

from __future__ import annotations

from pathlib import Path

from optimizer.errors import Fault
from optimizer.read import Inputs
from optimizer.scenario import Scenario
from optimizer.whatif.apply import Applied, apply, refuse_unfit
from optimizer.whatif.patch import read_variants


def varied(scenario: Path, variant: str) -> Scenario:
    """Reads a scenario with a variant applied.

    Args:
        scenario: folder, ``.xlsx`` or ``.json``.

    Raises:
        InputError: with every fault of the scenario, or else of the patch.
    """
    return applied(Inputs.read(scenario), variant).scenario


def applied(base: Inputs, variant: str) -> Applied:
    """Inputs with a variant applied.

    Args:
        variant: a patch, or several joined by ``+``.

    Raises:
        InputError: with every fault of the patch.
    """
    faults: list[Fault] = []
    patches = read_variants([variant], faults)
    if faults:
        refuse_unfit(base, patches, faults)
    return apply(base, patches[0])
