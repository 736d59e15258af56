"""Whole stories as a partner's system would live them: the Python client, a real server, real Dask workers, both
databases, and the ``cutfill`` command on what was downloaded."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from people import PASSWORD, People, settings_for
from served import serving

from api.app import create_app
from api.carriers.schemas import CarrierNew
from api.clearings.schemas import ClearingNew, ClearingView
from api.client import ApiProblem, Client
from api.facilities.schemas import FacilityNew
from api.kernel.geography import Location
from api.listings.schemas import ListingNew
from api.offers.schemas import OfferNew, Terms
from api.quotes.schemas import QuoteNew

PIT = Location(lon=117.0356, lat=36.80487, crs="wgs84")
FILL = Location(lon=117.05561, lat=36.82183, crs="wgs84")
PLANT = Location(lon=117.04911, lat=36.83598, crs="wgs84")
ROLES = {"wang": "contractor", "li": "contractor", "yard": "facility", "plant": "facility", "sun": "carrier",
         "planner": "planner", "wu": "official"}  # fmt: skip


class Town:
    """A served platform and its people, each with a client of the API."""

    def __init__(self, people: People, url: str) -> None:
        self.people = people
        self.monday = people.platform.clock.today() + dt.timedelta(days=2)
        self.public = Client(url)
        self.clients: dict[str, Client] = {}
        for name, role in ROLES.items():
            people.join(role, name)
            client = Client(url)
            client.sign_in(f"{name}@example.org", PASSWORD)
            self.clients[name] = client

    def __getattr__(self, name: str) -> Client:
        return self.clients[name]

    def day(self, offset: int) -> dt.date:
        return self.monday + dt.timedelta(days=offset)

    def lot(self, side: str, t: float, material: str = "spoil_silty_clay", **changes: Any) -> ListingNew:
        reserve, place = ("-25", PIT) if side == "supply" else ("12", FILL)
        fields = {"side": side, "name": f"{side} {t:g}", "materials": [material], "quantity": t, "unit": "t",
                  "window_from": self.day(0), "window_to": self.day(6), "location": place, "reserve": reserve,
                  "street": "大桥", "open": True}  # fmt: skip
        return ListingNew.model_validate({**fields, **changes})

    def clear(self, **changes: Any) -> ClearingView:
        """Runs one on the workers, to its end."""
        new = ClearingNew.model_validate({"start": self.day(0), "days": 7, **changes})
        begun = self.planner.clearings.run(new)
        assert begun.state == "solving" and begun.job_id is not None
        done = self.planner.jobs.wait(begun.job_id, seconds=300)
        assert done.result == f"/v1/clearings/{begun.id}" and done.progress == 1
        return self.planner.clearings.get(begun.id)

    def accept_all(self, *names: str, clearing: ClearingView) -> None:
        for name in names:
            client = self.clients[name]
            for proposal in client.proposals.all(clearing_id=clearing.id, state="open"):
                client.proposals.accept(proposal)

    def close(self) -> None:
        for client in (self.public, *self.clients.values()):
            client.close()


@pytest.fixture
def town(database_url: str, scheduler: str, tmp_path: Path) -> Iterator[Town]:
    app = create_app(settings_for(database_url, tmp_path, runner=True, dask_scheduler=scheduler))
    with serving(app) as url:
        town = Town(People(app, TestClient(app)), url)
        yield town
        town.close()


def test_a_week_from_posting_to_deals(town: Town, tmp_path: Path) -> None:
    """Two contractors, a yard, a plant, a carrier and a planner; the public sees sums, members their own matches."""
    _register(town)
    rows = ["side,name,materials,quantity,unit,window_from,window_to,reserve,lon,lat,crs,street"]
    for i, (material, t) in enumerate((("spoil_silty_clay", 400), ("clay_wet", 150), ("concrete_rubble", 200))):
        rows.append(f"supply,pit {i},{material},{t},t,{town.day(0)},{town.day(6)},-40,{PIT.lon},{PIT.lat},wgs84,大桥")
    ids = town.wang.listings.create_many("\n".join(rows).encode(), "lots.csv", key="monday")
    assert town.wang.listings.create_many("\n".join(rows).encode(), "lots.csv", key="monday") == ids and len(ids) == 3
    clays = ["spoil_silty_clay", "clay_wet"]
    fill = town.li.listings.create(town.lot("demand", 300, unit="m3_compacted", materials=clays))
    town.li.listings.create(town.lot("demand", 90, "recycled_aggregate", name="road base", reserve="80"))
    quote = town.wang.quotes.ask(
        QuoteNew(side="supply", materials=["spoil_silty_clay"], quantity=50, unit="t", window_from=town.day(0),
                 window_to=town.day(6), location=PIT)
    )  # fmt: skip
    assert quote.placed_t > 0 and quote.price is not None

    clearing = town.clear(window_hours=12)
    assert clearing.state == "solved" and list(town.wang.proposals.all()) == []
    with pytest.raises(ApiProblem, match="not-found"):
        town.public.clearings.week()
    clearing = town.planner.clearings.publish(clearing)
    proposed = {p.id: p for p in town.planner.proposals.all(clearing_id=clearing.id)}
    assert {p.material for p in proposed.values()} >= {"spoil_silty_clay", "concrete_rubble", "recycled_aggregate"}
    town.accept_all("wang", "li", "yard", "plant", clearing=clearing)
    states = {p.state for p in town.planner.proposals.all(clearing_id=clearing.id)}
    assert states == {"agreed"}
    _check_deals(town, clearing, fill.id)
    _check_week(town, clearing)
    _rerun(town, clearing, tmp_path)


def _register(town: Town) -> None:
    town.yard.facilities.create(
        FacilityNew(name="yard", kind="yard", accepts=["*"], location=PLANT, storage=2000, daily_in=500, daily_out=500,
                    fee=Decimal(2), auto_accept=False)
    )  # fmt: skip
    recipe = {"input": "concrete_rubble", "output": "recycled_aggregate", "yield": 0.7, "daily_max": 60, "cost": 5}
    town.plant.facilities.create(
        FacilityNew.model_validate(
            {"name": "plant", "kind": "recycling", "accepts": ["concrete_rubble"], "location": PLANT, "storage": 500,
             "fee": "3", "recipes": [recipe], "auto_accept": False}
        )
    )  # fmt: skip
    carrier = CarrierNew(name="sun", licence="L1", licence_until=town.day(300), location=PLANT)
    assert town.sun.carriers.create(carrier).name == "sun"


def _check_deals(town: Town, clearing: ClearingView, fill: str) -> None:
    deals = list(town.planner.deals.all(clearing_id=clearing.id))
    assert deals and list(town.sun.deals.all()) == []
    for deal in deals:
        assert deal.buyer_price == deal.seller_price + deal.haul + deal.externality  # type: ignore[operator]
        assert deal.seller_contact is not None and deal.seller_contact.phone
        assert sum(step.t for step in deal.schedule) == pytest.approx(deal.t)
    mine = next(deal for deal in town.wang.deals.all() if deal.buyer_listing_id == fill)
    assert mine.buyer_price is None and mine.buyer_contact is not None
    with pytest.raises(ApiProblem, match="not-found"):
        town.plant.deals.get(mine.id)


def _check_week(town: Town, clearing: ClearingView) -> None:
    """Overseers see each line; with two givers nobody else sees a sum; members see their own days."""
    whole = town.wu.clearings.week(clearing.id)
    deals = list(town.planner.deals.all(clearing_id=clearing.id))
    assert sum(line.t for line in whole.lines) == pytest.approx(sum(deal.t for deal in deals))
    assert all(line.agreed_t == line.t for line in whole.lines) and whole.mine == []
    public = town.public.clearings.week()
    assert public.clearing_id == clearing.id and public.lines == [] and public.withheld == len(whole.lines)
    own = town.wang.clearings.week("latest")
    assert {match.deal_id for match in own.mine} == {deal.id for deal in town.wang.deals.all()}
    assert sum(m.t for m in own.mine) == pytest.approx(sum(d.t for d in town.wang.deals.all()))
    assert all(match.side == "give" and match.date in {town.day(i) for i in range(7)} for match in own.mine)
    seen = town.wang.clearings.get(clearing.id)
    assert (seen.totals, seen.goals) == ({}, []) and town.wu.clearings.get(clearing.id).totals


def _rerun(town: Town, clearing: ClearingView, folder: Path) -> None:
    """`cutfill plan` on the stored scenario gives the same goals; `cutfill check` finds nothing wrong with its plan."""
    with pytest.raises(ApiProblem, match="forbidden"):
        town.wang.clearings.scenario(clearing.id)
    zipfile.ZipFile(io.BytesIO(town.planner.clearings.scenario(clearing.id))).extractall(folder / "scenario")
    command = [sys.executable, "-m", "optimizer.cli"]
    plan = subprocess.run(
        [*command, "plan", str(folder / "scenario"), "-o", str(folder / "out"), "--json", "--quiet"],
        capture_output=True,
        text=True,
    )
    assert plan.returncode in (0, 3), plan.stderr
    again = {goal["name"]: goal["value"] for goal in json.loads(plan.stdout)["goals"]}
    assert again == pytest.approx({goal.name: goal.value for goal in clearing.goals})
    zipfile.ZipFile(io.BytesIO(town.planner.clearings.plan(clearing.id))).extractall(folder / "stored")
    for stored in ("out", "stored"):
        check = subprocess.run(
            [*command, "check", str(folder / "scenario"), str(folder / stored)], capture_output=True, text=True
        )
        assert check.returncode == 0, check.stdout + check.stderr


def test_offers_race_with_clearings(town: Town) -> None:
    """While clearings hold and release, the same tonnes are offered and countered directly; none is sold twice."""
    supply = town.wang.listings.create(town.lot("supply", 300))
    demand = town.li.listings.create(town.lot("demand", 300))
    terms = {"schedule": [{"date": town.day(2), "t": 40}], "price": "-3"}
    new = OfferNew.model_validate({"listing_id": supply.id, "own_listing_id": demand.id, **terms})
    answered: list[str] = []

    def trade() -> None:
        for i in range(6):
            try:
                offer = town.li.offers.make(new)
                if i % 2:
                    offer = town.wang.offers.counter(offer, Terms.model_validate({**terms, "price": "-2"}))
                    answered.append(town.li.offers.accept(offer).state)
                else:
                    answered.append(town.wang.offers.accept(offer).state)
            except ApiProblem as refused:
                answered.append(refused.code)

    trader = threading.Thread(target=trade)
    trader.start()
    clearings = [town.clear(publish=True, window_hours=20) for _ in range(2)]
    trader.join()
    assert set(answered) <= {"accepted", "over-committed", "wrong-state"}
    town.accept_all("wang", "li", clearing=clearings[0])
    deals = list(town.planner.deals.all())
    for end, listing in (("seller_listing_id", supply), ("buyer_listing_id", demand)):
        row = town.planner.listings.get(listing.id)
        assert row.private is not None
        sold = sum(deal.t for deal in deals if getattr(deal, end) == listing.id)
        assert row.private.committed_t == pytest.approx(sold, abs=1e-6) and row.private.committed_t <= row.t
    settled = [town.planner.clearings.settle(town.planner.clearings.get(c.id)) for c in clearings]
    assert {c.state for c in settled} == {"settled"}
    assert town.planner.listings.get(supply.id).private.reserved_t == 0  # type: ignore[union-attr]
