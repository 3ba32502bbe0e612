import { readdirSync, readFileSync } from "node:fs";

/**
 * The CPU time that a process has used so far, user and system of all its threads, as the scheduler counted it.
 * @returns microseconds
 */
export function cpuMicros(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).reduce((sum, thread) => sum + threadMicros(`${tasks}/${thread}/schedstat`), 0);
}

function threadMicros(file: string): number {
  try {
    // Nanoseconds on a CPU, nanoseconds waiting for one, time slices.
    return Number(readFileSync(file, "utf8").split(" ", 1)[0]) / 1000;
  } catch (error) {
    // A thread that has just ended.
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return 0;
    throw error;
  }
}
