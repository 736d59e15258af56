"""The replays in words: a few lines for the terminal, a sentence for the page."""

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


def chance_in_words(summary: dict[str, Any]) -> tuple[str, str]:
    """Who is late and where it queues in replays with random times, in English and Chinese."""
    late, most, gates = f"{summary['late_share']:.1%}", summary["queue_p90_min"], summary["gates"]
    english = (f"In {summary['replications']} replays with random times {late} of loads are over {summary['late_min']} "
               f"min late; nine of ten trucks wait at most {most:.1f} min at a gate")  # fmt: skip
    chinese = (f"{summary['replications']} 次随机复演中，{late} 的趟次晚点超过 {summary['late_min']} 分钟；"
               f"九成车辆在装卸点等候不超过 {most:.1f} 分钟")  # fmt: skip
    worst, over = summary["worst_gate"], summary["gates_over_10_min"]
    if worst:
        at = f"{worst['place']}, {'loading' if worst['service'] == 'load' else 'tipping'}: {worst['queue_p90_min']:.1f}"
        where = f"{worst['place']}{'装' if worst['service'] == 'load' else '卸'}车处 {worst['queue_p90_min']:.1f} 分钟"
        english += f", but at {over} of {gates} gates one in ten waits over 10" if over else ", and at no gate over 10"
        chinese += f"，但 {gates} 处中有 {over} 处每十车有一车等候超过 10 分钟" if over else "，且没有一处超过 10 分钟"
        english, chinese = f"{english} (most at {at})", f"{chinese}（最长：{where}）"
    return english + ".", chinese + "。"


def _later(minutes: float | None) -> str:
    return "is not reached" if minutes is None else f"comes {minutes:g} min later"
