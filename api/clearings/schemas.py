"""What clearings take and give."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

Form = Literal["welfare", "policy"]
ClearingState = Literal["solving", "solved", "published", "settled", "failed", "cancelled"]
Charge = Literal["offsite", "landfill", "transfer", "haul", "carbon"]
Goal = Literal["unserved", "offsite", "landfill", "transfer", "haul", "cost", "carbon"]
DEFAULT_CHARGES: dict[Charge, float] = {"offsite": 30.0, "landfill": 10.0}
MOST_DAYS = 31


class ClearingNew(BaseModel):
    """A run over everything that is open."""

    form: Form = Field(
        default="welfare",
        description="welfare: bids minus asks minus haul, fees and charges, priced by its duals. policy: the goals of "
        "`order` one after the other, everything that can move moves, with reference prices.",
    )
    start: dt.date = Field(description="First day; today or later.", examples=["2026-11-30"])
    days: int = Field(default=7, ge=1, le=MOST_DAYS)
    charges: dict[Charge, Annotated[float, Field(ge=0, le=1e6)]] = Field(
        default_factory=lambda: dict(DEFAULT_CHARGES),
        description="Externality charges: CNY per t off-site, landfilled or through a yard, per t·km, per kg CO2e.",
    )
    order: list[Goal] = Field(
        default=["unserved", "offsite", "landfill", "transfer", "haul"],
        min_length=1,
        max_length=7,
        description="Goals of the policy form, the most important first.",
    )
    window_hours: float = Field(default=24.0, gt=0, le=24 * 14, description="How long parties may answer.")
    time_limit: float | None = Field(default=None, gt=0, le=3600, description="Seconds of solving.")
    publish: bool = Field(default=False, description="Publish the proposals as soon as it is solved.")

    @model_validator(mode="after")
    def _coherent(self) -> ClearingNew:
        if len(set(self.order)) < len(self.order):
            raise ValueError("order: a goal is named twice")
        return self


class GoalView(BaseModel):
    """A goal, what was reached, and the proven bound."""

    name: str
    unit: str
    value: float
    bound: float | None


class ChangeView(BaseModel):
    """One pair that is matched otherwise than in the clearing before, and why."""

    from_id: str
    to_id: str
    from_name: str
    to_name: str
    material: str
    t_before: float
    t_now: float
    why_zh: str
    why_en: str


class ClearingView(BaseModel):
    """A clearing. ``totals`` are sums in CNY over all matches.

    Once it is published members see it too: of ``changes`` their own; ``goals``, ``kpis`` and ``totals`` where three
    organisations or more take part on either side, empty otherwise.
    """

    id: str
    job_id: str | None
    form: Form
    start: dt.date
    days: int
    charges: dict[str, float]
    order: list[str]
    window_hours: float
    state: ClearingState
    scenario_sha256: str
    counts: dict[str, Any] = Field(description="Listings, facilities, proposals, and what was not proposed.")
    goals: list[GoalView]
    kpis: dict[str, Any]
    totals: dict[str, float] = Field(description="t, paid, received, haul, externality, carbon, gap, surplus.")
    changes: list[ChangeView]
    previous_id: str | None
    created_at: dt.datetime
    solved_at: dt.datetime | None
    published_at: dt.datetime | None
    closes_at: dt.datetime | None
    version: int


class WeekLine(BaseModel):
    """What leaves a street on a day, over all matches that stand or may still be accepted."""

    date: dt.date
    material: str = Field(description="Empty: materials that are not shown by themselves, together.")
    street: str = Field(description="Where it leaves from. Empty: streets that are not shown by themselves, together.")
    t: float = Field(description="Proposed and agreed.")
    agreed_t: float = Field(description="Of it, agreed so far.")


class WeekMatch(BaseModel):
    """One day of one of your own matches."""

    date: dt.date
    side: Literal["give", "take"]
    material: str
    grade: str
    t: float
    seller_place: str
    buyer_place: str
    state: Literal["open", "waiting", "agreed"]
    proposal_id: str
    deal_id: str | None


class WeekView(BaseModel):
    """The published days: sums for everybody, without names or prices, and for a member its own matches.

    A line is shown to the public and to members when three organisations or more give and three or more take in it;
    smaller ones are put together by day and material, then by day, and left out when even that is too few: their number
    is ``withheld``. Overseers see every line.
    """

    clearing_id: str
    start: dt.date
    days: int
    state: Literal["published", "settled"]
    published_at: dt.datetime
    closes_at: dt.datetime
    lines: list[WeekLine]
    withheld: int = Field(description="Lines that are left out.")
    mine: list[WeekMatch]
