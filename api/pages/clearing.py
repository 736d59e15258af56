"""One clearing: what it moves, what it costs and pays, the proposals, and what is different from last time and why."""

from __future__ import annotations

import datetime as dt
from functools import partial
from itertools import islice

from fastapi import Request
from nicegui import app, ui
from starlette.responses import RedirectResponse, Response

from api.clearings.schemas import ClearingView
from api.client import ApiProblem, Client
from api.materials.schemas import MaterialView
from api.pages.clearings import TONES
from api.pages.frame import OVERSEERS, page
from api.pages.parts import box, button, confirmed, empty, pill, plain_button, text
from api.pages.session import Visitor, ask, visitor_of
from api.pages.texts import number, percent, span, tonnes, yuan
from api.pages.things import material_name, materials, per_t, window
from api.proposals.schemas import ProposalView

MOST_SHOWN = 500
LISTED = 15
MAXIMISED = ("total", "welfare")  # goals that are written as their negative
EVENTS = {"solved": ("publish", "discard"), "published": ("settle",)}  # what may be done in a state
REPORT_POLICY = (  # the report is one self-contained page of our own making
    "default-src 'self' data: blob: 'unsafe-inline'; frame-ancestors 'self'; base-uri 'self'; form-action 'none'"
)
PROPOSAL_TONES = {"draft": "", "open": "accent", "agreed": "good", "waiting": "fair", "declined": "bad", "lapsed": ""}


