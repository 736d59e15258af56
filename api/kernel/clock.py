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
        return self.day_of(self.now())

    def day_of(self, moment: dt.datetime) -> dt.date:
        """The district's date at a moment."""
        return moment.astimezone(self._zone).date()

    def end_of(self, day: dt.date) -> dt.datetime:
        """The midnight that ends a day in the district, in UTC."""
        return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), self._zone).astimezone(dt.UTC)

    def advance(self, by: dt.timedelta) -> None:
        """Moves the clock forward; for tests and demonstrations."""
        self._ahead += by
