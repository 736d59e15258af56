"""What a schedule puts into people's hands: manifests for the platform, a sheet for every truck, the dispatcher's page.

``manifest`` writes tickets.csv and tickets.json, ``codes`` the square code of a ticket, ``sheets`` the printable
sheets, ``page`` dispatch.html. All of it is made from the published tables, never from the scheduler's own arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimizer.distances import Distances
from optimizer.outputs import summary_json
from optimizer.scenario import Scenario
from optimizer.tables import Table
from optimizer.tickets.manifest import as_documents, manifests
from optimizer.tickets.page import page
from optimizer.tickets.sheets import sheets

__all__ = ["handouts", "page"]


def handouts(
    scenario: Scenario, distances: Distances, tables: Mapping[str, Table], summary: dict[str, Any]
) -> dict[str, str]:
    """Files by name: tickets.csv, tickets.json, dispatch.html, and a file of sheets per day in ``sheets/``."""
    drafts = manifests(scenario, tables["trips"])
    printed = sheets(scenario, tables["trips"], tables["trucks"])
    return {
        "tickets.csv": drafts.to_csv(),
        "tickets.json": summary_json(as_documents(drafts)),
        "dispatch.html": page(scenario, distances, tables, summary),
        **{f"sheets/{date}.html": text for date, text in printed.items()},
    }
