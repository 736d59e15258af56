"""Clearings, proposals and deals: whole stories through HTTP, on both databases; jobs are run in this process."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from invariants import check_books, check_told
from people import People, settings_for
from sqlalchemy import select

from api.app import create_app
from api.deals.models import Deal
from api.housekeeping import run_once
from api.jobs.here import run_here
from api.listings.models import Listing
from api.proposals.cover import Leg, Plant, standing
from optimizer.check import check
from optimizer.planner import Options, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario

PIT = {"lon": 117.0356, "lat": 36.80487, "crs": "wgs84"}
FILL = {"lon": 117.05561, "lat": 36.82183, "crs": "wgs84"}
YARD = {"lon": 117.04911, "lat": 36.83598, "crs": "wgs84"}


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Any:
    return create_app(settings_for(database_url, tmp_path, runner=False))


class Market:
    """A small market: two contractors, a yard, a quarry of last resort, a planner."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.wang = people.join("contractor", "wang")
        self.li = people.join("contractor", "li")
        self.yard = people.join("facility", "yard")
        self.planner = people.join("planner", "planner")
        self.start = people.platform.clock.today() + dt.timedelta(days=1)

    def day(self, offset: int) -> str:
        return (self.start + dt.timedelta(days=offset)).isoformat()

    def supply(self, quantity: float = 700, *, days: tuple[int, int] = (0, 6), **changes: Any) -> dict[str, Any]:
        body = {"side": "supply", "name": "pit", "materials": ["spoil_silty_clay"], "quantity": quantity, "unit": "t",
                "window_from": self.day(days[0]), "window_to": self.day(days[1]), "reserve": "-20", "location": PIT,
                "open": True}  # fmt: skip
        return self._post(self.wang, {**body, **changes})

    def demand(self, quantity: float = 500, *, days: tuple[int, int] = (0, 6), **changes: Any) -> dict[str, Any]:
        body = {"side": "demand", "name": "fill", "materials": ["spoil_silty_clay"], "quantity": quantity, "unit": "t",
                "window_from": self.day(days[0]), "window_to": self.day(days[1]), "reserve": "6", "location": FILL,
                "open": True}  # fmt: skip
        return self._post(self.li, {**body, **changes})

    def facility(self, **changes: Any) -> dict[str, Any]:
        body = {"name": "yard", "kind": "yard", "accepts": ["*"], "storage": 5000, "daily_in": 1000, "daily_out": 1000,
                "fee": "2", "location": YARD, "auto_accept": False}  # fmt: skip
        answer = self.yard.post("/v1/facilities", json={**body, **changes})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def _post(self, client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
        answer = client.post("/v1/listings", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def clear(self, *, publish: bool = True, **changes: Any) -> dict[str, Any]:
        """Runs a clearing to its end; returns its view."""
        body = {"start": self.day(0), "days": 7, "window_hours": 24, "publish": publish}
        answer = self.planner.post("/v1/clearings", json={**body, **changes})
        assert answer.status_code == 202, answer.text
        assert answer.headers["Location"] == f"/v1/jobs/{answer.json()['job_id']}"
        run_here(self.people.platform, answer.json()["job_id"])
        job = self.planner.get(answer.headers["Location"]).json()
        assert job["state"] == "succeeded", job
        return dict(self.planner.get(job["result"]).json())

    def proposals(self, client: TestClient, **query: Any) -> list[dict[str, Any]]:
        answer = client.get("/v1/proposals", params=query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    def listing(self, row: dict[str, Any]) -> dict[str, Any]:
        return dict(self.planner.get(f"/v1/listings/{row['id']}").json())


@pytest.fixture
def market(people: People) -> Market:
    return Market(people)


def test_from_posting_to_a_deal(market: Market) -> None:
    """500 of 700 t go straight to the fill; both accept; contacts are shown; the rest stays on the market."""
    supply, demand = market.supply(), market.demand()
    clearing = market.clear()
    assert clearing["state"] == "published" and clearing["counts"]["proposals"] == 1
    (mine,), (theirs,) = market.proposals(market.wang), market.proposals(market.li)
    assert mine["id"] == theirs["id"] and mine["t"] == pytest.approx(500, abs=0.01)
    assert mine["buyer_price"] is None and theirs["seller_price"] is None and mine["gap"] is None
    assert Decimal(mine["seller_price"]) >= -20 and Decimal(theirs["buyer_price"]) <= 6
    paid, received = Decimal(theirs["buyer_price"]), Decimal(mine["seller_price"])
    assert paid == received + Decimal(mine["haul"]) + Decimal(mine["externality"])
    assert mine["why_en"] and mine["why_zh"] and theirs["why_en"] == ""
    assert market.listing(supply)["private"]["reserved_t"] == pytest.approx(500, abs=0.01)
    assert market.proposals(market.people.join("contractor")) == []
    first = market.wang.post(f"/v1/proposals/{mine['id']}/accept")
    assert first.json()["state"] == "open" and first.json()["seller_answer"] == "accepted"
    assert market.wang.post(f"/v1/proposals/{mine['id']}/accept").status_code == 200  # again changes nothing
    done = market.li.post(f"/v1/proposals/{mine['id']}/accept").json()
    assert done["state"] == "agreed"
    deal = market.wang.get(f"/v1/deals/{done['deal_id']}").json()
    assert deal["buyer_contact"]["phone"] == "0531-1234567" and deal["t"] == done["t"]
    stranger = market.people.join("contractor")
    assert stranger.get(f"/v1/deals/{done['deal_id']}").status_code == 404
    after = market.listing(supply)
    assert after["state"] == "partly_matched" and after["left_t"] == pytest.approx(200, abs=0.01)
    assert market.listing(demand)["state"] == "matched"
    late = market.li.post(f"/v1/proposals/{mine['id']}/decline")
    assert (late.status_code, late.json()["code"]) == (409, "wrong-state")


def test_declined_and_lapsed_quantity_returns(market: Market) -> None:
    supply, demand = market.supply(), market.demand()
    clearing = market.clear()
    (mine,) = market.proposals(market.wang)
    assert market.wang.post(f"/v1/proposals/{mine['id']}/decline").json()["state"] == "declined"
    assert market.listing(supply)["left_t"] == 700 and market.listing(demand)["left_t"] == 500
    again = market.clear()
    assert again["previous_id"] == clearing["id"] and again["changes"] == []
    market.people.platform.clock.advance(dt.timedelta(hours=25))
    run_once(market.people.platform)
    market.planner, market.wang = market.people.sign_in("planner"), market.people.sign_in("wang")
    (lapsed,) = market.proposals(market.wang, clearing_id=again["id"])
    assert lapsed["state"] == "lapsed"
    closed = market.wang.post(f"/v1/proposals/{lapsed['id']}/accept")
    assert closed.json()["code"] == "wrong-state"
    assert market.listing(supply)["left_t"] == 700
    assert market.planner.get(f"/v1/clearings/{again['id']}").json()["state"] == "settled"


def test_who_is_suspended_can_decline_and_no_more(market: Market) -> None:
    market.supply()
    market.demand()
    market.clear()
    (match,) = market.proposals(market.li)
    admin = market.people.join("admin", "admin")
    assert admin.post(f"/v1/organisations/{market.people.organisation['wang']}/suspend").status_code == 200
    answer = market.wang.post(f"/v1/proposals/{match['id']}/accept")
    assert (answer.status_code, answer.json()["code"]) == (403, "organisation-not-approved")
    assert market.wang.post(f"/v1/proposals/{match['id']}/decline").json()["state"] == "declined"
    assert market.clear()["counts"]["supplies"] == 0


def test_a_closed_window_takes_no_answers(market: Market) -> None:
    market.supply(), market.demand()
    market.clear()
    (mine,) = market.proposals(market.wang)
    market.people.platform.clock.advance(dt.timedelta(hours=25))
    answer = market.people.sign_in("wang").post(f"/v1/proposals/{mine['id']}/accept")
    assert (answer.status_code, answer.json()["code"]) == (409, "closed-window")


def test_what_is_agreed_stands_in_the_next_clearing(market: Market) -> None:
    """300 t are agreed; the next clearing offers only the rest, and says what became of the pair."""
    supply, demand = market.supply(300), market.demand()
    market.clear()
    (mine,) = market.proposals(market.wang)
    market.wang.post(f"/v1/proposals/{mine['id']}/accept")
    market.li.post(f"/v1/proposals/{mine['id']}/accept")
    more = market.supply(400, name="second pit")
    again = market.clear()
    fresh = market.proposals(market.wang, clearing_id=again["id"])
    assert [p["seller_listing_id"] for p in fresh] == [more["id"]]
    assert sum(p["t"] for p in fresh) == pytest.approx(200, abs=0.01)
    assert market.listing(demand)["private"]["committed_t"] == pytest.approx(300, abs=0.01)
    assert market.listing(supply)["state"] == "matched"
    whys = {change["from_name"]: change["why_en"] for change in again["changes"]}
    assert "agreed" in whys["pit"] and "new" in whys["second pit"]
    assert len(market.wang.get("/v1/deals").json()["items"]) == 1


def test_a_listing_withdrawn_before_publication_drops_out(market: Market) -> None:
    supply, _ = market.supply(), market.demand()
    clearing = market.clear(publish=False)
    assert clearing["state"] == "solved" and market.proposals(market.wang) == []
    assert market.wang.post(f"/v1/listings/{supply['id']}/withdraw").status_code == 200
    published = market.planner.post(f"/v1/clearings/{clearing['id']}/publish").json()
    assert published["counts"]["dropped"] == 1
    assert [p["state"] for p in market.proposals(market.planner)] == ["lapsed"]


def test_a_yard_between_two_days_waits_for_its_intake(market: Market) -> None:
    """The pit is dug on the first two days, the fill is open on the last two: everything goes through the yard. The
    yard's outgoing match waits until its incoming one is agreed, and lapses when it is not."""
    market.supply(400, days=(0, 1)), market.demand(400, days=(5, 6), reserve="40")
    yard = market.facility()
    market.clear()
    rows = {("in" if p["buyer_facility_id"] else "out"): p for p in market.proposals(market.planner)}
    assert set(rows) == {"in", "out"} and rows["in"]["buyer_facility_id"] == yard["id"]
    assert market.li.post(f"/v1/proposals/{rows['out']['id']}/accept").status_code == 200
    waiting = market.yard.post(f"/v1/proposals/{rows['out']['id']}/accept").json()
    assert waiting["state"] == "waiting"
    market.yard.post(f"/v1/proposals/{rows['in']['id']}/accept")
    assert market.wang.post(f"/v1/proposals/{rows['in']['id']}/accept").json()["state"] == "agreed"
    states = {p["id"]: p["state"] for p in market.proposals(market.planner)}
    assert set(states.values()) == {"agreed"}


def test_answers_end_with_the_first_day(market: Market) -> None:
    """A window of a week, but everything moves tomorrow: the second side comes too late, and the quantity returns."""
    supply = market.supply(days=(0, 0))
    market.demand()
    clearing = market.clear(window_hours=24 * 7)
    (mine,) = market.proposals(market.wang)
    market.wang.post(f"/v1/proposals/{mine['id']}/accept")
    market.people.platform.clock.advance(dt.timedelta(days=2))
    answer = market.people.sign_in("li").post(f"/v1/proposals/{mine['id']}/accept")
    assert (answer.status_code, answer.json()["code"]) == (409, "closed-window")
    run_once(market.people.platform)
    planner = market.people.sign_in("planner")
    assert [p["state"] for p in market.proposals(planner)] == ["lapsed"]
    assert planner.get(f"/v1/listings/{supply['id']}").json()["private"]["reserved_t"] == 0
    assert planner.get(f"/v1/clearings/{clearing['id']}").json()["state"] == "published"


def test_an_answer_given_twice_is_told_once(market: Market) -> None:
    market.supply(), market.demand()
    market.clear()
    (mine,) = market.proposals(market.wang)
    first = market.wang.post(f"/v1/proposals/{mine['id']}/accept", headers={"If-Match": f'"{mine["version"]}"'})
    again = market.wang.post(f"/v1/proposals/{mine['id']}/accept", headers={"If-Match": f'"{mine["version"]}"'})
    assert first.json() == again.json() and first.status_code == again.status_code == 200
    stale = market.li.post(f"/v1/proposals/{mine['id']}/accept", headers={"If-Match": f'"{mine["version"]}"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    check_told(market.people.platform)


def test_what_was_never_published_stays_unseen(market: Market) -> None:
    """A discarded clearing, and one whose days passed before anybody published it."""
    market.supply(), market.demand()
    discarded = market.clear(publish=False)
    market.planner.post(f"/v1/clearings/{discarded['id']}/discard")
    stale = market.clear(publish=False, days=2)
    market.people.platform.clock.advance(dt.timedelta(days=4))
    run_once(market.people.platform)
    planner, wang = market.people.sign_in("planner"), market.people.sign_in("wang")
    assert planner.get(f"/v1/clearings/{stale['id']}").json()["state"] == "cancelled"
    assert {p["state"] for p in market.proposals(planner)} == {"lapsed"}
    assert market.proposals(wang) == [] and wang.get(f"/v1/clearings/{stale['id']}").status_code == 404
    check_told(market.people.platform)


def test_the_daily_maximum_is_for_all_clearings_and_offers_together(market: Market) -> None:
    """100 t a day for five days: 300 t are agreed; the next clearing has room for 200 t more, and an offer for none."""
    supply = market.supply(2000, days=(0, 4), daily_max=100, auto_accept=True)
    market.demand(300, days=(0, 4), auto_accept=True, minimum_lot=1)
    market.clear()
    assert market.listing(supply)["private"]["committed_t"] == pytest.approx(300, abs=0.01)
    more = market.demand(1000, days=(0, 4), auto_accept=True)
    market.clear()
    assert market.listing(supply)["private"]["committed_t"] <= 500.01
    check_books(market.people.platform)
    full = [step["date"] for deal in market.wang.get("/v1/deals").json()["items"] for step in deal["schedule"]]
    offer = {"listing_id": supply["id"], "own_listing_id": more["id"], "price": "-1",
             "schedule": [{"date": full[0], "t": 100}]}  # fmt: skip
    made = market.li.post("/v1/offers", json=offer)
    assert made.status_code == 201, made.text
    answer = market.wang.post(f"{made.headers['Location']}/accept")
    assert (answer.status_code, answer.json()["code"]) == (409, "over-committed") and "daily" in answer.json()["detail"]


def test_two_clearings_of_the_same_market(market: Market) -> None:
    """Both see a tip with room for 300 t and solve before either is published: the second finds it full."""
    market.supply(300, auto_accept=True, name="one"), market.supply(300, auto_accept=True, name="other")
    tip = market.facility(kind="disposal", name="tip", storage=300, auto_accept=True)
    first, second = market.clear(publish=False), market.clear(publish=False, charges={"landfill": 1.0})
    for row in (first, second):
        assert market.planner.post(f"/v1/clearings/{row['id']}/publish").status_code == 200
    assert sum(d["t"] for d in market.yard.get("/v1/deals").json()["items"]) <= 300
    late = market.proposals(market.planner, clearing_id=second["id"])
    assert {p["state"] for p in late} == {"lapsed"} and all(p["buyer_facility_id"] == tip["id"] for p in late)
    assert all("filled up" in p["why_en"] or "agreed elsewhere" in p["why_en"] for p in late)
    check_books(market.people.platform)


def test_a_facility_closed_before_publication_and_one_closed_after(market: Market) -> None:
    market.supply(300)
    tip = market.facility(kind="disposal", name="tip", storage=900, auto_accept=True)
    early, late = market.clear(publish=False), market.clear(publish=False)

    def set_status(status: str) -> None:
        version = market.yard.get(f"/v1/facilities/{tip['id']}").headers["ETag"]
        market.yard.patch(f"/v1/facilities/{tip['id']}", json={"status": status}, headers={"If-Match": version})

    set_status("closed")
    assert market.planner.post(f"/v1/clearings/{early['id']}/publish").json()["counts"]["dropped"] == 1
    set_status("open")
    market.planner.post(f"/v1/clearings/{late['id']}/publish")
    set_status("closed")
    (row,) = market.proposals(market.wang, clearing_id=late["id"])
    assert market.wang.post(f"/v1/proposals/{row['id']}/accept").json()["state"] == "waiting"  # there is no gate
    assert market.yard.get("/v1/deals").json()["items"] == []


def test_reasons_for_changes_are_true(market: Market) -> None:
    """The pair still waits for its answers; then the fill is changed: each time that is what the next clearing says."""
    market.supply(), market.demand(500)
    market.clear()
    (waiting,) = market.clear(publish=False)["changes"]
    assert waiting["t_now"] == 0 and "wait for an answer" in waiting["why_en"] and "等待答复" in waiting["why_zh"]
    for row in market.proposals(market.planner, state="open"):
        market.wang.post(f"/v1/proposals/{row['id']}/decline")
    (fill,) = market.li.get("/v1/listings", params={"mine": True}).json()["items"]
    patch = {"quantity": 100}
    market.li.patch(f"/v1/listings/{fill['id']}", json=patch, headers={"If-Match": f'"{fill["version"]}"'})
    (changed,) = market.clear(publish=False)["changes"]
    assert (changed["t_before"], changed["t_now"]) == (pytest.approx(500, abs=0.01), pytest.approx(100, abs=0.01))
    assert changed["why_en"] == "The listing fill was changed."
    market.clear(publish=True)
    market.supply(name="another pit", reserve="-60")
    mine = {change["from_name"] for change in market.clear()["changes"]}
    assert mine <= {"pit", "another pit"}


def test_automatic_sides_answer_by_themselves(market: Market) -> None:
    market.supply(auto_accept=True), market.demand(auto_accept=True)
    market.clear()
    assert [p["state"] for p in market.proposals(market.wang)] == ["agreed"]


def test_the_policy_form_places_everything_with_reference_prices(market: Market) -> None:
    """The pit asks for 50 CNY/t, more than anybody bids: the policy places it and shows what that takes."""
    market.supply(500, reserve="50"), market.demand(500)
    assert market.clear(publish=False)["counts"]["proposals"] == 0  # welfare leaves it where it is
    policy = market.clear(form="policy", publish=False)
    (row,) = market.proposals(market.planner, clearing_id=policy["id"])
    assert row["within_limits"] is False and Decimal(row["gap"]) > 40
    assert policy["goals"][0]["name"] == "unserved"


def test_the_stored_scenario_gives_the_same_goals(market: Market, tmp_path: Path) -> None:
    market.supply(), market.supply(900, materials=["clay_wet"], name="wet pit")
    market.demand(unit="m3_compacted", materials=["clay_wet", "spoil_silty_clay"])
    market.facility(kind="offsite", name="outside", storage=None)
    clearing = market.clear()
    for what in ("scenario", "plan"):
        answer = market.planner.get(f"/v1/clearings/{clearing['id']}/{what}")
        assert answer.headers["content-type"] == "application/zip"
        zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path / what)
        assert market.wang.get(f"/v1/clearings/{clearing['id']}/{what}").status_code == 403
    planning = plan_scenario(load_scenario(tmp_path / "scenario"), Options(), Progress())
    again = {goal["name"]: goal["value"] for goal in planning.plan.summary["goals"]}
    assert again == pytest.approx({goal["name"]: goal["value"] for goal in clearing["goals"]})
    assert not check(tmp_path / "scenario", tmp_path / "plan", Progress()).findings
    assert "<html" in market.planner.get(f"/v1/clearings/{clearing['id']}/report").text
    same = market.clear(publish=False)
    assert same["scenario_sha256"] != clearing["scenario_sha256"]  # what proposals hold is out


@pytest.mark.parametrize("form", ["welfare", "policy"])
def test_a_market_in_which_nothing_can_go_anywhere(market: Market, form: str) -> None:
    """One demand and nobody to fill it: no lane, no proposal, and no defect."""
    market.demand()
    assert market.clear(form=form)["counts"]["proposals"] == 0


def test_minimum_lots_are_kept(market: Market) -> None:
    market.supply(100, minimum_lot=100), market.demand(60)
    clearing = market.clear()
    assert clearing["counts"]["below_minimum_lot"] == 1 and market.proposals(market.planner) == []


def test_wrong_requests(market: Market) -> None:
    past = (market.start - dt.timedelta(days=9)).isoformat()
    assert market.planner.post("/v1/clearings", json={"start": past}).json()["errors"][0]["field"] == "start"
    nothing = market.planner.post("/v1/clearings", json={"start": market.day(0)})
    assert nothing.json()["code"] == "invalid" and "nothing is open" in nothing.json()["detail"]
    assert market.wang.post("/v1/clearings", json={"start": market.day(0)}).json()["code"] == "forbidden"
    market.supply(), market.demand()
    clearing = market.clear()
    again = market.planner.post(f"/v1/clearings/{clearing['id']}/publish")
    assert (again.status_code, again.json()["code"]) == (409, "wrong-state")
    (row,) = market.proposals(market.wang)
    stranger = market.people.join("contractor")
    assert stranger.post(f"/v1/proposals/{row['id']}/accept").status_code == 404
    seen = market.people.join("official").post(f"/v1/proposals/{row['id']}/accept")
    assert seen.json()["code"] == "forbidden"


def test_a_job_cancelled_leaves_no_proposals(market: Market) -> None:
    market.supply(), market.demand()
    begun = market.planner.post("/v1/clearings", json={"start": market.day(0)}).json()
    assert market.planner.post(f"/v1/jobs/{begun['job_id']}/cancel").json()["state"] == "cancelled"
    assert market.planner.get(f"/v1/clearings/{begun['id']}").json()["state"] == "cancelled"


def test_the_ledger_balances(market: Market) -> None:
    """After several rounds with mixed answers: quantity = free + reserved + committed = free + reserved + deals."""
    for i in range(4):
        market.supply(150 + 40 * i, name=f"pit {i}", auto_accept=i % 2 == 0)
        market.demand(120 + 50 * i, name=f"fill {i}", auto_accept=i % 3 == 0)
    market.facility(auto_accept=True)
    for round_ in range(3):
        market.clear()
        for i, row in enumerate(market.proposals(market.planner, state="open")):
            for client in (market.wang, market.li):
                client.post(f"/v1/proposals/{row['id']}/{'accept' if (i + round_) % 3 else 'decline'}")
    with market.people.platform.reading() as work:
        deals = list(work.session.execute(select(Deal)).scalars())
        assert deals
        for row in work.session.execute(select(Listing)).scalars():
            sold = sum(d.kg for d in deals if d.seller_listing_id == row.id)
            bought = sum(d.buyer_kg for d in deals if d.buyer_listing_id == row.id)
            assert row.committed_kg == sold + bought
            assert row.free_kg >= 0 and row.reserved_kg >= 0


@pytest.mark.parametrize(
    ("legs", "stands"),
    [
        ([("a", "in", 100, "1"), ("b", "out", 100, "2")], "ab"),
        ([("a", "out", 100, "1"), ("b", "in", 100, "2")], "b"),  # it cannot go out before it comes in
        ([("a", "out", 50, "1")], "a"),  # from stock
        ([("a", "in", 300, "1")], ""),  # no room
        ([("a", "in", 200, "1"), ("b", "in", 100, "1")], "a"),  # the last that breaks goes
        ([("a", "in", 300, "1"), ("b", "out", 300, "1")], "ab"),  # same day in and out needs no room
        ([("a", "in", 20, "8"), ("b", "out", 20, "9"), ("c", "out", 20, "8")], "ac"),  # closed on the ninth
    ],
)
def test_cover(legs: list[tuple[str, Any, int, str]], stands: str) -> None:
    """A yard with 50 kg of clay and room for 250."""
    clay = ("spoil_silty_clay", "2")
    plant = Plant(stock={clay: 50}, storage=250, makes={}, gates=lambda date: (None, 0 if date == "9" else None))
    found = standing(plant, [], [Leg(id_, way, clay, {date: kg}) for id_, way, kg, date in legs])
    assert "".join(leg.id for leg in found) == stands


def test_cover_of_gates_room_and_processing() -> None:
    """A plant that crushes 100 kg a day into 80 and keeps 50 overnight; a tip with room for 250, and 200 a day."""
    rubble, aggregate = ("concrete_rubble", "2"), ("recycled_aggregate", "2")
    days = [f"2026-12-0{day}" for day in range(1, 6)]
    plant = Plant({}, 50, {rubble: ((aggregate, 0.8),)}, a_day={"concrete_rubble": 100}, kind="recycling")
    into = [Leg("a", "in", rubble, {days[0]: 140}), Leg("b", "in", rubble, {days[1]: 120})]
    out = [Leg("c", "out", aggregate, {days[4]: 112}), Leg("d", "out", aggregate, {days[4]: 1000})]
    assert [leg.id for leg in standing(plant, [], [*into, *out])] == ["a", "c"]
    later = Leg("e", "in", rubble, {days[3]: 140})
    assert [leg.id for leg in standing(plant, into[:1], [later])] == ["e"]  # the backlog is worked off by then
    tip = Plant({}, None, {}, room=250, gates=lambda date: (200, None), kind="disposal")
    loads = [Leg(name, "in", rubble, {day: 150}) for name, day in zip("abc", (days[0], days[0], days[1]), strict=True)]
    assert [leg.id for leg in standing(tip, [], loads)] == ["a"]
    assert standing(tip, [Leg("x", "in", rubble, {days[0]: 900})], loads) == []  # overfull by itself: nothing more
