"""``period_days``: a long horizon in coarser steps. A period is a longer day.

What a day lets through, a period lets through as often as it has days: gates on the days that they are open, daily
rates, plants. Releases add up. Room stays what it is and is looked at when a period ends, so goods may pass through a
yard within a period without taking room. Dates count by the period that they lie in: a lot, need or place is there in
the whole of it, a gate as many days of it as it is open. Holding is paid for every night of a period by what lies there
at its end; a longest stay counts its whole periods.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.scenario import Bools, Floats, Ints, Scenario


def in_periods(scenario: Scenario, days: int) -> Scenario:
    """The scenario with so many of its days as one; they divide its horizon."""
    s, d, f, r, z = scenario.supplies, scenario.demands, scenario.facilities, scenario.recipes, scenario.sizes
    n = scenario.days // days

    def whole(first_or_last: Ints) -> Ints:
        return (first_or_last // days).astype(np.int32)

    def total(per_day: Floats) -> Floats:
        return np.asarray(per_day.reshape(len(per_day), n, days).sum(axis=2), dtype=np.float64)

    def ever(on_day: Bools) -> Bools:
        return np.asarray(on_day.reshape(len(on_day), n, days).any(axis=2), dtype=bool)

    return replace(
        scenario,
        days=n,
        period_days=days,
        supplies=replace(
            s, release=total(s.release), first=whole(s.first), last=whole(s.last), daily_max=s.daily_max * days
        ),
        demands=replace(d, first=whole(d.first), last=whole(d.last), daily_max=d.daily_max * days),
        facilities=replace(
            f,
            open=ever(f.open),
            dates=ever(f.dates),
            daily_in=total(np.where(f.dates, f.daily_in, 0.0)),
            daily_out=total(np.where(f.dates, f.daily_out, 0.0)),
            hold_cost=f.hold_cost * days,
            longest_stay=np.floor(f.longest_stay / days),
            empty_from=np.full(len(f.ids), n, dtype=np.int32),
        ),
        recipes=replace(r, daily_max=r.daily_max * days),
        sizes=replace(z, daily_in=z.daily_in * days, daily_out=z.daily_out * days),
    )
