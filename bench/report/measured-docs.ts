import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parts } from "../parts/parts.ts";
import type { Table } from "../parts/part.ts";
import { chartsOf } from "./charts.ts";
import { number } from "./format.ts";
import type { PartResult, Results } from "./results.ts";
import { sizingTable, summaryTable } from "./summary.ts";

const root = new URL("../../", import.meta.url);
const documents = ["README.md", "docs/performance.md"];
const notMeasured = "Not measured yet.";
const block = /(<!-- measured: ([a-z]+) -->\n)[^]*?(<!-- end of measured -->)/g;

/** Files of the docs as the results make them, by their path from the root. */
export function docsOf(results: Results): ReadonlyMap<string, string> {
  const blocks = blocksOf(results);
  const pages = documents.map((path) => [path, withBlocks(readFileSync(pathOf(path), "utf8"), blocks)] as const);
  const charts = chartsOf(results).map(({ file, svg }) => [`docs/plots/${file}`, svg] as const);
  return new Map([...pages, ...charts]);
}

export function writeDocs(results: Results): void {
  for (const [path, content] of docsOf(results)) writeFileSync(pathOf(path), content);
}

function pathOf(path: string): string {
  return fileURLToPath(new URL(path, root));
}

/** Puts each block between its marks; whatever was there goes. */
export function withBlocks(text: string, blocks: ReadonlyMap<string, string>): string {
  return text.replaceAll(block, (_whole, start: string, name: string, end: string) => {
    const content = blocks.get(name);
    if (content === undefined) throw new Error(`Nothing is measured that is called "${name}".`);
    return `${start}${content}\n${end}`;
  });
}

function blocksOf(results: Results): ReadonlyMap<string, string> {
  const charts = chartsOf(results);
  const ofParts = parts.map((measured) => {
    const { name } = measured;
    const found = results.parts[name];
    if (found === undefined) return [name, notMeasured] as const;
    const images = charts.filter(({ part }) => part === name).map(({ file, title }) => `![${title}](plots/${file})\n`);
    return [
      name,
      [...measured.tables(found.result).map(markdown), ...images, circumstances(name, found)].join("\n"),
    ] as const;
  });
  return new Map([
    ...ofParts,
    ["machine", machineText(results)],
    ["summary", markdown(summaryTable(results))],
    ["sizing", markdown(sizingTable(results))],
  ]);
}

function markdown({ heading, columns, rows }: Table): string {
  if (rows.length === 0) return notMeasured;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = columns.map((_column, index) => (index === 0 ? "---" : "---:"));
  return `${heading === "" ? "" : `**${heading}**\n\n`}${[columns, rule, ...rows].map(line).join("\n")}\n`;
}

function circumstances(name: string, { measuredAt, commit, seconds, loadAverage }: PartResult): string {
  const when = measuredAt.slice(0, 16).replace("T", " ");
  return (
    `\`npm run bench -- --only ${name}\`, ${when} UTC, ${seconds} s, commit ${commit}, ` +
    `load average before it ${number(loadAverage)}.`
  );
}

function machineText({ machine }: Results): string {
  return Object.entries(machine)
    .map(([name, value]) => `- ${name}: ${value}`)
    .join("\n");
}
