"""``cutfill serve --demo``: the illustrative week of the start-up zone, people of every role, one clearing already run.

Everything is invented (scenarios/README.md) and moved to the coming week. The passwords are public, so a demonstration
listens on this machine only.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import and_, or_, select

from api.auth.identify import caller_of
from api.auth.tokens import hash_password
from api.facilities.models import Facility, Stock
from api.jobs.here import run_here
from api.kernel.access import Caller
from api.kernel.preconditions import Precondition
from api.kernel.types import to_kg
from api.kernel.work import EVERYBODY, Work
from api.listings import index
from api.listings.models import Listing
from api.offers import service as offers
from api.offers.schemas import OfferNew, StepNew
from api.organisations.models import Membership, Organisation, User
from api.platform import Platform
from api.proposals import service as proposals
from api.proposals.models import Proposal
from api.settings import Settings
from api.streets.models import Street
from optimizer.materials import Material

SCENARIO = Path(__file__).parents[1] / "scenarios" / "qibuqu-week"
FIRST_DAY = dt.date(2025, 3, 3)  # a Monday, as in the scenario
PASSWORD = "cutfill-demo"
# who signs in: address → (name, kind of organisation, organisation; None = the one with the most listings of a side)
PEOPLE: dict[str, tuple[str, str, str | None]] = {
    "wang@demo": ("王工 Wang", "contractor", None),
    "li@demo": ("李工 Li", "contractor", None),
    "yard@demo": ("赵场长 Zhao", "facility", "起步区转运调配中心(示例)"),
    "carrier@demo": ("孙队长 Sun", "carrier", "北岸运输公司(示例)"),
    "planner@demo": ("周调度 Zhou", "planner", "起步区建设管理部(示例)"),
    "official@demo": ("吴处长 Wu", "official", "起步区城市管理局(示例)"),
    "admin@demo": ("管理员 Admin", "admin", "平台管理 Platform"),
}
AGREED = 3  # proposals that each contractor of PEOPLE has accepted
DENSITY = {"t": None, "m3_bank": "bank_t_m3", "m3_loose": "loose_t_m3", "m3_compacted": "compacted_t_m3"}


def demo_settings(settings: Settings, folder: Path) -> Settings:
    """The environment's settings, with data of its own and the start-up zone's roads."""
    return settings.model_copy(update={"data_dir": folder, "district": SCENARIO, "database_url": "", "demo": True})


def seed(platform: Platform, tell: Callable[[str], None]) -> None:
    """Fills an empty database and runs a clearing; a database that has people is left as it is."""
    from api.app import prepare

    prepare(platform)
    with platform.reading() as work:
        if work.session.execute(select(Organisation.id).limit(1)).first():
            tell("demo: using the data of the last run (delete the folder cutfill-demo to start afresh)")
            return
    with platform.writing() as work:
        _fill(work)
    tell("demo: clearing the market …")
    _clear(platform)
    _agree(platform)
    tell(f"demo: sign in as {', '.join(PEOPLE)}; the password is {PASSWORD}")


def _fill(work: Work) -> None:
    monday = coming_monday(work.clock.today())
    supplies, demands = _rows("supplies"), _rows("demands")
    organisations = {
        name: _organisation(work, name, "contractor")
        for name in sorted({row["owner"] for row in (*supplies, *demands)})
    }
    largest = {
        "wang@demo": Counter(row["owner"] for row in supplies).most_common(1)[0][0],
        "li@demo": Counter(row["owner"] for row in demands).most_common(1)[0][0],
    }
    hashed = hash_password(PASSWORD)
    for email, (name, kind, organisation) in PEOPLE.items():
        own = organisations.get(organisation or largest[email]) or _organisation(work, organisation or "", kind)
        organisations[own.name] = own
        _person(work, email, name, own, hashed)
    for street in sorted({row["street"] for row in (*supplies, *demands) if row["street"]}):
        work.session.add(Street(name=street))
    _facilities(work, organisations["起步区转运调配中心(示例)"], monday)
    shift = monday - FIRST_DAY
    for side, rows in (("supply", supplies), ("demand", demands)):
        for row in rows:
            answers_itself = row["owner"] not in largest.values()
            _listing(work, side, row, organisations[row["owner"]], shift, auto_accept=answers_itself)
    work.tell("demo.filled", "demo", to=EVERYBODY)


def coming_monday(today: dt.date) -> dt.date:
    """The first Monday after a day."""
    return today + dt.timedelta(days=7 - today.weekday())


def _rows(table: str) -> list[dict[str, str]]:
    with (SCENARIO / f"{table}.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _organisation(work: Work, name: str, kind: str) -> Organisation:
    now = work.clock.now()
    row = Organisation(
        name=name,
        kind=kind,
        state="active",
        contact_name=f"{name.removesuffix('(示例)')} 值班室",
        contact_phone="0531-8000 0000",
        contact_email=f"{kind}@demo",
        listed=kind in ("contractor", "facility", "carrier"),
        created_at=now,
        updated_at=now,
    )
    work.session.add(row)
    work.session.flush()
    return row


def _person(work: Work, email: str, name: str, organisation: Organisation, hashed: str) -> None:
    now = work.clock.now()
    user = User(email=email, name=name, password_hash=hashed, created_at=now)
    work.session.add(user)
    work.session.flush()
    work.session.add(
        Membership(user_id=user.id, organisation_id=organisation.id, role=organisation.kind, created_at=now)
    )


def _facilities(work: Work, operator: Organisation, monday: dt.date) -> None:
    now = work.clock.now()
    recipes = _rows("recipes")
    calendar = _rows("calendar")
    ids: dict[str, str] = {}
    for row in _rows("facilities"):
        facility = Facility(
            organisation_id=operator.id,
            name=row["name"],
            kind=row["kind"],
            street=row["street"],
            accepts=row["accepts"].split(";"),
            daily_in_kg=_kg(row["daily_in"]),
            daily_out_kg=_kg(row["daily_out"]),
            storage_kg=_kg(row["storage"]),
            fee=Decimal(row["fee"] or 0),
            grade=row["grade"],
            status=row["status"],
            hours=[{"from": "07:00", "to": "18:00"}],
            closures=[_closure(other, monday) for other in calendar if other["facility"] == row["facility"]],
            hold_cost=Decimal(row["hold_cost"] or 0),
            end_cost=Decimal(row["end_cost"] or 0),
            end_stock_max_kg=_kg(row["end_stock_max"]),
            longest_stay=int(row["longest_stay"]) if row["longest_stay"] else None,
            recipes=[_recipe(other) for other in recipes if other["facility"] == row["facility"]],
            auto_accept=True,
            stock_as_of=work.clock.today(),
            reported_at=now,
            created_at=now,
            updated_at=now,
            **_place(row),
        )
        work.session.add(facility)
        work.session.flush()
        ids[row["facility"]] = facility.id
    for row in _rows("stocks"):
        kg = _mass(work.district.materials[row["material"]], Decimal(row["quantity"]), row["unit"])
        work.session.add(
            Stock(
                facility_id=ids[row["facility"]],
                material=row["material"],
                grade=row["grade"] or "2",
                kg=kg,
                as_of=work.clock.today(),
            )
        )


def _kg(t: str) -> int | None:
    return to_kg(float(t)) if t else None


def _closure(row: dict[str, str], monday: dt.date) -> dict[str, Any]:
    shift = monday - FIRST_DAY
    dates = {name: (dt.date.fromisoformat(row[name]) + shift).isoformat() for name in ("from", "to")}
    limits = {name: float(row[name]) for name in ("daily_in", "daily_out") if row[name]}
    return {**dates, **limits}


def _recipe(row: dict[str, str]) -> dict[str, Any]:
    texts = {name: row[name] for name in ("input", "output", "grade_in", "grade_out") if row[name]}
    numbers = {name: float(row[name]) for name in ("yield", "daily_max", "cost") if row[name]}
    return {**texts, **numbers}


def _place(row: dict[str, str]) -> dict[str, Any]:
    lon, lat = float(row["lon"]), float(row["lat"])
    return {"lon": lon, "lat": lat, "entered_lon": lon, "entered_lat": lat, "entered_crs": "wgs84"}


def _mass(material: Material, quantity: Decimal, unit: str) -> int:
    density = DENSITY[unit]
    return to_kg(float(quantity) * (1.0 if density is None else float(getattr(material, density))))


def _listing(
    work: Work, side: str, row: dict[str, str], owner: Organisation, shift: dt.timedelta, *, auto_accept: bool
) -> None:
    now = work.clock.now()
    materials = [row["material"]] if side == "supply" else row["accepts"].split(";")
    first = work.district.materials[materials[0]]
    reserve = row["ask"] if side == "supply" else row["bid"]
    listing = Listing(
        organisation_id=owner.id,
        side=side,
        name=row["name"],
        street=row["street"],
        material=materials[0],
        materials=materials,
        grade=row["grade"] or "2",
        quantity=Decimal(row["quantity"]),
        unit=row["unit"],
        quantity_kg=_mass(first, Decimal(row["quantity"]), row["unit"]),
        daily_max_kg=_mass(first, Decimal(row["daily_max"]), row["unit"]) if row["daily_max"] else None,
        window_from=dt.date.fromisoformat(row["from"]) + shift,
        window_to=dt.date.fromisoformat(row["to"]) + shift,
        reserve=Decimal(reserve) if reserve else None,
        auto_accept=auto_accept,
        state="open",
        created_at=now,
        updated_at=now,
        **_place(row),
    )
    work.session.add(listing)
    work.session.flush()
    index.put(work, listing)
    shown = {"side": side, "material": listing.material}
    work.tell("listing.opened", listing.id, to=EVERYBODY, shown=shown)


def _clear(platform: Platform) -> None:
    """A welfare clearing of the coming week, run here and now, and published."""
    from api.clearings.schemas import ClearingNew
    from api.clearings.service import begin

    monday = coming_monday(platform.clock.today())
    with platform.writing(_caller(platform, "planner@demo")) as work:
        clearing = begin(work, platform, ClearingNew(start=monday, days=7, window_hours=72, publish=True))
        job_id = clearing.job_id
    run_here(platform, str(job_id))


def _agree(platform: Platform) -> None:
    """The two contractors have said yes to some of their proposals, and one has made the other an offer."""
    for email in ("wang@demo", "li@demo"):
        with platform.writing(_caller(platform, email)) as work:
            mine, rows = work.caller.organisation_id, Proposal
            answered = or_(
                and_(rows.seller_id == mine, rows.buyer_answer == "accepted"),
                and_(rows.buyer_id == mine, rows.seller_answer == "accepted"),
            )
            query = select(rows.id).where(rows.state == "open", answered).order_by(rows.kg.desc()).limit(AGREED)
            for id_ in work.session.execute(query).scalars().all():
                proposals.accept(work, id_, Precondition(None, required=False))
    with platform.writing(_caller(platform, "li@demo")) as work:
        _offer(work)


def _offer(work: Work) -> None:
    """For some topsoil that no clearing has placed."""
    left = [Listing.name.contains(name) for name in ("Sungeng topsoil strip", "Cuizhai park landform")]
    surplus, need = (work.session.execute(select(Listing).where(where)).scalar_one() for where in left)
    first = max(surplus.window_from, need.window_from)
    new = OfferNew(
        listing_id=surplus.id,
        own_listing_id=need.id,
        schedule=[StepNew(date=first, t=200), StepNew(date=first + dt.timedelta(days=1), t=200)],
        price=Decimal("6.50"),
        message="表土我们全要，可先拉 400 吨。 We take all your topsoil; 400 t to begin with.",
    )
    offers.make(work, new)


def _caller(platform: Platform, email: str) -> Caller:
    with platform.reading() as work:
        query = select(Membership).join(User).where(User.email == email)
        return caller_of(work.session.execute(query).scalar_one())
