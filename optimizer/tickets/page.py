"""dispatch.html: the dispatcher's page, offline, in Chinese and English, in the style of the plan's report.

Figures and short tables are written by the template; the Gantt charts by truck and by gate, the moving map and the
queue profiles are drawn by ``page.js`` from the data inside the page.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import numpy as np

from optimizer.dispatch.batteries import DEPOT
from optimizer.dispatch.network import gate_minutes
from optimizer.dispatch.slack import slack_in_words
from optimizer.dispatch.tables import MOMENTS
from optimizer.distances import Distances
from optimizer.replay.words import chance_in_words
from optimizer.report import self_contained, shared_scripts
from optimizer.report.network import STEP, encoded
from optimizer.report.texts import texts
from optimizer.scenario import Scenario
from optimizer.tables import Table
from optimizer.tickets.words import CHANGE_KINDS, WORDS

SHARED = ("basics.js", "charts.js", "map.js")
TEXTS = ("js", "kind", "unit")
SHOWN = 30  # rows of a table in the page; the files have all


def page(scenario: Scenario, distances: Distances, tables: Mapping[str, Table], summary: dict[str, Any]) -> str:
    """The page.

    Args:
        scenario: what was dispatched.
        distances: its distances, for the lines that trucks drive along.
        tables: trips, trucks, undone, helps and replay, as made or as read from the files; and ``changes``, if any.
        summary: the content of dispatch.json.
    """
    own = files(__package__)
    replayed = [row for row in tables["replay"].records() if row["what"] == "gate"]
    replay = summary.get("replay")
    replayed.sort(key=lambda row: (-_number(row["queue_p90_min"]), -_number(row["planned_p90_min"])))
    return self_contained(
        own.joinpath("page.html").read_text(encoding="utf-8"),
        _data(scenario, distances, tables, summary),
        [*shared_scripts(*SHARED), own.joinpath("page.js").read_text(encoding="utf-8")],
        scenario=scenario,
        summary=summary,
        kpis=summary["kpis"],
        goal=summary["goals"][0],
        bad=summary["violations"],
        replay=replay,
        chance=chance_in_words(replay) if replay and replay["replications"] else None,
        queues=[{**row, **{name: _blank(row[name]) for name in row if name.endswith(("_min", "share"))}}
                for row in replayed[:SHOWN]],
        undone=list(tables["undone"].records())[:SHOWN],
        helps=list(tables["helps"].records())[:SHOWN],
        slack=slack_in_words(summary["days"]),
        again=summary.get("again"),
        changes=_last_changes(tables.get("changes"), summary.get("again")),
        kinds=CHANGE_KINDS,
        asnumber=_blank,
    )  # fmt: skip


def _last_changes(changes: Table | None, again: dict[str, Any] | None) -> list[dict[str, Any]]:
    """What changed when the day was dispatched anew last."""
    if changes is None or again is None:
        return []
    return [row for row in changes.records() if row["date"] == again["date"] and row["told_at"] == again["from"]]


def _data(
    scenario: Scenario, distances: Distances, tables: Mapping[str, Table], summary: dict[str, Any]
) -> dict[str, Any]:
    trips, trucks = list(tables["trips"].records()), list(tables["trucks"].records())
    dates = sorted({row["date"] for row in trucks})
    used = sorted({row[end] for row in trips for end in ("from", "to")})
    node = {name: i for i, name in enumerate(scenario.place_ids)}
    here = {name: i for i, name in enumerate(used)}
    lines, legs = _lines(scenario, distances, trips, trucks)
    charges = _Charges(scenario, trucks)
    material = {name: i for i, name in enumerate(scenario.materials.ids)}
    return {
        "step": STEP,
        "texts": {key: list(both) for key, both in texts().items() if key.split(".")[0] in TEXTS}
        | {f"d.{key}": list(pair) for key, pair in WORDS.items()},
        "days": dates,
        "on_roads": scenario.roads.file is not None,
        "attribution": str(distances.info.get("attribution") or ""),
        "sites": _sites(scenario, used),
        "materials": [[scenario.materials.name_en[m], scenario.materials.name_zh[m]] for m in material.values()],
        "lines": lines,
        "gates": _gates(scenario, trips, here, node),
        "trips": [
            [dates.index(row["date"]), row["truck"], here[row["from"]], here[row["to"]], material[row["material"]],
             round(float(row["t"]), 3), *(_minutes(row[name], row["date"]) for name in MOMENTS), *legs[i][-2:],
             *filter(None, [charges.of(row, legs[i][0])])]
            for i, row in enumerate(trips)
        ],
        "trucks": [_truck(row, dates, legs[len(trips) + i], charges) for i, row in enumerate(trucks)],
        "profiles": _profiles(tables["replay"]),
        "replications": int((summary.get("replay") or {}).get("replications", 0)),
    }  # fmt: skip


def _sites(scenario: Scenario, used: list[str]) -> list[dict[str, Any]]:
    s = scenario
    kinds = [*["supply"] * len(s.supplies.ids), *["demand"] * len(s.demands.ids), *s.facilities.kind]
    names = [*s.supplies.names, *s.demands.names, *s.facilities.names]
    rows = []
    for name in used:
        node = s.place_ids.index(name)
        lon, lat = s.lonlat[node]
        at = None if math.isnan(lon) else [round(float(lon), 5), round(float(lat), 5)]
        rows.append({"id": name, "name": names[node], "kind": kinds[node], "at": at})
    return rows


def _truck(row: dict[str, Any], dates: list[str], legs: tuple[int, ...], charges: _Charges) -> dict[str, Any]:
    figures = ("t", "km_loaded", "km_empty", "duty_h", "fuel_l", "fuel_empty_l", "co2_kg", "co2_empty_kg", "cost")
    return {
        "day": dates.index(row["date"]),
        "name": row["truck"],
        "carrier": row["carrier"],
        "times": [_minutes(row[name], row["date"]) for name in ("out_at", "leave_for_home_at", "home_at")],
        "home": legs[-1],
        "charge": charges.of(row, legs[0]),
        "trips": int(row["trips"]),
    } | {name: round(float(row[name]), 2) for name in figures}


def _lines(
    scenario: Scenario,
    distances: Distances,
    trips: list[dict[str, Any]],
    trucks: list[dict[str, Any]],
) -> tuple[list[list[int]], list[tuple[int, ...]]]:
    """Lines that are driven, and which of them each ticket (empty, laden) and each truck day (home) drives; -1: none.

    The way to a charger comes first where there is one.

    Legs from and to a depot that is no place of the scenario are straight: nothing draws roads to it.
    """
    depots = {row["truck"]: f"@{row['class']}" for row in trucks}
    at: dict[tuple[str, str], str] = {}
    wanted: list[tuple[tuple[str, str], ...]] = []
    for row in trips:
        before, depot = at.get((row["date"], row["truck"]), depots[row["truck"]]), depots[row["truck"]]
        wanted.append((*_empty(before, row["from"], row, depot), (row["from"], row["to"])))
        at[row["date"], row["truck"]] = row["to"]
    wanted += [
        tuple(_empty(at[row["date"], row["truck"]], depot, row, depot))
        for row in trucks for depot in (depots[row["truck"]],)
    ]  # fmt: skip
    pairs = sorted({pair for few in wanted for pair in few if pair[0] != pair[1]})
    drawn = dict(zip(pairs, _drawn(scenario, distances, pairs), strict=True))
    kept = [pair for pair in pairs if drawn[pair] is not None]
    number = {pair: i for i, pair in enumerate(kept)}
    return [drawn[pair] or [] for pair in kept], [tuple(number.get(pair, -1) for pair in few) for few in wanted]


def _empty(a: str, b: str, row: dict[str, Any], depot: str) -> list[tuple[str, str]]:
    """The legs of an empty way, by the charger that a ticket or truck day names."""
    if not row.get("charge_at"):
        return [(a, b)]
    by = depot if row["charge_at"] == DEPOT else row["charge_at"]
    return [(a, by), (by, b)]


class _Charges:
    """What the page shows of charging before a load, or before going home."""

    def __init__(self, scenario: Scenario, trucks: list[dict[str, Any]]):
        self._where = _where(scenario)
        self._depot = {row["truck"]: f"@{row['class']}" for row in trucks}

    def of(self, row: dict[str, Any], line: int) -> list[Any] | None:
        """Minutes of plugging in and unplugging, line to the charger, its name, battery at the end, and where it is."""
        name = row.get("charge_at")
        if not name:
            return None
        lon, lat = self._where[self._depot[row["truck"]] if name == DEPOT else name]
        at = None if math.isnan(lon) else [round(float(lon), 5), round(float(lat), 5)]
        minutes = [_minutes(row[moment], row["date"]) for moment in ("plug_at", "unplug_at")]
        return [*minutes, line, "" if name == DEPOT else name, _blank(row["battery"]), at]


def _where(scenario: Scenario) -> dict[str, Any]:
    """lon and lat of every place by id, and of every class's depot by ``@`` and its id."""
    trucks, where = scenario.trucks, dict(zip(scenario.place_ids, scenario.lonlat, strict=True))
    for k, name in enumerate(trucks.ids):
        depot = trucks.depot[k]
        where[f"@{name}"] = where[depot] if depot in where else np.array([trucks.lon[k], trucks.lat[k]])
    return where


