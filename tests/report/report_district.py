"""A hand-made week in the start-up zone: a scenario and a plan-like object for the presentation's tests.

The plan is a greedy one, not an optimal one; it only has to be whole (every table agrees with the flows).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.plan import Plan
from optimizer.scenario import (
    Costs,
    Demands,
    Facilities,
    Materials,
    Mixes,
    Objective,
    OpeningStocks,
    Recipes,
    RoadSpec,
    Scenario,
    Supplies,
)
from optimizer.tables import Table

DAYS = 7
START = dt.date(2025, 3, 3)
HAUL, CO2 = 0.9, 0.129
MATERIALS = (
    # id, zh, en, class, bank density, compacted density
    ("spoil_silty_clay", "工程渣土(粉质黏土)", "silty clay spoil", "spoil", 1.90, 2.18),
    ("topsoil", "表层土", "topsoil", "spoil", 1.37, 1.44),
    ("dredged_silt", "淤泥", "dredged silt", "slurry", 1.35, 1.69),
    ("concrete_rubble", "拆除(混凝土)", "concrete rubble", "demolition", 2.40, 2.0),
    ("fit_out", "装修垃圾", "fit-out waste", "fit_out", 0.95, 1.0),
    ("recycled_aggregate", "再生骨料", "recycled aggregate", "product", 1.9, 1.9),
)
STREETS = {
    "大桥 Daqiao": (117.005, 36.795),
    "崔寨 Cuizhai": (117.120, 36.835),
    "孙耿 Sungeng": (117.010, 36.900),
    "太平 Taiping": (116.965, 36.935),
}
SUPPLY_NAMES = (
    ("济泺路穿黄北延 3 标", 0),
    ("Metro line 7, Daqiao station", 0),
    ("大桥组团安置房 B 地块", 0),
    ("鹊山水库清淤", 0),
    ("国际标准地 A3 基坑", 1),
    ("崔寨产业园二期", 1),
    ("Smart port car park", 1),
    ("黄河大道综合管廊", 1),
    ("崔寨旧村拆除", 1),
    ("孙耿街道雨污分流", 2),
    ("孙耿中学扩建", 2),
    ("Sungeng logistics hub", 2),
    ("青宁沟整治", 2),
    ("孙耿旧厂房拆除", 2),
    ("太平安置区", 3),
    ("太平湿地表土剥离", 3),
    ("Taiping primary school", 3),
    ("引黄渠清淤", 3),
    ("装修垃圾集散点", 1),
    ("Daqiao fit-out depot", 0),
)
SUPPLY_MATERIAL = (0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 1, 0, 2, 3, 0, 1, 0, 2, 4, 4)
DEMAND_NAMES = (
    ("大桥公园堆坡造景", 0, (0, 1)),
    ("鹊山龙湖填方", 0, (0, 2)),
    ("Yellow River Avenue subgrade", 0, (0, 5)),
    ("崔寨地块抬高一期", 1, (0,)),
    ("崔寨地块抬高二期", 1, (0,)),
    ("中央森林公园种植", 1, (1, 2)),
    ("Smart port yard base", 1, (5,)),
    ("孙耿废坑塘回填", 2, (0, 2)),
    ("孙耿路基", 2, (0, 5)),
    ("太平防护林种植土", 3, (1,)),
    ("太平填方", 3, (0,)),
    ("太平公厕透水砖", 3, (5,)),
)
FACILITIES = (
    # id, name, kind, street, accepts, daily_in, daily_out, storage, fee
    ("Y1", "大桥转运调配场", "yard", 0, (0, 1), 900.0, 900.0, 2500.0, 2.0),
    ("Y2", "崔寨转运调配场", "yard", 1, (0, 1, 2), 1200.0, 1000.0, 4000.0, 2.0),
    ("Y3", "Sungeng transfer yard", "yard", 2, (0, 1, 5), 800.0, 800.0, 1800.0, 1.5),
    ("R1", "崔寨建筑垃圾资源化厂", "recycling", 1, (3, 4), 700.0, 900.0, 1500.0, -3.0),
    ("R2", "Tianqiao recycling plant (south bank)", "recycling", 0, (3, 4), 500.0, 600.0, 1000.0, 5.0),
    ("D1", "孙耿消纳场", "disposal", 2, (0, 2, 4), 600.0, np.inf, 9000.0, 18.0),
    ("X1", "Offsite landfill, Jiyang", "offsite", 3, (0, 1, 2, 3, 4), np.inf, np.inf, np.inf, 45.0),
    ("Q1", "北岸采石场", "quarry", 2, (5,), np.inf, 400.0, np.inf, 38.0),
)


def _near(rng: np.random.Generator, street: int, n: int) -> np.ndarray:
    return np.array(list(STREETS.values())[street]) + rng.normal(0, (0.021, 0.014), (n, 2))


def _accepts(lists: list[tuple[int, ...]]) -> np.ndarray:
    out = np.zeros((len(lists), len(MATERIALS)), dtype=bool)
    for i, chosen in enumerate(lists):
        out[i, list(chosen)] = True
    return out


def scenario(seed: int = 7) -> Scenario:
    """Twenty supplies, twelve demands, three yards, two plants, a placement yard, off-site and a quarry."""
    rng = np.random.default_rng(seed)
    s, n, f = len(SUPPLY_NAMES), len(DEMAND_NAMES), len(FACILITIES)
    streets = list(STREETS)
    at_s = np.vstack([_near(rng, street, 1) for _, street in SUPPLY_NAMES])
    at_n = np.vstack([_near(rng, street, 1) for _, street, _ in DEMAND_NAMES])
    at_f = np.vstack([_near(rng, row[3], 1) for row in FACILITIES])
    at_f[4], at_f[6] = (117.02, 36.742), (117.18, 36.965)
    release = np.round(rng.uniform(60, 560, (s, 1)) * rng.uniform(0.6, 1.3, (s, DAYS)), 1)
    density = np.array([[1, m[4], m[4] / 1.3, m[5]] for m in MATERIALS])
    material = np.array(SUPPLY_MATERIAL)
    need = rng.uniform(900, 3600, n).round(-1)
    demand_accepts = _accepts([d[2] for d in DEMAND_NAMES])
    return Scenario(
        name="起步区 演示周 Start-up zone, demonstration week",
        start=START,
        days=DAYS,
        materials=Materials(
            *(tuple(m[i] for m in MATERIALS) for i in range(4)),  # type: ignore[arg-type]
            density=density,
            counts_as_waste=np.array([m[3] != "product" for m in MATERIALS]),
            source=("[K]",) * len(MATERIALS),
        ),
        supplies=Supplies(
            ids=tuple(f"S{i + 1:02d}" for i in range(s)),
            names=tuple(x for x, _ in SUPPLY_NAMES),
            lon=at_s[:, 0],
            lat=at_s[:, 1],
            commodity=(material * 3 + 1).astype(np.int32),
            quantity=release.sum(1),
            release=release,
            first=np.zeros(s, np.int32),
            last=np.full(s, DAYS - 1, np.int32),
            daily_max=np.full(s, np.inf),
            stock_max=np.full(s, np.inf),
            must_move=np.ones(s, bool),
            ask=np.full(s, np.nan),
            priority=np.ones(s),
            unit=("t",) * s,
            owner=("",) * s,
            street=tuple(streets[x] for _, x in SUPPLY_NAMES),
        ),
        demands=Demands(
            ids=tuple(f"N{i + 1:02d}" for i in range(n)),
            names=tuple(d[0] for d in DEMAND_NAMES),
            lon=at_n[:, 0],
            lat=at_n[:, 1],
            accepts=demand_accepts,
            first_material=np.array([d[2][0] for d in DEMAND_NAMES], np.int32),
            unit=("t",) * n,
            units_per_t=np.where(demand_accepts, 1.0, np.nan),
            quantity=need,
            required=need * 0.3,
            daily_max=np.full(n, 800.0),
            grade=np.full(n, 2, np.int32),
            first=np.zeros(n, np.int32),
            last=np.full(n, DAYS - 1, np.int32),
            bid=np.full(n, np.nan),
            priority=np.ones(n),
            owner=("",) * n,
            street=tuple(streets[d[1]] for d in DEMAND_NAMES),
        ),
        facilities=Facilities(
            ids=tuple(r[0] for r in FACILITIES),
            names=tuple(r[1] for r in FACILITIES),
            kind=tuple(r[2] for r in FACILITIES),
            lon=at_f[:, 0],
            lat=at_f[:, 1],
            accepts=_accepts([r[4] for r in FACILITIES]),
            grade=np.full(f, 2, np.int32),
            open=np.ones((f, DAYS), bool),
            dates=np.ones((f, DAYS), bool),
            daily_in=np.repeat([[r[5]] for r in FACILITIES], DAYS, 1),
            daily_out=np.repeat([[r[6]] for r in FACILITIES], DAYS, 1),
            storage=np.array([r[7] for r in FACILITIES]),
            fee=np.array([r[8] for r in FACILITIES]),
            hold_cost=np.zeros(f),
            end_cost=np.zeros(f),
            end_stock_max=np.full(f, np.inf),
            longest_stay=np.full(f, np.inf),
            opening_cost=np.zeros(f),
            lease=np.zeros(f),
            restoration=np.zeros(f),
            empty_from=np.full(f, DAYS, np.int32),
            status=("open",) * f,
            street=tuple(streets[r[3]] for r in FACILITIES),
        ),
        recipes=Recipes(
            *(np.array(x, np.int32) for x in ([3, 3, 4, 4], [3, 4, 3, 4], [5, 5, 5, 5], [0] * 4, [1] * 4)),
            yields=np.array([0.88, 0.6, 0.88, 0.6]),
            daily_max=np.full(4, 400.0),
            cost=np.full(4, 12.0),
        ),
        stocks=OpeningStocks(np.array([1, 0], np.int32), np.array([1, 4], np.int32), np.array([800.0, 300.0])),
        mixes=Mixes(np.zeros(0, np.int32), np.zeros(0, np.int32), *(np.zeros(0) for _ in range(4))),
        objective=Objective(),
        roads=RoadSpec(file=Path("roads.graphml")),
        costs=Costs(HAUL, CO2),
        pairs=None,
        notes=("The figures of this scenario are illustrative.",),
        hashes={"supplies.csv": "ab" * 32, "demands.csv": "cd" * 32},
        folder=Path(),
    )


def _road(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A line along a jittered grid of roads, so that lines of different lanes share pieces of road."""
    step = 0.012
    (x0, y0), (x1, y1) = np.rint(a / step).astype(int), np.rint(b / step).astype(int)
    nodes, x, y = [(x0, y0)], x0, y0
    while (x, y) != (x1, y1):
        across = abs(x1 - x) > abs(y1 - y) or (abs(x1 - x) == abs(y1 - y) and (x + y) % 2)
        x, y = (x + np.sign(x1 - x), y) if across else (x, y + np.sign(y1 - y))
        nodes.append((int(x), int(y)))
    bent = [(u * step + 0.004 * np.sin(1.7 * u + v), v * step + 0.003 * np.cos(u - 1.3 * v)) for u, v in nodes]
    return np.array([tuple(a), *bent, tuple(b)])


