"""``/v1/proposals``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.kernel.paging import Page, Paging
from api.kernel.preconditions import IfMatchOptional, show_etag
from api.kernel.problems import ClosedWindow, ForeignResource, NotApproved, NotFound, StaleVersion, WrongState
from api.kernel.work import Work
from api.proposals import service
from api.proposals.models import Proposal
from api.proposals.repository import ProposalRepository
from api.proposals.schemas import ProposalState, ProposalView
from api.requests import Transacting, answers, reads, writes

router = APIRouter(prefix="/v1/proposals", tags=["proposals"], route_class=Transacting)
ANSWERING = (NotFound, ForeignResource, StaleVersion, WrongState, ClosedWindow)


@router.get("", responses=answers())
def proposals(
    paging: Paging,
    work: Annotated[Work, reads("proposals:read")],
    clearing_id: Annotated[str | None, Query(max_length=40)] = None,
    state: ProposalState | None = None,
) -> Page[ProposalView]:
    """Proposals to you; overseers see all."""
    where = [
        column == value
        for column, value in ((Proposal.clearing_id, clearing_id), (Proposal.state, state))
        if value is not None
    ]
    rows, cursor = ProposalRepository(work).page(paging, *where)
    return Page(items=service.views(work, rows), next=cursor)


@router.get("/{id}", responses=answers(NotFound))
def proposal(id: str, response: Response, work: Annotated[Work, reads("proposals:read")]) -> ProposalView:
    """One proposal."""
    row = ProposalRepository(work).get(id)
    show_etag(response, row)
    return service.views(work, [row])[0]


@router.post("/{id}/accept", responses=answers(*ANSWERING, NotApproved))
def accept(
    id: str,
    response: Response,
    precondition: IfMatchOptional,
    work: Annotated[Work, writes("proposals:answer", approved=True)],
) -> ProposalView:
    """Says yes; when both sides have, it is a deal and stands."""
    row = service.accept(work, id, precondition)
    work.session.flush()
    show_etag(response, row)
    return service.views(work, [row])[0]


@router.post("/{id}/decline", responses=answers(*ANSWERING))
def decline(
    id: str, response: Response, precondition: IfMatchOptional, work: Annotated[Work, writes("proposals:answer")]
) -> ProposalView:
    """Says no; the quantity returns to the market."""
    row = service.decline(work, id, precondition)
    work.session.flush()
    show_etag(response, row)
    return service.views(work, [row])[0]
