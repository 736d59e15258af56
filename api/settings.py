"""Settings from the environment, prefix ``CUTFILL_``; a production server refuses to start on insecure ones."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret-not-for-production"  # refused outside development
SHORTEST_SECRET = 32


class Settings(BaseSettings):
    """How this server runs.

    Raises:
        pydantic.ValidationError: outside development, ``SECRET_KEY`` is missing, short or the development one.
    """

    model_config = SettingsConfigDict(env_prefix="CUTFILL_", env_file=None, extra="ignore")

    environment: Literal["development", "production"] = "development"
    database_url: str = ""  # empty = an SQLite file in data_dir
    data_dir: Path = Path("cutfill-data")
    secret_key: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    dask_scheduler: str = ""  # empty = an embedded local cluster
    runner: bool = True  # off: jobs, webhooks and lapses are left to other servers on the same database
    workers: int = Field(default=1, ge=1, le=64)  # processes of the embedded cluster
    district: Path | None = None  # folder of the zone's roads, costs and materials; default data_dir/district
    access_minutes: int = Field(default=15, ge=1, le=120)
    refresh_days: int = Field(default=14, ge=1, le=90)
    rate_limit: str = "1200/minute"  # per caller, in the notation of the `limits` library
    login_rate_limit: str = "30/minute"  # per address
    lockout_failures: int = Field(default=5, ge=2, le=100)
    lockout_minutes: int = Field(default=15, ge=1, le=1440)
    upload_mb: int = Field(default=10, ge=1, le=100)
    time_zone: str = "Asia/Shanghai"  # dates of windows and schedules are days here; times are UTC everywhere
    demo: bool = False  # set by cutfill serve --demo
    public_url: str = ""  # where people reach this server; for links in webhooks and pages

    @model_validator(mode="after")
    def _refuse_insecure(self) -> Settings:
        secret = self.secret_key.get_secret_value()
        if self.environment == "production" and (secret == DEVELOPMENT_SECRET or len(secret) < SHORTEST_SECRET):
            raise ValueError(
                f"CUTFILL_SECRET_KEY must be set to at least {SHORTEST_SECRET} random characters in production; make "
                'one with: python -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        return self

    @cached_property
    def url(self) -> str:
        """The database's SQLAlchemy URL, with the driver this project is tested on."""
        if not self.database_url:
            return f"sqlite:///{(self.data_dir / 'cutfill.sqlite').resolve()}"
        scheme, _, rest = self.database_url.partition("://")
        return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else self.database_url

    @property
    def district_folder(self) -> Path:
        """Folder of the zone's own data."""
        return self.district or self.data_dir / "district"
