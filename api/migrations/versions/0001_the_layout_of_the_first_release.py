"""The layout of the first release, the protection of the audit trail, and the head of the ledger.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from api.audit.protect import protect, unprotect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes every table."""
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("details", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_organisation_id"), "audit", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("caller", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("body", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_at"), "idempotency", ["at"], unique=False)
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("event", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "login_failures",
        sa.Column("email_hash", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("email_hash", name=op.f("pk_login_failures")),
    )
    op.create_index(op.f("ix_login_failures_at"), "login_failures", ["at"], unique=False)
    op.create_table(
        "organisations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("licence", sa.String(length=80), nullable=False),
        sa.Column("street", sa.String(length=80), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_phone", sa.String(length=40), nullable=False),
        sa.Column("contact_email", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )
    op.create_index(op.f("ix_organisations_kind"), "organisations", ["kind"], unique=False)
    op.create_index(op.f("ix_organisations_name"), "organisations", ["name"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("organisations", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("data", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_outbox")),
    )
    op.create_table(
        "streets",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_streets")),
        sa.UniqueConstraint("name", name=op.f("uq_streets_name")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "carriers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("licence", sa.String(length=80), nullable=False),
        sa.Column("licence_until", sa.Date(), nullable=False),
        sa.Column("street", sa.String(length=80), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("entered_lon", sa.Float(), nullable=False),
        sa.Column("entered_lat", sa.Float(), nullable=False),
        sa.Column("entered_crs", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_carriers_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carriers")),
    )
    op.create_index(op.f("ix_carriers_organisation_id"), "carriers", ["organisation_id"], unique=False)
    op.create_table(
        "documents",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_documents_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_organisation_id"), "documents", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_documents_sha256"), "documents", ["sha256"], unique=False)
    op.create_table(
        "facilities",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("street", sa.String(length=80), nullable=False),
        sa.Column("accepts", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("daily_in_kg", sa.BigInteger(), nullable=True),
        sa.Column("daily_out_kg", sa.BigInteger(), nullable=True),
        sa.Column("storage_kg", sa.BigInteger(), nullable=True),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("hours", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("closures", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("hold_cost", sa.BigInteger(), nullable=False),
        sa.Column("end_cost", sa.BigInteger(), nullable=False),
        sa.Column("end_stock_max_kg", sa.BigInteger(), nullable=True),
        sa.Column("longest_stay", sa.Integer(), nullable=True),
        sa.Column("recipes", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("auto_accept", sa.Boolean(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stock_as_of", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("entered_lon", sa.Float(), nullable=False),
        sa.Column("entered_lat", sa.Float(), nullable=False),
        sa.Column("entered_crs", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_facilities_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facilities")),
    )
    op.create_index(op.f("ix_facilities_kind"), "facilities", ["kind"], unique=False)
    op.create_index(op.f("ix_facilities_organisation_id"), "facilities", ["organisation_id"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("message", sa.String(length=200), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("time_limit", sa.Double(), nullable=True),
        sa.Column("error", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_jobs_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_due", "jobs", ["state", "lease_until"], unique=False)
    op.create_index(op.f("ix_jobs_organisation_id"), "jobs", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_jobs_subject_id"), "jobs", ["subject_id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_memberships_organisation_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("user_id", "organisation_id", name=op.f("uq_memberships_user_id_organisation_id")),
    )
    op.create_index(op.f("ix_memberships_organisation_id"), "memberships", ["organisation_id"], unique=False)
    op.create_table(
        "quotes",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=True),
        sa.Column("lot", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("answer", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_quotes_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotes")),
    )
    op.create_index(op.f("ix_quotes_organisation_id"), "quotes", ["organisation_id"], unique=False)
    op.create_table(
        "sites",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("street", sa.String(length=80), nullable=False),
        sa.Column("estimates", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("permits", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("entered_lon", sa.Float(), nullable=False),
        sa.Column("entered_lat", sa.Float(), nullable=False),
        sa.Column("entered_crs", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_sites_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
    )
    op.create_index(op.f("ix_sites_organisation_id"), "sites", ["organisation_id"], unique=False)
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("topics", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("salt", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("last_event", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_webhooks_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index(op.f("ix_webhooks_organisation_id"), "webhooks", ["organisation_id"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("membership_id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["membership_id"], ["memberships.id"], name=op.f("fk_api_keys_membership_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_api_keys_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_keys_secret_hash")),
    )
    op.create_index(op.f("ix_api_keys_membership_id"), "api_keys", ["membership_id"], unique=False)
    op.create_index(op.f("ix_api_keys_organisation_id"), "api_keys", ["organisation_id"], unique=False)
    op.create_table(
        "clearings",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=True),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("charges", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("order", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("window_hours", sa.Double(), nullable=False),
        sa.Column("time_limit", sa.Double(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("publish", sa.Boolean(), nullable=False),
        sa.Column("roads_sha256", sa.String(length=64), nullable=False),
        sa.Column("scenario_sha256", sa.String(length=64), nullable=False),
        sa.Column("plan_sha256", sa.String(length=64), nullable=False),
        sa.Column("counts", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("goals", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("kpis", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("totals", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("changes", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("previous_id", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_clearings_job_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_clearings_organisation_id")),
        sa.ForeignKeyConstraint(["previous_id"], ["clearings.id"], name=op.f("fk_clearings_previous_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clearings")),
    )
    op.create_index(op.f("ix_clearings_state"), "clearings", ["state"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("webhook_id", sa.String(length=40), nullable=False),
        sa.Column("event_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_deliveries_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index("ix_deliveries_due", "deliveries", ["state", "next_at"], unique=False)
    op.create_index(op.f("ix_deliveries_webhook_id"), "deliveries", ["webhook_id"], unique=False)
    op.create_table(
        "listings",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=True),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("street", sa.String(length=80), nullable=False),
        sa.Column("material", sa.String(length=60), nullable=False),
        sa.Column("materials", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=15), nullable=False),
        sa.Column("quantity_kg", sa.BigInteger(), nullable=False),
        sa.Column("minimum_lot_kg", sa.BigInteger(), nullable=False),
        sa.Column("daily_max_kg", sa.BigInteger(), nullable=True),
        sa.Column("window_from", sa.Date(), nullable=False),
        sa.Column("window_to", sa.Date(), nullable=False),
        sa.Column("reserve", sa.BigInteger(), nullable=True),
        sa.Column("price_public", sa.Boolean(), nullable=False),
        sa.Column("auto_accept", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reserved_kg", sa.BigInteger(), nullable=False),
        sa.Column("committed_kg", sa.BigInteger(), nullable=False),
        sa.Column("certificate_id", sa.String(length=40), nullable=True),
        sa.Column("photo_ids", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("entered_lon", sa.Float(), nullable=False),
        sa.Column("entered_lat", sa.Float(), nullable=False),
        sa.Column("entered_crs", sa.String(length=8), nullable=False),
        sa.CheckConstraint("reserved_kg + committed_kg <= quantity_kg", name=op.f("ck_listings_not_over_committed")),
        sa.CheckConstraint("reserved_kg >= 0 AND committed_kg >= 0", name=op.f("ck_listings_not_negative")),
        sa.ForeignKeyConstraint(["certificate_id"], ["documents.id"], name=op.f("fk_listings_certificate_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_listings_organisation_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_listings_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listings")),
    )
    op.create_index("ix_listings_expiry", "listings", ["state", "window_to"], unique=False)
    op.create_index(op.f("ix_listings_organisation_id"), "listings", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_listings_site_id"), "listings", ["site_id"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("membership_id", sa.String(length=40), nullable=False),
        sa.Column("refresh_hash", sa.String(length=64), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["membership_id"], ["memberships.id"], name=op.f("fk_sign_ins_membership_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("refresh_hash", name=op.f("uq_sign_ins_refresh_hash")),
    )
    op.create_index(op.f("ix_sign_ins_membership_id"), "sign_ins", ["membership_id"], unique=False)
    op.create_index(op.f("ix_sign_ins_previous_hash"), "sign_ins", ["previous_hash"], unique=False)
    op.create_table(
        "stocks",
        sa.Column("facility_id", sa.String(length=40), nullable=False),
        sa.Column("material", sa.String(length=60), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("kg", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.CheckConstraint("kg >= 0", name=op.f("ck_stocks_not_negative")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("fk_stocks_facility_id")),
        sa.PrimaryKeyConstraint("facility_id", "material", "grade", name=op.f("pk_stocks")),
    )
    op.create_table(
        "trucks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("carrier_id", sa.String(length=40), nullable=False),
        sa.Column("plate", sa.String(length=20), nullable=False),
        sa.Column("axles", sa.Integer(), nullable=False),
        sa.Column("payload_kg", sa.Integer(), nullable=False),
        sa.Column("body_m3", sa.Double(), nullable=False),
        sa.Column("emission", sa.String(length=10), nullable=False),
        sa.Column("energy", sa.String(length=10), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["carrier_id"], ["carriers.id"], name=op.f("fk_trucks_carrier_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_trucks_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trucks")),
        sa.UniqueConstraint("plate", name=op.f("uq_trucks_plate")),
    )
    op.create_index(op.f("ix_trucks_carrier_id"), "trucks", ["carrier_id"], unique=False)
    op.create_index(op.f("ix_trucks_organisation_id"), "trucks", ["organisation_id"], unique=False)
    op.create_table(
        "listing_materials",
        sa.Column("material", sa.String(length=60), nullable=False),
        sa.Column("listing_id", sa.String(length=40), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("window_from", sa.Date(), nullable=False),
        sa.Column("window_to", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listings.id"], name=op.f("fk_listing_materials_listing_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("material", "listing_id", name=op.f("pk_listing_materials")),
    )
    op.create_index(
        "ix_listing_materials_search",
        "listing_materials",
        ["material", "side", "band", "lon", "lat", "window_from", "window_to", "grade", "listing_id"],
        unique=False,
    )
    op.create_table(
        "offers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("thread_id", sa.String(length=40), nullable=False),
        sa.Column("parent_id", sa.String(length=40), nullable=True),
        sa.Column("listing_id", sa.String(length=40), nullable=False),
        sa.Column("own_listing_id", sa.String(length=40), nullable=True),
        sa.Column("from_id", sa.String(length=40), nullable=False),
        sa.Column("to_id", sa.String(length=40), nullable=False),
        sa.Column("seller_id", sa.String(length=40), nullable=False),
        sa.Column("buyer_id", sa.String(length=40), nullable=False),
        sa.Column("material", sa.String(length=60), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("kg", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("haul_by", sa.String(length=10), nullable=False),
        sa.Column("schedule", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("tolerance", sa.Double(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kg > 0", name=op.f("ck_offers_positive")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisations.id"], name=op.f("fk_offers_buyer_id")),
        sa.ForeignKeyConstraint(["from_id"], ["organisations.id"], name=op.f("fk_offers_from_id")),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_offers_listing_id")),
        sa.ForeignKeyConstraint(["own_listing_id"], ["listings.id"], name=op.f("fk_offers_own_listing_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["offers.id"], name=op.f("fk_offers_parent_id")),
        sa.ForeignKeyConstraint(["seller_id"], ["organisations.id"], name=op.f("fk_offers_seller_id")),
        sa.ForeignKeyConstraint(["to_id"], ["organisations.id"], name=op.f("fk_offers_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_from_id"), "offers", ["from_id"], unique=False)
    op.create_index(op.f("ix_offers_listing_id"), "offers", ["listing_id"], unique=False)
    op.create_index(op.f("ix_offers_own_listing_id"), "offers", ["own_listing_id"], unique=False)
    op.create_index(op.f("ix_offers_state"), "offers", ["state"], unique=False)
    op.create_index(op.f("ix_offers_thread_id"), "offers", ["thread_id"], unique=False)
    op.create_index(op.f("ix_offers_to_id"), "offers", ["to_id"], unique=False)
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("clearing_id", sa.String(length=40), nullable=False),
        sa.Column("seller_id", sa.String(length=40), nullable=False),
        sa.Column("buyer_id", sa.String(length=40), nullable=False),
        sa.Column("seller_listing_id", sa.String(length=40), nullable=True),
        sa.Column("seller_facility_id", sa.String(length=40), nullable=True),
        sa.Column("buyer_listing_id", sa.String(length=40), nullable=True),
        sa.Column("buyer_facility_id", sa.String(length=40), nullable=True),
        sa.Column("material", sa.String(length=60), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("kg", sa.BigInteger(), nullable=False),
        sa.Column("buyer_kg", sa.BigInteger(), nullable=False),
        sa.Column("schedule", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("km", sa.Double(), nullable=False),
        sa.Column("seller_price", sa.BigInteger(), nullable=False),
        sa.Column("buyer_price", sa.BigInteger(), nullable=False),
        sa.Column("haul", sa.BigInteger(), nullable=False),
        sa.Column("externality", sa.BigInteger(), nullable=False),
        sa.Column("within_limits", sa.Boolean(), nullable=False),
        sa.Column("gap", sa.BigInteger(), nullable=False),
        sa.Column("why_zh", sa.Text(), nullable=False),
        sa.Column("why_en", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("seller_answer", sa.String(length=10), nullable=False),
        sa.Column("buyer_answer", sa.String(length=10), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["buyer_facility_id"], ["facilities.id"], name=op.f("fk_proposals_buyer_facility_id")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisations.id"], name=op.f("fk_proposals_buyer_id")),
        sa.ForeignKeyConstraint(["buyer_listing_id"], ["listings.id"], name=op.f("fk_proposals_buyer_listing_id")),
        sa.ForeignKeyConstraint(["clearing_id"], ["clearings.id"], name=op.f("fk_proposals_clearing_id")),
        sa.ForeignKeyConstraint(
            ["seller_facility_id"], ["facilities.id"], name=op.f("fk_proposals_seller_facility_id")
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["organisations.id"], name=op.f("fk_proposals_seller_id")),
        sa.ForeignKeyConstraint(["seller_listing_id"], ["listings.id"], name=op.f("fk_proposals_seller_listing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index(op.f("ix_proposals_buyer_facility_id"), "proposals", ["buyer_facility_id"], unique=False)
    op.create_index(op.f("ix_proposals_buyer_id"), "proposals", ["buyer_id"], unique=False)
    op.create_index(op.f("ix_proposals_buyer_listing_id"), "proposals", ["buyer_listing_id"], unique=False)
    op.create_index(op.f("ix_proposals_clearing_id"), "proposals", ["clearing_id"], unique=False)
    op.create_index(op.f("ix_proposals_seller_facility_id"), "proposals", ["seller_facility_id"], unique=False)
    op.create_index(op.f("ix_proposals_seller_id"), "proposals", ["seller_id"], unique=False)
    op.create_index(op.f("ix_proposals_seller_listing_id"), "proposals", ["seller_listing_id"], unique=False)
    op.create_index(op.f("ix_proposals_state"), "proposals", ["state"], unique=False)
    op.create_table(
        "deals",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("proposal_id", sa.String(length=40), nullable=True),
        sa.Column("offer_id", sa.String(length=40), nullable=True),
        sa.Column("clearing_id", sa.String(length=40), nullable=True),
        sa.Column("seller_id", sa.String(length=40), nullable=False),
        sa.Column("buyer_id", sa.String(length=40), nullable=False),
        sa.Column("seller_listing_id", sa.String(length=40), nullable=True),
        sa.Column("seller_facility_id", sa.String(length=40), nullable=True),
        sa.Column("buyer_listing_id", sa.String(length=40), nullable=True),
        sa.Column("buyer_facility_id", sa.String(length=40), nullable=True),
        sa.Column("material", sa.String(length=60), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("kg", sa.BigInteger(), nullable=False),
        sa.Column("buyer_kg", sa.BigInteger(), nullable=False),
        sa.Column("seller_price", sa.BigInteger(), nullable=False),
        sa.Column("buyer_price", sa.BigInteger(), nullable=False),
        sa.Column("haul", sa.BigInteger(), nullable=False),
        sa.Column("externality", sa.BigInteger(), nullable=False),
        sa.Column("haul_by", sa.String(length=10), nullable=False),
        sa.Column("schedule", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("tolerance", sa.Double(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kg > 0", name=op.f("ck_deals_positive")),
        sa.ForeignKeyConstraint(["buyer_facility_id"], ["facilities.id"], name=op.f("fk_deals_buyer_facility_id")),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisations.id"], name=op.f("fk_deals_buyer_id")),
        sa.ForeignKeyConstraint(["buyer_listing_id"], ["listings.id"], name=op.f("fk_deals_buyer_listing_id")),
        sa.ForeignKeyConstraint(["clearing_id"], ["clearings.id"], name=op.f("fk_deals_clearing_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_deals_offer_id")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name=op.f("fk_deals_proposal_id")),
        sa.ForeignKeyConstraint(["seller_facility_id"], ["facilities.id"], name=op.f("fk_deals_seller_facility_id")),
        sa.ForeignKeyConstraint(["seller_id"], ["organisations.id"], name=op.f("fk_deals_seller_id")),
        sa.ForeignKeyConstraint(["seller_listing_id"], ["listings.id"], name=op.f("fk_deals_seller_listing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deals")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_deals_offer_id")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_deals_proposal_id")),
    )
    op.create_index(op.f("ix_deals_buyer_facility_id"), "deals", ["buyer_facility_id"], unique=False)
    op.create_index(op.f("ix_deals_buyer_id"), "deals", ["buyer_id"], unique=False)
    op.create_index(op.f("ix_deals_buyer_listing_id"), "deals", ["buyer_listing_id"], unique=False)
    op.create_index(op.f("ix_deals_clearing_id"), "deals", ["clearing_id"], unique=False)
    op.create_index(op.f("ix_deals_seller_facility_id"), "deals", ["seller_facility_id"], unique=False)
    op.create_index(op.f("ix_deals_seller_id"), "deals", ["seller_id"], unique=False)
    op.create_index(op.f("ix_deals_seller_listing_id"), "deals", ["seller_listing_id"], unique=False)
    op.create_index(op.f("ix_deals_state"), "deals", ["state"], unique=False)
    op.execute("INSERT INTO ledger_head (id, entry, hash, event) VALUES (1, 0, '', 0)")
    protect(op.get_bind())


def downgrade() -> None:
    """Drops every table."""
    unprotect(op.get_bind())
    op.drop_table("deals")
    op.drop_table("proposals")
    op.drop_table("offers")
    op.drop_table("listing_materials")
    op.drop_table("trucks")
    op.drop_table("stocks")
    op.drop_table("sign_ins")
    op.drop_table("listings")
    op.drop_table("deliveries")
    op.drop_table("clearings")
    op.drop_table("api_keys")
    op.drop_table("webhooks")
    op.drop_table("sites")
    op.drop_table("quotes")
    op.drop_table("memberships")
    op.drop_table("jobs")
    op.drop_table("facilities")
    op.drop_table("documents")
    op.drop_table("carriers")
    op.drop_table("users")
    op.drop_table("streets")
    op.drop_table("outbox")
    op.drop_table("organisations")
    op.drop_table("login_failures")
    op.drop_table("ledger_head")
    op.drop_table("idempotency")
    op.drop_table("audit")
