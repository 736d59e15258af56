"""What a caller may see of a listing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from api.kernel.geography import LocationView
from api.kernel.types import among, to_t
from api.kernel.work import Work
from api.listings.models import Listing
from api.listings.repository import ListingRepository
from api.listings.schemas import ListingPrivate, ListingView
from api.listings.service import rough_t
from api.organisations.models import Organisation

_NAMES = select(Organisation.id, Organisation.name).where(among(Organisation.id, "ids"))


def view(work: Work, row: Listing) -> ListingView:
    """One listing."""
    return views(work, [row])[0]


def views(work: Work, rows: Sequence[Listing], km: Mapping[str, float] | None = None) -> list[ListingView]:
    """Listings in the given order; ``km`` by id where a distance was asked for."""
    names = {work.caller.organisation_id: work.caller.organisation}
    ids = {row.organisation_id for row in rows} - names.keys()
    if ids:
        names |= dict(work.session.connection().execute(_NAMES, {"ids": list(ids)}).all())
    repository = ListingRepository(work)
    return [_view(work, repository, row, names[row.organisation_id], (km or {}).get(row.id)) for row in rows]


def _view(work: Work, repository: ListingRepository, row: Listing, organisation: str, km: float | None) -> ListingView:
    private = repository.sees_private(row)
    return ListingView(
        id=row.id,
        organisation_id=row.organisation_id,
        organisation=organisation,
        mine=work.caller.owns(row.organisation_id),
        side=row.side,  # type: ignore[arg-type]
        name=row.name,
        materials=row.materials,
        grade=row.grade,  # type: ignore[arg-type]
        certified=row.certificate_id is not None,
        quantity=float(row.quantity),
        unit=row.unit,  # type: ignore[arg-type]
        t=to_t(row.quantity_kg),
        left_t=to_t(row.free_kg) if private else rough_t(row.free_kg),
        minimum_lot_t=to_t(row.minimum_lot_kg),
        window_from=row.window_from,
        window_to=row.window_to,
        price=row.reserve if row.price_public else None,
        street=row.street,
        location=LocationView.of(row),
        photo_ids=row.photo_ids,
        state=row.state,  # type: ignore[arg-type]
        km=None if km is None else round(km, 3),
        private=_private(row) if private else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def _private(row: Listing) -> ListingPrivate:
    return ListingPrivate(
        reserve=row.reserve,
        auto_accept=row.auto_accept,
        reserved_t=to_t(row.reserved_kg),
        committed_t=to_t(row.committed_kg),
        daily_max_t=None if row.daily_max_kg is None else to_t(row.daily_max_kg),
        site_id=row.site_id,
        certificate_id=row.certificate_id,
        note=row.note,
    )


def features(rows: Sequence[ListingView]) -> dict[str, object]:
    """GeoJSON of listings: points with the public fields."""
    hidden = {"location", "private", "mine"}
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": row.id,
                "geometry": {"type": "Point", "coordinates": [row.location.lon, row.location.lat]},
                "properties": row.model_dump(mode="json", exclude=hidden),
            }
            for row in rows
        ],
    }
