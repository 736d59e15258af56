"""The plan that lies in a folder, for commands that go on from it."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from optimizer.errors import Fault, InputError
from optimizer.scenario import Scenario
from optimizer.tables import Table

NOT_THE_PLANS = ("trucks.csv", "gates.csv", "bans.csv")  # inputs that a plan does not depend on


def flows_of(scenario: Scenario, folder: Path, *, but: Collection[str], then: str) -> Table:
    """The flows of the plan in a folder.

    Args:
        scenario: what it was made from.
        folder: the plan folder.
        but: inputs that may have changed since.
        then: what is done with the plan, for messages.

    Raises:
        InputError: the plan cannot be read, or was made from other inputs.
    """
    try:
        inputs = json.loads((folder / "plan.json").read_text(encoding="utf-8"))["inputs"]
        flows = Table.read_csv(folder / "flows.csv")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError.single(str(folder), f"the plan in it cannot be read ({error}); plan again") from None
    names = (set(inputs) | set(scenario.hashes)) - set(but)
    changed = sorted(name for name in names if inputs.get(name) != scenario.hashes.get(name))
    if changed:
        raise InputError([Fault(name, 0, "", f"changed since the plan was made; plan again, then {then}")
                          for name in changed])  # fmt: skip
    return flows
