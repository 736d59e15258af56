"""The load generator: a process of its own, so that it and the server do not share an interpreter.

    echo '{"url": …}' | python -m benchmarks.market_load KIND        prints its figures as JSON

Requests of an open load are due at fixed times whether or not earlier ones are answered, and a latency counts from the
time a request was due: a server that stalls is charged for everybody who waited (no coordinated omission). Servers take
turns, request by request.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import httpx2

WARM_UP = 40
UNANSWERED = "unanswered"
Send = Callable[[httpx2.AsyncClient, int], Awaitable[int]]


@asynccontextmanager
async def clients_of(urls: list[str], connections: int) -> AsyncIterator[list[httpx2.AsyncClient]]:
    """A client of each server."""
    limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(httpx2.AsyncClient(base_url=url, timeout=60, limits=limits)) for url in urls
        ]


async def open_load(urls: list[str], rate: float, seconds: float, send: Send) -> dict[str, Any]:
    """``rate`` requests a second for some seconds; latencies in ms from when each was due, answered or given up."""
    latencies: list[float] = []
    statuses: dict[int | str, int] = {}

    async def one(number: int, due: float) -> None:
        status: int | str = UNANSWERED
        with suppress(httpx2.TransportError):
            status = await send(clients[number % len(clients)], number)
        latencies.append((time.perf_counter() - due) * 1000)
        statuses[status] = statuses.get(status, 0) + 1

    async with clients_of(urls, 200) as clients:
        for number in range(-WARM_UP, 0):  # connections and caches
            await send(clients[number % len(clients)], number)
        start = time.perf_counter()
        tasks = []
        for number in range(int(rate * seconds)):
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(one(number, due)))
        await asyncio.gather(*tasks)
        took = time.perf_counter() - start
    return {**quantiles(latencies), "took_s": took, "statuses": statuses}


async def closed_load(urls: list[str], workers: int, seconds: float, send: Send) -> dict[str, Any]:
    """As many as ``workers`` callers can do, one request after the other each."""
    latencies: list[float] = []
    statuses: dict[int, int] = {}
    numbers = itertools.count()
    async with clients_of(urls, workers) as clients:
        end = time.perf_counter() + seconds

        async def caller() -> None:
            while time.perf_counter() < end:
                begun = time.perf_counter()
                number = next(numbers)
                status = await send(clients[number % len(clients)], number)
                latencies.append((time.perf_counter() - begun) * 1000)
                statuses[status] = statuses.get(status, 0) + 1

        start = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(workers)))
        took = time.perf_counter() - start
    return {**quantiles(latencies), "took_s": took, "statuses": statuses}


async def fan_out(urls: list[str], subscribers: int, posts: list[dict[str, Any]], keys: list[str]) -> dict[str, Any]:
    """Posts listings, one each half second, and measures until every subscriber has got each event (ms)."""
    sent: dict[str, float] = {}
    statuses: dict[int, int] = {}
    heard: list[tuple[str, float]] = []
    ready = asyncio.Semaphore(0)

    async def listen(client: httpx2.AsyncClient) -> None:
        async with client.stream("GET", "/v1/events", headers={"Accept": "text/event-stream"}, timeout=None) as stream:
            ready.release()
            async for line in stream.aiter_lines():
                if line.startswith("data:") and '"listing.opened"' in line:
                    heard.append((json.loads(line[5:])["subject"], time.perf_counter()))  # noqa: PERF401 - as it comes

    async with clients_of(urls, subscribers + 10) as clients:
        listeners = [asyncio.create_task(listen(clients[i % len(clients)])) for i in range(subscribers)]
        for _ in range(subscribers):
            await ready.acquire()
        await asyncio.sleep(1)
        start = time.perf_counter()
        for body, key in zip(posts, itertools.cycle(keys)):
            begun = time.perf_counter()
            answer = await clients[0].post("/v1/listings", json=body, headers={"X-API-Key": key})
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
            sent[answer.json().get("id")] = begun
            await asyncio.sleep(0.5)
        end = time.perf_counter() + 20
        while len(heard) < subscribers * len(posts) and time.perf_counter() < end:
            await asyncio.sleep(0.05)
        took = time.perf_counter() - start
        for task in listeners:
            task.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
    latencies = [(at - sent[subject]) * 1000 for subject, at in heard if subject in sent]
    return {**quantiles(latencies), "took_s": took, "statuses": statuses, "heard": len(latencies)}


def quantiles(values: list[float]) -> dict[str, float]:
    """p50, p95 and largest."""
    ordered = sorted(values) or [float("nan")]
    return {
        "p50": ordered[len(ordered) // 2],
        "p95": ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))],
        "largest": ordered[-1],
    }


def get(paths: list[str], keys: list[str]) -> Send:
    """Sends the paths in turn, every other one by somebody who is signed in."""

    async def send(client: httpx2.AsyncClient, number: int) -> int:
        headers = {"X-API-Key": keys[number % len(keys)]} if number % 2 else {}
        answer = await client.get(paths[number % len(paths)], headers=headers)
        return answer.status_code

    return send


def post(path: str, bodies: list[dict[str, Any]], keys: list[str], run: str) -> Send:
    """Posts the bodies in turn, each with an idempotency key of its own."""

    async def send(client: httpx2.AsyncClient, number: int) -> int:
        headers = {"X-API-Key": keys[number % len(keys)], "Idempotency-Key": f"{run}-{number}"}
        answer = await client.post(path, json=bodies[number % len(bodies)], headers=headers)
        return answer.status_code

    return send


def main() -> None:
    """Runs one load; its arguments are a JSON object."""
    kind, given = sys.argv[1], json.load(sys.stdin)
    urls = given["urls"]
    if kind == "search":
        run = open_load(urls, given["rate"], given["seconds"], get(given["paths"], given["keys"]))
    elif kind == "quote":
        send = post("/v1/quotes", given["bodies"], given["keys"], "quote")
        run = open_load(urls, given["rate"], given["seconds"], send)
    elif kind == "post":
        send = post("/v1/listings", given["bodies"], given["keys"], "post")
        run = closed_load(urls, given["workers"], given["seconds"], send)
    else:
        run = fan_out(urls, given["subscribers"], given["bodies"], given["keys"])
    figures = asyncio.run(run)
    print(json.dumps({**figures, "cpu_s": time.process_time()}))


if __name__ == "__main__":
    main()