class Result:
    """A clearing with its proposals."""

    def __init__(self, visitor: Visitor, clearing: ClearingView, known: dict[str, MaterialView]) -> None:
        self.visitor, self.clearing, self.known = visitor, clearing, known
        self.proposals: list[ProposalView] = []
        self.listed = LISTED

    async def load(self) -> None:
        """Reads the proposals and the clearing's present state."""
        self.clearing, self.proposals = await ask(self._read, self.visitor.client)

    def _read(self, client: Client) -> tuple[ClearingView, list[ProposalView]]:
        id_ = self.clearing.id
        return client.clearings.get(id_), list(islice(client.proposals.all(clearing_id=id_), MOST_SHOWN))

    async def act(self, event: str) -> None:
        """Publishes, settles or discards, once it is confirmed."""
        visitor, hours = self.visitor, f"{self.clearing.window_hours:g}"
        lead = visitor.say(f"clearing.{event}_lead", n=len(self.proposals), hours=hours)
        question, yes = visitor.say(f"clearing.{event}_ask"), visitor.say(f"clearing.{event}")
        if not await confirmed(visitor, question, yes, detail=lead):
            return
        await ask(getattr(visitor.client.clearings, event), self.clearing)
        await self.load()
        self.head.refresh()
        self.table.refresh()

    @ui.refreshable_method
    def head(self) -> None:
        """State, dates and what may be done now."""
        visitor, clearing = self.visitor, self.clearing
        last = clearing.start + dt.timedelta(days=clearing.days - 1)
        with box("heading"):
            with box("row"):
                text(window(visitor, clearing.start, last), tag="h1")
                pill(visitor.say(f"clearing.{clearing.state}"), TONES[clearing.state])
            ago = span(visitor.language, visitor.platform.clock.now() - clearing.created_at)
            lead = f"{visitor.say(f'form.{clearing.form}')} · {visitor.say('time.ago', span=ago)}"
            if clearing.closes_at is not None and clearing.state == "published":
                left = span(visitor.language, clearing.closes_at - visitor.platform.clock.now())
                lead += f" · {visitor.say('clearing.answers', left=visitor.say('time.left', span=left))}"
            text(lead, "lead", "p")
        if visitor.may("clearings:write"):
            self._actions()

    def _actions(self) -> None:
        visitor, clearing = self.visitor, self.clearing
        with box("row actions"):
            for event in EVENTS.get(clearing.state, ()):
                kind = "primary" if event == "publish" else ""
                button(visitor, visitor.say(f"clearing.{event}"), partial(self.act, event), kind=kind)
            if clearing.goals:
                report = f"/clearings/{clearing.id}/report"
                text(visitor.say("clearing.report"), "button", "a", href=report, target="_blank", rel="noopener")
                text(visitor.say("clearing.scenario"), "button", "a", href=f"/clearings/{clearing.id}/scenario.zip")

    async def no_result(self) -> None:
        """Why there is none (yet)."""
        visitor, clearing = self.visitor, self.clearing
        with box(f"notice {'bad' if clearing.state == 'failed' else ''}", role="status"):
            text(visitor.say(f"clearing.{clearing.state}_lead"), "strong")
            if clearing.state == "failed" and clearing.job_id is not None and visitor.may("jobs:read"):
                job = await ask(visitor.client.jobs.get, clearing.job_id)
                if job.error is not None:
                    text(visitor.say(f"problem.{job.error.code}", default=job.error.detail))
            text(visitor.say("nav.clearings"), "button", "a", href="/clearings")

    def figures(self) -> None:
        """Headline figures, goals and money."""
        visitor, language, kpis = self.visitor, self.visitor.language, self.clearing.kpis

        def t(key: str) -> str:
            return tonnes(language, kpis.get(key, 0.0))

        count = visitor.say("clearing.n_proposals", n=len(self.proposals))
        haul = f"{number(kpis.get('mean_haul_km'))} {visitor.say('unit.km')}"
        co2 = visitor.say("clearing.co2", t=number(kpis.get("co2_kg", 0.0) / 1000))
        share = visitor.say(f"clearing.share_{self.clearing.form}")
        rows = (
            ("matched", tonnes(language, self.clearing.totals.get("t", 0.0)), count),
            ("utilisation", percent(kpis.get("utilisation_rate")), share),
            ("direct", percent(kpis.get("direct_share")), t("direct_t")),
            ("offsite", t("offsite_t"), visitor.say("clearing.unserved", t=t("unserved_t"))),
            ("mean_haul", haul, co2),
        )
        with box("cards figures"):
            for key, value, note in rows:
                with box("card figure"):
                    text(visitor.say(f"kpi.{key}"), tag="h3")
                    text(value, "value")
                    text(note, "note")

    def goals(self) -> None:
        """What was aimed at, in order, and what was proven."""
        visitor = self.visitor
        with box("card stack", "section"):
            text(visitor.say("clearing.goals"), tag="h2")
            with box("scroll"), box("plain", "table"):
                _header(visitor, ("goal", ""), ("value", "n"), ("bound", "n"))
                with box("", "tbody"):
                    for goal in self.clearing.goals:
                        sign = -1.0 if goal.name in MAXIMISED else 1.0
                        with box("", "tr"):
                            text(visitor.say(f"goal.{goal.name}", default=goal.name), "", "th", scope="row")
                            unit = visitor.say(f"unit_of.{goal.unit}", default=goal.unit)
                            text(f"{number(sign * goal.value)} {unit}", "n", "td")
                            text(number(None if goal.bound is None else sign * goal.bound), "n soft", "td")

    def money(self) -> None:
        """Who pays, who receives, and what is left between."""
        visitor, totals = self.visitor, self.clearing.totals
        with box("card stack", "section"):
            text(visitor.say("clearing.money"), tag="h2")
            with box("sums", "dl"):
                for key in ("paid", "received", "haul", "externality", "gap", "surplus"):
                    if totals.get(key) is not None and (key not in ("gap", "externality") or totals[key]):
                        text(visitor.say(f"money.{key}"), "", "dt")
                        text(yuan(visitor.language, totals[key], cents=False), f"n {key}", "dd")
            text(visitor.say("money.balance"), "note", "p")

    def changes(self) -> None:
        """Against the clearing before."""
        visitor = self.visitor
        with box("card stack", "section"):
            text(visitor.say("clearing.changes"), tag="h2")
            if not self.clearing.changes:
                key = "first" if self.clearing.previous_id is None else "no_changes"
                text(visitor.say(f"clearing.{key}"), "soft", "p")
                return
            with box("changes", "ul"):
                for change in self.clearing.changes[:LISTED]:
                    with box("", "li"):
                        text(f"{change.from_name} → {change.to_name}", "strong", "span")
                        text(f"{number(change.t_before)} → {tonnes(visitor.language, change.t_now)}", "n", "span")
                        text(change.why_zh if visitor.language == "zh" else change.why_en, "soft", "span")
            if len(self.clearing.changes) > LISTED:
                text(visitor.say("clearing.more_changes", n=len(self.clearing.changes) - LISTED), "note", "p")

    @ui.refreshable_method
    def table(self) -> None:
        """All proposals; on a phone each is a card."""
        visitor = self.visitor
        with box("card stack", "section"):
            text(visitor.say("clearing.proposals", n=len(self.proposals)), tag="h2")
            if not self.proposals:
                empty("handshake", visitor.say("clearing.none"), visitor.say("clearing.none_lead"))
                return
            with box("plain stacking", "table"):
                _header(
                    visitor,
                    ("from", ""),
                    ("to", ""),
                    ("material", ""),
                    ("t", "n"),
                    ("km", "n"),
                    ("seller", "n"),
                    ("buyer", "n"),
                    ("state", ""),
                )
                with box("", "tbody"):
                    for proposal in self.proposals[: self.listed]:
                        self._row(proposal)
            if len(self.proposals) > self.listed:
                plain_button(visitor.say("frame.more"), self._more)

    def _more(self) -> None:
        self.listed += 100
        self.table.refresh()

    def _row(self, proposal: ProposalView) -> None:
        visitor = self.visitor
        cells = (
            ("from", proposal.seller_place, ""),
            ("to", proposal.buyer_place, ""),
            ("material", material_name(visitor, self.known, proposal.material), ""),
            ("t", tonnes(visitor.language, proposal.t), "n"),
            ("km", f"{number(proposal.km, 1)} {visitor.say('unit.km')}", "n"),
            ("seller", per_t(visitor, proposal.seller_price), "n"),
            ("buyer", per_t(visitor, proposal.buyer_price), "n"),
        )
        with box("", "tr"):
            for key, value, classes in cells:
                text(value, classes, "td", data_label=visitor.say(f"table.{key}"))
            with box("", "td", data_label=visitor.say("table.state")):
                pill(visitor.say(f"proposal.{proposal.state}"), PROPOSAL_TONES[proposal.state])


