"""Answers of the platform held against a plain reading of the whole table: they are right, not only fast."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, get_args
from urllib.parse import urlencode

import httpx2
from sqlalchemy import select

from api.kernel.geography import km_between
from api.listings.models import TRADING, Listing
from api.listings.repository import PUBLIC_STATES
from api.listings.schemas import State
from api.platform import Platform
from benchmarks.measure import DisagreementError

CLOSE_KM = 1e-6  # one millimetre: two ways of computing a distance
MOST_PAGES = 4
FIRST_QUOTE_SECONDS = 120
STATES = get_args(State)
Query = Mapping[str, Any]


def check_searches(platform: Platform, url: str, queries: Sequence[Query], key: str) -> None:
    """Walks through the pages of each search and compares them with a scan of all listings.

    Raises:
        DisagreementError: a listing is missing, is not asked for, or is in the wrong place.
    """
    with platform.reading() as work:
        everything = list(work.session.execute(select(Listing)).scalars())
    with httpx2.Client(base_url=url, headers={"X-API-Key": key}, timeout=60) as client:
        for query in queries:
            found, whole = _walk(client, query)
            fault = difference(found, whole, scan(everything, query), query)
            if fault:
                raise DisagreementError(f"search {query}: {fault}")


def _walk(client: httpx2.Client, query: Query) -> tuple[list[str], bool]:
    """Ids of the first pages of a search, and whether they are all."""
    ids: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        answer = client.get("/v1/listings", params={**query, **cursor})
        if answer.status_code != 200:
            raise DisagreementError(f"search {query}: {answer.status_code} {answer.text[:200]}")
        ids += [item["id"] for item in answer.json()["items"]]
        if answer.json()["next"] is None:
            return ids, True
        cursor = {"cursor": answer.json()["next"]}
    return ids, False


def scan(rows: Sequence[Listing], query: Query, organisation: str | None = None) -> dict[str, float]:
    """What a search should find, one row after the other: km by id, 0 without a place to measure from.

    Args:
        organisation: of who asks; None is the public. Overseers, who see more, are left out here.
    """
    near = _floats(query.get("near"))
    found = {}
    for row in rows:
        km = km_between((near[0], near[1]), (row.lon, row.lat)) if near else 0.0
        if _shown(row, query, organisation) and _fits(row, query) and km <= float(query.get("within_km", "inf")):
            found[row.id] = km
    return found


def _shown(row: Listing, query: Query, organisation: str | None) -> bool:
    """Whether the search is about a listing at all, and may be."""
    own = row.organisation_id == organisation
    if query.get("mine") and not own:
        return False
    priced = "price_min" in query or "price_max" in query
    states = {query["state"]} if "state" in query else {*STATES} if query.get("mine") else {*TRADING}
    return row.state in states and (own or row.state in PUBLIC_STATES) and (not priced or own or row.price_public)


def _fits(row: Listing, query: Query) -> bool:
    """Whether a listing has what was asked for, its distance apart."""
    grade, box, text = query.get("grade"), _floats(query.get("bbox")), str(query.get("text", "")).lower()
    fitting = grade is None or (row.grade <= grade if row.side == "supply" else row.grade >= grade)
    lowest, highest = query.get("price_min"), query.get("price_max")
    return (
        fitting
        and query.get("side") in (None, row.side)
        and query.get("material") in (None, *row.materials)
        and row.window_to >= _date(query.get("from"), dt.date.min)
        and row.window_from <= _date(query.get("to"), dt.date.max)
        and (not box or (box[0] <= row.lon <= box[2] and box[1] <= row.lat <= box[3]))
        and (lowest is None or (row.reserve is not None and row.reserve >= Decimal(lowest)))
        and (highest is None or (row.reserve is not None and row.reserve <= Decimal(highest)))
        and (text in row.name.lower() or text in row.street.lower())
    )


def difference(found: Sequence[str], whole: bool, right: Mapping[str, float], query: Query) -> str:
    """What is wrong with the pages found; blank when nothing is.

    Args:
        whole: they are all pages, not only the first.
        right: km of everything that should be found, by id.
    """
    if set(found) - right.keys():
        return f"{sorted(set(found) - right.keys())[:3]} do not fit"
    if len(set(found)) < len(found):
        return "a listing comes twice"
    if whole and len(found) < len(right):
        return f"{len(right) - len(found)} are missing"
    if query.get("sort") != "distance":
        return "" if list(found) == sorted(right, reverse=True)[: len(found)] else "not the newest in their order"
    by_km = sorted(right.values())[: len(found)]
    wrong = any(abs(right[id_] - km) > CLOSE_KM for id_, km in zip(found, by_km, strict=True))
    return "not the nearest in their order" if wrong else ""


def _floats(text: str | None) -> list[float]:
    return [float(part) for part in text.split(",")] if text else []


def _date(text: str | None, otherwise: dt.date) -> dt.date:
    return dt.date.fromisoformat(text) if text else otherwise


def search_path(query: Query) -> str:
    """The address of a search."""
    return f"/v1/listings?{urlencode(query)}"


def check_quotes(platform: Platform, url: str, lots: Sequence[dict[str, Any]], key: str) -> None:
    """Asks for some lots and looks at where they would go: places that take them, in time, within both prices.

    Raises:
        DisagreementError: an error, a place that cannot take (or give) the lot, or more than there is.
    """
    with platform.reading() as work:
        listings = {row.id: row for row in work.session.execute(select(Listing)).scalars()}
    with httpx2.Client(base_url=url, headers={"X-API-Key": key}, timeout=60) as client:
        placed = sum(_check_quote(_ask(client, lot), lot, listings) for lot in lots)
    if not placed:
        raise DisagreementError("quotes: no lot finds a place at all")


def _ask(client: httpx2.Client, lot: dict[str, Any]) -> dict[str, Any]:
    """The quote; the first one waits until the market is open."""
    end = time.monotonic() + FIRST_QUOTE_SECONDS
    while True:
        answer = client.post("/v1/quotes", json=lot)
        if answer.status_code == 201:
            found: dict[str, Any] = answer.json()
            return found
        if answer.status_code != 503 or time.monotonic() > end:
            raise DisagreementError(f"quote: {answer.status_code} {answer.text[:200]}")


def _check_quote(quote: dict[str, Any], lot: dict[str, Any], listings: Mapping[str, Listing]) -> bool:
    """Whether it finds a place; gates take what nobody needs, so only listings are looked at.

    Raises:
        DisagreementError.
    """
    placements = quote["placements"]
    if abs(sum(part["t"] for part in placements) - quote["placed_t"]) > 0.01 * max(1, len(placements)):
        raise DisagreementError(f"quote {quote['id']}: its parts do not sum up to what is placed")
    if quote["placed_t"] > lot["quantity"] + 0.01:
        raise DisagreementError(f"quote {quote['id']}: more is placed than there is")
    supplying = lot["side"] == "supply"
    for part in placements:
        price, other = float(part["price"]), listings.get(part["place_id"])
        within_own = price >= float(lot["reserve"]) - 0.01 if supplying else price <= float(lot["reserve"]) + 0.01
        in_time = lot["window_from"] <= part["date"] <= lot["window_to"]
        if not within_own or not in_time:
            raise DisagreementError(f"quote {quote['id']}: {part} is outside the lot's own limits")
        if other is not None and not (
            other.side != lot["side"]
            and set(other.materials) & set(lot["materials"])
            and other.window_from.isoformat() <= part["date"] <= other.window_to.isoformat()
            and part["t"] <= other.free_kg / 1000 + 0.01
        ):
            raise DisagreementError(f"quote {quote['id']}: {part} does not fit {other.id}")
    return bool(placements)
