"""``scenario.toml``: horizon, objective, roads and costs."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.intake.cells import number_of, read_cell, split_list
from optimizer.intake.decoding import there
from optimizer.intake.faults import Faults, Refused, listed, nearest, quoted
from optimizer.intake.raw import Source
from optimizer.materials import narrow
from optimizer.scenario import GOALS, Costs, Driving, Objective, RoadSpec, StreetRules
from optimizer.schema import SETTING_FIELDS, SETTINGS, Field

_SECTIONS = tuple(s.name for s in SETTINGS if s.name)


@dataclass(frozen=True)
class Horizon:
    """First day and number of days; ``known`` is False when they could not be read and stand-ins are used."""

    start: dt.date
    days: int
    known: bool
    period: int = 1  # days that are planned as one

    @property
    def first(self) -> int:
        """Ordinal of the first day."""
        return self.start.toordinal()

    @property
    def last(self) -> int:
        """Ordinal of the last day."""
        return self.first + self.days - 1

    def __str__(self) -> str:
        return f"{self.start} to {self.start + dt.timedelta(days=self.days - 1)}"


@dataclass(frozen=True)
class Settings:
    """The settings, read; ``distances`` is what ``roads.distances`` names."""

    name: str
    horizon: Horizon
    objective: Objective
    roads: RoadSpec
    costs: Costs
    driving: Driving
    streets: StreetRules
    distances: str = ""


class _Reader:
    """Reads settings by their dotted name and places the faults."""

    def __init__(self, source: Source, faults: Faults):
        self.source = source
        self.faults = faults

    def fault(self, name: str, message: str | Refused) -> None:
        """A fault at the line of a setting."""
        lines = self.source.lines
        line = lines.get(name) or lines.get(name.rpartition(".")[0], 0)
        self.faults.add(self.source.settings_file, line, name, message)

    def raw(self, name: str) -> Any:
        """The value as written; None when absent or blank."""
        value = self.source.settings.get(name)
        return None if isinstance(value, str) and not value.strip() else value

    def value(self, name: str) -> Any:
        """The value by its field; None when absent, blank or refused."""
        field, value = SETTING_FIELDS[name], self.raw(name)
        if value is None:
            if field.required and self.source.settings_complete:
                self.fault(name, f"is missing; expected: {field.en}")
            return None
        read = read_scalar(value, field)
        if isinstance(read, Refused):
            self.fault(name, read)
            return None
        return read

    def number(self, name: str, default: float) -> float:
        """A number, or what its absence means."""
        value = self.value(name)
        return default if value is None else float(value)


def read_scalar(value: Any, field: Field) -> Any:
    """A TOML or JSON value by its field, or :class:`Refused`."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    if isinstance(value, float) and math.isinf(value):
        return Refused(f"{quoted(value)} is not a finite number; leave the key out for no limit")
    if not isinstance(value, str | int | float | dt.date | dt.time):
        return Refused(f"is a list or table; one value is expected: {field.en}")
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return Refused(f"{quoted(value)} has a time zone; a date alone is expected")
    return read_cell(value, field)


def read_settings(source: Source, faults: Faults) -> Settings:
    """All settings, with every fault; what is missing or refused stands at its default."""
    reader = _Reader(source, faults)
    _refuse_unknown(source, reader)
    roads, distances = _roads(reader)
    return Settings(
        name=str(reader.value("name") or source.name),
        horizon=_horizon(reader),
        objective=_objective(reader),
        roads=roads,
        costs=Costs(**{f: reader.number(f"costs.{f}", getattr(Costs(), f)) for f in Costs.__dataclass_fields__}),
        driving=Driving(
            **{f: reader.number(f"dispatch.{f}", getattr(Driving(), f)) for f in Driving.__dataclass_fields__}
        ),
        streets=StreetRules(
            **{f: reader.number(f"streets.{f}", getattr(StreetRules(), f)) for f in StreetRules.__dataclass_fields__}
        ),
        distances=distances,
    )


def _refuse_unknown(source: Source, reader: _Reader) -> None:
    for name, value in source.settings.items():
        if name in SETTING_FIELDS or name.startswith("objective.weights."):
            continue
        if name in _SECTIONS and not isinstance(value, dict):
            reader.fault(name, f"is a section; write its keys under [{name}]")
            continue
        section, _, key = name.rpartition(".")
        siblings = [n.rpartition(".")[2] for n in SETTING_FIELDS if n.rpartition(".")[0] == section]
        hint = nearest(key, siblings) or nearest(name, SETTING_FIELDS) or "; known are " + listed(SETTING_FIELDS)
        reader.fault(name, f"unknown key{hint}")


