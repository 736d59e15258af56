"""``/v1/organisations``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.kernel.idempotency import Once
from api.kernel.paging import Page, Paging
from api.kernel.preconditions import IfMatch, show_etag
from api.kernel.problems import (
    Conflict,
    Forbidden,
    ForeignResource,
    IdempotencyConflict,
    NotFound,
    PreconditionRequired,
    StaleVersion,
    WrongState,
)
from api.kernel.work import Work
from api.organisations import service
from api.organisations.models import Membership, Organisation
from api.organisations.repository import MembershipRepository, OrganisationRepository
from api.organisations.schemas import (
    Kind,
    MemberNew,
    MemberView,
    OrganisationNew,
    OrganisationPatch,
    OrganisationView,
)
from api.requests import Transacting, answers, reads, writes

router = APIRouter(prefix="/v1/organisations", tags=["organisations"], route_class=Transacting)


@router.get("", responses=answers(permission=False))
def organisations(
    paging: Paging,
    work: Annotated[Work, reads()],
    kind: Annotated[Kind | None, Query(description="Only of this kind.")] = None,
    street: Annotated[str | None, Query(max_length=80)] = None,
) -> Page[OrganisationView]:
    """The directory: organisations that you may see, newest first."""
    where = [
        condition
        for value, condition in ((kind, Organisation.kind == kind), (street, Organisation.street == street))
        if value is not None
    ]
    rows, cursor = OrganisationRepository(work).page(paging, *where)
    return Page(items=[service.view(work, row) for row in rows], next=cursor)


@router.post(
    "",
    status_code=201,
    response_model=OrganisationView,
    responses=answers(Conflict, IdempotencyConflict, permission=False),
)
def register(new: OrganisationNew, once: Once, work: Annotated[Work, writes(None)]) -> Response:
    """Registers an organisation and its first member; it may trade once approved."""

    def make() -> tuple[OrganisationView, str]:
        row = service.register(work, new)
        return service.view(work, row), f"/v1/organisations/{row.id}"

    return once.once(work, make)


@router.get("/{id}", responses=answers(NotFound, permission=False))
def organisation(id: str, response: Response, work: Annotated[Work, reads()]) -> OrganisationView:
    """One organisation."""
    row = OrganisationRepository(work).get(id)
    show_etag(response, row)
    return service.view(work, row)


@router.patch(
    "/{id}",
    responses=answers(NotFound, ForeignResource, PreconditionRequired, StaleVersion),
)
def change(
    id: str,
    patch: OrganisationPatch,
    response: Response,
    precondition: IfMatch,
    work: Annotated[Work, writes("organisation:write")],
) -> OrganisationView:
    """Changes your organisation's profile."""
    row = service.change(work, id, patch, precondition)
    show_etag(response, row)
    return service.view(work, row)


@router.post("/{id}/approve", responses=answers(NotFound, WrongState))
def approve(id: str, work: Annotated[Work, writes("organisations:approve")]) -> OrganisationView:
    """Lets an organisation trade."""
    return service.view(work, service.set_state(work, id, "active", ("pending", "suspended"), "approved"))


@router.post("/{id}/suspend", responses=answers(NotFound, WrongState))
def suspend(id: str, work: Annotated[Work, writes("organisations:approve")]) -> OrganisationView:
    """Stops an organisation from trading; what it agreed stands."""
    return service.view(work, service.set_state(work, id, "suspended", ("active", "pending"), "suspended"))


@router.get("/{id}/members", responses=answers(NotFound))
def members(id: str, paging: Paging, work: Annotated[Work, reads("members:write")]) -> Page[MemberView]:
    """Members of your organisation."""
    OrganisationRepository(work).get(id)
    rows, cursor = MembershipRepository(work).page(paging, Membership.organisation_id == id)
    return Page(items=[service.member_view(row) for row in rows], next=cursor)


@router.post(
    "/{id}/members",
    status_code=201,
    response_model=MemberView,
    responses=answers(NotFound, ForeignResource, Conflict, IdempotencyConflict),
)
def add_member(id: str, new: MemberNew, once: Once, work: Annotated[Work, writes("members:write")]) -> Response:
    """Adds a person to your organisation."""

    if work.caller.is_key:  # the new member could do more than the key
        raise Forbidden("An API key cannot add people; sign in.")

    def make() -> tuple[MemberView, str]:
        row = service.add_member(work, OrganisationRepository(work).get_own(id), new)
        return service.member_view(row), f"/v1/organisations/{id}/members/{row.id}"

    return once.once(work, make)


@router.delete("/{id}/members/{member}", responses=answers(NotFound, ForeignResource, WrongState))
def deactivate_member(id: str, member: str, work: Annotated[Work, writes("members:write")]) -> MemberView:
    """Takes a person out; their tokens and keys stop working at once."""
    organisation = OrganisationRepository(work).get_own(id)
    return service.member_view(service.deactivate_member(work, organisation, member))
