"""What offers take and give."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.deals.schemas import Step
from api.listings.schemas import Price

OfferState = Literal["open", "accepted", "declined", "countered", "withdrawn", "expired"]
Tonnes = Annotated[float, Field(gt=0, le=1e7, description="t of the material as hauled.")]


class StepNew(BaseModel):
    """One day of a schedule."""

    date: dt.date
    t: Tonnes


class Terms(BaseModel):
    """What is offered; a counter-offer names all of it anew."""

    schedule: list[StepNew] = Field(min_length=1, max_length=100, description="Days within both windows.")
    price: Price = Field(description="CNY/t from buyer to seller, ex-site; negative = the seller pays.")
    haul_by: Literal["buyer", "seller"] = "buyer"
    tolerance: float = Field(default=0.05, ge=0, le=0.2, description="Share by which the delivered t may differ.")
    message: str = Field(default="", max_length=1000)
    hours: float = Field(default=48, gt=0, le=24 * 30, description="How long it may be accepted.")


class OfferNew(Terms):
    """An offer on somebody's open listing, with an open listing of your own as the other end: a deal has two places."""

    listing_id: str = Field(max_length=40)
    own_listing_id: str = Field(max_length=40)


class OfferView(BaseModel):
    """An offer, for its two parties and overseers."""

    id: str
    thread_id: str
    parent_id: str | None
    listing_id: str
    own_listing_id: str
    from_id: str
    to_id: str
    seller_id: str
    seller: str
    buyer_id: str
    buyer: str
    seller_place: str
    buyer_place: str
    material: str
    grade: str
    t: float
    price: Decimal
    haul_by: Literal["buyer", "seller"]
    schedule: list[Step]
    tolerance: float
    message: str
    state: OfferState
    deal_id: str | None
    expires_at: dt.datetime
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int
