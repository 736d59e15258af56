"""One small object per noun: the registry, what is there before anything is traded."""

from __future__ import annotations

from collections.abc import Iterator

from api.carriers.schemas import CarrierNew, CarrierPatch, CarrierView
from api.client.nouns import LARGEST_PAGE, Noun
from api.directory.schemas import EntryKind, EntryView
from api.documents.schemas import DocumentKind, DocumentView
from api.facilities.schemas import FacilityNew, FacilityPatch, FacilityView, Kind, StockReport, StockView
from api.kernel.paging import Page
from api.materials.schemas import MaterialView
from api.sites.schemas import SiteNew, SitePatch, SiteView
from api.streets.schemas import StreetNew, StreetPatch, StreetView
from api.trucks.schemas import TruckNew, TruckPatch, TruckView


class Sites(Noun):
    """``/v1/sites``."""

    def all(self) -> Iterator[SiteView]:
        """Sites of your organisation, newest first."""
        return self._api.pages("/v1/sites", SiteView, limit=LARGEST_PAGE)

    def get(self, id_: str) -> SiteView:
        """One site."""
        return self._api.get(f"/v1/sites/{id_}", SiteView)

    def create(self, new: SiteNew, *, key: str | None = None) -> SiteView:
        """Registers a site."""
        return self._api.create("/v1/sites", new, SiteView, key)

    def change(self, site: SiteView, patch: SitePatch) -> SiteView:
        """Changes the version that was read."""
        return self._api.edit(f"/v1/sites/{site.id}", patch, SiteView, site.version)


class Materials(Noun):
    """``/v1/materials``."""

    def all(self) -> Iterator[MaterialView]:
        """The district's library."""
        return self._api.pages("/v1/materials", MaterialView)

    def get(self, id_: str) -> MaterialView:
        """One material."""
        return self._api.get(f"/v1/materials/{id_}", MaterialView)


class Streets(Noun):
    """``/v1/streets``."""

    def all(self) -> Iterator[StreetView]:
        """The district's streets (sub-districts)."""
        return self._api.pages("/v1/streets", StreetView, limit=LARGEST_PAGE)

    def create(self, new: StreetNew, *, key: str | None = None) -> StreetView:
        """Names a street."""
        return self._api.create("/v1/streets", new, StreetView, key)

    def change(self, street: StreetView, patch: StreetPatch) -> StreetView:
        """Changes the version that was read."""
        return self._api.edit(f"/v1/streets/{street.id}", patch, StreetView, street.version)


class Facilities(Noun):
    """``/v1/facilities``."""

    def all(self, *, kind: Kind | None = None, street: str | None = None) -> Iterator[FacilityView]:
        """Yards, plants, disposal yards, off-site places and quarries, newest first."""
        return self._api.pages("/v1/facilities", FacilityView, kind=kind, street=street, limit=LARGEST_PAGE)

    def get(self, id_: str) -> FacilityView:
        """One facility."""
        return self._api.get(f"/v1/facilities/{id_}", FacilityView)

    def create(self, new: FacilityNew, *, key: str | None = None) -> FacilityView:
        """Registers a facility."""
        return self._api.create("/v1/facilities", new, FacilityView, key)

    def change(self, facility: FacilityView, patch: FacilityPatch) -> FacilityView:
        """Changes the version that was read."""
        return self._api.edit(f"/v1/facilities/{facility.id}", patch, FacilityView, facility.version)

    def confirm(self, id_: str) -> FacilityView:
        """Says that the figures still hold."""
        return self._api.event(f"/v1/facilities/{id_}/confirm", FacilityView)

    def stocks(self, id_: str) -> list[StockView]:
        """What lies there, as last reported."""
        return self._api.get(f"/v1/facilities/{id_}/stocks", Page[StockView]).items

    def report_stocks(self, facility: FacilityView, report: StockReport) -> list[StockView]:
        """Says what lies there now; what is not named is not there."""
        path = f"/v1/facilities/{facility.id}/stocks"
        return self._api.edit(path, report, Page[StockView], facility.version, method="PUT").items


class Carriers(Noun):
    """``/v1/carriers``."""

    def all(self) -> Iterator[CarrierView]:
        """Haulage companies, newest first."""
        return self._api.pages("/v1/carriers", CarrierView, limit=LARGEST_PAGE)

    def get(self, id_: str) -> CarrierView:
        """One carrier."""
        return self._api.get(f"/v1/carriers/{id_}", CarrierView)

    def create(self, new: CarrierNew, *, key: str | None = None) -> CarrierView:
        """Registers a carrier."""
        return self._api.create("/v1/carriers", new, CarrierView, key)

    def change(self, carrier: CarrierView, patch: CarrierPatch) -> CarrierView:
        """Changes the version that was read."""
        return self._api.edit(f"/v1/carriers/{carrier.id}", patch, CarrierView, carrier.version)


class Trucks(Noun):
    """``/v1/trucks``."""

    def all(self, *, carrier_id: str | None = None) -> Iterator[TruckView]:
        """Trucks of your organisation, newest first."""
        return self._api.pages("/v1/trucks", TruckView, carrier_id=carrier_id, limit=LARGEST_PAGE)

    def get(self, id_: str) -> TruckView:
        """One truck."""
        return self._api.get(f"/v1/trucks/{id_}", TruckView)

    def create(self, new: TruckNew, *, key: str | None = None) -> TruckView:
        """Registers a truck."""
        return self._api.create("/v1/trucks", new, TruckView, key)

    def change(self, truck: TruckView, patch: TruckPatch) -> TruckView:
        """Changes the version that was read."""
        return self._api.edit(f"/v1/trucks/{truck.id}", patch, TruckView, truck.version)


class Directory(Noun):
    """``/v1/directory``."""

    def all(
        self,
        *,
        kind: EntryKind | None = None,
        street: str | None = None,
        text: str | None = None,
        near: tuple[float, float] | None = None,
        crs: str | None = None,
    ) -> Iterator[EntryView]:
        """Builders, carriers, plants and yards; with ``near`` (lon, lat) the nearest first."""
        lon, lat = near or (None, None)
        return self._api.pages(
            "/v1/directory", EntryView, kind=kind, street=street, text=text, lon=lon, lat=lat, crs=crs
        )


class Documents(Noun):
    """``/v1/documents``."""

    def all(self) -> Iterator[DocumentView]:
        """Documents that you may see, newest first."""
        return self._api.pages("/v1/documents", DocumentView, limit=LARGEST_PAGE)

    def get(self, id_: str) -> DocumentView:
        """One document."""
        return self._api.get(f"/v1/documents/{id_}", DocumentView)

    def upload(self, data: bytes, filename: str, kind: DocumentKind, *, key: str | None = None) -> DocumentView:
        """Uploads a test certificate, a permit or a photo.

        Raises:
            ApiProblem: too-large, wrong-media-type.
        """
        answer = self._api.upload("/v1/documents", data, filename, fields={"kind": kind}, key=key)
        return DocumentView.model_validate_json(answer.content)

    def content(self, id_: str) -> bytes:
        """Its bytes."""
        return self._api.request("GET", f"/v1/documents/{id_}/content").content
