"""What must hold of the market at every moment, computed here from its rows and its audit trail alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import select

from api.audit.models import AuditEntry
from api.audit.service import verify
from api.clearings.models import Clearing
from api.deals.models import Deal
from api.events.models import OutboxEvent
from api.facilities.models import Facility, Stock
from api.kernel.work import Work
from api.listings.models import Listing
from api.offers.models import Offer
from api.platform import Platform
from api.proposals.models import Proposal

CRUMB_KG = 100
# noun → told event → (states from which it may happen, state after it; None = the same)
TOLD: dict[str, dict[str, tuple[tuple[str, ...], str | None]]] = {
    "listing": {
        "drafted": (("",), "draft"),
        "opened": (("", "draft"), "open"),
        "changed": (("draft", "open"), None),
        "matched": (("open",), None),
        "withdrawn": (("draft", "open"), "withdrawn"),
        "closed": (("open",), "closed"),
        "expired": (("open",), "expired"),
    },
    "offer": {
        "made": (("",), "open"),
        **{event: (("open",), event) for event in ("accepted", "declined", "countered", "withdrawn", "expired")},
    },
    "clearing": {
        "begun": (("",), "solving"),
        "solved": (("solving",), "solved"),
        "failed": (("solving",), "failed"),
        "cancelled": (("solving", "solved"), "cancelled"),
        "published": (("solved",), "published"),
        "settled": (("published",), "settled"),
    },
    "proposal": {
        "opened": (("",), "open"),
        "accepted": (("open",), None),
        "waiting": (("open",), "waiting"),
        "agreed": (("open", "waiting"), "agreed"),
        "declined": (("open",), "declined"),
        "lapsed": (("open", "waiting"), "lapsed"),
    },
    "deal": {"struck": (("",), "agreed")},
}
MODELS: dict[str, Any] = {
    "listing": Listing, "offer": Offer, "clearing": Clearing, "proposal": Proposal, "deal": Deal,
}  # fmt: skip
ON_MARKET = {"partly_matched": "open", "matched": "open"}  # told as listing.matched, by quantity


def check_all(platform: Platform, facilities: bool = True) -> None:
    """Every invariant, and the hash chain."""
    check_books(platform, facilities=facilities)
    check_told(platform)
    with platform.database.reading() as session:
        found = verify(session)
    assert found.intact, found.fault


def check_books(platform: Platform, *, facilities: bool = True) -> None:
    """Mass is conserved and nothing is over-committed: listings, days, facilities."""
    with platform.reading() as work:
        matches = [
            (row, row.kg, row.buyer_kg, isinstance(row, Deal))
            for model in (Deal, Proposal)
            for row in work.session.execute(select(model)).scalars()
            if isinstance(row, Deal) or row.state in ("open", "waiting")
        ]
        _check_listings(work, matches)
        if facilities:
            _check_facilities(work, [row for row, *_, agreed in matches if agreed])


def _check_listings(work: Work, matches: list[tuple[Any, int, int, bool]]) -> None:
    held: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    a_day: dict[str, Counter[str]] = defaultdict(Counter)
    lots: Counter[str] = Counter()
    for row, kg, buyer_kg, is_deal in matches:
        assert sum(step["kg"] for step in row.schedule) == kg
        for id_, own in ((row.seller_listing_id, kg), (row.buyer_listing_id, buyer_kg)):
            if id_ is not None:
                (agreed if is_deal else held)[id_] += own
                lots[id_] += len(row.schedule)
                for step in row.schedule:
                    a_day[id_][step["date"]] += step["kg"] * own / kg
    for listing in work.session.execute(select(Listing)).scalars():
        assert (listing.reserved_kg, listing.committed_kg) == (held[listing.id], agreed[listing.id]), listing.id
        assert 0 <= listing.free_kg == listing.quantity_kg - held[listing.id] - agreed[listing.id]
        if listing.state in ("open", "partly_matched", "matched"):
            left = listing.quantity_kg - listing.committed_kg
            state = "open" if listing.committed_kg == 0 else "matched" if left < CRUMB_KG else "partly_matched"
            assert listing.state == state
        elif listing.state != "draft":
            assert listing.reserved_kg == 0
        if listing.daily_max_kg is not None:
            for date, kg in a_day[listing.id].items():
                assert kg <= listing.daily_max_kg + 2 * lots[listing.id], (listing.id, date)
        for date in a_day[listing.id]:
            assert listing.window_from.isoformat() <= date <= listing.window_to.isoformat()


def _check_facilities(work: Work, deals: list[Deal]) -> None:
    """Gates, room and goods of facilities whose figures never shrank."""
    for facility in work.session.execute(select(Facility)).scalars():
        into, out = _by_day(deals, facility.id)
        for way, most in ((into, facility.daily_in_kg), (out, facility.daily_out_kg)):
            for date, by_commodity in way.items():
                assert most is None or sum(by_commodity.values()) <= most, (facility.id, date)
        if facility.kind in ("disposal", "offsite") and facility.storage_kg is not None:
            assert sum(sum(day.values()) for day in into.values()) <= facility.storage_kg, facility.id
        if facility.kind in ("yard", "recycling"):
            _check_goods(work, facility, into, out)


Days = dict[str, Counter[tuple[str, str]]]


def _by_day(deals: list[Deal], facility: str) -> tuple[Days, Days]:
    into: Days = defaultdict(Counter)
    out: Days = defaultdict(Counter)
    for deal in deals:
        for end, days in ((deal.buyer_facility_id, into), (deal.seller_facility_id, out)):
            if end == facility:
                for step in deal.schedule:
                    days[step["date"]][deal.material, deal.grade] += step["kg"]
    return into, out


def _check_goods(work: Work, facility: Facility, into: Days, out: Days) -> None:
    """What goes out was there or was made; a yard is never fuller than it may be."""
    query = select(Stock).where(Stock.facility_id == facility.id)
    have: Counter[Any] = Counter()
    lying = 0
    for stock in work.session.execute(query).scalars():
        have[stock.material, stock.grade] += stock.kg
        lying += stock.kg
    for date in sorted(into.keys() | out.keys()):
        for (material, grade), kg in into[date].items():
            recipes = [r for r in facility.recipes if r["input"] == material]
            for recipe in recipes:
                have[recipe["output"], grade] += kg * recipe["yield"]
            if not recipes:
                have[material, grade] += kg
            lying += kg
        for commodity, kg in out[date].items():
            have[commodity] -= kg
            lying -= kg
        assert min(have.values(), default=0) >= -1, (facility.id, date)
        if facility.kind == "yard":
            assert lying <= (facility.storage_kg or 0), (facility.id, date)


def check_told(platform: Platform) -> None:
    """Every change of state was a declared one, told once in the audit trail and once in the outbox."""
    with platform.reading() as work:
        entries = list(work.session.execute(select(AuditEntry).order_by(AuditEntry.number)).scalars())
        events = work.session.execute(select(OutboxEvent.topic, OutboxEvent.subject)).all()
        rows = {
            (noun, row.id): row.state
            for noun, model in MODELS.items()
            for row in work.session.execute(select(model.id, model.state))
        }
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    states: dict[tuple[str, str], str] = {}
    told: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        noun, _, event = entry.action.partition(".")
        if event not in TOLD.get(noun, {}):
            continue
        before, after = TOLD[noun][event]
        key = (noun, entry.subject)
        state = states.get(key, "")
        assert state in before, f"{entry.action} of {entry.subject} in state {state!r}"
        states[key] = after or state
        told[entry.action, entry.subject] += 1
    for (noun, id_), state in rows.items():
        known = states.get((noun, id_), "")
        if noun == "proposal" and known == "":
            assert state in ("draft", "lapsed"), id_  # never opened to anybody
        else:
            assert ON_MARKET.get(state, state) == known, (noun, id_, state, known)
    _check_outbox(told, Counter((topic, subject) for topic, subject in events))


def _check_outbox(told: Counter[tuple[str, str]], events: Counter[tuple[str, str]]) -> None:
    """Everything but what concerns drafts alone is an event as well."""
    for (action, subject), times in told.items():
        if action.startswith("listing.") and events["listing.opened", subject] == 0:
            continue
        if action in ("listing.drafted", "listing.changed"):
            assert events[action, subject] <= times
        else:
            assert events[action, subject] == times, (action, subject)