def _drawn(scenario: Scenario, distances: Distances, pairs: list[tuple[str, str]]) -> list[list[int] | None]:
    node = {name: i for i, name in enumerate(scenario.place_ids)}
    where = _where(scenario)
    between = [pair for pair in pairs if pair[0] in node and pair[1] in node]
    roads = dict(zip(between, distances.paths([(node[a], node[b]) for a, b in between]), strict=True))
    found: list[list[int] | None] = []
    for pair in pairs:
        line = np.asarray(roads.get(pair, [where[pair[0]], where[pair[1]]]), dtype=float)
        good = len(line) >= 2 and np.isfinite(line).all()
        found.append(encoded(np.rint(line / STEP).astype(np.int64)) if good else None)
    return found


def _gates(
    scenario: Scenario, trips: list[dict[str, Any]], here: dict[str, int], node: dict[str, int]
) -> list[dict[str, Any]]:
    """Where trucks are loaded and tipped: bays (0 = no limit), minutes of service, hours."""
    known = {(gate.place, gate.what): gate for gate in scenario.gates}
    standard = gate_minutes(scenario.driving)
    count: dict[tuple[str, str], int] = {}
    for row in trips:
        for key in ((row["from"], "load"), (row["to"], "tip")):
            count[key] = count.get(key, 0) + 1
    rows = []
    for (place, what), trucks in sorted(count.items(), key=lambda item: -item[1]):
        gate = known.get((node[place], what))
        minutes = standard[what][0] if gate is None else gate.minutes
        hours = [list(spell) for spell in gate.spells] if gate else []
        rows.append({"site": here[place], "what": what, "trucks": trucks, "bays": gate.bays if gate else 0,
                     "minutes": math.ceil(minutes), "hours": hours})  # fmt: skip
    return rows


def _profiles(replayed: Table) -> list[list[Any]]:
    """(place, load | tip, hour, trucks, mean queue, p90 of the queue)."""
    return [
        [row["id"], row["service"], int(row["hour"][:2]), int(row["trucks"]), _blank(row["queue_mean_min"]),
         _blank(row["queue_p90_min"])]
        for row in replayed.records() if row["what"] == "gate_hour"
    ]  # fmt: skip


def _minutes(moment: str, date: str) -> int:
    """Minutes from midnight of the day of the shift."""
    spent = dt.datetime.fromisoformat(moment) - dt.datetime.fromisoformat(date)
    return int(spent.total_seconds() // 60)


def _number(cell: Any) -> float:
    return 0.0 if cell in (None, "") else float(cell)


def _blank(cell: Any) -> float | None:
    return None if cell in (None, "") else round(float(cell), 4)
