"""What a listing must have to be on the market."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from api.kernel.problems import ClosedWindow, ExpiredPermit
from api.kernel.work import Work
from api.listings.faults import Faults
from api.listings.models import Listing
from api.sites.models import Site

PERMIT_KIND = {"supply": "discharge", "demand": "receipt"}


def check_opening(work: Work, row: Listing, site: Site | None, faults: Faults, *, permits_required: bool) -> None:
    """Grade, certificate, window and permit of a listing that opens or is open.

    Args:
        site: where it is, if it is at one of the owner's sites.
        permits_required: a permit is needed even where the site names none.
    """
    if row.side == "supply" and row.grade == "x":
        faults.add("grade", "soil of grade x is held, not traded: it stays a draft until it is treated")
    if row.side == "supply" and row.grade == "1" and row.certificate_id is None:
        faults.add("certificate_id", "grade 1 needs a test certificate (GB 36600)")
    today = work.clock.today()
    if row.window_to < today:
        faults.add("window_to", f"is over; today is {today}", ClosedWindow)
    permits = site.permits if site is not None else []
    if (permits or permits_required) and not _covered(row, permits):
        kind = PERMIT_KIND[row.side]
        dates = "; ".join(f"{p['number']} ({p['kind']}): {p['valid_from']} to {p['valid_to']}" for p in permits)
        faults.add(
            "site_id",
            f"needs {kind} permits that cover {row.window_from} to {row.window_to}; it has {dates or 'none'}",
            ExpiredPermit,
        )


def _covered(row: Listing, permits: Iterable[dict[str, Any]]) -> bool:
    """Whether every day of the window lies in a permit of the right kind; one may take over from another."""
    uncovered = row.window_from
    dates = sorted((p["valid_from"], p["valid_to"]) for p in permits if p["kind"] == PERMIT_KIND[row.side])
    for valid_from, valid_to in dates:
        if dt.date.fromisoformat(valid_from) > uncovered:
            break
        uncovered = max(uncovered, dt.date.fromisoformat(valid_to) + dt.timedelta(days=1))
    return uncovered > row.window_to
