// <lf-epicurve>: cases by day of onset, stacked by classification. Each classification has a pattern beside its colour.
import { BarChart, type BarSeriesOption } from "echarts/charts";
import {
  AriaComponent,
  type AriaComponentOption,
  GridComponent,
  type GridComponentOption,
  LegendComponent,
  type LegendComponentOption,
  TooltipComponent,
  type TooltipComponentOption,
} from "echarts/components";
import { type ComposeOption, type ECharts, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

import { calm, type Cell, colour, element, follow, Island, type Said, tableOf } from "./island";

use([BarChart, GridComponent, LegendComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

type Option = ComposeOption<
  BarSeriesOption | GridComponentOption | LegendComponentOption | TooltipComponentOption | AriaComponentOption
>;

interface Series {
  code: string;
  label: string;
  counts: number[];
}

/** Words: title, day, total, table, failed, empty, summary (one sentence that says what the picture shows). */
interface Curve extends Said {
  days: string[];
  series: Series[];
  /** Where a day leads: the list of its cases. */
  urls?: string[];
}

class EpiCurve extends Island<Curve> {
  private chart: ECharts | null = null;

  protected draw(curve: Curve): void {
    if (!this.chart) {
      this.chart = init(this.stage, null, { renderer: "canvas" });
      this.chart.on("click", (at) => follow(this.data?.urls?.[at.dataIndex]));
    }
    this.chart.setOption(this.option(curve), { replaceMerge: ["series"] });
  }

  protected restyle(): void {
    if (this.data) this.chart?.setOption(this.option(this.data), { replaceMerge: ["series"] });
  }

  protected resize(): void {
    this.chart?.resize();
  }

  protected close(): void {
    this.chart?.dispose();
    this.chart = null;
  }

  protected table(curve: Curve): HTMLTableElement {
    const rows = curve.days.map((day, n): Cell[] => {
      const counts = curve.series.map((one) => one.counts[n] ?? 0);
      return [{ text: day, url: curve.urls?.[n] }, ...counts, counts.reduce((sum, count) => sum + count, 0)];
    });
    const busy = rows.filter((row) => row[row.length - 1] !== 0);
    const head = [this.word("day"), ...curve.series.map((one) => one.label), this.word("total")];
    return tableOf(this.word("title"), head, busy);
  }

  private option(curve: Curve): Option {
    const ink = colour(this, "ink");
    const faint = colour(this, "faint");
    const line = colour(this, "line");
    const most = Math.max(1, ...curve.days.map((_, n) => curve.series.reduce((sum, one) => sum + (one.counts[n] ?? 0), 0)));
    return {
      animation: !calm() && !this.hasAttribute("data-drawn"),
      aria: {
        enabled: true,
        label: { description: this.word("summary") },
        decal: { show: true },
      },
      textStyle: { color: ink, fontFamily: getComputedStyle(this).fontFamily },
      color: curve.series.map((one, n) => classColour(this, one.code, n)),
      grid: { left: 8, right: 8, top: 34, bottom: 4, containLabel: true },
      legend: {
        top: 0,
        left: 0,
        itemWidth: 18,
        itemHeight: 12,
        textStyle: { color: ink },
        inactiveColor: faint,
        data: curve.series.map((one) => one.label),
      },
      tooltip: {
        trigger: "axis",
        confine: true,
        axisPointer: { type: "shadow" },
        className: "lf-tip",
        backgroundColor: colour(this, "panel"),
        borderColor: line,
        textStyle: { color: ink },
        formatter: (at) => this.tip(Array.isArray(at) ? (at[0]?.dataIndex ?? 0) : at.dataIndex),
      },
      xAxis: {
        type: "category",
        data: curve.days,
        axisLabel: { color: faint, formatter: (day: string) => day.slice(5), hideOverlap: true },
        axisLine: { lineStyle: { color: line } },
        axisTick: { alignWithLabel: true, lineStyle: { color: line } },
      },
      yAxis: {
        type: "value",
        minInterval: 1,
        max: most < 4 ? 4 : undefined,
        axisLabel: { color: faint },
        splitLine: { lineStyle: { color: line } },
      },
      series: curve.series.map(
        (one): BarSeriesOption => ({
          id: one.code,
          name: one.label,
          type: "bar",
          stack: "cases",
          barCategoryGap: "12%",
          cursor: curve.urls ? "pointer" : "default",
          data: one.counts,
          itemStyle: { borderColor: colour(this, "panel"), borderWidth: 0.5 },
        }),
      ),
    };
  }

  // Built from elements: a tip written as text would need inline styles, which the pages' policy refuses.
  private tip(n: number): HTMLElement {
    const curve = this.data;
    const box = element("div", "lf-tip-inside");
    if (!curve) return box;
    box.append(element("strong", "", curve.days[n] ?? ""));
    for (const one of curve.series) {
      if (one.counts[n]) box.append(element("div", "", `${one.label} ${one.counts[n]}`));
    }
    const total = curve.series.reduce((sum, one) => sum + (one.counts[n] ?? 0), 0);
    box.append(element("div", "", `${this.word("total")} ${total}`));
    return box;
  }
}

function classColour(of: Element, code: string, n: number): string {
  const own = getComputedStyle(of).getPropertyValue(`--lf-class-${code}`).trim();
  return own || colour(of, `series-${(n % 4) + 1}`);
}

customElements.define("lf-epicurve", EpiCurve);