class _Ledger:
    """Greedy week: every move is a flow row, every facility keeps its books."""

    def __init__(self, sc: Scenario) -> None:
        self.sc, self.flows, self.paths = sc, [], {}  # type: tuple[Scenario, list[tuple[Any, ...]], dict[Any, Any]]
        self.at = dict(zip(sc.place_ids, sc.lonlat, strict=True))
        self.kind = dict(zip(sc.facilities.ids, sc.facilities.kind, strict=True))
        self.stock = {
            (sc.facilities.ids[int(i)], int(c) // 3): float(t)
            for i, c, t in zip(sc.stocks.facility, sc.stocks.commodity, sc.stocks.t, strict=True)
        }
        self.start: dict[tuple[str, int], float] = dict(self.stock)
        self.io: dict[tuple[str, int], list[float]] = {}
        self.gate: dict[tuple[str, int, str], float] = {}
        self.stocks: list[tuple[Any, ...]] = []

    def km(self, a: str, b: str) -> float:
        d = (self.at[a] - self.at[b]) * (89.0, 111.2)
        return float(np.hypot(*d) * 1.27) if np.isfinite(d).all() else 12.0

    def move(self, day: int, a: str, b: str, m: int, t: float) -> None:
        via = self.kind.get(b) or self.kind.get(a) or "direct"
        fee = self.sc.facilities.fee[self.sc.facilities.ids.index(b)] if b in self.kind else 0.0
        km = self.km(a, b)
        km, t, fee = float(km), float(t), float(fee)
        self.flows.append(
            (
                self.sc.date(day).isoformat(),
                a,
                b,
                self.sc.materials.ids[m],
                "2",
                t,
                round(km, 3),
                t * km,
                km * 2.1,
                t * (km * HAUL + fee),
                via,
            )
        )
        if np.isfinite([*self.at[a], *self.at[b]]).all():
            self.paths[a, b] = _road(self.at[a], self.at[b])
        for place, sign, way in ((b, 1, "in"), (a, -1, "out")):
            if place in self.kind:
                self.book(place, m, sign * t)
                self.gate[place, day, way] = self.gate.get((place, day, way), 0.0) + t

    def book(self, place: str, m: int, t: float) -> None:
        self.stock[place, m] = self.stock.get((place, m), 0.0) + t
        row = self.io.setdefault((place, m), [0.0, 0.0])
        row[int(t < 0)] += abs(t)

    def close_day(self, day: int) -> None:
        for key in sorted(set(self.stock) | set(self.io)):
            place, m = key
            if self.kind[place] in ("offsite", "quarry"):
                continue
            t_in, t_out = self.io.get(key, [0.0, 0.0])
            books = (self.start.get(key, 0.0), t_in, t_out, self.stock[key])
            self.stocks.append(
                (self.sc.date(day).isoformat(), place, self.sc.materials.ids[m], "2", *map(float, books))
            )
        self.start, self.io = dict(self.stock), {}


def _solve(sc: Scenario) -> tuple[_Ledger, dict[str, np.ndarray]]:
    led, fac, dem = _Ledger(sc), sc.facilities, sc.demands
    left, got = dem.quantity.copy(), np.zeros(len(dem.ids))
    moved = np.zeros(len(sc.supplies.ids))
    processed: list[tuple[Any, ...]] = []

    def room(j: int, day: int) -> float:
        place, kind = fac.ids[j], fac.kind[j]
        t_in = fac.daily_in[j, day] - led.gate.get((place, day, "in"), 0.0)
        held = sum(t for (p, _), t in led.stock.items() if p == place)
        return max(0.0, min(t_in, np.inf if kind == "offsite" else fac.storage[j] - held))

    for day in range(DAYS):
        daily = dem.daily_max.copy()

        def fill(a: str, m: int, t: float, day: int = day, daily: np.ndarray = daily) -> float:
            for n in sorted(range(len(dem.ids)), key=lambda n: led.km(a, dem.ids[n])):
                x = round(min(t, left[n], daily[n]), 3)
                if dem.accepts[n, m] and x > 1:
                    led.move(day, a, dem.ids[n], m, x)
                    t, left[n], daily[n], got[n] = t - x, left[n] - x, daily[n] - x, got[n] + x
            return t

        for (place, m), held in sorted(led.stock.items()):
            if led.kind[place] in ("yard", "recycling") and not (led.kind[place] == "recycling" and m in (3, 4)):
                fill(place, m, min(held, 450.0))
        for i, a in enumerate(sc.supplies.ids):
            m, t = int(sc.supplies.commodity[i]) // 3, float(sc.supplies.release[i, day])
            rest = fill(a, m, t)
            for j in [3, 4, 0, 1, 2, 5, 6]:
                x = round(min(rest, room(j, day)), 3)
                if fac.accepts[j, m] and x > 1 and (j != 6 or i not in (3, 12)):
                    led.move(day, a, fac.ids[j], m, x)
                    rest -= x
            moved[i] += t - rest
        for j in (3, 4):
            for m, share in ((3, 0.88), (4, 0.6)):
                x = min(led.stock.get((fac.ids[j], m), 0.0), 400.0)
                if x > 0:
                    led.book(fac.ids[j], m, -x)
                    led.book(fac.ids[j], 5, x * share)
                    processed.append(
                        (sc.date(day).isoformat(), fac.ids[j], sc.materials.ids[m], "2", float(x), float(x) * 12.0)
                    )
        if left[6] > 200:
            led.move(day, "Q1", "N07", 5, 120.0)
            left[6], got[6] = left[6] - 120, got[6] + 120
        led.close_day(day)
    return led, {"moved": moved, "got": got, "processed": np.array(processed, dtype=object)}


def _kpis(
    sc: Scenario, led: _Ledger, moved: np.ndarray, got: np.ndarray, material: str | None = None
) -> dict[str, Any]:
    rows = [r for r in led.flows if material in (None, r[3])]
    mats = [sc.materials.ids[int(c) // 3] for c in sc.supplies.commodity]
    mine = np.array([material in (None, m) for m in mats])
    kinds = dict(zip(sc.facilities.ids, sc.facilities.kind, strict=True))

    def t(**want: str) -> float:
        return sum(
            (
                float(r[5])
                for r in rows
                if all({"via": r[10], "to": kinds.get(r[2], "demand")}[k] == v for k, v in want.items())
            ),
            0.0,
        )

    generated, t_all, t_km = float(sc.supplies.release[mine].sum()), sum(r[5] for r in rows), sum(r[7] for r in rows)
    placed = sum(r[5] for r in rows if r[2] not in kinds and r[3] != "recycled_aggregate")
    recycled = t(to="recycling") * 0.9
    last = sc.date(DAYS - 1).isoformat()
    end = sum(r[7] for r in led.stocks if r[0] == last and kinds[r[1]] != "disposal" and material in (None, r[2]))
    haul, fees = t_km * HAUL, sum(r[9] for r in rows) - t_km * HAUL
    return {
        "generated_t": generated,
        "direct_t": t(via="direct"),
        "direct_share": t(via="direct") / generated if generated else None,
        "transfer_t": t(to="yard"),
        "offsite_t": t(to="offsite"),
        "landfill_t": t(to="disposal"),
        "recycled_t": recycled,
        "placed_t": placed,
        "utilisation_rate": (placed + recycled) / generated if generated else None,
        "end_stock_t": end,
        "opening_stock_t": 1100.0,
        "unserved_t": generated - float(moved[mine].sum()),
        "process_loss_t": recycled * 0.04,
        "borrowed_t": t(via="quarry"),
        "t": t_all,
        "t_km": t_km,
        "mean_haul_km": t_km / t_all if t_all else None,
        "co2_kg": t_km * CO2,
        "cost": haul + fees + recycled * 12,
        "cost_parts": {
            "haul": haul,
            "gate_fees": fees,
            "processing": recycled * 12,
            "purchase": t(via="quarry") * 38.0,
            "holding": 0.0,
            "end_stock": 0.0,
            "carbon": 0.0,
        },
    }


def plan(sc: Scenario) -> Plan:
    """A whole greedy plan of :func:`scenario`."""
    led, out = _solve(sc)
    moved, got = out["moved"], out["got"]
    kpis = _kpis(sc, led, moved, got)
    kpis["by_class"] = {"spoil": _kpis(sc, led, moved, got, "spoil_silty_clay")}
    kpis["by_material"] = {m: _kpis(sc, led, moved, got, m) for m in sc.materials.ids}
    offered = sc.supplies.release.sum(1)
    balance = [
        ("S", sc.supplies.ids[i], offered[i], moved[i], max(0.0, offered[i] - moved[i])) for i in range(len(offered))
    ]
    balance += [
        ("N", sc.demands.ids[i], sc.demands.quantity[i], got[i], max(0.0, sc.demands.required[i] - got[i]))
        for i in range(len(got))
    ]
    material = [sc.materials.ids[int(c) // 3] for c in sc.supplies.commodity] + [
        sc.materials.ids[m] for m in sc.demands.first_material
    ]
    reasons = [
        (
            b[1],
            "unserved",
            b[4],
            f"{b[1]}: every place that accepts dredged silt is full on 5 of 7 days.",
            "100 t more room a day at D1 would place 700 t.",
            f"{b[1]}：能接收淤泥的场所 7 天中有 5 天已满。",
            "D1 每日多收 100 t，可多安置 700 t。",
        )
        for b in balance
        if b[4] > 1
    ] + [
        (
            r,
            "offsite",
            sum(x[5] for x in led.flows if x[1] == r and x[10] == "offsite"),
            "Yards Y1 and Y2 are full from 2025-03-06 on; no demand within reach takes it.",
            "500 t more storage at Y2 would keep 460 t in the zone.",
            "Y1、Y2 自 2025-03-06 起已满；可达范围内没有工地接收。",
            "Y2 增加 500 t 库容可使 460 t 留在区内。",
        )
        for r in sorted({x[1] for x in led.flows if x[10] == "offsite"})
    ]
    rng = np.random.default_rng(1)
    tight = (("Y1", "storage"), ("Y2", "gate_in"), ("D1", "gate_in"), ("N04", "demand"), ("S01", "supply"))
    prices = [
        (
            i,
            side,
            "spoil_silty_clay",
            sc.date(d).isoformat(),
            -round(float(p), 2),
            0.0,
            -0.5 if i == "Y1" else 0.0,
            0.1,
            -round(float(p), 2),
        )
        for i, side in tight
        for d, p in enumerate(rng.gamma(2, 6, DAYS))
    ]
    worse = {
        k: (v * 1.31 if isinstance(v, float) else v)
        for k, v in kpis.items()
        if k not in ("cost_parts", "by_material", "by_class")
    }
    worse |= {
        "generated_t": kpis["generated_t"],
        "direct_share": 0.41,
        "utilisation_rate": 0.71,
        "offsite_t": kpis["offsite_t"] * 2.2,
    }
    goals = [
        ("unserved", "t", kpis["unserved_t"]),
        ("offsite", "t", kpis["offsite_t"]),
        ("transfer", "t", kpis["transfer_t"]),
        ("haul", "t·km", kpis["t_km"]),
    ]
    summary = {
        "name": sc.name,
        "start": START.isoformat(),
        "days": DAYS,
        "status": "optimal",
        "termination": "optimal",
        "mode": "lexicographic",
        "goals": [{"name": n, "unit": u, "value": v, "bound": v * (1 - 1e-9)} for n, u, v in goals],
        "kpis": kpis,
        "counts": {
            "supplies": 20,
            "demands": 12,
            "facilities": 8,
            "commodities": 8,
            "lanes": 214,
            "columns": 1712,
            "rows": 931,
            "nonzeros": 6120,
            "unreachable_pairs": 2,
            "beyond_max_km_pairs": 5,
        },
        "seconds": {"read": 0.05, "roads": 0.31, "lanes": 0.01, "program": 0.02, "solve": 0.44, "verify": 0.03},
        "versions": {"cutfill": "0.1.0", "python": "3.11.7", "highspy": "1.16.0"},
        "inputs": dict(sc.hashes),
        "roads": {"kind": "graph", "attribution": "© OpenStreetMap contributors, ODbL"},
        "certificate": {
            "solver": "HiGHS",
            "options": {"threads": 1},
            "largest_row_violation": 2.3e-10,
            "largest_bound_violation": 0.0,
            "stages": [{"goal": "haul", "iterations": 1834}],
        },
        "counterfactual": {"name": "nearest_legal_place", "goals": {n: v * 1.3 for n, _, v in goals}, "kpis": worse},
        "notes": ["1 supply begins before the horizon: the part outside belongs to other weeks."],
    }
    tables = {
        "flows": Table(
            ("date", "from", "to", "material", "grade", "t", "km", "t_km", "minutes", "cost", "via"), led.flows
        ),
        "stocks": Table(("date", "facility", "material", "grade", "t_start", "t_in", "t_out", "t_end"), led.stocks),
        "processing": Table(("date", "facility", "input", "grade", "t", "cost"), [tuple(r) for r in out["processed"]]),
        "balance": Table(
            ("id", "side", "material", "offered_t", "moved_t", "unserved_t"),
            [
                (b[1], "supply" if b[0] == "S" else "demand", m, float(b[2]), float(b[3]), float(b[4]))
                for b, m in zip(balance, material, strict=True)
            ],
        ),
        "prices": Table(("id", "side", "material", "date", "price", *(g[0] for g in goals)), prices),
        "reasons": Table(("id", "what", "t", "why", "would_help", "why_zh", "would_help_zh"), reasons),
    }
    return Plan(summary, tables, led.paths)


def without_coordinates(sc: Scenario) -> Scenario:
    """The same scenario given by distances only."""

    def blank(part: Any) -> Any:
        return replace(part, lon=np.full(len(part.ids), np.nan), lat=np.full(len(part.ids), np.nan))

    return replace(sc, supplies=blank(sc.supplies), demands=blank(sc.demands), facilities=blank(sc.facilities))
