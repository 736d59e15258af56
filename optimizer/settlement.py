"""Who pays whom: the prices of a solved clearing, match by match (docs/maths.md, "Settlement").

A *match* is a lane that is used: one commodity from one place to another on one day. For a match the reduced cost is
zero, so what its destination is ready to pay and what its origin has to get differ by the drive and the charges alone:

    buyer_price = bid − arriving fee + Σ_rows of the destination  y A
    seller_price = ask + quarry's price − Σ_rows of the origin  y A
    buyer_price − seller_price = haul + externality

with y the dual of a row and A the lane's coefficient in it. Prices are CNY per t and positive when money goes against
the soil: the destination pays, the origin receives. A negative buyer price is money that a place gets for taking soil,
as a disposal yard gets its fee; a negative seller price is what an owner pays to be rid of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from optimizer.backends import make_backend
from optimizer.blocks import build_program
from optimizer.errors import InputError
from optimizer.figures import Figures
from optimizer.lanes import Lanes, fees
from optimizer.ledger import Ledger
from optimizer.nearby import arcs_among, check_charges, nearest_arcs, only_arcs, priced_in_money
from optimizer.planner import Planning
from optimizer.program import Program
from optimizer.progress import Progress
from optimizer.scenario import GRADE_NAMES, GRADES, PLANTS, Bools, Floats, Ints, Scenario
from optimizer.solve import open_session
from optimizer.tables import Table

ALTERNATIVES = 3  # arcs of each listing, besides those used, that reference prices look at
NOISE = 1e-6  # CNY per t; duals are true to the solver's 1e-7
STORES = ("yard", *PLANTS)

Form = Literal["welfare", "reference"]


@dataclass(frozen=True)
class Settlement:
    """The money of a clearing. Masses in t, prices in CNY per t, sums in CNY.

    Attributes:
        form: ``welfare`` where prices are the duals of the clearing itself; ``reference`` where the clearing followed
            a policy (or was cut short) and prices are those of an open market on the same routes, kept within limits.
        table: date, from, to, material, grade, t, km, seller_price, buyer_price, haul, externality, gap,
            within_limits; in the order of ``flows.csv``.
        matches: one row per from, to, material and grade: the same with one price, the mean by t, and ``dates``, a
            tuple of (date, t).
        parties: id, side, t_out, t_in, money (net, received), surplus over what asks, bids, fees and own costs come
            to. Private to each party: a surplus tells its reserve.
        totals: t; paid = received + haul + externality; carbon, the part of ``externality`` that is the carbon price;
            gap; surplus of all parties, which with the charges (externality − carbon) is the welfare of the clearing.
    """

    form: Form
    table: Table
    matches: Table
    parties: Table
    totals: dict[str, float]


def settle(planning: Planning, charges: Mapping[str, float] | None = None) -> Settlement:
    """Prices of every match of a plan.

    Args:
        planning: a solved scenario. One with ``welfare`` among its weights is settled by its own duals.
        charges: CNY per unit of `offsite`, `landfill`, `transfer`, `haul` or `carbon` for reference prices. A welfare
            clearing has its charges in its weights, and None is expected.

    Raises:
        InputError: charges that are none, or given beside weights that say something else; shares of streets.
    """
    own = charges_of(planning.scenario)
    if own is not None and charges is not None and dict(charges) != own:
        raise InputError.single("scenario.toml", "a welfare clearing is settled by its own charges", column="objective")
    if planning.scenario.streets.max_share < 1:
        told = "a share of a street belongs to no match, so no price can carry it; leave max_share out to settle"
        raise InputError.single("scenario.toml", told, column="streets.max_share")
    used = dict(charges or {}) if own is None else own
    check_charges(used)
    flows = _as_lanes(planning.lanes, planning.ledger)
    if own is not None and planning.solution.stages[-1].price is not None:
        return _by_duals(planning, flows, used)
    return _by_reference(planning, flows, used)


def charges_of(scenario: Scenario) -> dict[str, float] | None:
    """CNY per unit of each charged goal of a welfare clearing; None for a scenario that is no welfare market."""
    weights = scenario.objective.weights
    welfare = weights.get("welfare", 0.0)
    if welfare <= 0:
        return None
    return {goal: w / welfare for goal, w in weights.items() if goal not in ("welfare", "unserved", "changes")}


def _as_lanes(lanes: Lanes, ledger: Ledger) -> Lanes:
    """The flows of a ledger as lanes, one arc each, in the ledger's order."""
    return replace(
        lanes,
        origin=ledger.origin,
        destination=ledger.destination,
        commodity=ledger.commodity,
        km=ledger.km,
        minutes=ledger.minutes,
        haul_cost=ledger.haul_cost,
        arc=np.arange(len(ledger.t), dtype=np.int32),
        day=ledger.day,
    )


