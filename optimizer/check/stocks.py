"""What lies where each night: recomputed from opening stock, flows and processing, and held against every limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.check.folder import Sheet
from optimizer.check.moves import HOLDERS, Flows, Places, Processing, expect_rows, first_rows, goods_of, summed
from optimizer.check.moves import days_of as days_of_rows
from optimizer.check.plants import Made
from optimizer.check.result import Ledger, agree, number, slack
from optimizer.scenario import GRADES, Bools, Floats, Ints, Scenario

FILE = "stocks.csv"


@dataclass(frozen=True)
class Stocks:
    """Stock of H yards, plants and disposal yards over D days, in K commodities that occur there.

    Attributes:
        facility: (H,) number among facilities.
        holds: (H,) True for yards and plants, whose stock goes in and out.
        commodity: (K,) commodity index.
        opening: (H, K) t when the horizon opens.
        came: (H, D, K) t that came in or was made.
        left: (H, D, K) t that went out or was processed.
        end: (H, D, K) t lying there overnight.
    """

    facility: Ints
    holds: Bools
    commodity: Ints
    opening: Floats
    came: Floats
    left: Floats
    end: Floats

    @property
    def start(self) -> Floats:
        """(H, D, K) t lying there in the morning."""
        return np.concatenate([self.opening[:, None], self.end[:, :-1]], axis=1)


def stocks_of(scenario: Scenario, places: Places, flows: Flows, processing: Processing, made: Made) -> Stocks:
    """Opening stock plus everything that came, less everything that went, day by day."""
    kinds = np.array(scenario.facilities.kind, dtype=object)
    facility = np.flatnonzero(np.isin(kinds, (*HOLDERS, "disposal")))
    opening = scenario.stocks
    used = np.unique(np.concatenate([flows.commodity, processing.commodity, made.commodity, opening.commodity]))
    used = used.astype(np.int64)
    shape = (len(facility), scenario.days, len(used))
    row_of = np.full(len(places.ids), -1)
    row_of[places.first_facility + facility] = np.arange(len(facility))

    def at(node: Ints, day: Ints, commodity: Ints, t: Floats) -> Floats:
        row = row_of[node]
        mine = row >= 0
        return summed(shape, (row[mine], day[mine], np.searchsorted(used, commodity[mine])), t[mine])

    plant = places.first_facility + processing.facility
    came = at(flows.to, flows.day, flows.commodity, flows.t)
    came += at(plant[made.row], processing.day[made.row], made.commodity, made.t)
    left = at(flows.origin, flows.day, flows.commodity, flows.t)
    left += at(plant, processing.day, processing.commodity, processing.t)
    on_hand = at(places.first_facility + opening.facility, np.zeros(len(opening.t), int), opening.commodity, opening.t)
    first = on_hand[:, 0] if scenario.days else np.zeros((len(facility), len(used)))
    end = first[:, None] + np.cumsum(came - left, axis=1)
    return Stocks(facility, np.isin(kinds[facility], HOLDERS), used, first, came, left, end)


class StockChecks:
    """The rules of everything that lies or passes at a facility; each method is one rule."""

    def __init__(
        self,
        scenario: Scenario,
        places: Places,
        flows: Flows,
        processing: Processing,
        stocks: Stocks,
        sheet: Sheet,
        ledger: Ledger,
    ):
        self.scenario = scenario
        self.places = places
        self.flows = flows
        self.processing = processing
        self.stocks = stocks
        self.sheet = sheet
        self.ledger = ledger
        self.row_at: dict[tuple[int, int, int], int] = {}  # (H, D, K) → line of stocks.csv

    def check(self) -> Floats:
        """All rules; returns (H, K) t of opening stock that could not be cleared as its yard asks for."""
        self._rows()
        self._never_negative()
        self._storage()
        self._gates()
        self._room()
        uncleared = self._longest_stay()
        self._end_stock(uncleared)
        return uncleared

    def _name(self, h: int) -> str:
        return self.scenario.facilities.ids[self.stocks.facility[h]]

    def _limit(self, values: Floats) -> Floats:
        """A limit of each facility by row of the stock arrays."""
        return values[self.stocks.facility]

    def _rows(self) -> None:
        """Every row of stocks.csv is what the movements make of it, and nothing that lies there is left out."""
        s, stocks, sheet = self.scenario, self.stocks, self.sheet
        number_of = {s.facilities.ids[f]: h for h, f in enumerate(stocks.facility.tolist())}
        h = np.array([number_of.get(name, -1) for name in sheet["facility"]], dtype=np.int64)
        expect_rows(
            self.ledger,
            h >= 0,
            sheet,
            "facility",
            lambda i: f"'{sheet['facility'][i]}' is not a yard, plant or disposal yard of this scenario",
        )
        material = np.array([s.materials.index.get(name, -1) for name in sheet["material"]], dtype=np.int64)
        expect_rows(
            self.ledger,
            material >= 0,
            sheet,
            "material",
            lambda i: f"'{sheet['material'][i]}' is not the id of a material of this scenario",
        )
        day, inside = days_of_rows(s, sheet, self.ledger)
        rows = np.flatnonzero((h >= 0) & (material >= 0) & inside)
        commodity = material * GRADES + sheet["grade"] - 1
        first = rows[first_rows(day[rows], h[rows], commodity[rows])]
        told = {int(i): int(j) for i, j in zip(rows, first, strict=True) if i != j}
        self.ledger.expect_all(
            first == rows,
            FILE,
            lambda n: int(sheet.line[rows[n]]),
            "",
            lambda n: f"the same date, facility, material and grade as row {sheet.line[told[int(rows[n])]]}",
        )
        self._values(rows[first == rows], h, day, commodity)
        self._missing_rows()

    def _values(self, rows: Ints, h: Ints, day: Ints, commodity: Ints) -> None:
        """The four masses of each row."""
        stocks, sheet = self.stocks, self.sheet
        k = np.searchsorted(stocks.commodity, commodity)
        moves = np.zeros(len(k), dtype=bool)
        inner = k < len(stocks.commodity)
        moves[inner] = stocks.commodity[k[inner]] == commodity[inner]
        right = {"t_start": stocks.start, "t_in": stocks.came, "t_out": stocks.left, "t_end": stocks.end}
        for column, values in right.items():
            expected = np.zeros(len(rows))
            at = rows[moves[rows]]
            expected[moves[rows]] = values[h[at], day[at], k[at]]
            self._expect_column(column, rows, expected)
        for i in rows[moves[rows]].tolist():
            self.row_at[int(h[i]), int(day[i]), int(k[i])] = int(sheet.line[i])

    def _expect_column(self, column: str, rows: Ints, expected: Floats) -> None:
        given, line = self.sheet[column][rows], self.sheet.line[rows]
        self.ledger.expect_all(
            agree(given, expected),
            FILE,
            lambda n: int(line[n]),
            column,
            lambda n: f"{number(given[n])} t where opening stock, flows and processing make {number(expected[n])} t",
            lambda n: float(given[n] - expected[n]),
        )

    def _missing_rows(self) -> None:
        """Whatever lay, came or went has its row; facilities that take no part in the plan may be left out."""
        stocks, s = self.stocks, self.scenario
        matters = np.maximum(np.maximum(np.abs(stocks.start), np.abs(stocks.end)), np.maximum(stocks.came, stocks.left))
        matters[~np.array([s.facilities.status[f] == "open" for f in stocks.facility], dtype=bool)] = 0.0
        wanted = np.argwhere(matters > slack(0.0)).tolist()
        self.ledger.checks += len(wanted)
        for h, d, k in wanted:
            if (h, d, k) not in self.row_at:
                message = (
                    f"no row for {goods_of(s, int(stocks.commodity[k]))} at {self._name(h)} on {s.date(d)}, where "
                    f"{number(stocks.came[h, d, k])} t come in and {number(stocks.end[h, d, k])} t lie overnight"
                )
                self.ledger.add(FILE, 0, "", message, float(matters[h, d, k]))

    def _line_out(self, h: int, day: int, commodity: int) -> tuple[str, int]:
        """The last row that takes a commodity from a facility that day: a flow, or else processing."""
        flows, processing = self.flows, self.processing
        node = self.places.first_facility + self.stocks.facility[h]
        line = flows.last_line((flows.origin == node) & (flows.day == day) & (flows.commodity == commodity))
        if line:
            return "flows.csv", line
        mine = (processing.facility == self.stocks.facility[h]) & (processing.day == day)
        return "processing.csv", processing.last_line(mine & (processing.commodity == commodity))

    def _never_negative(self) -> None:
        """No commodity leaves that is not there; a shortage is told on each day on which it grows."""
        stocks = self.stocks
        short = np.maximum(-stocks.end, 0.0)
        short[~stocks.holds] = 0.0
        worst = np.maximum.accumulate(short, axis=1)
        before = np.concatenate([np.zeros_like(worst[:, :1]), worst[:, :-1]], axis=1)
        scale = stocks.opening[:, None] + np.cumsum(stocks.came, axis=1)
        self.ledger.checks += short.size
        for h, d, k in np.argwhere(short > before + slack(scale)).tolist():
            commodity = int(stocks.commodity[k])
            file, line = self._line_out(h, d, commodity)
            left, there = stocks.left[h, d, k], stocks.left[h, d, k] + stocks.end[h, d, k]
            message = (
                f"{number(left)} t of {goods_of(self.scenario, commodity)} leave {self._name(h)} or are processed "
                f"there on {self.scenario.date(d)} but only {number(max(there, 0.0))} t are there"
            )
            self.ledger.add(file, line, "t", message, float(short[h, d, k] - before[h, d, k]))

    def _storage(self) -> None:
        """All commodities together fit overnight, and nothing lies where a siting has closed a place."""
        stocks, days = self.stocks, self.scenario.days
        total = stocks.end.sum(axis=2)
        gone = np.arange(days) >= self.scenario.facilities.empty_from[stocks.facility][:, None]
        room = np.where(gone, 0.0, self._limit(self.scenario.facilities.storage)[:, None])
        room = np.where(stocks.holds[:, None], room, np.inf)
        scale = stocks.opening.sum(axis=1)[:, None] + np.cumsum(stocks.came.sum(axis=2), axis=1)
        self.ledger.expect_all(
            total <= room + slack(scale),
            FILE,
            lambda i: self._stock_line(i // days, i % days),
            "t_end",
            lambda i: (
                f"{number(total.flat[i])} t lie at {self._name(i // days)} in the night of "
                f"{self.scenario.date(i % days)}, more than its storage of {number(room.flat[i])} t"
            ),
            lambda i: float(total.flat[i] - room.flat[i]),
        )

    def _stock_line(self, h: int, day: int) -> int:
        """The last row of stocks.csv about that facility and day; 0 when there is none."""
        return max((line for (row, d, _), line in self.row_at.items() if row == h and d == day), default=0)

    def _gates(self) -> None:
        """What passes the gate in a day, either way, at every facility."""
        facilities = self.scenario.facilities
        self._gate(self.flows.to, facilities.daily_in, "daily_in", "come to")
        self._gate(self.flows.origin, facilities.daily_out, "daily_out", "leave")

    def _gate(self, node: Ints, limit: Floats, name: str, verb: str) -> None:
        s, flows = self.scenario, self.flows
        mine = node >= self.places.first_facility
        at = (node[mine] - self.places.first_facility, flows.day[mine])
        passed = summed(limit.shape, at, flows.t[mine])
        last = np.zeros(limit.shape, dtype=np.int64)
        np.maximum.at(last, at, flows.line[mine])
        self.ledger.expect_all(
            (passed <= limit + slack(limit)) | ~s.facilities.open,  # a closed day is told by each of its rows
            "flows.csv",
            lambda i: int(last.flat[i]),
            "t",
            lambda i: (
                f"{number(passed.flat[i])} t {verb} {s.facilities.ids[i // s.days]} on {s.date(i % s.days)}, "
                f"more than its {name} of {number(limit.flat[i])} t"
            ),
            lambda i: float(passed.flat[i] - limit.flat[i]),
        )

    def _room(self) -> None:
        """Disposal and off-site take, and quarries sell, no more than ``storage`` over the horizon."""
        s, flows = self.scenario, self.flows
        for f, kind in enumerate(s.facilities.kind):
            if kind in HOLDERS:
                continue
            mine = (flows.origin if kind == "quarry" else flows.to) == self.places.first_facility + f
            total, room = flows.total(mine), float(s.facilities.storage[f])
            verb = "leave" if kind == "quarry" else "come to"
            message = (
                f"{number(total)} t {verb} {s.facilities.ids[f]} in all, more than its storage of {number(room)} t"
            )
            self.ledger.expect(
                bool(total <= room + slack(room)), "flows.csv", flows.last_line(mine), "t", message, total - room
            )

    def _longest_stay(self) -> Floats:
        """No tonne lies longer than ``longest_stay`` nights, first in first out per commodity.

        Opening stock counts as having come in on the day before the start. As much as there was of it may stay too
        long, and is unserved then; returns its t, (H, K).
        """
        s, stocks = self.scenario, self.stocks
        nights = np.where(stocks.holds, self._limit(s.facilities.longest_stay), np.inf)
        uncleared = np.zeros_like(stocks.opening)
        arrived = np.concatenate([stocks.opening[:, None], stocks.came], axis=1)  # from the day before the start
        total = np.cumsum(arrived, axis=1)
        gone = np.cumsum(stocks.left, axis=1)
        for h in np.flatnonzero(np.isfinite(nights)).tolist():
            for d in range(int(max(nights[h] - 1, 0)), s.days):
                late = total[h, d + 1 - int(nights[h])] - gone[h, d]
                uncleared[h] = np.maximum(uncleared[h], np.minimum(late, stocks.opening[h]))
                self._expect_moved_on(h, d, late - stocks.opening[h], float(nights[h]), total[h, -1])
        return uncleared

    def _expect_moved_on(self, h: int, day: int, late: Floats, nights: float, scale: Floats) -> None:
        s = self.scenario
        self.ledger.expect_all(
            late <= slack(scale),
            FILE,
            lambda k: self.row_at.get((h, day, k), 0),
            "t_end",
            lambda k: (
                f"{number(late[k])} t of {goods_of(s, int(self.stocks.commodity[k]))} lie at {self._name(h)} in "
                f"the night of {s.date(day)} for longer than its longest_stay, {number(nights)} nights"
            ),
            lambda k: float(late[k]),
        )

    def _end_stock(self, uncleared: Floats) -> None:
        """At the end no more than ``end_stock_max`` lies there.

        It may be more by as much as there was opening stock, which is unserved then; adds its t to ``uncleared``.
        """
        s, stocks = self.scenario, self.stocks
        limit = np.where(stocks.holds, self._limit(s.facilities.end_stock_max), np.inf)
        end, opening = stocks.end[:, -1].sum(axis=1), stocks.opening.sum(axis=1)
        over = end - limit
        self.ledger.expect_all(
            over <= opening + slack(opening + stocks.came.sum(axis=(1, 2))),
            FILE,
            lambda h: self._stock_line(h, s.days - 1),
            "t_end",
            lambda h: (
                f"{number(end[h])} t lie at {self._name(h)} at the end, more than its end_stock_max of "
                f"{number(limit[h])} t" + (f" and its opening stock of {number(opening[h])} t" if opening[h] else "")
            ),
            lambda h: float(over[h] - opening[h]),
        )
        for h in np.flatnonzero(over > uncleared.sum(axis=1)).tolist():
            rest = over[h] - uncleared[h].sum()
            for k in np.flatnonzero(stocks.opening[h] > uncleared[h]).tolist():
                more = min(rest, stocks.opening[h, k] - uncleared[h, k])
                uncleared[h, k] += more
                rest -= more
