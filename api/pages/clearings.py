"""The planner's page: run a clearing, see how far it is, and the clearings so far."""

from __future__ import annotations

import datetime as dt
from itertools import islice

from fastapi import Request
from nicegui import ui

from api.clearings.schemas import DEFAULT_CHARGES, Charge, ClearingNew, ClearingView, Form
from api.client import ApiProblem, Client
from api.jobs.schemas import JobView
from api.pages.frame import OVERSEERS, page
from api.pages.parts import Text, box, button, choice, confirmed, date_field, empty, heading, pill, text
from api.pages.session import FAILURES, Visitor, ask, tell_problem
from api.pages.texts import percent, span, tonnes
from api.pages.things import window

MOST_SHOWN = 30
LOOK_SECONDS = 1.0
LIVE = ("queued", "running")
TONES = {
    "solving": "fair",
    "solved": "accent",
    "published": "good",
    "settled": "good",
    "failed": "bad",
    "cancelled": "",
}
CHARGE_UNITS: dict[Charge, str] = {"offsite": "t", "landfill": "t", "transfer": "t", "haul": "t_km", "carbon": "kg"}


class Run:
    """A clearing to be run, and the one that runs."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.today = visitor.platform.clock.today()
        self.form: Form = "welfare"
        self.start: dt.date | None = self.today + dt.timedelta(days=1)
        self.days = 7
        self.hours = 24.0
        self.charges: dict[Charge, float] = {charge: DEFAULT_CHARGES.get(charge, 0.0) for charge in CHARGE_UNITS}
        self.rows: list[ClearingView] = []
        self.job: JobView | None = None
        self.field: ui.input
        self.bar: tuple[ui.element, ui.element, Text, Text, Text]

    async def load(self) -> None:
        """The clearings so far, and the job of one that is being solved."""
        self.rows = await ask(self._read, self.visitor.client)
        running = next((row for row in self.rows if row.state == "solving" and row.job_id), None)
        self.job = None
        if running is not None and running.job_id is not None and self.visitor.may("jobs:read"):
            self.job = await ask(self.visitor.client.jobs.get, running.job_id)

    def _read(self, client: Client) -> list[ClearingView]:
        return list(islice(client.clearings.all(), MOST_SHOWN))

    async def begin(self) -> None:
        """Asks for a clearing."""
        if self.start is None:
            self.field.error = self.visitor.say("post.needed")
            return
        new = ClearingNew(
            form=self.form,
            start=self.start,
            days=self.days,
            charges={name: value for name, value in self.charges.items() if value},
            window_hours=self.hours,
        )
        try:
            await ask(self.visitor.client.clearings.run, new)
        except ApiProblem as problem:
            if [fault.field for fault in problem.errors] != ["start"]:
                raise
            self.field.error = self.visitor.say("clearings.past" if self.start < self.today else "clearings.empty")
            return
        self.field.error = None
        await self.load()
        self.progress.refresh()
        self.so_far.refresh()

    async def cancel(self) -> None:
        """Stops the one that runs."""
        visitor = self.visitor
        if self.job is None or not await confirmed(
            visitor, visitor.say("clearings.cancel_ask"), visitor.say("clearings.cancel")
        ):
            return
        await ask(visitor.client.jobs.cancel, self.job.id)
        await self.load()
        self.progress.refresh()
        self.so_far.refresh()

    async def look(self) -> None:
        """How far the running one is; its result's page when it is over."""
        if self.job is None or self.job.state not in LIVE:
            return
        try:
            self.job = await ask(self.visitor.client.jobs.get, self.job.id)
        except FAILURES as problem:
            tell_problem(self.visitor, problem)
            return
        if self.job.state in LIVE:
            self._move()
        elif self.job.state == "cancelled":
            await self.load()
            self.so_far.refresh()
            self.progress.refresh()
        else:
            ui.navigate.to(f"/clearings/{self.job.subject_id}")

    def _move(self) -> None:
        """Moves the bar in its place: the button below it may be about to be pressed."""
        job, visitor = self.job, self.visitor
        assert job is not None
        bar, done, share, doing, since = self.bar
        bar.props["aria-valuenow"] = f"{100 * job.progress:.0f}"
        done.style(f"width: {max(2.0, 100 * job.progress):.1f}%")
        share.set_text(percent(job.progress, 0))
        doing.set_text(visitor.say(f"job.{job.message}", default=job.message or visitor.say(f"job.{job.state}")))
        began = job.started_at or job.created_at
        since.set_text(span(visitor.language, visitor.platform.clock.now() - began))
        bar.update()

    @ui.refreshable_method
    def progress(self) -> None:
        """The bar, while one runs."""
        job, visitor = self.job, self.visitor
        if job is None or job.state not in LIVE:
            return
        with box("card stack running", "section"):
            with box("between"):
                text(visitor.say("clearings.running"), tag="h2")
                share = text("", "strong")
            ends = {"aria_valuemin": "0", "aria_valuemax": "100"}
            with box("progress", role="progressbar", aria_label=visitor.say("clearings.running"), **ends) as bar:
                done = box("done")
            with box("between"):
                doing, since = text("", "soft", role="status"), text("", "soft")
            self.bar = bar, done, share, doing, since
            self._move()
            if visitor.may("jobs:write"):
                with box("row end"):
                    button(visitor, visitor.say("clearings.cancel"), self.cancel, kind="small danger")

    @ui.refreshable_method
    def so_far(self) -> None:
        """The clearings so far, newest first."""
        visitor = self.visitor
        if not self.rows:
            with box("card"):
                empty("balance", visitor.say("clearings.none"), visitor.say("clearings.none_lead"))
            return
        with box("items"):
            for row in self.rows:
                with box("item clearing", "a", href=f"/clearings/{row.id}"):
                    ui.icon("balance").props("aria-hidden=true")
                    last = row.start + dt.timedelta(days=row.days - 1)
                    text(window(visitor, row.start, last), "title", "span")
                    pill(visitor.say(f"clearing.{row.state}"), TONES[row.state])
                    ago = span(visitor.language, visitor.platform.clock.now() - row.created_at)
                    parts = [visitor.say(f"form.{row.form}"), visitor.say("time.ago", span=ago)]
                    moved = row.totals.get("t")
                    if moved is not None:
                        parts.append(tonnes(visitor.language, moved))
                    text(" · ".join(parts), "sub", "span")


