"""What listings take and give."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator

from api.kernel.geography import Location, LocationView
from api.kernel.quantities import Unit
from api.kernel.types import round_cny

Side = Literal["supply", "demand"]
Grade = Literal["1", "2", "x"]
State = Literal["draft", "open", "partly_matched", "matched", "closed", "withdrawn", "expired"]
Price = Annotated[
    Decimal,
    Field(
        ge=-100000, le=100000, decimal_places=2, description="CNY per t; negative = the owner pays.", examples=["-8"]
    ),
    AfterValidator(round_cny),
]
MOST = 1e7


class ListingFields(BaseModel):
    """What a listing says; shared by creation and bulk posting."""

    side: Side
    name: str = Field(
        default="", max_length=200, description="Blank = material and street.", examples=["大桥站基坑余土"]
    )
    materials: list[str] = Field(
        min_length=1,
        max_length=20,
        description="Ids or names, zh or en. A supply has one; a demand all that it accepts, the preferred one first.",
        examples=[["spoil_silty_clay"]],
    )
    grade: Grade = Field(
        default="2",
        description="Contamination grade by GB 36600; of a demand the worst it takes. 1 needs a certificate.",
    )
    quantity: float = Field(gt=0, le=MOST, examples=[8000])
    unit: Unit = Field(examples=["m3_bank"])
    daily_max: float | None = Field(default=None, gt=0, le=MOST, description="Most a day, in the same unit.")
    minimum_lot: float | None = Field(default=None, gt=0, le=MOST, description="Smallest lot, in the same unit.")
    window_from: dt.date
    window_to: dt.date
    reserve: Price | None = Field(
        default=None, description="Least (supply, ex-site) or most (demand, delivered) CNY/t."
    )
    price_public: bool = Field(default=False, description="Shows the reserve price to everybody.")
    auto_accept: bool = Field(default=False, description="Accepts what a clearing proposes within the reserve price.")
    street: str = Field(default="", max_length=80)
    note: str = Field(default="", max_length=2000, description="For yourself and the planner.")

    @model_validator(mode="after")
    def _coherent(self) -> ListingFields:
        if self.window_to < self.window_from:
            raise ValueError("window_to lies before window_from")
        if self.side == "supply" and len(self.materials) != 1:
            raise ValueError("materials: a supply is of one material; post another listing for another one")
        return self


class ListingNew(ListingFields):
    """A listing to post."""

    site_id: str | None = Field(default=None, max_length=40, description="One of your sites; gives place and permits.")
    location: Location | None = Field(default=None, description="Needed without a site.")
    certificate_id: str | None = Field(default=None, max_length=40, description="A document of kind certificate.")
    photo_ids: list[str] = Field(default_factory=list, max_length=10)
    open: bool = Field(default=False, description="Open it at once instead of keeping a draft.")


class ListingPatch(BaseModel):
    """Fields to change; of an open listing quantity, reserve, flags, window_to, documents and note."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    materials: list[str] | None = Field(default=None, min_length=1, max_length=20)
    grade: Grade | None = None
    quantity: float | None = Field(default=None, gt=0, le=MOST)
    unit: Unit | None = None
    daily_max: float | None = Field(default=None, gt=0, le=MOST)
    minimum_lot: float | None = Field(default=None, gt=0, le=MOST)
    window_from: dt.date | None = None
    window_to: dt.date | None = None
    reserve: Price | None = None
    price_public: bool | None = None
    auto_accept: bool | None = None
    street: str | None = Field(default=None, max_length=80)
    note: str | None = Field(default=None, max_length=2000)
    location: Location | None = None
    certificate_id: str | None = Field(default=None, max_length=40)
    photo_ids: list[str] | None = Field(default=None, max_length=10)


class ListingPrivate(BaseModel):
    """What only the owner and the overseers see."""

    reserve: Decimal | None
    auto_accept: bool
    reserved_t: float = Field(description="Held by open proposals.")
    committed_t: float = Field(description="Promised in deals.")
    daily_max_t: float | None
    site_id: str | None
    certificate_id: str | None
    note: str


class ListingView(BaseModel):
    """A listing; ``private`` only for its owner and overseers."""

    id: str
    organisation_id: str
    organisation: str
    mine: bool
    side: Side
    name: str
    materials: list[str]
    grade: Grade
    certified: bool = Field(description="A test certificate is with the platform.")
    quantity: float
    unit: Unit
    t: float = Field(description="The whole quantity in t, a demand's by its first material.")
    left_t: float = Field(description="Neither held nor promised.")
    minimum_lot_t: float
    window_from: dt.date
    window_to: dt.date
    price: Decimal | None = Field(description="The reserve price, where the owner made it public.")
    street: str
    location: LocationView
    photo_ids: list[str]
    state: State
    km: float | None = Field(default=None, description="From the point asked for, straight or along the road.")
    private: ListingPrivate | None
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int


class BulkResult(BaseModel):
    """Listings made from a file."""

    ids: list[str]
