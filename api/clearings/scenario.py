"""Everything that is open as a scenario folder of the planner (DESIGN.md, "Scenario folder").

Listings take part with what is free of them; what is agreed stands and takes its gate capacity, its room and its stock
out of the facilities'. A listing without a reserve price neither pays nor receives at its own gate: its price is 0.
In the welfare form everything is voluntary; in the policy form everything on offer has to find a place.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select

from api.clearings.store import road_names
from api.deals.models import Deal
from api.district import District
from api.facilities.models import Facility, Stock
from api.kernel.work import Work
from api.listings.models import TRADING, Listing

Row = dict[str, Any]


@dataclass(frozen=True)
class Counts:
    """How much takes part."""

    supplies: int
    demands: int
    facilities: int


@dataclass(frozen=True)
class Frozen:
    """What is agreed at one facility: kg by date (ISO) brought in and taken out, by commodity."""

    into: Mapping[tuple[str, str, str], int]
    out: Mapping[tuple[str, str, str], int]

    def by_date(self, way: str) -> dict[str, int]:
        """kg by date over all commodities."""
        totals: dict[str, int] = defaultdict(int)
        for (date, _, _), kg in (self.into if way == "in" else self.out).items():
            totals[date] += kg
        return totals


def write_scenario(
    work: Work,
    folder: Path,
    *,
    start: dt.date,
    days: int,
    form: str,
    charges: Mapping[str, float],
    order: Sequence[str],
) -> Counts:
    """Writes the scenario of everything that is open now, without its road files (:func:`store.packed_roads`).

    Rows are in the order of their ids, so the same market gives the same bytes.
    """
    horizon = (start, start + dt.timedelta(days=days - 1))
    listings = _listings(work, horizon)
    facilities = list(work.session.execute(select(Facility).order_by(Facility.id)).scalars())
    stocks = list(
        work.session.execute(select(Stock).order_by(Stock.facility_id, Stock.material, Stock.grade)).scalars()
    )
    frozen = _frozen(work)
    supplies = [_supply(row, horizon, must_move=form == "policy") for row in listings if row.side == "supply"]
    demands = [_demand(row, horizon) for row in listings if row.side == "demand"]
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, Iterable[Row]] = {
        "supplies": supplies,
        "demands": demands,
        "facilities": [_facility(row, frozen.get(row.id), horizon) for row in facilities],
        "recipes": [_recipe(row, recipe) for row in facilities for recipe in row.recipes],
        "stocks": _stocks(stocks, frozen, horizon),
        "calendar": [line for row in facilities for line in _calendar(row, frozen.get(row.id), horizon)],
    }
    for name, rows in tables.items():
        _write(folder / f"{name}.csv", list(rows))
    materials = work.district.folder / "materials.csv" if work.district.folder else None
    if materials is not None and materials.exists():
        (folder / "materials.csv").write_bytes(materials.read_bytes())
    settings = _settings(work.district, start, days, form, charges, order)
    (folder / "scenario.toml").write_text(settings, encoding="utf-8")
    return Counts(len(supplies), len(demands), sum(row.status == "open" for row in facilities))


def _listings(work: Work, horizon: tuple[dt.date, dt.date]) -> list[Listing]:
    query = (
        select(Listing)
        .where(Listing.state.in_(TRADING), Listing.window_from <= horizon[1], Listing.window_to >= horizon[0])
        .order_by(Listing.id)
    )
    return [row for row in work.session.execute(query).scalars() if row.free_kg > 0]


def _frozen(work: Work) -> dict[str, Frozen]:
    """What is agreed at each facility."""
    query = select(Deal).where(or_(Deal.seller_facility_id.is_not(None), Deal.buyer_facility_id.is_not(None)))
    found: dict[str, Frozen] = {}
    for deal in work.session.execute(query).scalars():
        for facility, way in ((deal.buyer_facility_id, "into"), (deal.seller_facility_id, "out")):
            if facility is None:
                continue
            legs: Any = getattr(found.setdefault(facility, Frozen(defaultdict(int), defaultdict(int))), way)
            for step in deal.schedule:
                legs[step["date"], deal.material, deal.grade] += step["kg"]
    return found


def _t(kg: int | None) -> str:
    return "" if kg is None else f"{kg / 1000:.3f}"


def _money(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


def _lot(row: Listing) -> Row:
    return {
        "name": row.name,
        "lon": repr(row.lon),
        "lat": repr(row.lat),
        "owner": row.organisation_id,
        "street": row.street,
    }


def _supply(row: Listing, horizon: tuple[dt.date, dt.date], *, must_move: bool) -> Row:
    """What is left is released evenly over what is left of its window; the part after the horizon belongs to later."""
    return {
        "supply": row.id,
        **_lot(row),
        "material": row.material,
        "quantity": _t(row.free_kg),
        "unit": "t",
        "from": max(row.window_from, horizon[0]).isoformat(),
        "to": row.window_to.isoformat(),
        "daily_max": _t(row.daily_max_kg),
        "grade": row.grade,
        "must_move": "true" if must_move else "false",
        "ask": _money(row.reserve),
    }


def _demand(row: Listing, horizon: tuple[dt.date, dt.date]) -> Row:
    """In its own unit: a t of each accepted material counts by its own density."""
    own_per_kg = float(row.quantity) / row.quantity_kg
    daily = "" if row.daily_max_kg is None else f"{row.daily_max_kg * own_per_kg:.6f}"
    return {
        "demand": row.id,
        **_lot(row),
        "accepts": ";".join(row.materials),
        "quantity": f"{row.free_kg * own_per_kg:.6f}",
        "unit": row.unit,
        "from": max(row.window_from, horizon[0]).isoformat(),
        "to": min(row.window_to, horizon[1]).isoformat(),
        "daily_max": daily,
        "grade": row.grade,
        "bid": _money(row.reserve),
    }


def _facility(row: Facility, frozen: Frozen | None, horizon: tuple[dt.date, dt.date]) -> Row:
    return {
        "facility": row.id,
        "name": row.name,
        "kind": row.kind,
        "street": row.street,
        "lon": repr(row.lon),
        "lat": repr(row.lat),
        "accepts": ";".join(row.accepts),
        "daily_in": _t(row.daily_in_kg),
        "daily_out": _t(row.daily_out_kg),
        "storage": _t(_room(row, frozen, horizon)),
        "fee": _money(row.fee),
        "status": row.status,
        "hold_cost": _money(row.hold_cost),
        "end_cost": _money(row.end_cost),
        "end_stock_max": _t(row.end_stock_max_kg),
        "grade": row.grade,
        "longest_stay": "" if row.longest_stay is None else row.longest_stay,
    }


def _room(row: Facility, frozen: Frozen | None, horizon: tuple[dt.date, dt.date]) -> int | None:
    """Storage less what agreed goods will need of it, on the safe side: they may all lie there together."""
    if row.storage_kg is None or frozen is None:
        return row.storage_kg
    since = row.reported_at.date().isoformat() if row.kind == "disposal" else horizon[0].isoformat()
    taken = sum(kg for date, kg in frozen.by_date("in").items() if date >= since)
    return max(0, row.storage_kg - taken)


def _calendar(row: Facility, frozen: Frozen | None, horizon: tuple[dt.date, dt.date]) -> list[Row]:
    """Closures, and gate capacity less what is agreed, day by day where either says something."""
    used_in, used_out = (frozen.by_date("in"), frozen.by_date("out")) if frozen else ({}, {})
    lines = []
    for offset in range((horizon[1] - horizon[0]).days + 1):
        date = (horizon[0] + dt.timedelta(days=offset)).isoformat()
        closure: Mapping[str, Any] = next((c for c in row.closures if c["from"] <= date <= c["to"]), {})
        limits = {}
        for name, usual, used in (("daily_in", row.daily_in_kg, used_in), ("daily_out", row.daily_out_kg, used_out)):
            limit = round(closure[name] * 1000) if closure.get(name) is not None else usual
            limits[name] = None if limit is None else max(0, limit - used.get(date, 0))
        if limits != {"daily_in": row.daily_in_kg, "daily_out": row.daily_out_kg}:
            lines.append({"facility": row.id, "from": date, "to": date, **{n: _t(kg) for n, kg in limits.items()}})
    return lines


def _recipe(row: Facility, recipe: Mapping[str, Any]) -> Row:
    fields = ("input", "output", "yield", "daily_max", "cost", "grade_in", "grade_out")
    return {"facility": row.id, **{name: "" if recipe.get(name) is None else recipe[name] for name in fields}}


def _stocks(stocks: Sequence[Stock], frozen: Mapping[str, Frozen], horizon: tuple[dt.date, dt.date]) -> list[Row]:
    """What lies there on the first day and is promised to nobody: reported, plus what came since, less what is sold."""
    free: dict[tuple[str, str, str], int] = {}
    since: dict[tuple[str, str, str], str] = {}
    for row in stocks:
        key = (row.facility_id, row.material, row.grade)
        free[key], since[key] = row.kg, row.as_of.isoformat()
    first = horizon[0].isoformat()
    for facility, legs in frozen.items():
        for (date, material, grade), kg in legs.into.items():
            if since.get((facility, material, grade), "") <= date < first:
                free[facility, material, grade] = free.get((facility, material, grade), 0) + kg
        for (date, material, grade), kg in legs.out.items():
            if since.get((facility, material, grade), "") <= date:
                free[facility, material, grade] = free.get((facility, material, grade), 0) - kg
    return [
        {"facility": facility, "material": material, "grade": grade, "quantity": _t(kg), "unit": "t"}
        for (facility, material, grade), kg in sorted(free.items())
        if kg > 0
    ]


def _write(path: Path, rows: list[Row]) -> None:
    if not rows:
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def _settings(
    district: District, start: dt.date, days: int, form: str, charges: Mapping[str, float], order: Sequence[str]
) -> str:
    lines = [
        f"name = {_quoted(f'{district.name} {start.isoformat()}'.strip())}",
        f"start = {start.isoformat()}",
        f"days = {days}",
        "",
        "[objective]",
    ]
    if form == "welfare":
        weights = {"welfare": 1.0, **{goal: float(rate) for goal, rate in sorted(charges.items()) if rate > 0}}
        lines.append("weights = { " + ", ".join(f"{goal} = {rate!r}" for goal, rate in weights.items()) + " }")
    else:
        lines.append("order = [" + ", ".join(map(_quoted, order)) + "]")
    roads, costs = district.roads, district.costs
    lines += ["", "[roads]"]
    if roads.file is None:
        lines.append(f"detour = {roads.detour!r}")
    else:
        names = road_names(district)
        lines += [f"file = {_quoted(names[roads.file])}", f"by = {_quoted(roads.by)}", f"snap_km = {roads.snap_km!r}"]
        files = (("profile", roads.profile), ("zones", roads.zones))
        lines += [f"{key} = {_quoted(names[path])}" for key, path in files if path is not None]
        words = (("crs", roads.crs), ("attribution", roads.attribution))
        lines += [f"{key} = {_quoted(word)}" for key, word in words if word is not None]
    if math.isfinite(roads.max_km):
        lines.append(f"max_km = {roads.max_km!r}")
    lines += ["", "[costs]"]
    lines += [
        f"{name} = {getattr(costs, name)!r}"
        for name in ("haul_per_t_km", "co2_per_t_km", "carbon_per_kg", "unserved_per_t")
    ]
    text = "\n".join(lines) + "\n"
    tomllib.loads(text)
    return text


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False)
