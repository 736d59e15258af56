"""What can stand at a facility: each of its rows kept and broken, and the kilogram that rounding may add to a match."""

from __future__ import annotations

import pytest

from api.proposals.cover import Leg, Plant, standing

SOIL, SAND = ("soil", "2"), ("sand", "2")
MONDAY, TUESDAY = "2026-11-30", "2026-12-01"


def brings(id_: str, kg: int, date: str = MONDAY) -> Leg:
    return Leg(id_, "in", SOIL, {date: kg})


def takes(id_: str, kg: int, date: str = MONDAY) -> Leg:
    return Leg(id_, "out", SOIL, {date: kg})


def gate(most: int) -> Plant:
    return Plant(stock={}, storage=None, makes={}, gates=lambda date: (most, None), kind="disposal")


CASES = {
    "gate": (gate(2000), [brings("a", 1000), brings("b", 1000)]),
    "room": (Plant({}, None, {}, room=2000, kind="disposal"), [brings("a", 1000), brings("b", 1000, TUESDAY)]),
    "overnight": (Plant({}, 2000, {}), [brings("a", 1000), brings("b", 1000, TUESDAY)]),
    "processing": (Plant({}, 0, {}, a_day={"soil": 2000}, kind="plant"), [brings("a", 1000), brings("b", 1000)]),
    "stock": (Plant({SOIL: 2000}, None, {}), [takes("a", 1000), takes("b", 1000, TUESDAY)]),
}


@pytest.mark.parametrize("row", CASES)
def test_a_full_row_stands_with_its_rounding_and_no_further(row: str) -> None:
    plant, legs = CASES[row]
    last = legs[-1]
    (date, kg), *_ = last.kg.items()
    for more, ids in ((0, ["a", "b"]), (2, ["a", "b"]), (3, ["a"])):
        changed = [*legs[:-1], Leg(last.id, last.way, last.commodity, {date: kg + more})]
        assert [leg.id for leg in standing(plant, [], changed)] == ids, more


def test_goods_come_in_rounded_down_and_still_cover_what_goes_out() -> None:
    plant = Plant({}, None, {SOIL: ((SAND, 0.7),)}, kind="plant")
    ins = [brings(f"in{i}", 333) for i in range(3)]  # 1,000 kg in three, each a third of a kg short
    out = Leg("out", "out", SAND, {MONDAY: 700})
    assert standing(plant, ins, [out]) == [out]
    assert standing(plant, ins[:2], [out]) == []


def test_what_is_agreed_stays_and_keeps_out_only_what_adds_to_its_fault() -> None:
    agreed = [brings("agreed", 3000)]
    assert [leg.id for leg in standing(gate(2000), agreed, [brings("a", 10), brings("b", 10, TUESDAY)])] == ["b"]
