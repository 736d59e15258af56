"""What documents give."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

DocumentKind = Literal["certificate", "permit", "photo"]


class DocumentView(BaseModel):
    """An uploaded file."""

    id: str
    organisation_id: str
    kind: DocumentKind
    filename: str
    media_type: str = Field(description="Found in the bytes, not believed from the upload.")
    size: int = Field(description="Bytes.")
    sha256: str
    created_at: dt.datetime