def _header(visitor: Visitor, *columns: tuple[str, str]) -> None:
    with box("", "thead"), box("", "tr"):
        for key, classes in columns:
            text(visitor.say(f"table.{key}"), classes, "th", scope="col")


@page("/clearings/{id}", "clearings", roles=OVERSEERS)
async def clearing(visitor: Visitor, request: Request) -> None:
    """Figures first, then the proposals, then what changed."""
    found = await ask(visitor.client.clearings.get, request.path_params["id"])
    result = Result(visitor, found, await materials(visitor))
    await result.load()
    text("← " + visitor.say("nav.clearings"), "back", "a", href="/clearings")
    result.head()
    if not result.clearing.goals:
        await result.no_result()
        return
    result.figures()
    with box("pair wide"):
        result.money()
        result.goals()
    result.changes()
    result.table()


@app.get("/clearings/{id}/report")
async def report(request: Request, id: str) -> Response:
    """The plan's own report, from the API with the visitor's rights."""
    return await _file(request, id, "report", "text/html; charset=utf-8", {"Content-Security-Policy": REPORT_POLICY})


@app.get("/clearings/{id}/scenario.zip")
async def scenario(request: Request, id: str) -> Response:
    """The scenario folder that ``cutfill plan`` reproduces."""
    name = {"Content-Disposition": f'attachment; filename="{id}-scenario.zip"'}
    return await _file(request, id, "scenario", "application/zip", name)


async def _file(request: Request, id_: str, what: str, media_type: str, headers: dict[str, str]) -> Response:
    visitor = visitor_of(request)
    try:
        data: bytes = await ask(getattr(visitor.client.clearings, what), id_)
    except ApiProblem:
        return RedirectResponse(f"/clearings/{id_}", 303)
    return Response(data, media_type=media_type, headers=headers)
