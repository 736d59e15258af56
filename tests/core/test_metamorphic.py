"""Changes of the input that must change the goals in a known way: not at all, or by a known factor."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from pytest import approx
from weeks import KEYS, MATERIALS, Week, fresh, random_week, solved, solved_folder

SEEDS = range(12)
DENSITY = {row["material"]: row for row in MATERIALS}
CLOSE = {"rel": 1e-6, "abs": 1e-5}


@pytest.fixture(params=SEEDS)
def seed(request):
    return request.param


@pytest.fixture
def same(tmp_path):
    """Asserts that two weeks have the same goals, or the second ``times`` the first's."""

    def compare(week: Week, other: Week, times: float = 1.0) -> None:
        before, after = solved(week, tmp_path).goals, solved(other, tmp_path).goals
        assert after == approx({goal: times * value for goal, value in before.items()}, **CLOSE), repr(week)

    return compare


def test_order_of_rows_does_not_matter(seed, same):
    week = random_week(random.Random(seed))
    other = week.copy()
    for name, rows in other.tables.items():
        random.Random(seed + 1).shuffle(rows)
        assert len(rows) == len(week.tables[name])
    same(week, other)


def test_names_do_not_matter(seed, same):
    """Ids are renamed so that their alphabetical order is turned round."""
    week = random_week(random.Random(seed))
    other = week.copy()
    ids = [row[key] for table, key in KEYS.items() for row in other.tables.get(table, ())]
    new = {old: f"站{len(ids) - i:03d} ({old.lower()})" for i, old in enumerate(ids)}
    for table, columns in (
        ("supplies", ("supply",)), ("demands", ("demand",)), ("facilities", ("facility",)), ("mixes", ("demand",)),
        ("stocks", ("facility",)), ("recipes", ("facility",)), ("calendar", ("facility",)),
        ("distances", ("from", "to")),
    ):  # fmt: skip
        for row in other.tables.get(table, ()):
            row.update({column: new[row[column]] for column in columns})
    same(week, other)


def test_m3_and_tonnes_are_the_same_by_the_density(seed, same):
    """Every supply, and every demand that accepts one material, is written in t instead."""
    week = random_week(random.Random(seed))
    for row in week.tables.get("demands", ()):
        row["accepts"] = row["accepts"].split(";")[0]
    week.tables.pop("mixes", None)
    other = week.copy()
    for table in ("supplies", "demands"):
        for row in other.tables.get(table, ()):
            material = row["material"] if table == "supplies" else row["accepts"]
            if row["unit"] == "t":
                continue
            density = DENSITY[material][row["unit"].removeprefix("m3_") + "_t_m3"]
            row["unit"] = "t"
            for column in ("quantity", "daily_max", "required"):
                if row.get(column, "") != "":
                    row[column] *= density
    same(week, other)


def test_a_demand_in_another_volume_state_is_the_same_need(seed, same):
    """1 m³ compacted of earth = 2.5 t = 1.25 m³ bank = 1.5625 m³ loose."""
    chance = random.Random(seed)
    week = random_week(chance)
    other = week.copy()
    for row, twin in zip(week.tables.get("demands", ()), other.tables.get("demands", ()), strict=True):
        row["accepts"] = twin["accepts"] = "earth"
        row["unit"], twin["unit"] = "m3_compacted", "m3_loose"
        for column in ("quantity", "daily_max", "required"):
            if row[column] != "":
                twin[column] = row[column] * 2.5 / 1.6
    for w in (week, other):
        w.tables.pop("mixes", None)
    same(week, other)


def test_a_useless_yard_changes_nothing(seed, same):
    """One yard that nothing may leave and that must end empty, and one that nothing reaches: no goal moves."""
    week = random_week(random.Random(seed))
    other = week.copy()
    other.add("facilities", facility="dead-end", kind="yard", accepts="*", storage=500, end_stock_max=0)
    other.add("facilities", facility="cut-off", kind="yard", accepts="*", storage=500)
    for row in week.tables["supplies"]:
        other.road(row["supply"], "dead-end", 1)
    for row in week.tables.get("facilities", ()):
        other.road(row["facility"], "dead-end", 1)
    for row in week.tables.get("demands", ()):
        other.road("cut-off", row["demand"], 1)
    same(week, other)


def test_what_nobody_reaches_changes_nothing(seed, same):
    """A demand without a road, one of a material that nobody has, and a facility that is closed."""
    week = random_week(random.Random(seed))
    other = week.copy()
    other.add("demands", demand="alone", accepts="earth;sand", quantity=50, unit="t")
    other.add("demands", demand="odd", accepts="topsoil", quantity=50, unit="t")
    other.add("facilities", facility="shut", kind="disposal", accepts="*", status="closed")
    other.add("facilities", facility="maybe", kind="disposal", accepts="*", status="candidate")
    for row in week.tables["supplies"]:
        for place in ("odd", "shut", "maybe"):
            other.road(row["supply"], place, 1)
    same(week, other)


