"""Sign-in with lock-out, refresh with theft detection, revocation, and API keys."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Select, select

from api.auth.lockout import clear_failures, count_failure, refuse_locked
from api.auth.models import ApiKey, SignIn
from api.auth.repository import KeyRepository
from api.auth.schemas import KeyMade, KeyNew, KeyView, Me, MePatch, SignInRequest, Tokens
from api.auth.tokens import (
    KEY_PREFIX,
    access_token,
    digest,
    dummy_hash,
    hash_password,
    new_secret,
    password_matches,
)
from api.kernel.access import PUBLIC, Caller
from api.kernel.problems import FieldFault, Forbidden, Invalid, NotSignedIn, WrongPassword, invalid
from api.kernel.work import Work
from api.organisations.models import Membership, User
from api.platform import Platform


def sign_in(platform: Platform, request: SignInRequest) -> Tokens:
    """Checks the password and opens a sign-in. Failures are counted and committed before they are refused.

    Raises:
        WrongPassword, LockedOut.
    """
    email = request.email.strip().lower()
    with platform.reading() as work:
        refuse_locked(work, email)
        user = work.session.execute(select(User).where(User.email == email)).scalar_one_or_none()
    matches = password_matches(user.password_hash if user else dummy_hash(), request.password)
    if user is None or not matches:
        count_failure(platform, email, user.id if user else None)
        raise WrongPassword
    with platform.writing(PUBLIC) as work:
        refuse_locked(work, email)  # others may have guessed at the same time
        clear_failures(work, email)
        return _open(platform, work, user.id, request.organisation_id)


def _open(platform: Platform, work: Work, user_id: str, organisation_id: str | None) -> Tokens:
    wanted = select(Membership).where(Membership.user_id == user_id, Membership.active).order_by(Membership.id)
    if organisation_id is not None:
        wanted = wanted.where(Membership.organisation_id == organisation_id)
    membership = work.session.execute(wanted.limit(1)).scalar_one_or_none()
    if membership is None:
        raise WrongPassword("You are no member of that organisation.")
    refresh, refresh_hash = new_secret()
    now = work.clock.now()
    row = SignIn(
        membership_id=membership.id,
        refresh_hash=refresh_hash,
        created_at=now,
        expires_at=now + dt.timedelta(days=platform.settings.refresh_days),
    )
    work.session.add(row)
    work.session.flush()
    work.tell("user.signed_in", user_id, sign_in=row.id, organisation=membership.organisation_id)
    return _tokens(platform, row, refresh, membership, now)


def _tokens(platform: Platform, row: SignIn, refresh: str, membership: Membership, now: dt.datetime) -> Tokens:
    token, seconds = access_token(platform.settings, row.id, now)
    return Tokens(
        access_token=token,
        expires_in=seconds,
        refresh_token=refresh,
        organisation_id=membership.organisation_id,
        role=membership.role,
    )


def refresh(platform: Platform, refresh_token: str) -> Tokens:
    """Replaces a refresh token; one that was already replaced ends the sign-in, for it was stolen or copied.

    Raises:
        NotSignedIn.
    """
    hashed = digest(refresh_token)
    stolen = False
    with platform.writing(PUBLIC) as work:
        row = work.session.execute(_by_refresh(refresh_token)).scalar_one_or_none()
        now = work.clock.now()
        if row is None or row.revoked_at is not None or row.expires_at <= now or not row.membership.active:
            raise NotSignedIn("The refresh token is not valid, has expired or was revoked.")
        stolen = row.refresh_hash != hashed
        if stolen:
            row.revoked_at = now
            work.tell("user.refresh_replayed", row.membership.user_id, sign_in=row.id)
        else:
            secret, row.refresh_hash = new_secret()
            row.previous_hash = hashed
            tokens = _tokens(platform, row, secret, row.membership, now)
    if stolen:
        raise NotSignedIn("This refresh token was used before; the sign-in is ended.")
    return tokens


def _by_refresh(refresh_token: str) -> Select[SignIn]:
    """The sign-in of a refresh token, or of the one before it."""
    hashed = digest(refresh_token)
    return (
        select(SignIn)
        .where((SignIn.refresh_hash == hashed) | (SignIn.previous_hash == hashed))
        .with_for_update(of=SignIn)
    )


def revoke(work: Work, refresh_token: str) -> None:
    """Ends a sign-in; unknown tokens are as good as ended."""
    row = work.session.execute(_by_refresh(refresh_token)).scalar_one_or_none()
    if row is not None and row.revoked_at is None:
        row.revoked_at = work.clock.now()
        work.tell("user.signed_out", row.membership.user_id, sign_in=row.id)


def me(work: Work) -> Me:
    """Who the caller is.

    Raises:
        NotSignedIn: the public.
    """
    caller = work.caller
    if caller.user_id is None:
        raise NotSignedIn
    membership = _membership(work)
    return Me(
        user_id=caller.user_id,
        name=membership.user.name,
        email=membership.user.email,
        language=membership.user.language,
        organisation_id=membership.organisation_id,
        organisation=membership.organisation.name,
        role=membership.role,
        approved=caller.approved,
        permissions=sorted(caller.permissions),
    )


def _membership(work: Work) -> Membership:
    return work.session.execute(
        select(Membership).where(
            Membership.user_id == work.caller.user_id, Membership.organisation_id == work.caller.organisation_id
        )
    ).scalar_one()


def change_me(platform: Platform, caller: Caller, patch: MePatch) -> Me:
    """Changes name, language or password; a new password ends every sign-in.

    Raises:
        NotSignedIn, WrongPassword, LockedOut: as at sign-in. Forbidden: an API key, which is no person.
    """
    if caller.user_id is None:
        raise NotSignedIn
    if caller.is_key:
        raise Forbidden("An API key cannot change the person that it acts for; sign in.")
    hashed = None if patch.password is None else hash_password(patch.password)
    if hashed is not None:
        _check_password(platform, caller.user_id, patch.current_password or "")
    with platform.writing(caller) as work:
        return _change_me(work, caller.user_id, patch, hashed)


def _check_password(platform: Platform, user_id: str, password: str) -> None:
    """Somebody who found an open session may not guess on either."""
    with platform.reading() as work:
        user = work.session.get_one(User, user_id)
        refuse_locked(work, user.email)
    if not password_matches(user.password_hash, password):
        count_failure(platform, user.email, user.id)
        raise WrongPassword("current_password is wrong.")


def _change_me(work: Work, user_id: str, patch: MePatch, hashed: str | None) -> Me:
    user = work.session.get_one(User, user_id, with_for_update=True)
    user.name = patch.name or user.name
    user.language = patch.language or user.language
    if hashed is not None:
        user.password_hash = hashed
        open_ones = select(SignIn).join(Membership).where(Membership.user_id == user.id, SignIn.revoked_at.is_(None))
        for row in work.session.execute(open_ones).scalars():
            row.revoked_at = work.clock.now()
    work.tell("user.changed", user.id, fields=sorted(patch.model_fields_set))
    work.session.flush()
    return me(work)


def make_key(work: Work, new: KeyNew) -> KeyMade:
    """Makes an API key for the caller's membership, with scopes that the caller has.

    Raises:
        Invalid: a scope that does not exist or that the caller does not have.
    """
    foreign = [scope for scope in new.scopes if not work.caller.may(scope)]
    if foreign:
        raise Invalid(
            "you do not have: " + ", ".join(foreign),
            errors=[FieldFault(field=f"scopes.{new.scopes.index(s)}", message=f"{s!r} is not yours") for s in foreign],
        )
    if work.caller.is_key:
        raise invalid("scopes", "an API key cannot make API keys; sign in")
    secret, _ = new_secret()
    secret = KEY_PREFIX + secret
    now = work.clock.now()
    key = KeyRepository(work).add(
        ApiKey(
            membership_id=_membership(work).id,
            organisation_id=work.caller.organisation_id,
            name=new.name,
            prefix=secret[:8],
            secret_hash=digest(secret),
            scopes=sorted(set(new.scopes)),
            created_at=now,
            expires_at=None if new.days is None else now + dt.timedelta(days=new.days),
        )
    )
    work.tell("key.made", key.id, scopes=key.scopes)
    return KeyMade(**key_view(key).model_dump(), secret=secret)


def revoke_key(work: Work, id_: str) -> KeyView:
    """Ends a key.

    Raises:
        NotFound, ForeignResource.
    """
    key = KeyRepository(work).get_own(id_)
    if key.revoked_at is None:
        key.revoked_at = work.clock.now()
        work.tell("key.revoked", key.id)
    return key_view(key)


def key_view(key: ApiKey) -> KeyView:
    """A key without its secret."""
    return KeyView.model_validate(key, from_attributes=True)
