"""Requests hold a transaction only while their function runs: many at once wait for each other and do not fail."""

from __future__ import annotations

import threading

import httpx2
from fastapi import FastAPI
from live import served
from people import People

from api.kernel.database import POOL

CALLERS = 3 * POOL  # more than there are connections, and than there are threads


def test_more_callers_than_connections_are_all_answered(app: FastAPI, people: People) -> None:
    headers = {"Authorization": people.join("contractor").headers["Authorization"]}
    statuses: list[int] = []

    def ask(base: str) -> None:
        with httpx2.Client(base_url=base, headers=headers, timeout=60) as client:
            statuses.extend(client.get("/v1/listings?mine=true").status_code for _ in range(3))

    with served(app) as base:
        threads = [threading.Thread(target=ask, args=(base,)) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * (3 * CALLERS)


def test_who_is_not_signed_in_hears_that_first(people: People) -> None:
    """Before any fault in what was sent, and whether or not the thing exists."""
    assert people.public.post("/v1/listings", json={"side": "moon"}).status_code == 401
    assert people.public.post("/v1/listings/none/withdraw").status_code == 401
    official = people.join("official")
    assert official.post("/v1/listings/none/withdraw").status_code == 403
