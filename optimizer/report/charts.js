"use strict";
// Day-by-day bars and stock curves (Apache ECharts, SVG, so that they are sharp on paper).

const INK = "#1c2a33";
const SOFT = "#5d6b74";
const FONT = getComputedStyle(document.documentElement).fontFamily;
const MOST_CURVES = 24;
const AXIS = {
  axisLine: { lineStyle: { color: "#c9d0ce" } },
  axisTick: { show: false },
  axisLabel: { color: SOFT, fontSize: 11 },
  splitLine: { lineStyle: { color: "#edf0ee" } },
};
const TOOLTIP = { confine: true, borderColor: "#dfe3e1", padding: [8, 12], textStyle: { color: INK, fontSize: 13 } };

/** A chart in `box` that keeps its size; drawn afresh with `option`. */
function chart(box, option) {
  let instance = echarts.getInstanceByDom(box);
  if (!instance) {
    instance = echarts.init(box, null, { renderer: "svg" });
    new ResizeObserver(() => instance.resize()).observe(box);
  }
  instance.resize();
  instance.setOption({ textStyle: { fontFamily: FONT }, animation: false, ...option }, true);
  if (printing) instance.getZr().refreshImmediately(); // paper does not wait for the next frame
  return instance;
}

function tip(title, lines) {
  return el("div", { class: "tip" }, el("b", {}, title), lines.map(([colour, label, value]) =>
    el("div", {}, el("span", {}, colour ? dot(colour) : null, label), el("b", {}, value))));
}

function dayLabel(day) {
  return DATA.days.length > 14 ? shortDay(day) : `${shortDay(day)}\n${weekday(day)}`;
}

function dayBars(box) {
  drawn(() => {
    const sums = USED_VIAS.map((via) => DATA.days.map((_, day) => FLOWS.reduce((sum, f) => sum + (f.via === via && f.day === day ? f.t : 0), 0)));
    chart(box, {
      grid: { left: 12, right: 12, top: box.clientWidth < 560 ? 72 : 44, bottom: 8, containLabel: true },
      legend: { top: 4, left: 8, itemWidth: 10, itemHeight: 10, itemGap: 16, icon: "circle", textStyle: { color: SOFT, fontSize: 12 } },
      tooltip: {
        ...TOOLTIP,
        trigger: "axis",
        axisPointer: { type: "shadow", shadowStyle: { color: "rgba(28,42,51,.05)" } },
        formatter: (items) => {
          const day = items[0].dataIndex;
          const used = items.filter((item) => item.value > 0).map((item) => [item.color, item.seriesName, tonnes(item.value)]);
          return tip(`${DATA.days[day]} ${weekday(day)}`, [...used, [null, tr("js.total"), tonnes(items.reduce((sum, item) => sum + item.value, 0))]]);
        },
      },
      xAxis: { type: "category", data: DATA.days.map((_, day) => dayLabel(day)), ...AXIS, axisLabel: { ...AXIS.axisLabel, lineHeight: 16 }, splitLine: { show: false } },
      yAxis: { type: "value", ...AXIS, axisLine: { show: false }, axisLabel: { ...AXIS.axisLabel, formatter: (v) => number(v) } },
      series: USED_VIAS.map((via, i) => ({ name: tr(`via.${via}`), type: "bar", stack: "t", barMaxWidth: 56, data: sums[i], itemStyle: { color: COLOURS[via], borderColor: "#fff", borderWidth: 0.5 } })),
    });
  });
}

/** Per facility that keeps stock: nights by material, gates, peak. */
function curves() {
  const first = DATA.supplies.length + DATA.demands.length;
  const list = DATA.facilities.map((facility, i) => {
    const site = DATA.sites[first + i];
    const rows = DATA.stocks.filter((row) => row[0] === first + i);
    const materials = [...new Set(rows.map((row) => row[1]))].sort((a, b) => a - b);
    const nights = materials.map((m) => {
      const line = [0, ...DATA.days.map(() => 0)];
      for (const [, material, day, start, , , end] of rows) {
        if (material !== m) continue;
        if (day === 0) line[0] = start;
        line[day + 1] = end;
      }
      return line;
    });
    const peak = Math.max(0, ...DATA.days.map((_, day) => nights.reduce((sum, line) => sum + line[day + 1], 0)));
    return { facility, site, materials, nights, peak, daily: dailyOf(first + i) };
  });
  const keeps = list.filter((c) => ["yard", "recycling", "treatment", "disposal"].includes(c.site.kind));
  return { used: keeps.filter((c) => c.materials.length), idle: keeps.filter((c) => !c.materials.length) };
}

