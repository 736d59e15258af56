"""Posting, changing and ending listings: the rules for their owners.

Of an open listing only what hurts nobody changes (:data:`OPEN_CHANGES`): its quantity not below what is held and
promised, its last day not earlier while anything is. Withdrawing is for a listing of which nothing is promised; while
proposals hold some of it, they have to be answered first: ending a listing declines nothing by itself.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from api.kernel.database import bare
from api.kernel.ids import new_id
from api.kernel.preconditions import Precondition
from api.kernel.problems import NotApproved, WrongState
from api.kernel.types import to_t
from api.kernel.work import EVERYBODY, Work
from api.listings import index
from api.listings.describing import describe, place
from api.listings.faults import Faults
from api.listings.models import TRADING, Listing
from api.listings.opening import check_opening
from api.listings.repository import ListingRepository
from api.listings.schemas import ListingNew, ListingPatch
from api.listings.service import move, state_on_market
from api.sites.models import Site
from api.sites.repository import SiteRepository

OPEN_CHANGES = frozenset(
    ("quantity", "reserve", "price_public", "auto_accept", "window_to", "photo_ids", "note", "certificate_id")
)
_TABLE = bare(Listing)
_STORE, _NAMES = insert(_TABLE), _TABLE.c.keys()
CLEARED_BY_NULL = frozenset(("daily_max", "minimum_lot", "reserve", "certificate_id", "site_id"))


def create(work: Work, new: ListingNew, *, permits_required: bool = False) -> Listing:
    """Posts a listing, as a draft or open at once.

    Args:
        permits_required: opening needs a site with a permit even where the site has none at all.

    Raises:
        Invalid, RefusedMaterial, UnknownCoordinateSystem, ClosedWindow, ExpiredPermit: with every fault; NotFound,
        ForeignResource: the site; NotApproved.
    """
    faults = Faults()
    row = prepare(work, new, faults, permits_required=permits_required)
    faults.raise_if_any()
    store(work, [row])
    return row


def prepare(work: Work, new: ListingNew, faults: Faults, *, permits_required: bool = False) -> Listing:
    """A listing as it would be stored, and all that is wrong with it; nothing is stored.

    Raises:
        NotFound, ForeignResource: the site. NotApproved: it should open.
    """
    if new.open:
        _refuse_unapproved(work)
    site = SiteRepository(work).get_own(new.site_id, lock=False) if new.site_id is not None else None
    now = work.clock.now()
    row = Listing(
        id=new_id("lst"),
        version=1,
        organisation_id=work.caller.organisation_id,
        side=new.side,
        state="open" if new.open else "draft",
        reserved_kg=0,
        committed_kg=0,
        created_at=now,
        updated_at=now,
    )
    given = new.model_dump(exclude={"open", "location", "side"})
    describe(work, row, {**given, "street": new.street or (site.street if site else "")}, faults)
    place(work, row, new.location, site, faults)
    if new.open:
        check_opening(work, row, site, faults, permits_required=permits_required)
    return row


def store(work: Work, rows: list[Listing]) -> None:
    """Writes prepared listings, into the search as well, and tells; as plain values, which they stay."""
    connection = work.session.connection()
    connection.execute(_STORE, [{name: getattr(row, name) for name in _NAMES} for row in rows])
    for row in rows:
        if row.state == "draft":
            work.tell("listing.drafted", row.id, quantity_kg=row.quantity_kg)
        else:
            index.put(work, row)
            _tell_opened(work, row)


def change(
    work: Work, id_: str, patch: ListingPatch, precondition: Precondition, *, permits_required: bool = False
) -> Listing:
    """Changes a draft freely, an open listing where it hurts nobody.

    Raises:
        NotFound, ForeignResource, PreconditionRequired, StaleVersion, WrongState, and those of :func:`create`.
    """
    row = ListingRepository(work).get_own(id_)
    precondition.check(row)
    trading = row.state in TRADING
    if not trading and row.state != "draft":
        raise WrongState(f"The listing is {row.state}; it cannot be changed.")
    if trading and (frozen := patch.model_fields_set - OPEN_CHANGES):
        raise WrongState(f"An open listing keeps its {', '.join(sorted(frozen))}; withdraw it and post another.")
    given = {
        name: value
        for name, value in patch.model_dump(exclude_unset=True, exclude={"location"}).items()
        if value is not None or name in CLEARED_BY_NULL
    }
    faults = Faults()
    with work.session.no_autoflush:
        last_day = row.window_to
        site = _site(work, given.get("site_id", row.site_id))
        describe(work, row, given, faults)
        if patch.location is not None or given.get("site_id") is not None:
            place(work, row, patch.location, site, faults)
        if trading:
            _check_held(row, last_day, faults)
            check_opening(work, row, site, faults, permits_required=permits_required)
    faults.raise_if_any()
    row.updated_at = work.clock.now()
    if trading:
        if row.window_to != last_day:
            index.drop(work, row)
            index.put(work, row)
        move(work, row, state_on_market(row))
    work.session.flush()
    work.tell("listing.changed", row.id, to=EVERYBODY if trading else None, fields=sorted(patch.model_fields_set))
    return row


def _check_held(row: Listing, last_day: Any, faults: Faults) -> None:
    held = row.reserved_kg + row.committed_kg
    if row.quantity_kg < held:
        faults.add("quantity", f"{to_t(held):,.3f} t are held or promised already")
    if held and row.window_to < last_day:
        faults.add("window_to", f"may not be earlier than {last_day} while some is held or promised")


def open_(work: Work, id_: str, precondition: Precondition, *, permits_required: bool = False) -> Listing:
    """Puts a draft on the market.

    Raises:
        NotFound, ForeignResource, StaleVersion, WrongState, NotApproved, ExpiredPermit, ClosedWindow, Invalid.
    """
    row = ListingRepository(work).get_own(id_)
    precondition.check(row)
    if row.state != "draft":
        raise WrongState(f"The listing is {row.state}; only a draft can be opened.")
    _refuse_unapproved(work)
    faults = Faults()
    check_opening(work, row, _site(work, row.site_id), faults, permits_required=permits_required)
    faults.raise_if_any()
    move(work, row, "open")
    work.session.flush()
    _tell_opened(work, row)
    return row


def withdraw(work: Work, id_: str, precondition: Precondition) -> Listing:
    """Takes a listing off the market before anything is agreed.

    Raises:
        NotFound, ForeignResource, StaleVersion.
        WrongState: something is agreed (close it instead), or proposals wait for an answer (answer them first).
    """
    row = ListingRepository(work).get_own(id_)
    precondition.check(row)
    if row.state not in ("draft", "open"):
        raise WrongState(f"The listing is {row.state}; close it instead.")
    return _end(work, row, "withdrawn")


def close(work: Work, id_: str, precondition: Precondition) -> Listing:
    """Ends a listing; what is agreed stands.

    Raises:
        NotFound, ForeignResource, StaleVersion.
        WrongState: it is not on the market, or proposals wait for an answer.
    """
    row = ListingRepository(work).get_own(id_)
    precondition.check(row)
    if row.state not in (*TRADING, "matched"):
        raise WrongState(f"The listing is {row.state}; there is nothing to close.")
    return _end(work, row, "closed")


def _end(work: Work, row: Listing, state: str) -> Listing:
    if row.reserved_kg:
        raise WrongState("Proposals for it wait for an answer; accept or decline them first.")
    was = row.state
    move(work, row, state)
    work.session.flush()
    work.tell(f"listing.{state}", row.id, to=None if was == "draft" else EVERYBODY, shown={"state": state})
    return row


def _site(work: Work, id_: str | None) -> Site | None:
    return SiteRepository(work).get_own(id_, lock=False) if id_ is not None else None


def _refuse_unapproved(work: Work) -> None:
    if not work.caller.approved:
        raise NotApproved


def _tell_opened(work: Work, row: Listing) -> None:
    shown = {"side": row.side, "material": row.material, "t": to_t(row.quantity_kg), "street": row.street}
    work.tell("listing.opened", row.id, to=EVERYBODY, shown=shown, quantity_kg=row.quantity_kg)