@page("/clearings", "clearings", roles=OVERSEERS)
async def clearings(visitor: Visitor, request: Request) -> None:
    """The form, the bar, the list."""
    run = Run(visitor)
    await run.load()
    heading(visitor.say("nav.clearings"), visitor.say("clearings.lead"))
    with box("posting"):
        with box("stack"):
            run.progress()
            text(visitor.say("clearings.so_far"), "section", "h2")
            run.so_far()
        if visitor.may("clearings:write"):
            with box("aside stack"), box("card stack", "section"):
                _form(run)
    ui.timer(LOOK_SECONDS, run.look)


def _form(run: Run) -> None:
    visitor = run.visitor
    text(visitor.say("clearings.new"), tag="h2")
    forms: dict[str, Form] = {"welfare": "welfare", "policy": "policy"}

    def set_form(value: str) -> None:
        run.form = forms[value]
        hint.set_text(visitor.say(f"form.{value}_lead"))

    choice(
        {form: visitor.say(f"form.{form}") for form in forms},
        run.form,
        set_form,
        label=visitor.say("clearings.form"),
        even=True,
    )
    hint = ui.label(visitor.say(f"form.{run.form}_lead")).classes("note")
    with box("pair"):
        label = visitor.say("clearings.start")
        run.field = date_field(label, run.start, lambda value: setattr(run, "start", value))
        ui.number(visitor.say("clearings.days"), value=run.days, min=1, max=31, precision=0, format="%d").props(
            "outlined"
        ).bind_value_to(run, "days", lambda value: int(value or 1))
    ui.number(visitor.say("clearings.hours"), value=run.hours, min=0.1, max=336).props("outlined").bind_value_to(
        run, "hours", lambda value: float(value or 24)
    )
    with box("more", "details"):
        text(visitor.say("clearings.charges"), "", "summary")
        text(visitor.say("clearings.charges_lead"), "note", "p")
        with box("pair"):
            for goal, value in run.charges.items():
                ui.number(
                    visitor.say(f"charge.{goal}"), value=value, min=0,
                    on_change=lambda event, goal=goal: run.charges.__setitem__(goal, float(event.value or 0)),
                ).props(f'outlined suffix="{visitor.say(f"charge.per_{CHARGE_UNITS[goal]}")}"')  # fmt: skip
    button(visitor, visitor.say("clearings.run"), run.begin, kind="primary large", icon="play_arrow")
