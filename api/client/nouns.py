"""One small object per noun: who takes part, what runs, what happened."""

from __future__ import annotations

import time
from collections.abc import Iterator

from api.audit.schemas import AuditView
from api.auth.schemas import KeyMade, KeyNew, KeyView
from api.client.connection import Connection
from api.client.problem import ApiProblem
from api.jobs.schemas import JobView
from api.organisations.schemas import OrganisationNew, OrganisationPatch, OrganisationView
from api.webhooks.schemas import DeliveryView, WebhookMade, WebhookNew, WebhookPatch, WebhookView

LARGEST_PAGE = 200
FIRST_LOOK, LONGEST_LOOK = 0.1, 2.0  # seconds between two looks at a job
FINISHED = ("succeeded", "failed", "cancelled")


class Noun:
    """What every noun has: the connection."""

    def __init__(self, connection: Connection) -> None:
        self._api = connection


class Organisations(Noun):
    """``/v1/organisations``."""

    def all(self, *, kind: str | None = None, street: str | None = None) -> Iterator[OrganisationView]:
        """The organisations that you may see, newest first."""
        return self._api.pages("/v1/organisations", OrganisationView, kind=kind, street=street)

    def get(self, id_: str) -> OrganisationView:
        """One organisation."""
        return self._api.get(f"/v1/organisations/{id_}", OrganisationView)

    def create(self, new: OrganisationNew, *, key: str | None = None) -> OrganisationView:
        """Registers an organisation and its first member; it may trade once approved."""
        return self._api.create("/v1/organisations", new, OrganisationView, key)

    def change(self, organisation: OrganisationView, patch: OrganisationPatch) -> OrganisationView:
        """Changes the version that was read."""
        return self._api.edit(f"/v1/organisations/{organisation.id}", patch, OrganisationView, organisation.version)

    def approve(self, id_: str) -> OrganisationView:
        """Lets it trade."""
        return self._api.event(f"/v1/organisations/{id_}/approve", OrganisationView)

    def suspend(self, id_: str) -> OrganisationView:
        """Stops it from trading."""
        return self._api.event(f"/v1/organisations/{id_}/suspend", OrganisationView)


class Keys(Noun):
    """``/v1/auth/keys``."""

    def all(self) -> Iterator[KeyView]:
        """API keys of your organisation, newest first."""
        return self._api.pages("/v1/auth/keys", KeyView)

    def create(self, new: KeyNew, *, key: str | None = None) -> KeyMade:
        """Makes an API key; its secret is told this once."""
        return self._api.create("/v1/auth/keys", new, KeyMade, key)

    def revoke(self, id_: str) -> KeyView:
        """Ends an API key."""
        return KeyView.model_validate_json(self._api.request("DELETE", f"/v1/auth/keys/{id_}").content)


class Jobs(Noun):
    """``/v1/jobs``."""

    def all(
        self, *, state: str | None = None, kind: str | None = None, subject_id: str | None = None
    ) -> Iterator[JobView]:
        """Jobs, newest first."""
        return self._api.pages("/v1/jobs", JobView, state=state, kind=kind, subject_id=subject_id)

    def get(self, id_: str) -> JobView:
        """How far a job is."""
        return self._api.get(f"/v1/jobs/{id_}", JobView)

    def cancel(self, id_: str) -> JobView:
        """Ends a job that is not finished."""
        return self._api.event(f"/v1/jobs/{id_}/cancel", JobView)

    def wait(self, id_: str, *, seconds: float = 600.0) -> JobView:
        """Waits until a job has succeeded.

        Raises:
            ApiProblem: it failed or was cancelled, with its reason.
            TimeoutError: it is not finished after that many seconds; it goes on.
        """
        end, look = time.monotonic() + seconds, FIRST_LOOK
        while True:
            job = self.get(id_)
            if job.state == "succeeded":
                return job
            if job.state in FINISHED:
                raise ApiProblem.from_view(job.error) if job.error else ApiProblem(f"job-{job.state}", 409, "", [])
            if time.monotonic() + look > end:
                raise TimeoutError(f"job {id_} is {job.state} after {seconds:g} s")
            time.sleep(look)
            look = min(LONGEST_LOOK, look * 1.5)


class Webhooks(Noun):
    """``/v1/webhooks``."""

    def all(self) -> Iterator[WebhookView]:
        """Webhooks of your organisation, newest first."""
        return self._api.pages("/v1/webhooks", WebhookView)

    def create(self, new: WebhookNew, *, key: str | None = None) -> WebhookMade:
        """Registers a webhook; its signing secret is told this once."""
        return self._api.create("/v1/webhooks", new, WebhookMade, key)

    def change(self, webhook: WebhookView, patch: WebhookPatch) -> WebhookView:
        """Changes the version that was read."""
        return self._api.edit(f"/v1/webhooks/{webhook.id}", patch, WebhookView, webhook.version)

    def remove(self, id_: str) -> None:
        """Deletes a webhook."""
        self._api.request("DELETE", f"/v1/webhooks/{id_}")

    def deliveries(self, id_: str, *, state: str | None = None) -> Iterator[DeliveryView]:
        """What was sent or is to be sent; ``state="dead"`` for what was given up."""
        return self._api.pages(f"/v1/webhooks/{id_}/deliveries", DeliveryView, state=state)

    def retry(self, id_: str, delivery_id: str) -> DeliveryView:
        """Puts a dead delivery back on its way."""
        return self._api.event(f"/v1/webhooks/{id_}/deliveries/{delivery_id}/retry", DeliveryView)


class Audit(Noun):
    """``/v1/audit``."""

    def all(
        self, *, actor: str | None = None, subject: str | None = None, action: str | None = None
    ) -> Iterator[AuditView]:
        """Who did what, newest first."""
        return self._api.pages("/v1/audit", AuditView, actor=actor, subject=subject, action=action)
