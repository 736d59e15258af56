"""map.geojson: sites and flows of a plan as one RFC 7946 FeatureCollection."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.plan import Plan
from optimizer.report.sites import Site, line_between, sites
from optimizer.scenario import Scenario

DIGITS = 6  # decimals of a degree: about 0.1 m


def plan_geojson(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    """Sites as points; flows, added up over the days per (from, to, material, grade), as lines on their roads.

    A flow without a road path is a straight line. Places without coordinates, and flows that cannot be drawn for
    lack of them, are left out and counted in the foreign member ``omitted``.
    """
    places = sites(scenario, plan)
    points = [_site(site) for site in places if site.placed]
    lines = _flows(plan, {site.id: site for site in places})
    drawn = [line for line in lines if line is not None]
    return {
        "type": "FeatureCollection",
        "name": scenario.name,
        "start": scenario.start.isoformat(),
        "days": scenario.days * scenario.period_days,
        "attribution": str((plan.summary.get("roads") or {}).get("attribution") or ""),
        "omitted": {"places": len(places) - len(points), "flows": len(lines) - len(drawn)},
        "features": points + drawn,
    }


def _site(site: Site) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": site.id,
        "geometry": {"type": "Point", "coordinates": [round(site.lon, DIGITS), round(site.lat, DIGITS)]},
        "properties": {
            "id": site.id,
            "name": site.name,
            "side": site.side,
            "kind": site.kind,
            "street": site.street,
            "t": round(max(site.t_in, site.t_out), 6),
            "t_in": round(site.t_in, 6),
            "t_out": round(site.t_out, 6),
        },
    }


def _flows(plan: Plan, places: dict[str, Site]) -> list[dict[str, Any] | None]:
    """One feature per lane and commodity; None where it has no geometry."""
    sums: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for row in plan.tables["flows"].records():
        key = (row["from"], row["to"], row["material"], row["grade"])
        flow = sums.setdefault(key, {"t": 0.0, "t_km": 0.0, "km": row["km"], "via": row["via"], "dates": set()})
        flow["t"] += row["t"]
        flow["t_km"] += row["t_km"]
        flow["dates"].add(row["date"])
    lines: dict[tuple[str, str], list[list[float]] | None] = {}
    features: list[dict[str, Any] | None] = []
    for (origin, destination, material, grade), flow in sums.items():
        pair = (origin, destination)
        if pair not in lines:
            line = line_between(plan, places[origin], places[destination])
            lines[pair] = None if line is None else np.round(line, DIGITS).tolist()
        numbers = {name: round(flow[name], 6) for name in ("t", "t_km")}
        known = {} if flow["km"] != flow["km"] else {"km": round(flow["km"], 6)}
        named = {"from": origin, "to": destination, "material": material, "grade": grade}
        properties = named | numbers | known | {"via": flow["via"], "dates": sorted(flow["dates"])}
        geometry = {"type": "LineString", "coordinates": lines[pair]}
        features.append(
            None if lines[pair] is None else {"type": "Feature", "geometry": geometry, "properties": properties}
        )
    return features
