"""Scenario in: one call from files to the frozen scenario, or to every fault at once."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path

from optimizer.errors import InputError
from optimizer.intake.context import Intake
from optimizer.intake.csv_source import read_csv, read_folder
from optimizer.intake.decoding import there
from optimizer.intake.demands import build_demands, build_mixes
from optimizer.intake.facilities import build_facilities, build_sizes
from optimizer.intake.faults import Faults
from optimizer.intake.fleet import build_bans, build_gates, build_trucks
from optimizer.intake.json_source import read_json
from optimizer.intake.library import build_library
from optimizer.intake.lookups import Ids
from optimizer.intake.pairs import build_pairs
from optimizer.intake.periods import in_periods
from optimizer.intake.plants import build_recipes, build_stocks
from optimizer.intake.raw import Source, table_named
from optimizer.intake.settings import Settings, read_settings
from optimizer.intake.supplies import build_supplies
from optimizer.intake.typed import Typed, read_table
from optimizer.intake.uncertainty import build_uncertainty
from optimizer.intake.xlsx_source import read_xlsx
from optimizer.materials import frozen
from optimizer.scenario import ABROAD, Facilities, Scenario
from optimizer.schema import PLACE_TABLES, TABLES


def load_scenario(path: Path) -> Scenario:
    """Reads and checks a scenario.

    Args:
        path: a folder of CSV files with ``scenario.toml``, an ``.xlsx`` or a ``.json`` (``docs/data-dictionary.md``).

    Raises:
        InputError: with every fault of every file, located.
    """
    with _collector_paused():
        faults = Faults()
        source, settings = _gathered(Path(path), faults)
        return _scenario_of(source, settings, _typed(source, {}, faults), faults)


@dataclass(frozen=True)
class Inputs:
    """A scenario's files, read once and without a fault: changed copies of them become further scenarios.

    Attributes:
        source: the raw tables and settings; never changed.
        tables: the same tables, typed.
        scenario: what they say as they are.
    """

    source: Source
    tables: dict[str, Typed]
    scenario: Scenario

    @classmethod
    def read(cls, path: Path) -> Inputs:
        """Reads and checks a scenario like :func:`load_scenario`, and keeps what it was made of."""
        with _collector_paused():
            faults = Faults()
            source, settings = _gathered(Path(path), faults)
            tables = _typed(_copied(source), {}, faults)
            return cls(source, tables, _scenario_of(source, settings, tables, faults))

    def changed(self, change: Callable[[Source, Faults], set[str]]) -> Scenario:
        """The scenario of a changed copy; see :meth:`altered`."""
        return self.altered(change).scenario

    def altered(self, change: Callable[[Source, Faults], set[str]]) -> Inputs:
        """A changed copy.

        Args:
            change: changes the copy's tables (by putting others into their place) and settings, adds the faults it
                finds, and tells the tables that it changed.

        Raises:
            InputError: with every fault.
        """
        with _collector_paused():
            faults = Faults()
            source = _copied(self.source)
            touched = change(source, faults)
            settings = read_settings(source, faults)
            kept = {name: table for name, table in self.tables.items() if name not in touched}
            tables = _typed(_copied(source), kept, faults)
            return Inputs(source, tables, _scenario_of(source, settings, tables, faults))


def _copied(source: Source) -> Source:
    """A source whose tables may be used up or replaced, and whose settings may be changed."""
    tables = {name: replace(table, columns=dict(table.columns)) for name, table in source.tables.items()}
    return replace(
        source, tables=tables, settings=dict(source.settings), lines=dict(source.lines), hashes=dict(source.hashes)
    )


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No garbage collection meanwhile: it would walk millions of cells again and again and find nothing to free."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _gathered(path: Path, faults: Faults) -> tuple[Source, Settings]:
    """Everything as written, with the files that the settings name."""
    source = read_source(path, faults)
    settings = read_settings(source, faults)
    _named_distances(source, settings, faults)
    _named_road_files(source, settings)
    for file, message in source.other_files.items():
        faults.add(file, 0, "", message)
    return source, settings


def _typed(source: Source, known: dict[str, Typed], faults: Faults) -> dict[str, Typed]:
    """Every table of the schema, typed; those already known are taken as they are."""
    return {
        name: known[name]
        if name in known
        else read_table(source.tables.get(name), spec, source.label.format(name), faults)
        for name, spec in TABLES.items()
    }


def _scenario_of(source: Source, settings: Settings, tables: dict[str, Typed], faults: Faults) -> Scenario:
    _require_tables(source, tables, faults)
    scenario = _assembled(source, settings, tables, faults)
    faults.raise_if_any()
    return scenario


def read_source(path: Path, faults: Faults) -> Source:
    """The raw tables and settings of any of the three forms a scenario may have.

    Raises:
        InputError: there is no scenario at ``path``.
    """
    if not there(path):
        raise InputError.single(str(path), "there is no such scenario; expected a folder, an .xlsx or a .json")
    if path.is_dir():
        return read_folder(path, faults)
    reader = {".xlsx": read_xlsx, ".xlsm": read_xlsx, ".json": read_json}.get(path.suffix.lower())
    if reader is None:
        what = "an old Excel file; save it as .xlsx" if path.suffix.lower() == ".xls" else "not a scenario"
        raise InputError.single(path.name, f"is {what}; expected a folder, an .xlsx or a .json")
    return reader(path, faults)


def _named_distances(source: Source, settings: Settings, faults: Faults) -> None:
    """Reads the distance table that ``roads.distances`` names when it is not the table of that name itself."""
    name = settings.distances
    if not name:
        if "distances" in source.tables:
            faults.note(f"{source.tables['distances'].file} is not used: [roads] does not name it")
        return
    path = source.folder / name
    if table_named(Path(name).stem) == "distances" and Path(name).name == name and "distances" in source.tables:
        return
    source.other_files.pop(name, None)
    source.tables["distances"] = read_csv(path, TABLES["distances"], name, faults, source.hashes)


def _named_road_files(source: Source, settings: Settings) -> None:
    """Files that [roads] names are inputs like the tables: hashed, and no unknown tables."""
    roads = settings.roads
    for path in filter(None, (roads.file, roads.profile, roads.zones)):
        for file in [path] if path.is_file() else sorted(p for p in path.glob("*.csv") if p.is_file()):
            if file.parent == source.folder:
                source.other_files.pop(file.name, None)
            with suppress(OSError), file.open("rb") as stream:  # whoever reads the map says why it cannot be read
                source.hashes[os.path.relpath(file, source.folder)] = file_digest(stream, "sha256").hexdigest()


def _require_tables(source: Source, tables: dict[str, Typed], faults: Faults) -> None:
    if "supplies" not in source.tables:
        faults.note("there is no table of supplies: nothing new has to go anywhere")
    if "demands" not in source.tables:
        faults.note("there is no table of demands: nothing inside the district takes fill")
    filled = any(len(tables[name]) for name in ("supplies", "demands", "stocks"))
    if not filled and all(tables[name].complete for name in tables):
        faults.add(tables["supplies"].file, 0, "", "there is no supply, no demand and no stock: nothing to plan")


def _refuse_unfair(source: Source, settings: Settings, facilities: Facilities, faults: Faults) -> None:
    """A share that is less than an even one leaves every tonne without a street that may receive it."""
    hosts = {
        street
        for street, kind, status in zip(facilities.street, facilities.kind, facilities.status, strict=True)
        if street and kind not in ABROAD and status != "closed"
    }
    share = settings.streets.max_share
    if hosts and share * len(hosts) < 1:
        line = source.lines.get("streets.max_share", 0)
        told = (
            f"{share:g} for each of the {len(hosts)} streets with facilities makes less than 1, so nothing could be "
            f"received anywhere; expected {1 / len(hosts):.4g} at least"
        )
        faults.add(source.settings_file, line, "streets.max_share", told)


def _assembled(source: Source, settings: Settings, tables: dict[str, Typed], faults: Faults) -> Scenario:
    """Checks every part and builds its arrays; only meaningful when no fault was found."""
    places = Ids()
    for name in PLACE_TABLES:
        places.add(tables[name], tables[name].spec.key[0], faults)
    library = build_library(tables["materials"], faults)
    intake = Intake(tables, library, settings.horizon, bool(settings.distances), places, faults)
    demands = build_demands(intake)
    facilities = build_facilities(intake)
    recipes = build_recipes(intake, facilities)
    stocks = build_stocks(intake, facilities, recipes)
    if "fairness" in settings.objective.goals and not any(any(tables[name]["street"]) for name in PLACE_TABLES):
        faults.note("fairness has nothing to share out: no supply, demand or facility names a street")
    scenario = Scenario(
        name=settings.name,
        start=settings.horizon.start,
        days=settings.horizon.days,
        materials=frozen(library.materials),
        supplies=build_supplies(intake),
        demands=demands,
        facilities=facilities,
        recipes=recipes,
        stocks=stocks,
        mixes=build_mixes(intake, demands),
        objective=settings.objective,
        roads=settings.roads,
        costs=settings.costs,
        pairs=build_pairs(intake) if settings.distances else None,
        notes=tuple(faults.notes),
        hashes=dict(source.hashes),
        folder=source.folder,
        trucks=build_trucks(intake),
        gates=build_gates(intake, settings.driving),
        bans=build_bans(intake),
        uncertain=build_uncertainty(intake),
        driving=settings.driving,
        streets=settings.streets,
        sizes=build_sizes(intake, facilities, stocks.facility),
    )
    _refuse_unfair(source, settings, facilities, faults)
    period = settings.horizon.period
    return scenario if faults.found() or period == 1 else in_periods(scenario, period)
