"""What deals give."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, Field

from api.organisations.schemas import Contact


class Step(BaseModel):
    """One day of a schedule."""

    date: dt.date
    t: float


class DealView(BaseModel):
    """What two parties agreed. It stands: there is no event that takes it back.

    Of a clearing's deal each party sees the price that concerns it; of a direct one both know the one price.
    """

    id: str
    clearing_id: str | None
    proposal_id: str | None
    offer_id: str | None
    seller_id: str
    seller: str
    buyer_id: str
    buyer: str
    seller_place: str = Field(description="Name of the listing or facility that it leaves.")
    buyer_place: str
    seller_listing_id: str | None
    seller_facility_id: str | None
    buyer_listing_id: str | None
    buyer_facility_id: str | None
    material: str
    grade: str
    t: float
    seller_price: Decimal | None = Field(description="CNY/t that the seller receives ex-site; negative = pays.")
    buyer_price: Decimal | None = Field(description="CNY/t that the buyer pays delivered; negative = is paid.")
    haul: Decimal = Field(description="CNY/t for the drive.")
    externality: Decimal = Field(description="CNY/t of charges.")
    haul_by: Literal["buyer", "seller", "clearing"]
    schedule: list[Step]
    tolerance: float = Field(description="Share by which the delivered t may differ.")
    seller_contact: Contact | None
    buyer_contact: Contact | None
    state: Literal["agreed"]
    created_at: dt.datetime
    version: int
