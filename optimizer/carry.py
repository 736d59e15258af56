"""A vertex of one program as the start of another: columns and rows are the same where they mean the same.

A variant of a week has other bounds and costs, a few more lanes or a few less. The last vertex of the week is nearly
its own, whatever the numbers of its columns are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimizer.backends import Carried
from optimizer.blocks.street import named_streets
from optimizer.lanes import Lanes
from optimizer.program import Block, Program
from optimizer.scenario import GRADES, Ints, Scenario


@dataclass(frozen=True)
class Frame:
    """What the columns and rows of a program mean."""

    scenario: Scenario
    lanes: Lanes
    program: Program


def carried(mark: object, old: Frame, new: Frame) -> Carried:
    """A marked vertex of the old program, told for the new one."""
    renumbered = _renumbered(old, new)
    columns, rows = (
        _matched(was, now, renumbered)
        for was, now in ((old.program.columns, new.program.columns), (old.program.rows, new.program.rows))
    )
    return Carried(mark, columns, rows)


def _renumbered(old: Frame, new: Frame) -> dict[str, Ints]:
    """By dimension of a block's keys: the new number of each old one; -1 for what is no more."""
    a, b = old.scenario, new.scenario
    material = _same(a.materials.ids, b.materials.ids)
    wide = np.repeat(material, GRADES)
    commodity = np.where(wide < 0, -1, wide * GRADES + np.tile(range(GRADES), len(material)))
    place = _same(a.place_ids, b.place_ids)
    arc = _positions(
        [place[old.lanes.origin], place[old.lanes.destination], commodity[old.lanes.commodity]],
        [new.lanes.origin, new.lanes.destination, new.lanes.commodity],
    )
    of_old = np.full(len(old.lanes.origin), -1, dtype=np.int64)
    of_old[arc[arc >= 0]] = np.flatnonzero(arc >= 0)
    shift = (b.start - a.start).days
    return {
        "supply": _same(a.supplies.ids, b.supplies.ids),
        "demand": _same(a.demands.ids, b.demands.ids),
        "facility": _same(a.facilities.ids, b.facilities.ids),
        "material": material,
        "street": _same(named_streets(a)[0], named_streets(b)[0]),
        "commodity": commodity,
        "arc": of_old,
        "place": place,
        "next_place": place,
        "day": np.maximum(np.arange(a.days) - shift, -1),
    }


def _same(old: tuple[str, ...], new: tuple[str, ...]) -> Ints:
    number = {name: i for i, name in enumerate(new)}
    return np.array([number.get(name, -1) for name in old], dtype=np.int64)


def _matched(old: Mapping[str, Block], new: Mapping[str, Block], renumbered: dict[str, Ints]) -> Ints:
    """For each new column or row the old one of the same meaning; -1 where there was none."""
    found = [np.zeros(0, dtype=np.int64)]
    for name, block in new.items():
        before = old.get(name)
        if before is None or not len(before):
            found.append(np.full(len(block), -1, dtype=np.int64))
            continue
        keys = [renumbered[dim][key] for dim, key in zip(before.dims, before.keys, strict=True)]
        at = _positions(keys, list(block.keys))
        found.append(np.where(at < 0, -1, at + before.start))
    return np.concatenate(found)


def _positions(old: list[Ints], new: list[Ints]) -> Ints:
    """(new,) position of each new tuple of keys among the old ones; -1 where it is not there."""
    if not len(old[0]) or not len(new[0]):
        return np.full(len(new[0]), -1, dtype=np.int64)
    widths = [int(max(a.max(), b.max(), 0)) + 2 for a, b in zip(old, new, strict=True)]
    theirs, mine = (np.ravel_multi_index([k.astype(np.int64) + 1 for k in keys], widths) for keys in (old, new))
    gone = np.any([k < 0 for k in old], axis=0)
    theirs[gone] = -1
    order = np.argsort(theirs, kind="stable")
    at = np.minimum(np.searchsorted(theirs[order], mine), len(theirs) - 1)
    return np.where(theirs[order][at] == mine, order[at], -1)
