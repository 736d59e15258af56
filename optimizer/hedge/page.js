"use strict";
// What each plan costs in every sample, the cheapest sample of the certain plan first.

const LINE_COLOURS = ["#c2483c", "#23566e", "#8a949b"];
const lineName = (line) => line.name[language() === "en" ? 0 : 1];

drawn(() => {
  chart(document.getElementById("costs-plot"), {
    grid: { left: 12, right: 20, top: 34, bottom: 12, containLabel: true },
    legend: { type: "scroll", top: 0, left: 0, right: 0, textStyle: { color: SOFT } },
    tooltip: { ...TOOLTIP, trigger: "axis", formatter: (items) => tip(`${items[0].dataIndex + 1}`, items.map((item) => [item.color, item.seriesName, number(item.value, 0)])) },
    xAxis: { type: "category", data: DATA.lines[0].costs.map((_, at) => at + 1), ...AXIS },
    yAxis: { type: "value", scale: true, ...AXIS, axisLabel: { ...AXIS.axisLabel, formatter: (v) => number(v, 0) } },
    series: DATA.lines.map((line, at) => ({ type: "line", name: lineName(line), data: line.costs, symbolSize: 5, lineStyle: { color: LINE_COLOURS[at], width: 2 }, itemStyle: { color: LINE_COLOURS[at] } })),
  });
});
