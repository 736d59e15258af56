"""The one place that says what time it is; tests set it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo


class Clock:
    """UTC now, and the district's calendar day."""

    def __init__(self, time_zone: str = "Asia/Shanghai") -> None:
        self._zone = ZoneInfo(time_zone)
        self._ahead = dt.timedelta(0)

    def now(self) -> dt.datetime:
        """Aware UTC time, to the microsecond."""
        return dt.datetime.now(dt.UTC) + self._ahead

    def today(self) -> dt.date:
        """The date in the district."""
        return self.now().astimezone(self._zone).date()

    def advance(self, by: dt.timedelta) -> None:
        """Moves the clock forward; for tests and demonstrations."""
        self._ahead += by
