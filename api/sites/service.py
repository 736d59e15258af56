"""Registering and changing sites."""

from __future__ import annotations

from api.kernel.geography import LocationView
from api.kernel.preconditions import Precondition
from api.kernel.problems import FieldFault, Invalid
from api.kernel.work import Audience, Work
from api.sites.models import Site
from api.sites.repository import SiteRepository
from api.sites.schemas import Estimate, SiteNew, SitePatch, SiteView


def register(work: Work, new: SiteNew) -> Site:
    """A new site of the caller's organisation.

    Raises:
        Invalid: a material that is not known. UnknownCoordinateSystem.
    """
    _refuse_unknown_materials(work, new.estimates)
    now = work.clock.now()
    row = SiteRepository(work).add(
        Site(
            organisation_id=work.caller.organisation_id,
            **new.model_dump(mode="json", exclude={"location"}),
            **new.location.columns(),
            created_at=now,
            updated_at=now,
        )
    )
    work.tell("site.registered", row.id, to=Audience(organisations=(row.organisation_id,)), shown={"name": row.name})
    return row


def change(work: Work, id_: str, patch: SitePatch, precondition: Precondition) -> Site:
    """Changes a site.

    Raises:
        NotFound, ForeignResource, PreconditionRequired, StaleVersion, Invalid, UnknownCoordinateSystem.
    """
    row = SiteRepository(work).get_own(id_)
    precondition.check(row)
    _refuse_unknown_materials(work, patch.estimates or [])
    values = patch.model_dump(mode="json", exclude={"location"}, exclude_none=True)
    if patch.location is not None:
        values |= patch.location.columns()
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at = work.clock.now()
    work.session.flush()
    work.tell("site.changed", row.id, fields=sorted(patch.model_fields_set))
    return row


def _refuse_unknown_materials(work: Work, estimates: list[Estimate]) -> None:
    faults = [
        FieldFault(field=f"estimates.{i}.material", message=f"{e.material!r} is not in the material library")
        for i, e in enumerate(estimates)
        if e.material not in work.district.materials
    ]
    if faults:
        raise Invalid("; ".join(fault.message for fault in faults), errors=faults)


def view(row: Site) -> SiteView:
    """A site as its organisation sees it."""
    return SiteView.model_validate(
        {**{name: getattr(row, name) for name in SiteView.model_fields if name != "location"},
         "location": LocationView.of(row)}
    )  # fmt: skip
