"""What a day dispatched anew changes for those who have been told: ticket by ticket, and why."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from optimizer.dispatch.again import Again, flow_key
from optimizer.dispatch.facts import Facts, Ticket
from optimizer.dispatch.state import BEGIN, FIXED, LOAD, PUNCTUAL, SIZE
from optimizer.dispatch.tables import Week, clock, truck_numbers
from optimizer.scenario import Scenario
from optimizer.tables import Table

LOAD_AT, TIP_AT, LEAVE_AT = 1, 4, 5  # positions in Ticket.times
CHANGES = ("date", "told_at", "ticket", "change", "from", "to", "material", "grade", "t", "truck_before",
           "load_at_before", "ticket_now", "truck", "load_at", "why", "why_zh")  # fmt: skip
BY, WHEN, UNDONE, STRANDED, CANCELLED, NEW = KINDS = ("truck", "time", "undone", "stranded", "cancelled", "new")
WHY = {
    "out": ("truck {truck} broke down", "车辆 {truck} 故障"),
    "late": ("truck {truck} is late", "车辆 {truck} 晚点"),
    "closed": ("{place} is closed for trucks from {first} to {last}", "{place} 于 {first} 至 {last} 停止服务"),
    "room": ("makes room for other loads", "为其他车次腾出时间"),
    "cancelled": ("not wanted any more", "已取消"),
    "new": ("nobody had been told of it", "此前未派车"),
}


def ticket_changes(week: Week, again: Again, facts: Facts) -> Table:
    """Every ticket of which something changes: another truck, loading moved by over 15 minutes, or none any more."""
    return _Changes(week, again, facts).table()


def change_figures(scenario: Scenario, facts: Facts, changes: Table, day: int) -> dict[str, Any]:
    """How much changed: counts, and the share of open tickets that have another truck, another time, or none."""
    count = {kind: changes.column("change").count(kind) for kind in KINDS}
    open_, changed = len(facts.open), count[BY] + count[WHEN] + count[UNDONE]
    return {
        "date": scenario.date(day).isoformat(),
        "from": clock(scenario, day, facts.now),
        "begun_tickets": sum(map(len, facts.begun.values())),
        "open_tickets": open_,
        "changed_tickets": changed,
        "changed_share": changed / open_ if open_ else 0.0,
        "of_trucks_out": sum(ticket.truck in facts.out for ticket in facts.open),
        "other_truck": count[BY],
        "other_time": count[WHEN],
        "now_undone": count[UNDONE],
        "stranded": count[STRANDED],
        "cancelled": count[CANCELLED],
        "new": count[NEW],
    }


class _Changes:
    def __init__(self, week: Week, again: Again, facts: Facts):
        (self.schedule,) = week.days
        self.week, self.again, self.facts, self.s = week, again, facts, week.scenario
        self.day = self.schedule.problem.date
        self.names = {number: name for name, number in truck_numbers(self.s).items()}
        begun = {truck: tickets[-1] for truck, tickets in facts.begun.items() if tickets}
        self.free = {truck: ticket.times[LEAVE_AT] for truck, ticket in begun.items()}

    def table(self) -> Table:
        """The changes, by the time that was told."""
        kept = {ticket.number for ticket in self.again.kept.values()}
        lost = defaultdict(list)
        for ticket in self.facts.open:
            if ticket.number not in kept:
                lost[ticket.lane, round(ticket.t, 6)].append(ticket)
        rows = []
        for truck, p in self._open_visits():
            at = int(self.schedule.routes.visits[truck, p, BEGIN])
            if (truck, p) in self.again.kept:
                ticket = self.again.kept[truck, p]
                if abs(at - ticket.times[LOAD_AT]) > PUNCTUAL:
                    rows.append(self._row(ticket, WHEN, (truck, p)))
                continue
            load = self.schedule.problem.loads[self.schedule.routes.visits[truck, p, LOAD]]
            lane = flow_key(self.s, self.week.flows[load.flow])
            same = sorted(lost[lane, round(load.t, 6)], key=lambda ticket: abs(ticket.times[LOAD_AT] - at))
            if same:
                lost[lane, round(load.t, 6)].remove(same[0])
                rows.append(self._row(same[0], BY, (truck, p)))
            else:
                rows.append(self._new(lane, load.t, truck, p))
        rows += [self._row(ticket, UNDONE, None) for tickets in lost.values() for ticket in tickets]
        rows += [self._row(ticket, STRANDED, None) for ticket in self.facts.stranded]
        rows += [self._row(ticket, CANCELLED, None) for ticket in self.facts.cancelled]
        when = CHANGES.index("load_at_before")
        return Table(CHANGES, sorted(rows, key=lambda row: (row[when] or "9", row[2])))

    def _open_visits(self) -> list[tuple[int, int]]:
        trucks = self.schedule.problem.arrays.trucks
        return [(truck, p) for truck, row in enumerate(self.schedule.routes.trucks)
                for p in range(trucks[truck, FIXED], row[SIZE])]  # fmt: skip

    def _row(self, ticket: Ticket, change: str, visit: tuple[int, int] | None) -> tuple[Any, ...]:
        return (*self._head(), ticket.number, change, *ticket.lane, ticket.t, self.names[ticket.truck],
                clock(self.s, self.day, ticket.times[LOAD_AT]), *self._now(visit),
                *self._why(ticket, change))  # fmt: skip

    def _new(self, lane: tuple[str, str, str, str], t: float, truck: int, p: int) -> tuple[Any, ...]:
        return (*self._head(), "", NEW, *lane, t, "", None, *self._now((truck, p)), *WHY["new"])

    def _head(self) -> tuple[str, str]:
        return self.s.date(self.day).isoformat(), clock(self.s, self.day, self.facts.now)

    def _now(self, visit: tuple[int, int] | None) -> tuple[Any, ...]:
        if visit is None:
            return "", "", None
        at = self.schedule.routes.visits[visit[0], visit[1], BEGIN]
        return self.schedule.problem.tickets[visit], self.names[visit[0]], clock(self.s, self.day, at)

    def _why(self, ticket: Ticket, change: str) -> tuple[str, ...]:
        """The first cause that holds, in English and Chinese."""
        truck = self.names[ticket.truck]
        if change == CANCELLED:
            return WHY["cancelled"]
        if ticket.truck in self.facts.out:
            return tuple(text.format(truck=truck) for text in WHY["out"])
        for place, what, first, last in self.facts.closed:
            at = ticket.times[LOAD_AT if what == "load" else TIP_AT]
            if place == ticket.lane[0 if what == "load" else 1] and first <= at < last:
                hours = {"first": f"{first // 60:02d}:{first % 60:02d}", "last": f"{last // 60:02d}:{last % 60:02d}"}
                return tuple(text.format(place=place, **hours) for text in WHY["closed"])
        late = (
            self.free.get(ticket.truck, 0) > ticket.times[0] or self.facts.since.get(ticket.truck, 0) > ticket.times[0]
        )
        return tuple(text.format(truck=truck) for text in WHY["late"]) if late else WHY["room"]