def test_twin_places_share_what_one_had(seed, same):
    """A demand, a disposal yard or an off-site place and its twin, each with half of every limit, are one."""
    week = random_week(random.Random(seed))
    for row in week.tables.get("facilities", ()):
        row.update(longest_stay="")
    other = week.copy()
    for table, limits in (("demands", ("quantity", "required", "daily_max")), ("facilities", ("daily_in", "storage"))):
        blended = {row["demand"] for row in week.tables.get("mixes", ())}
        for row in list(other.tables.get(table, ())):
            key = row[KEYS[table]]
            if key in blended or row.get("kind", "disposal") not in ("disposal", "offsite"):
                continue
            for limit in limits:
                row[limit] = row[limit] / 2 if row[limit] != "" else ""
            twin = {**row, KEYS[table]: f"{key}-twin"}
            other.tables[table].append(twin)
            for calendar in [r for r in other.tables.get("calendar", ()) if r["facility"] == key]:
                calendar.update(daily_in=calendar["daily_in"] / 2, daily_out=calendar["daily_out"] / 2)
                other.tables["calendar"].append({**calendar, "facility": f"{key}-twin"})
            for road in [r for r in other.tables.get("distances", ()) if r["to"] == key]:
                other.tables["distances"].append({**road, "to": f"{key}-twin"})
    same(week, other)


def test_two_half_lots_are_one_lot(seed, same):
    week = random_week(random.Random(seed))
    other = week.copy()
    for row in list(other.tables["supplies"]):
        for column in ("quantity", "daily_max", "stock_max"):
            row[column] = row[column] / 2 if row[column] != "" else ""
        other.tables["supplies"].append({**row, "supply": row["supply"] + "-b"})
        for road in [r for r in other.tables.get("distances", ()) if r["from"] == row["supply"]]:
            other.tables["distances"].append({**road, "from": row["supply"] + "-b"})
    same(week, other)


def test_dates_are_relative(seed, same):
    """Everything 400 days later, across a leap day and a new year."""
    week = random_week(random.Random(seed))
    other = week.copy()
    later = dt.timedelta(days=400)
    other.start = (dt.date.fromisoformat(week.start) + later).isoformat()
    for rows in other.tables.values():
        for row in rows:
            for column in ("from", "to", "date"):
                if str(row.get(column, "")).startswith("2025-"):
                    row[column] = (dt.date.fromisoformat(row[column]) + later).isoformat()
    same(week, other)


AMOUNTS = {
    "supplies": ("quantity", "daily_max", "stock_max"), "demands": ("quantity", "required", "daily_max"),
    "facilities": ("daily_in", "daily_out", "storage", "end_stock_max"), "recipes": ("daily_max",),
    "stocks": ("quantity",), "calendar": ("daily_in", "daily_out"),
}  # fmt: skip


def test_twice_the_tonnes_are_twice_the_goals(seed, same):
    """The program is homogeneous: shares, distances and prices stay, every amount doubles, so does every goal."""
    week = random_week(random.Random(seed))
    other = week.copy()
    for table, columns in AMOUNTS.items():
        for row in other.tables.get(table, ()):
            row.update({column: 2 * row[column] for column in columns if row[column] != ""})
    same(week, other, times=2)


def test_twice_the_distance_weighs_as_twice_the_haul(seed, same):
    """Weight 2 for haul, or every road twice as long at weight 1."""
    week = random_week(random.Random(seed), objective="weights = { unserved = 100000.0, haul = 2.0 }")
    week.max_km = None
    other = week.copy()
    other.objective = "weights = { unserved = 100000.0, haul = 1.0 }"
    for road in other.tables.get("distances", ()):
        road["km"] *= 2
    same(week, other)


def test_a_place_that_is_only_farther_is_not_used(seed, same):
    """Off-site takes all at 60 km; another off-site place at 61 km, on a road past the first, changes nothing."""
    week = random_week(random.Random(seed), objective='order = ["unserved", "offsite", "transfer", "haul"]')
    week.max_km = None
    week.add("facilities", facility="off", kind="offsite", accepts="*")
    for row in week.tables["supplies"]:
        week.road(row["supply"], "off", 60)
    other = week.copy()
    other.add("facilities", facility="off2", kind="offsite", accepts="*")
    for row in week.tables["supplies"]:
        other.road(row["supply"], "off2", 61)
    same(week, other)


def test_the_same_road_twice_is_told(tmp_path):
    """Two rows for one pair contradict each other, even when they are equal: a fault that names both."""
    from optimizer.errors import InputError

    week = Week(days=1).add("supplies", supply="S", material="earth", quantity=1, unit="t")
    week.add("demands", demand="D", accepts="earth", quantity=1, unit="t").road("S", "D", 1).road("S", "D", 1)
    with pytest.raises(InputError, match=r"distances\.csv:3"):
        solved(week, tmp_path)


def test_the_three_forms_of_a_scenario_are_one(tmp_path):
    """Folder and .json with the same content have the same goals."""
    import json

    week = random_week(random.Random(3))
    tables = {name: [{k: v for k, v in row.items() if v != ""} for row in rows] for name, rows in week.tables.items()}
    settings = {"start": week.start, "days": week.days, "roads": {"distances": "distances.csv"}}
    settings["objective"] = {"order": ["unserved", "offsite", "transfer", "haul"]}
    if week.max_km:
        settings["roads"]["max_km"] = week.max_km
    week.objective, week.costs = 'order = ["unserved", "offsite", "transfer", "haul"]', ""
    path = tmp_path / "week.json"
    path.write_text(json.dumps({"scenario": settings, "materials": MATERIALS, **tables}), encoding="utf-8")
    assert solved_folder(path).goals == approx(solved_folder(week.write(fresh(tmp_path))).goals, **CLOSE)
