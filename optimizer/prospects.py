"""Who could legally take a lot, or bring it: its lanes in a market, what rules out the others, and the nearest gate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.lanes import PLACE_KINDS, RECEIVERS, Lanes, Rules, fees
from optimizer.lots import Lot, ReadLot
from optimizer.obstacles import HURDLES
from optimizer.scenario import GRADES, Bools, Floats, Ints, Scenario
from optimizer.words import Words, joined, material, tonnes

STAYS = ("disposal", "offsite", "recycling", "treatment")  # where soil may be brought for good without a market
SELLS = ("quarry", "yard", "recycling", "treatment")  # where it may be fetched without one


@dataclass(frozen=True)
class Nearest:
    """The nearest legal gate: what one would use without a market. ``cost`` is CNY per t, haul and fee."""

    place: str
    km: float
    cost: float


@dataclass(frozen=True)
class Prospects:
    """Lanes between a lot and everything that it may be joined to.

    Attributes:
        lanes: one arc per place and commodity, on every common day.
        hurdles: number of places of the lot's material by what rules them out first; ``usable`` for those with lanes.
        nearest: None where no gate is usable.
    """

    lanes: Lanes
    hurdles: dict[str, int]
    nearest: Nearest | None


def find_prospects(
    scenario: Scenario, rule: Rules, market: Lanes, lot: Lot, read: ReadLot, guest: int, km: Floats, minutes: Floats
) -> Prospects:
    """Applies the rules of lanes to one lot.

    Args:
        scenario: with guests.
        rule: its rules.
        market: lanes of the market, for what all lanes share.
        lot, read: the lot.
        guest: node that stands for it.
        km, minutes: (places,) from the lot, or to it for a demand; nan where no road is, and for guests.
    """
    place, commodity, hurdle = _partners(scenario, rule, lot, read, km)
    usable = hurdle == HURDLES.index("usable")
    lanes = _lanes(scenario, rule, market, lot, read, guest, place[usable], commodity[usable], km, minutes)
    best: dict[int, int] = {}  # a place that takes it in some commodity is not ruled out by another
    for p, h in zip(place.tolist(), hurdle.tolist(), strict=True):
        best[p] = max(best.get(p, 0), h)
    counts = {name: sum(h == i for h in best.values()) for i, name in enumerate(HURDLES)}
    return Prospects(lanes, counts, _nearest(scenario, lot, lanes))


def _partners(scenario: Scenario, rule: Rules, lot: Lot, read: ReadLot, km: Floats) -> tuple[Ints, Ints, Ints]:
    """(place, commodity, position in HURDLES) of every place that takes or sends the lot's materials."""
    kind = np.array(PLACE_KINDS)[rule.kind]
    own = np.zeros(rule.sends.shape[1], dtype=bool)
    own[read.commodities] = True
    materials = np.repeat(own.reshape(-1, GRADES).any(axis=1), GRADES)  # in any grade
    if lot.side == "supply":
        may, fits = np.isin(kind, RECEIVERS["supply"]), rule.takes
    else:
        may, fits = np.isin(kind, [k for k, to in RECEIVERS.items() if "demand" in to]), rule.sends
    is_guest = np.isnan(scenario.lonlat[:, 0])
    here = np.flatnonzero(may & ~is_guest)
    at, commodity = np.nonzero(fits[here] & materials)
    place = here[at]
    common: Bools = np.asarray(rule.open[:, read.first : read.last + 1].any(axis=1))
    conditions = [  # in the order of HURDLES; a later one holds where no earlier one does
        own[commodity] if lot.side == "demand" else fits[place, read.commodities[0]],
        ~np.isnan(km[place]),
        np.nan_to_num(km[place]) <= scenario.roads.max_km,
        common[place],
    ]
    failed = np.column_stack([~c for c in conditions])
    hurdle = np.where(failed.any(axis=1), failed.argmax(axis=1), len(HURDLES) - 1)
    if lot.side == "supply":  # one commodity leaves: of a place that takes several grades of it, one entry
        place, first = np.unique(place, return_index=True)
        hurdle, commodity = hurdle[first], np.full(len(place), read.commodities[0])
    return place.astype(np.int32), commodity.astype(np.int32), hurdle


def _lanes(
    scenario: Scenario,
    rule: Rules,
    market: Lanes,
    lot: Lot,
    read: ReadLot,
    guest: int,
    place: Ints,
    commodity: Ints,
    km: Floats,
    minutes: Floats,
) -> Lanes:
    own_days = np.zeros(scenario.days, dtype=bool)
    own_days[read.first : read.last + 1] = True
    arc, day = np.nonzero(rule.open[place] & own_days)
    other = np.full(len(place), guest, dtype=np.int32)
    origin, destination = (other, place) if lot.side == "supply" else (place, other)
    return replace(
        market,
        origin=origin,
        destination=destination,
        commodity=commodity,
        km=km[place],
        minutes=minutes[place],
        haul_cost=km[place] * scenario.costs.haul_per_t_km,
        arc=arc.astype(np.int32),
        day=day.astype(np.int32),
    )


def _nearest(scenario: Scenario, lot: Lot, lanes: Lanes) -> Nearest | None:
    """The gate with the shortest way; other people's sites are not known without a market."""
    arriving, leaving = fees(scenario)
    place = lanes.destination if lot.side == "supply" else lanes.origin
    gates: Bools = lanes.of_kind(place, *(STAYS if lot.side == "supply" else SELLS))
    if not gates.any():
        return None
    arc = int(np.flatnonzero(gates)[np.argmin(lanes.km[gates])])
    fee = float(arriving[lanes.destination[arc]] + leaving[lanes.origin[arc]])
    return Nearest(scenario.place_ids[place[arc]], float(lanes.km[arc]), float(lanes.haul_cost[arc]) + fee)


def why_unplaced(scenario: Scenario, lot: Lot, read: ReadLot, found: Prospects, unplaced_t: float) -> Words:
    """Why nothing, or not all, finds a place; blank when all does."""
    if not unplaced_t:
        return Words("", "")
    name, total = material(scenario, int(read.commodities[0])), sum(found.hurdles.values())
    if not total:
        if lot.side == "supply":
            return Words(f"no place in this market accepts {name.en}", f"本市场没有接收{name.zh}的地点")
        return Words("nobody in this market has what it accepts", "本市场没有可提供其所接收材料的来源")
    grade = lot.grade or "2"
    told = {
        "wrong_grade": Words(f"not at grade {grade}", f"处等级不符（{grade} 级）"),
        "no_road": Words("without a truck road", "处无货车道路可达"),
        "too_far": Words(f"beyond {scenario.roads.max_km:g} km", f"处超过 {scenario.roads.max_km:g} km 运距上限"),
        "no_common_day": Words("with no open day in common", "处无共同开放日"),
    }
    parts = [
        Words(f"{n} {told[hurdle].en}", f"{n} {told[hurdle].zh}")
        for hurdle, n in found.hurdles.items()
        if hurdle in told and n
    ]
    if n := found.hurdles["usable"]:
        left = tonnes(unplaced_t)
        parts.append(
            Words(
                f"{n} could be used, but {left} t find no room there at a price within the limits of both sides",
                f"{n} 处可用，但有 {left} t 在双方限价内无处可去" if lot.side == "supply" else
                f"{n} 处可用，但有 {left} t 在双方限价内无法供给",
            )
        )  # fmt: skip
    head = Words(f"of {total} place{'s' if total > 1 else ''} for {name.en}", f"共 {total} 处与{name.zh}相关")
    return head + Words(": ", "：") + joined(parts, ", ", "，")
