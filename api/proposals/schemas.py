"""What proposals give."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, Field

from api.deals.schemas import Step

ProposalState = Literal["draft", "open", "agreed", "waiting", "declined", "lapsed"]
Answer = Literal["", "accepted", "declined"]


class ProposalView(BaseModel):
    """One match of a clearing. Each party sees its own price; overseers see both."""

    id: str
    clearing_id: str
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
    schedule: list[Step]
    km: float
    seller_price: Decimal | None = Field(description="CNY/t that the seller receives ex-site; negative = pays.")
    buyer_price: Decimal | None = Field(description="CNY/t that the buyer pays delivered; negative = is paid.")
    haul: Decimal
    externality: Decimal
    within_limits: bool = Field(description="False: the policy needs `gap` CNY/t for this match.")
    gap: Decimal | None
    why_zh: str
    why_en: str
    state: ProposalState
    seller_answer: Answer
    buyer_answer: Answer
    deal_id: str | None
    closes_at: dt.datetime | None
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int
