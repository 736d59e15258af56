"""Tickets in the form of an electronic manifest (电子联单): who, what, how much, which truck, where from and to, when.

The fields are those of DOMAIN.md. What a schedule cannot know stays blank for the platform to fill in: the driver, and
the approvals of discharge, transport and receipt. A manifest is a ``draft`` until those are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optimizer.scenario import Scenario
from optimizer.tables import Table

STATE = "draft"
APPROVALS = ("approval_discharge", "approval_transport", "approval_receipt")
COLUMNS = ("ticket", "state", "date", "discharging_party", "discharging_site", "discharging_name", "discharging_street",
           "waste_class", "material", "material_zh", "material_en", "grade", "quantity_t", "quantity_basis", "carrier",
           "vehicle", "vehicle_class", "driver", "seq", "route_km", "load_at", "depart_at", "arrive_at", "tip_at",
           "leave_at", "receiving_party", "receiving_site", "receiving_name", "receiving_street", "manner",
           *APPROVALS)  # fmt: skip


class Places:
    """Names, parties, streets and kinds of all places by id."""

    def __init__(self, scenario: Scenario):
        self._known: dict[str, dict[str, str]] = {}
        s = scenario
        for part, kind in ((s.supplies, "supply"), (s.demands, "demand")):
            rows = zip(part.ids, part.names, part.owner, part.street, strict=True)
            self._known |= {i: {"name": n, "party": o, "street": st, "kind": kind} for i, n, o, st in rows}
        f = s.facilities
        rows = zip(f.ids, f.names, f.kind, f.street, strict=True)
        self._known |= {i: {"name": n, "party": n, "street": st, "kind": kind} for i, n, kind, st in rows}

    def __getitem__(self, place: str) -> dict[str, str]:
        return self._known[place]


def manifests(scenario: Scenario, trips: Table) -> Table:
    """tickets.csv: one draft manifest per ticket of trips.csv."""
    places, materials, trucks = Places(scenario), scenario.materials, scenario.trucks
    classes = sorted(trucks.ids, key=len, reverse=True)
    vehicle = dict(zip(trucks.ids, trucks.vehicle, strict=True))
    table = Table(COLUMNS)
    for row in trips.records():
        out, come = places[row["from"]], places[row["to"]]
        m = materials.index[row["material"]]
        kind = next(name for name in classes if row["truck"].startswith(name))
        table.rows.append((
            row["ticket"], STATE, row["date"], out["party"], row["from"], out["name"], out["street"],
            materials.waste_class[m], row["material"], materials.name_zh[m], materials.name_en[m], row["grade"],
            float(row["t"]), "planned", row["carrier"], row["truck"], vehicle[kind], None, int(row["seq"]),
            float(row["km_loaded"]), row["load_at"], row["depart_at"], row["arrive_at"], row["tip_at"], row["leave_at"],
            come["party"], row["to"], come["name"], come["street"],
            "fill" if come["kind"] == "demand" else come["kind"], None, None, None,
        ))  # fmt: skip
    return table


def as_documents(table: Table) -> dict[str, Any]:
    """tickets.json: the same manifests, nested as the platform's resources are."""
    return {"version": 1, "manifests": list(_documents(table))}


def _documents(table: Table) -> Iterator[dict[str, Any]]:
    for row in table.records():
        yield {
            "number": row["ticket"],
            "state": row["state"],
            "date": row["date"],
            "discharge": {name: row[f"discharging_{name}"] for name in ("party", "site", "name", "street")},
            "cargo": {name: row[name] for name in ("waste_class", "material", "material_zh", "material_en", "grade")}
            | {"t": row["quantity_t"], "basis": row["quantity_basis"]},
            "transport": {name: row[name] for name in ("carrier", "vehicle", "vehicle_class", "driver", "seq")}
            | {"route_km": row["route_km"]},
            "times": {name: row[name] for name in ("load_at", "depart_at", "arrive_at", "tip_at", "leave_at")},
            "receipt": {name: row[f"receiving_{name}"] for name in ("party", "site", "name", "street")}
            | {"manner": row["manner"]},
            "approvals": {name.removeprefix("approval_"): row[name] for name in APPROVALS},
        }
