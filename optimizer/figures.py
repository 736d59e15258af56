"""Goals and key figures of a ledger: the one place where they are computed (``check`` recomputes them on its own)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from optimizer.burden import burden
from optimizer.lanes import PLACE_KINDS, Lanes
from optimizer.ledger import Ledger
from optimizer.scenario import GRADES, Bools, Floats, Scenario, commodity_of


class Figures:
    """Figures of one ledger.

    Args:
        scenario: the scenario.
        lanes: its lanes, for the kinds of places.
        ledger: what happened.
    """

    def __init__(self, scenario: Scenario, lanes: Lanes, ledger: Ledger):
        self.scenario, self.ledger = scenario, ledger
        self.from_kind = np.array(PLACE_KINDS)[lanes.kind[ledger.origin]]
        self.to_kind = np.array(PLACE_KINDS)[lanes.kind[ledger.destination]]
        self.material = ledger.commodity // GRADES
        self.waste = scenario.materials.counts_as_waste
        self._n = len(scenario.materials.ids)

    def goals(self) -> dict[str, float]:
        """Every goal but `changes`, `frozen` and `empties`, in its unit (`welfare` as its negative)."""
        s, g = self.scenario, self.ledger
        t_km = float((g.t * g.km).sum())
        carbon = t_km * s.costs.co2_per_t_km
        cost = sum(self.cost_parts().values())
        first_unit = s.demands.units_per_t[np.arange(len(s.demands.ids)), s.demands.first_material]
        bids, asks = np.zeros(len(s.place_ids)), np.zeros(len(s.place_ids))
        asks[: s.first_demand] = np.nan_to_num(s.supplies.ask)
        bids[s.first_demand : s.first_facility] = np.nan_to_num(s.demands.bid)
        return {
            "unserved": float(
                (g.left * s.supplies.priority).sum() + (g.short / first_unit * s.demands.priority).sum() + g.stuck.sum()
            ),
            "offsite": float(g.t[self.to_kind == "offsite"].sum()),
            "landfill": float(g.t[self.to_kind == "disposal"].sum()),
            "transfer": float(g.t[self.to_kind == "yard"].sum()),
            "fairness": float(burden(s, g).borne.max(initial=0.0)),
            "haul": t_km,
            "cost": cost,
            "carbon": carbon,
            "welfare": cost + float((g.t * (asks[g.origin] - bids[g.destination])).sum()),
        }

    def total(self, weights: Mapping[str, float], values: Mapping[str, float]) -> float:
        """The weighted sum in CNY; `unserved` costs ``unserved_per_t`` unless it has a weight of its own."""
        return sum(w * values[goal] for goal, w in {"unserved": self.scenario.costs.unserved_per_t, **weights}.items())

    def cost_parts(self) -> dict[str, float]:
        """CNY by what it is paid for; their sum is the goal `cost`."""
        s, g = self.scenario, self.ledger
        f = s.facilities
        bought = self.from_kind == "quarry"
        nights = g.stock.sum(axis=1)  # (F, days)
        carbon = float((g.t * g.km).sum()) * s.costs.co2_per_t_km * s.costs.carbon_per_kg
        opening = float(f.opening_cost[s.opened].sum())
        return {
            **({"opening": opening} if s.opened.any() else {}),
            "haul": float((g.t * g.haul_cost).sum()),
            "gate_fees": float((g.t * g.fee)[~bought].sum()),
            "processing": float((g.p_t * self.recipe_cost()).sum()),
            "purchase": float((g.t * g.fee)[bought].sum()),
            "holding": float((nights.sum(axis=1) * f.hold_cost).sum()),
            "end_stock": float((nights[:, -1] * f.end_cost).sum()),
            "carbon": carbon,
        }

    def recipe_cost(self) -> Floats:
        """(p,) CNY per t of input of each processing row."""
        r, g = self.scenario.recipes, self.ledger
        price = {(int(f), int(m)): float(c) for f, m, c in zip(r.facility, r.input, r.cost, strict=True)}
        pairs = zip(g.p_facility, g.p_commodity // GRADES, strict=True)
        return np.array([price[int(f), int(m)] for f, m in pairs])

    def recycled(self) -> Floats:
        """(p,) t of each processing row that leave the waste ledger: input × (1 − yields of outputs that are waste)."""
        r, g = self.scenario.recipes, self.ledger
        still_waste = np.zeros(len(g.p_t))
        for row in np.flatnonzero(self.waste[r.output]) if len(r.output) else ():
            inputs = commodity_of(r.input[row], np.arange(1, GRADES + 1) if r.grade_in[row] == 0 else r.grade_in[row])
            hit = (g.p_facility == r.facility[row]) & np.isin(g.p_commodity, inputs)
            still_waste[hit] += r.yields[row]
        return np.where(self.waste[g.p_commodity // GRADES], g.p_t * (1 - still_waste), 0.0)

    def process_loss(self) -> Floats:
        """(p,) t of input that no recipe row yields: lost water, or metal sold."""
        r, g = self.scenario.recipes, self.ledger
        yielded = np.zeros(len(g.p_t))
        for row in range(len(r.yields)):
            inputs = commodity_of(r.input[row], np.arange(1, GRADES + 1) if r.grade_in[row] == 0 else r.grade_in[row])
            yielded[(g.p_facility == r.facility[row]) & np.isin(g.p_commodity, inputs)] += r.yields[row]
        return g.p_t * (1 - yielded)

    def kpis(self) -> dict[str, Any]:
        """Key figures of the horizon, and the same per material (DESIGN.md, "Figures")."""
        s = self.scenario
        names = s.materials.ids
        by_material = {column: self._by_material(values) for column, values in self._masses().items()}
        total = {column: float(values.sum()) for column, values in by_material.items()}
        figures = _with_ratios(total)
        figures |= {
            "unserved_t": self.unserved_t(),
            "co2_kg": total["t_km"] * s.costs.co2_per_t_km,
            "cost": sum(self.cost_parts().values()),
            "cost_parts": self.cost_parts(),
        }
        present = [m for m in range(self._n) if any(values[m] for values in by_material.values())]
        figures["by_material"] = {
            names[m]: _with_ratios({column: float(values[m]) for column, values in by_material.items()})
            for m in present
        }
        figures["by_class"] = self._by_class(by_material)
        return figures

    def unserved_t(self) -> float:
        """Plain t of must-move supply not moved, required demand not met and opening stock that is stuck."""
        d, g = self.scenario.demands, self.ledger
        first_unit = d.units_per_t[np.arange(len(d.ids)), d.first_material]
        return float(g.left.sum() + (g.short / first_unit).sum() + g.stuck.sum())

    def _by_class(self, by_material: Mapping[str, Floats]) -> dict[str, dict[str, float]]:
        classes = np.array(self.scenario.materials.waste_class)
        out = {}
        for name in sorted(set(classes[self.waste & (by_material["generated_t"] > 0)])):
            rows = (classes == name) & self.waste
            out[str(name)] = _with_ratios({column: float(v[rows].sum()) for column, v in by_material.items()})
        return out

    def _masses(self) -> dict[str, tuple[Floats, Any]]:
        """Column → (values, material of each)."""
        s, g = self.scenario, self.ledger
        released = s.supplies.release.sum(axis=1)
        lot_material = s.supplies.commodity // GRADES
        to, origin = self.to_kind, self.from_kind
        waste = self.waste[self.material]

        def flows(mask: Bools) -> tuple[Floats, Any]:
            return g.t * mask, self.material

        stock_material = np.tile(np.arange(g.stock.shape[1]) // GRADES, (g.stock.shape[0], 1))
        opening = s.stocks
        processed = g.p_commodity // GRADES
        return {
            "generated_t": (released * self.waste[lot_material], lot_material),
            "direct_t": flows((origin == "supply") & (to == "demand")),
            "transfer_t": flows(to == "yard"),
            "offsite_t": flows(to == "offsite"),
            "landfill_t": flows(to == "disposal"),
            "recycled_t": (self.recycled(), processed),
            "process_loss_t": (self.process_loss(), processed),
            "placed_t": flows((to == "demand") & (origin != "quarry") & waste),
            "received_by_plants_t": flows((to == "recycling") | (to == "treatment")),
            "borrowed_t": flows(origin == "quarry"),
            "opening_stock_t": (opening.t, opening.commodity // GRADES),
            "end_stock_t": (g.stock[:, :, -1].ravel(), stock_material.ravel()),
            "t": flows(np.ones(len(g.t), dtype=bool)),
            "t_km": (g.t * g.km, self.material),
        }

    def _by_material(self, column: tuple[Floats, Any]) -> Floats:
        values, material = column
        return np.bincount(np.asarray(material, dtype=np.int64), weights=values, minlength=self._n).astype(np.float64)


def _with_ratios(masses: dict[str, float]) -> dict[str, Any]:
    """Adds the shares; None where there is nothing to divide by."""

    def ratio(a: float, b: float) -> float | None:
        return a / b if b > 0 else None

    generated = masses["generated_t"]
    return masses | {
        "direct_share": ratio(masses["direct_t"], generated),
        "utilisation_rate": ratio(masses["placed_t"] + masses["recycled_t"], generated),
        "mean_haul_km": ratio(masses["t_km"], masses["t"]),
    }
