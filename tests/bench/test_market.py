"""The platform's benchmark notices wrong answers before it tells a time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import market
from benchmarks.market_checks import difference
from benchmarks.measure import DisagreementError

KM = {"a": 3.0, "b": 1.0, "c": 2.0}


@pytest.mark.parametrize(
    ("found", "whole", "query", "fault"),
    [
        (["c", "b", "a"], True, {}, ""),
        (["c", "b"], False, {}, ""),
        (["b", "c", "a"], True, {"sort": "distance"}, ""),
        (["c", "b"], True, {}, "1 are missing"),
        (["c", "a"], False, {}, "not the newest in their order"),
        (["c", "c", "b"], False, {}, "a listing comes twice"),
        (["d"], False, {}, "['d'] do not fit"),
        (["c", "b"], False, {"sort": "distance"}, "not the nearest in their order"),
        (["a"], False, {"sort": "distance"}, "not the nearest in their order"),
    ],
)
def test_a_wrong_page_is_noticed(found: list[str], whole: bool, query: dict[str, Any], fault: str) -> None:
    assert difference(found, whole, KM, query) == fault


def _bench(statuses: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> market.Bench:
    figures = {"statuses": statuses, "took_s": 2.0, "cpu_s": 0.5, "p50": 1.0, "p95": 2.0, "heard": 0}
    monkeypatch.setattr(market, "load", lambda kind, **given: figures)
    monkeypatch.setattr(market, "cpu_seconds", lambda process: 0.0)
    monkeypatch.setattr(market, "database_process", lambda platform: None)
    world = SimpleNamespace(keys=["key"])
    return market.Bench("SQLite", None, world, [("http://nowhere", object())], smoke=True)  # type: ignore[arg-type]


def test_an_error_among_the_answers_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _bench({"200": 3}, monkeypatch).load("search")["count"] == 3
    with pytest.raises(DisagreementError, match=r"search on SQLite: answers of status \{'500': 1\}"):
        _bench({"200": 3, "500": 1}, monkeypatch).load("search")


def test_an_event_that_is_not_heard_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(market, "_posts", lambda bench, count: [])
    with pytest.raises(DisagreementError, match="0 of 30 events were heard"):
        market._fan_out(_bench({"201": 3}, monkeypatch))


def test_a_post_that_is_not_in_the_books_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = iter([{"listings": 5, "audit entries": 5, "events": 5}, {"listings": 8, "audit entries": 8, "events": 7}])
    monkeypatch.setattr(market, "_posts", lambda bench, count: [])
    monkeypatch.setattr(market, "_counts", lambda platform: next(counts))
    with pytest.raises(DisagreementError, match="3 posts were answered"):
        market._post(_bench({"201": 3}, monkeypatch))
