import { readFileSync } from "node:fs";

/** What a process needs beside its connections. */
const otherFiles = 200;

/** How many connections a process of this machine can hold: each is a file. */
export function connectionLimit(): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  // Soft, then hard; Node raises the soft limit of its own process to the hard one.
  const hard = /^Max open files +\S+ +(\S+)/m.exec(limits)?.[1];
  return hard === "unlimited" ? Infinity : Number(hard) - otherFiles;
}
