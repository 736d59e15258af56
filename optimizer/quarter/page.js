"use strict";
// Orders turned over, and haul work, week by week.

const PLAN_COLOURS = { rolling: "#23566e", scratch: "#c2483c", nearest: "#8a949b" };

function weekly(box, column, plans) {
  chart(document.getElementById(box), {
    grid: { left: 12, right: 20, top: 34, bottom: 12, containLabel: true },
    legend: { top: 0, left: 0, textStyle: { color: SOFT } },
    tooltip: { ...TOOLTIP, trigger: "axis", formatter: (items) => tip(items[0].axisValue, items.map((item) => [item.color, item.seriesName, number(item.value, 0)])) },
    xAxis: { type: "category", data: DATA.weeks.from, ...AXIS },
    yAxis: { type: "value", ...AXIS, axisLabel: { ...AXIS.axisLabel, formatter: (v) => number(v, 0) } },
    series: plans.map((plan) => ({ type: "bar", barMaxWidth: 16, name: DATA.names[plan][language() === "en" ? 0 : 1], data: DATA.weeks[`${column}_${plan}`], itemStyle: { color: PLAN_COLOURS[plan] } })),
  });
}

drawn(() => weekly("changed-plot", "changed", ["rolling", "scratch"]));
drawn(() => weekly("km-plot", "t_km", ["rolling", "scratch", "nearest"]));
