import type { RequestCost } from "../parts/cost-rounds.ts";
import type { Growth } from "../parts/growth.ts";
import { barChart, lineChart } from "./plots.ts";
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

function growthCharts({ saves }: Growth): Chart[] {
  const part = "growth";
  const [costTitle, memoryTitle] = [
    "CPU time of one save as keys grow in number",
    "Memory of Redis as keys grow in number",
  ];
  const xTitle = "known keys";
  const line = (name: string, of: (entry: Growth["saves"][number]) => number) => ({
    name,
    points: saves.map((entry) => [entry.size, of(entry)] as const),
  });
  return [
    {
      part,
      file: "save-growth.svg",
      title: costTitle,
      svg: lineChart({
        title: costTitle,
        unit: "us",
        xTitle,
        lines: [
          line("service", ({ cost }) => cost.service.median),
          line("Redis", ({ cost }) => cost.redis?.median ?? 0),
        ],
      }),
    },
    {
      part,
      file: "memory-growth.svg",
      title: memoryTitle,
      svg: lineChart({
        title: memoryTitle,
        unit: "MiB",
        xTitle,
        lines: [
          line("Redis", ({ redisBytes }) => redisBytes / 1024 ** 2),
          line("service", ({ serviceBytes }) => serviceBytes / 1024 ** 2),
        ],
      }),
    },
  ];
}
