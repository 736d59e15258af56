"""What listings take and give."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

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
LEAST = 0.01


def _two_places(value: float) -> float:
    return round(value, 2)


Amount = Annotated[
    float,
    Field(ge=LEAST, le=MOST, description="Rounded to two places; the mass is computed from that."),
    AfterValidator(_two_places),
]
StoredText = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]  # PostgreSQL keeps no NUL


class ListingFields(BaseModel):
    """What a listing says; shared by creation and bulk posting."""

    side: Side
    name: StoredText = Field(
        default="", max_length=200, description="Blank = material and street.", examples=["大桥站基坑余土"]
    )
    materials: list[StoredText] = Field(
        min_length=1,
        max_length=20,
        description="Ids or names, zh or en. A supply has one; a demand all that it accepts, the preferred one first.",
        examples=[["spoil_silty_clay"]],
    )
    grade: Grade = Field(
        default="2",
        description="Contamination grade by GB 36600; of a demand the worst it takes: 1 or 2. Supply of grade 1 needs "
        "a test certificate to be opened; one of grade x is held as a draft and cannot be opened.",
    )
    quantity: Amount = Field(examples=[8000])
    unit: Unit = Field(examples=["m3_bank"])
    daily_max: Amount | None = Field(default=None, description="Most a day, in the same unit.")
    minimum_lot: Amount | None = Field(default=None, description="Smallest lot, in the same unit.")
    window_from: dt.date
    window_to: dt.date
    reserve: Price | None = Field(
        default=None, description="Least (supply, ex-site) or most (demand, delivered) CNY/t."
    )
    price_public: bool = Field(default=False, description="Shows the reserve price to everybody.")
    auto_accept: bool = Field(default=False, description="Accepts what a clearing proposes within the reserve price.")
    street: StoredText = Field(default="", max_length=80)
    note: StoredText = Field(default="", max_length=2000, description="For yourself and the planner.")
    site_id: StoredText | None = Field(
        default=None, max_length=40, description="One of your sites; gives place, street and permits."
    )
    location: Location | None = Field(default=None, description="Needed without a site.")
    certificate_id: StoredText | None = Field(
        default=None, max_length=40, description="Your document of kind certificate."
    )


class ListingNew(ListingFields):
    """A listing to post."""

    photo_ids: list[StoredText] = Field(
        default_factory=list, max_length=10, description="Your documents of kind photo."
    )
    open: bool = Field(default=False, description="Open it at once instead of keeping a draft.")


class ListingPatch(BaseModel):
    """Fields to change; what is left out stays. Of a draft all; of an open listing quantity, reserve, price_public,
    auto_accept, window_to, photo_ids, certificate_id and note.

    Null clears daily_max, minimum_lot, reserve, certificate_id and site_id (the place stays), and changes nothing else.
    A changed unit or material applies to the numbers as they were entered.
    """

    name: StoredText | None = Field(default=None, min_length=1, max_length=200)
    materials: list[StoredText] | None = Field(default=None, min_length=1, max_length=20)
    grade: Grade | None = None
    quantity: Amount | None = None
    unit: Unit | None = None
    daily_max: Amount | None = None
    minimum_lot: Amount | None = None
    window_from: dt.date | None = None
    window_to: dt.date | None = None
    reserve: Price | None = None
    price_public: bool | None = None
    auto_accept: bool | None = None
    street: StoredText | None = Field(default=None, max_length=80)
    note: StoredText | None = Field(default=None, max_length=2000)
    site_id: StoredText | None = Field(default=None, max_length=40)
    location: Location | None = None
    certificate_id: StoredText | None = Field(default=None, max_length=40)
    photo_ids: list[StoredText] | None = Field(default=None, max_length=10)


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
    left_t: float = Field(description="Neither held nor promised; for others its first two digits, rounded down.")
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
