"""What facilities take and give."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.kernel.geography import Location, LocationView
from api.kernel.quantities import Unit
from api.kernel.types import round_cny

Kind = Literal["yard", "disposal", "recycling", "treatment", "offsite", "quarry"]
Status = Literal["open", "closed", "candidate"]
FacilityGrade = Literal["", "1", "2", "x"]
T = Annotated[float, Field(ge=0, le=1e9)]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$", examples=["07:00"])]
Cny = Annotated[Decimal, Field(ge=-10_000_000, le=10_000_000, decimal_places=2)]


class Hours(BaseModel):
    """Opening hours of every day."""

    model_config = ConfigDict(populate_by_name=True)

    from_: Clock = Field(alias="from")
    to: Clock

    @model_validator(mode="after")
    def _in_order(self) -> Hours:
        if self.to <= self.from_:
            raise ValueError("to is not after from")
        return self


class Closure(BaseModel):
    """Other daily limits on some dates (t/day); both 0 = closed."""

    model_config = ConfigDict(populate_by_name=True)

    from_: dt.date = Field(alias="from")
    to: dt.date
    daily_in: T | None = None
    daily_out: T | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Closure:
        if self.to < self.from_:
            raise ValueError("to lies before from")
        return self


class Recipe(BaseModel):
    """What one t of an input turns into; several outputs are several recipes."""

    model_config = ConfigDict(populate_by_name=True)

    input: str = Field(max_length=60, examples=["concrete_rubble"])
    output: str = Field(max_length=60, examples=["recycled_aggregate"])
    yield_: float = Field(alias="yield", ge=0, le=1, examples=[0.72])
    daily_max: T | None = Field(default=None, description="t of input a day; the same on every recipe of one input.")
    cost: float = Field(default=0.0, ge=-1e7, le=1e7, description="CNY per t of input.")
    grade_in: FacilityGrade = ""
    grade_out: FacilityGrade = ""


class FacilityNew(BaseModel):
    """A facility to register. Blank limits mean no limit, but no storage overnight for yards and plants."""

    name: str = Field(min_length=1, max_length=200, examples=["大桥北转运调配场"])
    kind: Kind
    location: Location
    street: str = Field(default="", max_length=80)
    accepts: list[str] = Field(
        min_length=1, max_length=60, description="Materials it takes, or sells; `*` = all, not for a quarry."
    )
    daily_in: T | None = Field(default=None, description="t/day")
    daily_out: T | None = Field(default=None, description="t/day")
    storage: T | None = Field(default=None, description="t overnight; of a disposal yard the room left.")
    fee: Cny = Field(default=Decimal(0), description="CNY per t received; a quarry's price per t sold.")
    grade: FacilityGrade = Field(
        default="", description="Worst grade it takes; blank = 2, x for treatment and offsite."
    )
    status: Status = "open"
    hours: list[Hours] = Field(default_factory=list, max_length=6)
    closures: list[Closure] = Field(default_factory=list, max_length=200)
    hold_cost: Annotated[Cny, Field(ge=0)] = Field(default=Decimal(0), description="CNY per t and night.")
    end_cost: Annotated[Cny, Field(ge=0)] = Field(default=Decimal(0), description="CNY per t still there at the end.")
    end_stock_max: T | None = None
    longest_stay: int | None = Field(default=None, ge=0, le=36500, description="Nights a tonne may lie there.")
    recipes: list[Recipe] = Field(default_factory=list, max_length=100)
    auto_accept: bool = Field(default=True, description="Takes what a clearing proposes.")


class FacilityPatch(BaseModel):
    """Fields to change; what is left out stays, lists are replaced whole."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    location: Location | None = None
    street: str | None = Field(default=None, max_length=80)
    accepts: list[str] | None = Field(default=None, min_length=1, max_length=60)
    daily_in: T | None = None
    daily_out: T | None = None
    storage: T | None = None
    fee: Cny | None = None
    grade: FacilityGrade | None = None
    status: Status | None = None
    hours: list[Hours] | None = Field(default=None, max_length=6)
    closures: list[Closure] | None = Field(default=None, max_length=200)
    hold_cost: Annotated[Cny, Field(ge=0)] | None = None
    end_cost: Annotated[Cny, Field(ge=0)] | None = None
    end_stock_max: T | None = None
    longest_stay: int | None = Field(default=None, ge=0, le=36500)
    recipes: list[Recipe] | None = Field(default=None, max_length=100)
    auto_accept: bool | None = None


class FacilityPrivate(BaseModel):
    """What only the operator and the overseers see."""

    storage: float | None
    hold_cost: Decimal
    end_cost: Decimal
    end_stock_max: float | None
    longest_stay: int | None
    recipes: list[Recipe]
    auto_accept: bool


class FacilityView(BaseModel):
    """A facility; ``private`` only for its operator and overseers."""

    id: str
    organisation_id: str
    operator: str
    name: str
    kind: Kind
    location: LocationView
    street: str
    accepts: list[str]
    daily_in: float | None
    daily_out: float | None
    fee: Decimal
    grade: FacilityGrade
    status: Status
    hours: list[Hours]
    closures: list[Closure]
    private: FacilityPrivate | None
    reported_at: dt.datetime = Field(description="When its figures were last confirmed.")
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int


class StockLine(BaseModel):
    """What lies there of one material and grade."""

    material: str = Field(max_length=80)
    grade: Literal["1", "2", "x"] = "2"
    quantity: float = Field(ge=0, le=1e9)
    unit: Unit = "t"


class StockReport(BaseModel):
    """Everything that lies there; what is not named is not there."""

    as_of: dt.date
    lines: list[StockLine] = Field(max_length=300)


class StockView(BaseModel):
    """One material and grade in stock."""

    material: str
    grade: str
    t: float
    as_of: dt.date


def cny(value: Decimal | None) -> Decimal | None:
    """Whole fen."""
    return None if value is None else round_cny(value)
