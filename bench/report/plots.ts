/** Small charts as SVG: axes one can read, colours that do on light and dark pages. */

const [width, height] = [720, 320];
const frame = { left: 70, right: 20, top: 40, bottom: 50 } as const;
const plotWidth = width - frame.left - frame.right;
const plotHeight = height - frame.top - frame.bottom;
const colours = ["#2f81f7", "#d4772c", "#3fa266", "#a371f7"];

const style =
  "<style>text{font:13px system-ui,sans-serif;fill:#57606a}.title{font-weight:600}line{stroke:#8b949e}" +
  ".range{stroke:#57606a;stroke-width:2}.grid{stroke-opacity:.3}@media(prefers-color-scheme:dark){text{fill:#c3ccd6}.range{stroke:#c3ccd6}}</style>";

export interface Bars {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly {
    readonly name: string;
    readonly value: number;
    readonly min: number;
    readonly max: number;
  }[];
}

/** Upright bars from zero on, each with its range. */
export function barChart({ title, unit, bars }: Bars): string {
  const scale = linearScale(Math.max(...bars.map(({ max }) => max)));
  const step = plotWidth / bars.length;
  const shapes = bars.map(({ name, value, min, max }, index) => {
    const middle = frame.left + step * (index + 0.5);
    const barWidth = step * 0.5;
    return (
      `<rect x="${at(middle - barWidth / 2)}" y="${at(scale.y(value))}" width="${at(barWidth)}" ` +
      `height="${at(scale.y(0) - scale.y(value))}" fill="${colours[0]}"/>` +
      `<line class="range" x1="${at(middle)}" x2="${at(middle)}" y1="${at(scale.y(min))}" y2="${at(scale.y(max))}"/>` +
      text(middle + 6, scale.y(max) - 6, value.toPrecision(3)) +
      text(middle, height - frame.bottom + 20, name)
    );
  });
  return drawing(title, `${grid(scale, unit)}${shapes.join("")}`);
}

export interface Lines {
  readonly title: string;
  readonly unit: string;
  readonly xTitle: string;
  readonly lines: readonly { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] }[];
}

/** Lines over powers of ten. */
export function lineChart({ title, unit, xTitle, lines }: Lines): string {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(([x]) => x)))].toSorted((a, b) => a - b);
  const scale = linearScale(Math.max(...lines.flatMap(({ points }) => points.map(([, y]) => y))));
  const [low, high] = [Math.log10(xs[0] ?? 1), Math.log10(xs.at(-1) ?? 10)];
  const xOf = (x: number): number => frame.left + 30 + ((Math.log10(x) - low) / (high - low || 1)) * (plotWidth - 60);
  const ticks = xs.map((x) => text(xOf(x), height - frame.bottom + 18, x.toLocaleString("en-US"))).join("");
  const shapes = lines.map(({ name, points }, index) => {
    const colour = colours[index % colours.length];
    const path = points.map(([x, y]) => `${at(xOf(x))},${at(scale.y(y))}`).join(" ");
    const dots = points.map(([x, y]) => `<circle cx="${at(xOf(x))}" cy="${at(scale.y(y))}" r="4" fill="${colour}"/>`);
    const key = `<rect x="${width - 100 * (lines.length - index)}" y="8" width="12" height="12" fill="${colour}"/>`;
    return (
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join("")}${key}` +
      text(width - 100 * (lines.length - index) + 18, 19, name, "start")
    );
  });
  const axis = text(frame.left + plotWidth / 2, height - 10, xTitle);
  return drawing(title, `${grid(scale, unit)}${ticks}${axis}${shapes.join("")}`);
}

interface Scale {
  readonly y: (value: number) => number;
  readonly ticks: readonly number[];
}

/** From zero to a little more than the largest value, in steps of 1, 2 or 5. */
function linearScale(largest: number): Scale {
  const rough = (largest * 1.1 || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const count = Math.ceil((largest * 1.1 || 1) / step);
  const top = count * step;
  return {
    y: (value) => frame.top + plotHeight * (1 - value / top),
    ticks: Array.from({ length: count + 1 }, (_, index) => index * step),
  };
}

function grid({ y, ticks }: Scale, unit: string): string {
  const lines = ticks.map((tick) => {
    const label = text(frame.left - 8, y(tick) + 4, String(Number(tick.toPrecision(6))), "end");
    return `<line class="grid" x1="${frame.left}" x2="${width - frame.right}" y1="${at(y(tick))}" y2="${at(y(tick))}"/>${label}`;
  });
  return `${lines.join("")}${text(frame.left - 8, frame.top - 14, unit, "end")}`;
}

function drawing(title: string, content: string): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">${style}` +
    `<text class="title" x="${frame.left}" y="18">${title}</text>${content}</svg>\n`
  );
}

function text(x: number, y: number, content: string, anchor: "start" | "middle" | "end" = "middle"): string {
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${content}</text>`;
}

function at(place: number): string {
  return String(Math.round(place * 10) / 10);
}