@dataclass(frozen=True)
class _Wedge:
    """(n,) CNY per t between the two prices of each match: ``haul`` to the carrier, ``externality`` to the fund."""

    haul: Floats
    externality: Floats

    @property
    def total(self) -> Floats:
        return self.haul + self.externality


def _wedge(scenario: Scenario, program: Program, flows: Lanes, charges: Mapping[str, float]) -> _Wedge:
    goals = program.lane_columns(flows)[1]
    carbon = flows.km * _carbon_price(scenario)
    return _Wedge(flows.haul_cost, sum((rate * goals[goal] for goal, rate in charges.items()), carbon))


def _carbon_price(scenario: Scenario) -> float:
    """CNY per t·km; part of the goal `cost`."""
    return scenario.costs.co2_per_t_km * scenario.costs.carbon_per_kg


@dataclass(frozen=True)
class _Limits:
    """(n,) least seller price and most buyer price of each match; infinite where a party named none."""

    seller: Floats
    buyer: Floats


def _reserves(scenario: Scenario) -> tuple[Floats, Floats]:
    """(places,) CNY per t: least to be received for what leaves, most to be paid for what arrives.

    Asks and bids, a blank one being 0 as in the goal `welfare`; a quarry's price and a gate's fee.
    """
    arriving, leaving = fees(scenario)
    least, most = leaving.copy(), -arriving
    least[: scenario.first_demand] = np.nan_to_num(scenario.supplies.ask)
    most[scenario.first_demand : scenario.first_facility] = np.nan_to_num(scenario.demands.bid)
    return least, most


def _stated(scenario: Scenario, flows: Lanes) -> _Limits:
    """The reserves of both ends of each match; none where a store buys what it sells again."""
    least, most = _reserves(scenario)
    stores = _stores(scenario)
    return _Limits(np.where(stores, -np.inf, least)[flows.origins], np.where(stores, np.inf, most)[flows.destinations])


def _stores(scenario: Scenario) -> Bools:
    """(places,) yards and plants: what they buy they sell again, so only their whole account has a limit."""
    return np.array([False] * scenario.first_facility + [kind in STORES for kind in scenario.facilities.kind])


def _by_duals(planning: Planning, flows: Lanes, charges: Mapping[str, float]) -> Settlement:
    """Prices of a welfare clearing, checked against every limit that duality promises."""
    scenario, program = planning.scenario, planning.program
    weights = scenario.objective.weights
    welfare = weights["welfare"]
    price = planning.solution.stages[-1].price
    assert price is not None
    seller, buyer = _two_sides(scenario, program, flows, price / welfare)
    wedge = _wedge(scenario, program, flows, charges)
    rest = buyer - seller - wedge.total
    if "changes" in weights:  # the charge on moving things otherwise than the plan before: a row of neither party
        wedge = _Wedge(wedge.haul, wedge.externality + rest)
    elif np.abs(rest).max(initial=0.0) > NOISE:
        raise RuntimeError(f"a used lane has a reduced cost of {np.abs(rest).max():g}; this is a defect of cutfill")
    stated = _stated(scenario, flows)
    penalty = weights.get("unserved", scenario.costs.unserved_per_t) / welfare
    at_last = _with_penalties(scenario, flows, stated, penalty)
    highest = at_last.buyer - wedge.total
    clipped = np.minimum(np.maximum(seller, at_last.seller), highest)
    if np.abs(clipped - seller).max(initial=0.0) > NOISE:
        raise RuntimeError(f"a price misses a limit by {np.abs(clipped - seller).max():g}; this is a defect of cutfill")
    return _written(planning, "welfare", flows, clipped, wedge, stated)


def _two_sides(scenario: Scenario, program: Program, flows: Lanes, price: Floats) -> tuple[Floats, Floats]:
    """(n,) what each origin has to get and what each destination is ready to pay, by the duals of their own rows."""
    least, most = _reserves(scenario)
    entries = program.lane_columns(flows)[0].tocoo()
    row, lane = entries.coords
    place = _row_places(scenario, program)[row]
    value = price[row] * entries.data
    n = len(flows)
    at_origin, at_destination = place == flows.origins[lane], place == flows.destinations[lane]
    assert (at_origin ^ at_destination).all(), "a lane takes part in a row of neither of its ends"
    seller = least[flows.origins] - np.bincount(lane[at_origin], value[at_origin], minlength=n)
    buyer = most[flows.destinations] + np.bincount(lane[at_destination], value[at_destination], minlength=n)
    return seller, buyer


