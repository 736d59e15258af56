"""``ETag`` and ``If-Match``: an edit must name the version it was made on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Header, Response

from api.kernel.problems import PreconditionRequired, StaleVersion


def etag(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def show_etag(response: Response, row: Any) -> None:
    """Puts the row's version on an answer."""
    response.headers["ETag"] = etag(row.version)


class Precondition:
    """The request's ``If-Match``; checked against a row that is already locked."""

    def __init__(self, value: str | None, *, required: bool) -> None:
        self._value = value
        self._required = required

    def check(self, row: Any) -> None:
        """Compares with the row's version.

        Raises:
            PreconditionRequired: an edit without If-Match. StaleVersion: another version.
        """
        if self._value is None:
            if self._required:
                raise PreconditionRequired
            return
        tags = {tag.strip().removeprefix("W/") for tag in self._value.split(",")}
        if "*" not in tags and etag(row.version) not in tags:
            raise StaleVersion(f"You changed version {self._value}; it is at {etag(row.version)} now.")


async def _required(
    if_match: Annotated[str | None, Header(description="ETag of the version you edit.", max_length=200)] = None,
) -> Precondition:
    return Precondition(if_match, required=True)


async def _optional(
    if_match: Annotated[
        str | None, Header(description="ETag that must still be current; optional.", max_length=200)
    ] = None,
) -> Precondition:
    return Precondition(if_match, required=False)


IfMatch = Annotated[Precondition, Depends(_required)]  # for edits
IfMatchOptional = Annotated[Precondition, Depends(_optional)]  # for state changes