def _horizon(reader: _Reader) -> Horizon:
    start, days, period = reader.value("start"), reader.value("days"), reader.value("period_days")
    stand_in = dt.date(2000, 1, 1)
    if period and days and days % period:
        more, less = (days // period + 1) * period, days // period * period
        near = f"{less:g} or {more:g}" if less else f"{more:g}"
        reader.fault("period_days", f"{period:g} days do not divide the horizon of {days:g}; expected days = {near}")
    if period and period > 1 and reader.raw("objective.reference") is not None:
        reader.fault("period_days", "a reference plan has days; leave out one of objective.reference and period_days")
    return Horizon(
        start=dt.date.fromordinal(start) if start else stand_in,
        days=int(days) if days else 1,
        known=bool(start and days),
        period=int(period) if period else 1,
    )


def _objective(reader: _Reader) -> Objective:
    order, weights = _order(reader), _weights(reader)
    if order is not None and weights is not None:
        reader.fault("objective.weights", "order and weights exclude each other; keep one of them")
    goals = tuple(order or ()) if weights is None else tuple(weights)
    reference = _path(reader, "objective.reference")
    if reference is not None and not there(reference / "flows.csv"):
        reader.fault(
            "objective.reference",
            f"{quoted(reader.raw('objective.reference'))} holds no flows.csv; name a folder that cutfill plan wrote",
        )
    for goal in [goal for goal in ("changes", "frozen") if goal in goals and reader.raw("objective.reference") is None]:
        reader.fault("objective.reference", f"is missing; the goal `{goal}` needs the plan folder to compare with")
    standard, covered = Objective(), reader.value("objective.reference_days")
    return Objective(
        order=() if weights is not None else tuple(order) if order is not None else standard.order,
        tolerance=reader.number("objective.tolerance", standard.tolerance),
        weights=weights or {},
        reference=reference,
        reference_days=None if covered is None else int(covered),
        frozen_days=int(reader.number("objective.frozen_days", standard.frozen_days)),
    )


def _order(reader: _Reader) -> list[str] | None:
    """The goals in order; None when not given."""
    value = reader.raw("objective.order")
    if value is None:
        return None
    parts = list(split_list(value)) if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(p, str) for p in parts):
        reader.fault("objective.order", 'is not a list of goals; write for example ["unserved", "offsite", "haul"]')
        return None
    goals = [goal for part in parts if (goal := _goal(reader, "objective.order", part))]
    if not parts:
        reader.fault("objective.order", f"is empty; name at least one goal of {listed(GOALS)}")
    for goal in dict.fromkeys(g for g in goals if goals.count(g) > 1):
        reader.fault("objective.order", f"names {goal} twice")
    return goals


def _weights(reader: _Reader) -> dict[str, float] | None:
    """Weight by goal; None when not given."""
    field = SETTING_FIELDS["objective.weights"]
    raw = reader.raw("objective.weights")
    rows = {n.rpartition(".")[2]: v for n, v in reader.source.settings.items() if n.startswith("objective.weights.")}
    if raw is None and not rows:
        return None
    if raw is not None and not isinstance(raw, dict):
        reader.fault(
            "objective.weights", "is not a table of numbers; write for example { cost = 1.0, offsite = 200.0 }"
        )
        return {}
    weights: dict[str, float] = {}
    for key, value in {**(raw or {}), **rows}.items():
        name = f"objective.weights.{key}"
        goal = _goal(reader, "objective.weights", key)
        number = value if isinstance(value, bool | list | dict) else number_of(value)
        if isinstance(number, Refused):
            reader.fault(name, number)
        elif not isinstance(number, float):
            reader.fault(name, f"{quoted(value)} is not a number")
        elif not (field.low or 0.0) <= number <= (field.high or np.inf):
            reader.fault(name, f"{quoted(value)} is out of range; a weight is 0 to {field.high:g}")
        elif goal:
            weights[goal] = number
    if raw == {} or (weights and not any(weights.values())):
        reader.fault("objective.weights", "has no weight above 0; give at least one goal a weight")
    return weights


def _goal(reader: _Reader, name: str, text: str) -> str | None:
    goal = narrow(text).casefold()
    if goal in GOALS:
        return goal
    reader.fault(name, f"{quoted(text)} is not a goal; expected some of {listed(GOALS)}{nearest(text, GOALS)}")
    return None


def _path(reader: _Reader, name: str) -> Path | None:
    text = reader.value(name)
    return reader.source.folder / text if text else None


def _roads(reader: _Reader) -> tuple[RoadSpec, str]:
    given = [key for key in ("file", "distances", "detour") if reader.raw(f"roads.{key}") is not None]
    if len(given) != 1 and reader.source.settings_complete:
        found = f"has {listed(given)}" if given else "names no source of distances"
        reader.fault("roads", f"{found}; expected exactly one of file, distances and detour")
    distances = str(reader.value("roads.distances") or "")
    paths = {key: _path(reader, f"roads.{key}") for key in ("file", "profile", "zones")}
    for key, path in paths.items():
        if path is not None and not there(path):
            reader.fault(
                f"roads.{key}", f"there is no file {quoted(reader.raw(f'roads.{key}'))} in {reader.source.folder}"
            )
            paths[key] = None
    spec = RoadSpec(
        file=paths["file"],
        distances=reader.source.folder / distances if distances else None,
        detour=reader.value("roads.detour"),
        by=reader.value("roads.by") or "distance",
        max_km=reader.number("roads.max_km", np.inf),
        snap_km=reader.number("roads.snap_km", 1.0),
        profile=paths["profile"],
        zones=paths["zones"],
        crs=reader.value("roads.crs"),
        attribution=reader.value("roads.attribution"),
    )
    return spec, distances