def _row_places(scenario: Scenario, program: Program) -> Ints:
    """(rows,) place that each row belongs to; -1 for rows of nobody."""
    first = {"supply": 0, "demand": scenario.first_demand, "facility": scenario.first_facility}
    place = np.full(program.shape[0], -1, dtype=np.int32)
    for block in program.rows.values():
        if block.dims[0] in first:
            place[block.span] = first[block.dims[0]] + block.keys[0]
    return place


def _with_penalties(scenario: Scenario, flows: Lanes, stated: _Limits, penalty: float) -> _Limits:
    """Limits that the duals keep: what must be served bears its penalty as well, and a blend pays as a whole."""
    s, d = scenario.supplies, scenario.demands
    least, most = stated.seller.copy(), stated.buyer.copy()
    from_lot = np.flatnonzero(flows.origins < scenario.first_demand)
    lot = flows.origins[from_lot]
    least[from_lot] -= np.where(s.must_move, s.priority, 0.0)[lot] * penalty
    inside = flows.into_demand
    at = flows.destinations[inside] - scenario.first_demand
    material = flows.commodities[inside] // GRADES
    share = d.units_per_t[at, material] / d.units_per_t[at, d.first_material[at]]
    most[inside] += np.where(d.required > 0, d.priority, 0.0)[at] * penalty * share
    most[inside[np.isin(at, scenario.mixes.demand)]] = np.inf
    return _Limits(least, most)


def _by_reference(planning: Planning, flows: Lanes, charges: Mapping[str, float]) -> Settlement:
    """Prices of an open market on the plan's own routes and the nearest others, moved into each match's limits."""
    open_market = priced_in_money(planning.scenario, charges, unserved=0.0)  # where nobody is forced
    lanes = planning.lanes
    used = arcs_among(lanes, flows.origin, flows.destination, flows.commodity)
    near = nearest_arcs(open_market, lanes, per_listing=ALTERNATIVES, per_facility=ALTERNATIVES)
    program = build_program(open_market, only_arcs(lanes, used | near))
    solution = open_session(open_market, program, make_backend("highs")).run(Progress())
    price = solution.stages[-1].price
    assert price is not None, "a solve without a time limit ends"
    wedge = _wedge(open_market, program, flows, charges)
    seller, buyer = _two_sides(open_market, program, flows, price)
    limits = _limits_of_policy(planning.scenario, flows)
    middle = (seller + buyer - wedge.total) / 2
    agreed = _moved_inside(middle, limits.seller, limits.buyer - wedge.total, planning.scenario, flows)
    return _written(planning, "reference", flows, agreed, wedge, limits)


def _moved_inside(price: Floats, lowest: Floats, highest: Floats, scenario: Scenario, flows: Lanes) -> Floats:
    """(n,) prices moved between the limits; where these leave no room, halfway, but what a gate has posted stays."""
    posted_by_buyer = flows.destinations >= scenario.first_facility
    posted_by_seller = (flows.origins >= scenario.first_facility) & ~posted_by_buyer
    share = np.where(posted_by_buyer, 1.0, np.where(posted_by_seller, 0.0, 0.5))
    empty = lowest > highest  # both are finite then
    between = lowest[empty] + share[empty] * (highest - lowest)[empty]
    moved = np.minimum(np.maximum(price, lowest), highest)
    moved[empty] = between
    return moved


def _limits_of_policy(scenario: Scenario, flows: Lanes) -> _Limits:
    """Stated limits, but none where a lot must be served and its owner named none; a gate always gets its fee."""
    s, d = scenario.supplies, scenario.demands
    stated = _stated(scenario, flows)
    free_to_pay = np.zeros(len(scenario.place_ids), dtype=bool)
    free_to_pay[: scenario.first_demand] = s.must_move & np.isnan(s.ask)
    free_to_pay[scenario.first_demand : scenario.first_facility] = (d.required > 0) & np.isnan(d.bid)
    most = np.where(free_to_pay[flows.destinations], np.inf, stated.buyer)
    gate = flows.destinations >= scenario.first_facility
    most[gate] = -fees(scenario)[0][flows.destinations[gate]]
    return _Limits(np.where(free_to_pay[flows.origins], -np.inf, stated.seller), most)


