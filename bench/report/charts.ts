import type { RequestCost } from "../parts/cost-rounds.ts";
import type { Growth } from "../parts/growth.ts";
import { barChart, type Bars, lineChart, type Lines } from "./plots.ts";
import type { Results } from "./results.ts";

interface Chart {
  /** The part whose result it shows. */
  readonly part: string;
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** All charts that the results allow. */
export function chartsOf(results: Results): Chart[] {
  const growth = results.parts["growth"]?.result as Growth | undefined;
  return [
    ...costChart(results, "save", "CPU time of one save, as a multiple of the floor"),
    ...costChart(results, "read", "CPU time of one GET progress, as a multiple of the floor"),
    ...(growth === undefined ? [] : growthCharts(growth)),
  ];
}

function costChart(results: Results, part: string, title: string): Chart[] {
  const costs = results.parts[part]?.result as readonly RequestCost[] | undefined;
  if (costs === undefined) return [];
  const bars = costs.map(({ name, ratioToFloor: { median, min, max } }) => ({ name, value: median, min, max }));
  return [{ part, file: `${part}-cost.svg`, title, svg: barChart({ title, unit: "x floor", bars }) }];
}

function growthCharts({ saves, reads, dashboards, flushes }: Growth): Chart[] {
  const line = (name: string, of: (entry: Growth["saves"][number]) => number): Lines["lines"][number] => ({
    name,
    points: saves.map((entry) => [entry.size, of(entry)] as const),
  });
  const costs = [
    line("service", ({ cost }) => cost.service.median),
    line("Redis", ({ cost }) => cost.redis?.median ?? 0),
  ];
  const memory = [
    line("Redis", ({ redisBytes }) => redisBytes / 1024 ** 2),
    line("service", ({ serviceBytes }) => serviceBytes / 1024 ** 2),
  ];
  const rates = [{ name: "flush", points: flushes.map(({ keys, seconds }) => [keys, keys / seconds] as const) }];
  const bars = [
    ...reads.map(({ size, cost }) => barOf(`${size} lectures`, cost)),
    ...dashboards.map(({ size, cost }) => barOf(`${size} courses`, cost)),
  ];
  const readTitle = "CPU time of the service for GET progress and GET course progress";
  return [
    lineChartOf("save-growth.svg", {
      title: "CPU time of one save as keys grow in number",
      unit: "us",
      xTitle: "known keys",
      lines: costs,
    }),
    lineChartOf("memory-growth.svg", {
      title: "Memory as keys grow in number",
      unit: "MiB",
      xTitle: "known keys",
      lines: memory,
    }),
    {
      part: "growth",
      file: "read-growth.svg",
      title: readTitle,
      svg: barChart({ title: readTitle, unit: "ms", bars }),
    },
    lineChartOf("flush-throughput.svg", {
      title: "Flush throughput of one process",
      unit: "keys/s",
      xTitle: "dirty keys",
      lines: rates,
    }),
  ];
}

function lineChartOf(file: string, chart: Lines): Chart {
  return { part: "growth", file, title: chart.title, svg: lineChart(chart) };
}

function barOf(name: string, { service: { median, min, max } }: RequestCost): Bars["bars"][number] {
  return { name, value: median / 1000, min: min / 1000, max: max / 1000 };
}
