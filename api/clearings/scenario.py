"""Everything that is open as a scenario folder of the planner (DESIGN.md, "Scenario folder").

Listings take part with what is free of them; what is agreed stands, and what is proposed is held while its parties
answer: both take their gate capacity, their room and their stock out of the facilities', and their days out of the
daily maximum of listings. A listing without a reserve price neither pays nor receives at its own gate: its price is 0.
In the welfare form everything is voluntary; in the policy form everything on offer has to find a place.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, select

from api.clearings.store import road_names
from api.district import District
from api.facilities.models import Facility
from api.kernel.work import Work
from api.listings.models import TRADING, Listing
from api.organisations.models import Organisation
from api.proposals.account import Account, accounts, gates_on
from api.proposals.days import best_stretch, used_by_day

Row = dict[str, Any]
Days = tuple[dt.date, dt.date]  # first and last


@dataclass(frozen=True)
class Counts:
    """How much takes part."""

    supplies: int
    demands: int
    facilities: int


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
    query = select(Facility).where(_of_active(Facility)).order_by(Facility.id)
    facilities = list(work.session.execute(query).scalars())
    books = accounts(work, facilities)
    used = used_by_day(work, listings)
    supplies = [
        line for row in listings if row.side == "supply" for line in _supply(row, horizon, used, form == "policy")
    ]
    demands = [line for row in listings if row.side == "demand" for line in _demand(row, horizon, used)]
    folder.mkdir(parents=True, exist_ok=True)
    first = start.isoformat()
    tables: dict[str, Iterable[Row]] = {
        "supplies": supplies,
        "demands": demands,
        "facilities": [_facility(row, books[row.id].room(first)) for row in facilities],
        "recipes": [line for row in facilities for line in _recipes(books[row.id], horizon)],
        "stocks": [line for row in facilities for line in _stocks(books[row.id], first)],
        "calendar": [line for row in facilities for line in _calendar(books[row.id], horizon)],
    }
    for name, rows in tables.items():
        _write(folder / f"{name}.csv", list(rows))
    materials = work.district.folder / "materials.csv" if work.district.folder else None
    if materials is not None and materials.exists():
        (folder / "materials.csv").write_bytes(materials.read_bytes())
    settings = _settings(work.district, start, days, form, charges, order)
    (folder / "scenario.toml").write_text(settings, encoding="utf-8")
    return Counts(len(supplies), len(demands), sum(row.status == "open" for row in facilities))


def _listings(work: Work, horizon: Days) -> list[Listing]:
    query = (
        select(Listing)
        .where(_of_active(Listing), Listing.state.in_(TRADING))
        .where(Listing.window_from <= horizon[1], Listing.window_to >= horizon[0])
        .order_by(Listing.id)
    )
    return [row for row in work.session.execute(query).scalars() if row.free_kg > 0]


def _of_active(model: Any) -> ColumnElement[bool]:
    """Rows whose organisation may trade: one that is suspended is neither asked nor offered to others."""
    active = select(Organisation.id).where(Organisation.state == "active")
    owned: ColumnElement[bool] = model.organisation_id.in_(active)
    return owned


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


def _supply(row: Listing, horizon: Days, used: Mapping[str, Mapping[str, int]], must_move: bool) -> Iterator[Row]:
    """What is left is released evenly over what is left of its window; the part after the horizon belongs to later."""
    stretch = _stretch(row, horizon, used)
    if stretch is None:
        return
    first, last, daily_kg = stretch
    yield {
        "supply": row.id,
        **_lot(row),
        "material": row.material,
        "quantity": _t(row.free_kg),
        "unit": "t",
        "from": first,
        "to": row.window_to.isoformat() if last == min(row.window_to, horizon[1]).isoformat() else last,
        "daily_max": _t(daily_kg),
        "grade": row.grade,
        "must_move": "true" if must_move else "false",
        "ask": _money(row.reserve),
    }


def _demand(row: Listing, horizon: Days, used: Mapping[str, Mapping[str, int]]) -> Iterator[Row]:
    """In its own unit: a t of each accepted material counts by its own density."""
    stretch = _stretch(row, horizon, used)
    if stretch is None:
        return
    first, last, daily_kg = stretch
    own_per_kg = float(row.quantity) / row.quantity_kg
    yield {
        "demand": row.id,
        **_lot(row),
        "accepts": ";".join(row.materials),
        "quantity": f"{row.free_kg * own_per_kg:.6f}",
        "unit": row.unit,
        "from": first,
        "to": last,
        "daily_max": "" if daily_kg is None else f"{daily_kg * own_per_kg:.6f}",
        "grade": row.grade,
        "bid": _money(row.reserve),
    }


def _stretch(row: Listing, horizon: Days, used: Mapping[str, Mapping[str, int]]) -> tuple[str, str, int | None] | None:
    """First and last day of a listing in the horizon, and its daily maximum less what is agreed or proposed there."""
    dates = _dates(max(row.window_from, horizon[0]), min(row.window_to, horizon[1]))
    if row.daily_max_kg is None:
        return dates[0], dates[-1], None
    return best_stretch(dates, row.daily_max_kg, used[row.id])


def _dates(first: dt.date, last: dt.date) -> list[str]:
    return [(first + dt.timedelta(days=offset)).isoformat() for offset in range((last - first).days + 1)]


def _facility(row: Facility, room_kg: int | None) -> Row:
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
        "storage": _t(room_kg),
        "fee": _money(row.fee),
        "status": row.status,
        "hold_cost": _money(row.hold_cost),
        "end_cost": _money(row.end_cost),
        "end_stock_max": _t(row.end_stock_max_kg),
        "grade": row.grade,
        "longest_stay": "" if row.longest_stay is None else row.longest_stay,
    }


def _calendar(book: Account, horizon: Days) -> Iterator[Row]:
    """Closures, and gate capacity less what is agreed or proposed, day by day where either says something."""
    row, used = book.facility, (book.used("in"), book.used("out"))
    if row.status != "open":
        return
    for date in _dates(*horizon):
        limits = [
            None if limit is None else max(0, limit - taken.get(date, 0))
            for limit, taken in zip(gates_on(row, date), used, strict=True)
        ]
        if limits != [row.daily_in_kg, row.daily_out_kg]:
            ways = zip(("daily_in", "daily_out"), map(_t, limits), strict=True)
            yield {"facility": row.id, "from": date, "to": date, **dict(ways)}


def _recipes(book: Account, horizon: Days) -> Iterator[Row]:
    """Recipes; a plant's daily maximum less the most that any day of the horizon needs of it already."""
    fields = ("input", "output", "yield", "daily_max", "cost", "grade_in", "grade_out")
    for recipe in book.facility.recipes:
        line = {name: "" if recipe.get(name) is None else recipe[name] for name in fields}
        most = book.plant.a_day.get(recipe["input"])
        if most is not None:
            used = book.used_of(recipe["input"])
            line["daily_max"] = _t(max(0, most - max(used.get(date, 0) for date in _dates(*horizon))))
        yield {"facility": book.facility.id, **line}


def _stocks(book: Account, first: str) -> Iterator[Row]:
    """What lies there before the first day and is promised to nobody."""
    for (material, grade), kg in sorted(book.free_stock(first).items()):
        if kg > 0:
            yield {
                "facility": book.facility.id,
                "material": material,
                "grade": grade,
                "quantity": _t(kg),
                "unit": "t",
            }


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