def _written(
    planning: Planning, form: Form, flows: Lanes, seller: Floats, wedge: _Wedge, limits: _Limits
) -> Settlement:
    """Tables and totals from the seller's price of each match; the buyer's is that and the wedge."""
    scenario, t = planning.scenario, planning.ledger.t
    buyer = seller + wedge.total
    gap = np.maximum(limits.seller - seller, 0.0) + np.maximum(buyer - limits.buyer, 0.0)
    gap[gap <= NOISE] = 0.0
    places, names = scenario.place_ids, scenario.materials.ids
    table = Table.from_columns(
        date=[scenario.date(day).isoformat() for day in flows.day.tolist()],
        **{"from": [places[p] for p in flows.origins.tolist()], "to": [places[p] for p in flows.destinations.tolist()]},
        material=[names[k // GRADES] for k in flows.commodities.tolist()],
        grade=[GRADE_NAMES[k % GRADES] for k in flows.commodities.tolist()],
        t=t,
        km=flows.km,
        seller_price=seller + 0.0,
        buyer_price=buyer + 0.0,
        haul=wedge.haul,
        externality=wedge.externality,
        gap=gap,
        within_limits=gap == 0.0,
    )
    parties = _parties(planning, flows, seller, buyer)
    totals = {
        "t": float(t.sum()),
        "paid": float(t @ buyer),
        "received": float(t @ seller),
        "haul": float(t @ wedge.haul),
        "externality": float(t @ wedge.externality),
        "carbon": float(t @ flows.km) * _carbon_price(scenario),
        "gap": float(t @ gap),
        "surplus": float(sum(parties.column("surplus"))),
    }
    return Settlement(form, table, _by_pair(table), parties, totals)


def _by_pair(table: Table) -> Table:
    """One row per origin, destination and commodity: prices are means by t, so sums and limits stay true."""
    groups: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for record in table.records():
        groups.setdefault(tuple(record[c] for c in ("from", "to", "material", "grade")), []).append(record)
    columns = ("from", "to", "material", "grade", "t", "km", *_MEANS, "within_limits", "dates")
    rows = []
    for key, records in groups.items():
        t = np.array([record["t"] for record in records])
        means = [float(t @ np.array([record[c] for record in records]) / t.sum()) for c in _MEANS]
        gap = means[_MEANS.index("gap")]
        dates = tuple((record["date"], record["t"]) for record in records)
        rows.append((*key, float(t.sum()), records[0]["km"], *means, gap == 0.0, dates))
    return Table(columns, rows)


_MEANS = ("seller_price", "buyer_price", "haul", "externality", "gap")


def _parties(planning: Planning, flows: Lanes, seller: Floats, buyer: Floats) -> Table:
    """What each place moves, gets and gains; places that move nothing and store nothing are left out."""
    scenario, t = planning.scenario, planning.ledger.t
    s, d, n = scenario.supplies, scenario.demands, len(scenario.place_ids)
    out, into = np.bincount(flows.origins, t, minlength=n), np.bincount(flows.destinations, t, minlength=n)
    money = np.bincount(flows.origins, t * seller, minlength=n) - np.bincount(
        flows.destinations, t * buyer, minlength=n
    )
    least, most = _reserves(scenario)
    cost = out * least - into * most
    cost[scenario.first_facility :] += _own_costs(planning)
    side = ["supply"] * len(s.ids) + ["demand"] * len(d.ids) + ["facility"] * len(scenario.facilities.ids)
    shown = np.flatnonzero((out + into > 0) | (cost != 0))
    return Table.from_columns(
        id=[scenario.place_ids[p] for p in shown.tolist()],
        side=[side[p] for p in shown.tolist()],
        t_out=out[shown],
        t_in=into[shown],
        money=money[shown],
        surplus=(money - cost)[shown],
    )


def _own_costs(planning: Planning) -> Floats:
    """(F,) CNY that each facility spends itself: recipes, holding, what is left at the end."""
    scenario, g = planning.scenario, planning.ledger
    f = scenario.facilities
    recipes = g.p_t * Figures(scenario, planning.lanes, g).recipe_cost()
    nights = g.stock.sum(axis=1)
    spent = np.bincount(g.p_facility, recipes, minlength=len(f.ids)).astype(np.float64)
    return spent + nights.sum(axis=1) * f.hold_cost + nights[:, -1] * f.end_cost
