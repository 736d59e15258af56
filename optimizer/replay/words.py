"""The replays in a few lines for the terminal."""

from __future__ import annotations

from typing import Any


def replay_in_words(summary: dict[str, Any]) -> list[str]:
    """Lines of text."""
    exact = summary["exact"]
    if exact["differences"]:
        lines = [f"  replay with exact times: {exact['differences']:,} of {exact['moments']:,} moments are not met:"]
        lines += [f"    {told['ticket']}: {told['moment']} {_later(told['minutes_later'])}"
                  for told in exact["first_differences"][:5]]  # fmt: skip
    else:
        lines = [f"  replay with exact times: all {exact['moments']:,} moments are met"]
    if summary["replications"]:
        worst = summary["worst_gate"]
        lines.append(
            f"  {summary['replications']} replays with random times: queue p90 {summary['queue_p90_min']:.1f} min, "
            f"{summary['gates_over_10_min']} of {summary['gates']} gates above 10"
            + (f" (most at {worst['place']}, {worst['service']}: {worst['queue_p90_min']:.1f})" if worst else "")
            + f"; {summary['late_share']:.1%} of loads over {summary['late_min']} min late, "
            f"{summary['turned_away_loads']['mean']:.1f} turned away, "
            f"{summary['home_late_share']:.1%} of truck days end after the shift"
        )
    return lines


def _later(minutes: float | None) -> str:
    return "is not reached" if minutes is None else f"comes {minutes:g} min later"