function curveOption(curve) {
  const { facility, materials, nights, daily, peak } = curve;
  const categories = [tr("js.start"), ...DATA.days.map((_, day) => shortDay(day))];
  const unlimited = facility.storage === null;
  const empty = peak === 0 && !facility.storage;
  const top = unlimited ? null : empty ? 1 : Math.max(facility.storage, peak) * 1.08;
  const limit = unlimited || empty ? [] : [{
    type: "line", data: categories.map(() => facility.storage), symbol: "none", silent: true, z: 5,
    lineStyle: { color: "#b5392f", type: [5, 4], width: 1.5 },
  }];
  const gate = (values, sign) => ({
    type: "line", step: "middle", symbol: "none", silent: true, xAxisIndex: 1, yAxisIndex: 1, z: 5, connectNulls: false,
    data: [null, ...values.map((v) => (v === null ? null : sign * v))], lineStyle: { color: "#7c8883", type: [2, 3], width: 1.2 },
  });
  const flow = (values, sign, colour) => ({
    type: "bar", stack: "gate", xAxisIndex: 1, yAxisIndex: 1, barMaxWidth: 22, itemStyle: { color: colour }, data: [null, ...values.map((v) => sign * v)],
  });
  const most = Math.max(1, ...daily.in, ...daily.out, ...[...facility.daily_in, ...facility.daily_out].filter((v) => v !== null && v < 4 * Math.max(...daily.in, ...daily.out)));
  const tick = rounded(most);
  const reach = tick * Math.ceil(most / tick);
  const x = { type: "category", data: categories, ...AXIS, splitLine: { show: false } };
  const y = { type: "value", splitNumber: 3, ...AXIS, axisLine: { show: false } };
  return {
    grid: [{ left: 50, right: 8, top: 14, height: "46%" }, { left: 50, right: 8, top: "63%", bottom: 24 }],
    tooltip: { ...TOOLTIP, trigger: "axis", axisPointer: { type: "line", lineStyle: { color: "#b9c3c4" } }, formatter: (items) => curveTip(curve, items[0].dataIndex) },
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    xAxis: [{ ...x, axisLabel: { show: false }, boundaryGap: true }, { ...x, gridIndex: 1 }],
    yAxis: [
      { ...y, max: top, axisLabel: { ...AXIS.axisLabel, formatter: (v) => (v === top || (empty && v > 0) ? "" : number(v)) } },
      { ...y, gridIndex: 1, interval: tick, min: -reach, max: reach, axisLabel: { ...AXIS.axisLabel, formatter: (v) => (Math.abs(v) > most ? "" : number(Math.abs(v), 0)) } },
    ],
    series: [
      ...materials.map((m, i) => ({ type: "line", stack: "stock", symbol: "none", lineStyle: { width: 0 }, areaStyle: { color: materialColour(m), opacity: 0.85 }, data: nights[i] })),
      ...limit,
      flow(daily.in, 1, "#6f8f9e"), flow(daily.out, -1, "#b7c3c7"), gate(facility.daily_in, 1), gate(facility.daily_out, -1),
    ],
  };
}

function curveTip(curve, index) {
  const lines = curve.materials.map((m, i) => [materialColour(m), materialName(m), tonnes(curve.nights[i][index])]).filter((_, i) => curve.nights[i][index] > 0.005);
  if (index > 0) lines.push(["#6f8f9e", tr("js.in"), tonnes(curve.daily.in[index - 1])], ["#b7c3c7", tr("js.out"), tonnes(curve.daily.out[index - 1])]);
  return tip(index ? `${DATA.days[index - 1]} ${weekday(index - 1)}` : tr("js.start"), lines);
}

/** The largest round number up to t: 1, 2 or 5 times a power of ten. */
function rounded(t) {
  const power = 10 ** Math.floor(Math.log10(Math.max(t, 1)));
  return [5, 2, 1].find((n) => n * power <= Math.max(t, 1)) * power;
}

function peakText({ facility, peak }) {
  if (peak < 0.005) return tr("js.no_stock");
  if (!facility.storage) return tr("js.peak_open", { t: number(peak) });
  return tr("js.peak", { t: number(peak), limit: number(facility.storage), share: percent(peak / facility.storage) });
}

function stockCurves(box, legend, idleNote) {
  const { used, idle } = curves();
  const shown = [...used].sort((a, b) => b.peak - a.peak).slice(0, MOST_CURVES);
  const ordered = used.filter((curve) => shown.includes(curve));
  document.getElementById("stocks-lead").hidden = !used.length;
  document.getElementById("stocks-none").hidden = used.length > 0;
  const plots = ordered.map(() => el("div", { class: "plot" }));
  drawn(() => {
    const materials = [...new Set(ordered.flatMap((curve) => curve.materials))].sort((a, b) => a - b);
    const lines = [["js.limit", "2px dashed #b5392f"], ["js.gates", "2px dotted #7c8883"]];
    legend.replaceChildren(
      ...materials.map((m) => el("span", {}, dot(materialColour(m)), materialName(m))),
      ...(used.length ? lines.map(([key, border]) => el("span", {}, el("i", { style: `width:20px;border-top:${border}` }), tr(key))) : []),
    );
    box.replaceChildren(...ordered.map((curve, i) => el("div", { class: "multiple" },
      el("h3", {}, curve.site.name || curve.site.id), el("p", {}, `${tr(`kind.${curve.site.kind}`)} · ${peakText(curve)}`), plots[i])));
    ordered.forEach((curve, i) => chart(plots[i], curveOption(curve)));
    const notes = [];
    if (used.length > shown.length) notes.push(tr("js.most_curves", { n: shown.length, all: used.length }));
    if (idle.length) notes.push(tr("js.idle", { names: idle.map((c) => c.site.name || c.site.id).join(language() === "en" ? ", " : "、") }));
    idleNote.replaceChildren(notes.join(" "));
  });
}
