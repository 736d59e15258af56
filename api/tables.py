"""Every table of the platform, imported once so that the metadata is whole."""

from __future__ import annotations

from api.audit.models import AuditEntry
from api.auth.models import ApiKey, LoginFailures, SignIn
from api.carriers.models import Carrier
from api.clearings.models import Clearing
from api.deals.models import Deal
from api.documents.models import Document
from api.events.models import LedgerHead, OutboxEvent
from api.facilities.models import Facility, Stock
from api.jobs.models import Job
from api.kernel.idempotency import IdempotencyRecord
from api.listings.models import Listing, ListingMaterial
from api.offers.models import Offer
from api.organisations.models import Membership, Organisation, User
from api.proposals.models import Proposal
from api.quotes.models import Quote
from api.sites.models import Site
from api.streets.models import Street
from api.trucks.models import Truck
from api.webhooks.models import Delivery, Webhook

ALL = (
    ApiKey,
    AuditEntry,
    Carrier,
    Clearing,
    Deal,
    Delivery,
    Document,
    Facility,
    IdempotencyRecord,
    Job,
    LedgerHead,
    Listing,
    ListingMaterial,
    LoginFailures,
    Membership,
    Offer,
    Organisation,
    OutboxEvent,
    Proposal,
    Quote,
    SignIn,
    Site,
    Stock,
    Street,
    Truck,
    User,
    Webhook,
)
