"""Registration, approval and members."""

from __future__ import annotations

from sqlalchemy import select

from api.auth.tokens import hash_password
from api.kernel.preconditions import Precondition
from api.kernel.problems import Conflict, FieldFault, NotFound, WrongState
from api.kernel.work import OVERSEERS_ONLY, Audience, Work
from api.organisations.models import Membership, Organisation, User
from api.organisations.repository import MembershipRepository, OrganisationRepository
from api.organisations.schemas import (
    Contact,
    MemberNew,
    MemberView,
    OrganisationNew,
    OrganisationPatch,
    OrganisationView,
)


def register(work: Work, new: OrganisationNew) -> Organisation:
    """A new organisation waiting for approval, with its first member.

    Raises:
        Conflict: the e-mail belongs to somebody.
    """
    now = work.clock.now()
    profile = new.model_dump(exclude={"member", "kind"})
    row = OrganisationRepository(work).add(Organisation(kind=new.kind, created_at=now, updated_at=now, **profile))
    add_member(work, row, new.member)
    work.tell("organisation.registered", row.id, to=OVERSEERS_ONLY, shown={"name": row.name}, kind=row.kind)
    return row


def add_member(work: Work, organisation: Organisation, new: MemberNew) -> Membership:
    """A person in the organisation's own role.

    Raises:
        Conflict: the e-mail belongs to somebody.
    """
    email = new.email.strip().lower()
    if work.session.execute(select(User.id).where(User.email == email)).first():
        raise Conflict(
            f"{email} belongs to somebody already", errors=[FieldFault(field="email", message="use another one")]
        )
    now = work.clock.now()
    user = User(
        email=email,
        name=new.name,
        password_hash=hash_password(new.password),
        language=new.language,
        created_at=now,
    )
    work.session.add(user)
    work.session.flush()
    member = Membership(user_id=user.id, organisation_id=organisation.id, role=organisation.kind, created_at=now)
    work.session.add(member)
    work.session.flush()
    work.tell("member.added", member.id, organisation=organisation.id, user=user.id)
    return member


def platform_admin(work: Work, new: MemberNew) -> Membership:
    """A new administrator, in the organisation that runs the platform (made when there is none).

    Raises:
        Conflict: the e-mail belongs to somebody.
    """
    wanted = select(Organisation).where(Organisation.kind == "admin").order_by(Organisation.id).limit(1)
    organisation = work.session.execute(wanted).scalar_one_or_none()
    if organisation is None:
        now = work.clock.now()
        organisation = OrganisationRepository(work).add(
            Organisation(
                name="平台管理 Platform", kind="admin", state="active", listed=False, created_at=now, updated_at=now
            )
        )
    return add_member(work, organisation, new)


def change(work: Work, id_: str, patch: OrganisationPatch, precondition: Precondition) -> Organisation:
    """Changes an organisation's own profile.

    Raises:
        NotFound, ForeignResource, PreconditionRequired, StaleVersion.
    """
    row = OrganisationRepository(work).get_own(id_)
    precondition.check(row)
    for name, value in patch.model_dump(exclude_none=True).items():
        setattr(row, name, value)
    row.updated_at = work.clock.now()
    work.session.flush()
    work.tell("organisation.changed", row.id, fields=sorted(patch.model_fields_set))
    return row


def set_state(work: Work, id_: str, state: str, allowed_from: tuple[str, ...], event: str) -> Organisation:
    """Approves or suspends.

    Raises:
        NotFound, WrongState.
    """
    row = OrganisationRepository(work).get(id_, lock=True)
    if row.state not in allowed_from:
        raise WrongState(f"The organisation is {row.state}.")
    row.state, row.updated_at = state, work.clock.now()
    work.session.flush()
    work.tell(f"organisation.{event}", row.id, to=Audience(organisations=(row.id,)), shown={"state": state})
    return row


def deactivate_member(work: Work, organisation: Organisation, id_: str) -> Membership:
    """Takes a person out; their tokens and keys stop working at once.

    Raises:
        NotFound, ForeignResource, WrongState: one cannot take oneself out.
    """
    row = MembershipRepository(work).get_own(id_)
    if row.organisation_id != organisation.id:
        raise NotFound(f"{organisation.name} has no member {id_!r}.")
    if row.user_id == work.caller.user_id:
        raise WrongState("You cannot take yourself out; ask another member or an administrator.")
    if row.active:
        row.active = False
        work.session.flush()
        work.tell("member.deactivated", row.id, user=row.user_id)
    return row


def view(work: Work, row: Organisation) -> OrganisationView:
    """What the caller may see of an organisation."""
    private = OrganisationRepository(work).sees_private(row)
    return OrganisationView(
        id=row.id,
        name=row.name,
        kind=row.kind,  # type: ignore[arg-type]
        state=row.state,  # type: ignore[arg-type]
        street=row.street,
        listed=row.listed,
        licence=row.licence if private else None,
        contact=contact_of(row) if private else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def contact_of(row: Organisation) -> Contact:
    """How to reach an organisation; only for those who may know."""
    return Contact(name=row.contact_name, phone=row.contact_phone, email=row.contact_email)


def member_view(row: Membership) -> MemberView:
    """A member."""
    return MemberView(
        id=row.id,
        user_id=row.user_id,
        name=row.user.name,
        email=row.user.email,
        role=row.role,  # type: ignore[arg-type]
        active=row.active,
        version=row.version,
    )
