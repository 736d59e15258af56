"""What quotes take and give."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from pydantic import BaseModel, Field, model_validator

from api.kernel.geography import Location
from api.kernel.quantities import Unit
from api.listings.schemas import MOST, Grade, Price, Side


class QuoteNew(BaseModel):
    """A lot that somebody thinks of posting; the fields of a listing that matter to where it would go."""

    side: Side
    materials: list[str] = Field(min_length=1, max_length=20, examples=[["spoil_silty_clay"]])
    grade: Grade = "2"
    quantity: float = Field(gt=0, le=MOST, examples=[8000])
    unit: Unit = Field(examples=["m3_bank"])
    daily_max: float | None = Field(default=None, gt=0, le=MOST)
    window_from: dt.date
    window_to: dt.date
    reserve: Price | None = Field(default=None, description="Ask (ex-site) or bid (delivered), CNY/t; blank = 0.")
    location: Location

    @model_validator(mode="after")
    def _coherent(self) -> QuoteNew:
        if self.window_to < self.window_from:
            raise ValueError("window_to lies before window_from")
        if self.side == "supply" and len(self.materials) != 1:
            raise ValueError("materials: a supply is of one material")
        return self


class PlacementView(BaseModel):
    """A part of the lot and where it could go (or come from)."""

    place_id: str
    place: str
    date: dt.date
    material: str
    grade: str
    t: float
    km: float
    price: Decimal = Field(description="CNY/t that a supply receives at the pit, or a demand pays delivered.")


class NearestView(BaseModel):
    """The nearest legal gate: what happens without a market."""

    place_id: str
    place: str
    km: float
    cost: Decimal = Field(description="CNY/t for the drive and the gate's fee, or a quarry's price.")


class PricesView(BaseModel):
    """How old the prices are."""

    as_of: dt.datetime
    age_seconds: float
    clearing_id: str | None = Field(description="Whose market they come from; null = of what was open then.")
    first_date: dt.date = Field(description="Days that the prices are for.")
    last_date: dt.date
    listings_since: int = Field(description="Listings opened since then; the next clearing will know them.")


class QuoteView(BaseModel):
    """Where a lot would go now, when and at what reference price. Nothing is reserved; the next clearing decides."""

    id: str
    lot: QuoteNew
    t: float = Field(description="Of the lot, within the days of the prices; of a demand by its first material.")
    placed_t: float
    unplaced_t: float
    price: Decimal | None = Field(description="Mean reference price in CNY/t; null where nothing finds a place.")
    placements: list[PlacementView]
    nearest: NearestView | None
    saving_per_t: Decimal | None = Field(description="Against the nearest legal gate, CNY/t.")
    saving: Decimal | None = Field(description="CNY over what is placed.")
    why_zh: str
    why_en: str
    prices: PricesView
    created_at: dt.datetime
