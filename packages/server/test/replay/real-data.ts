import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** One student's sitting with one video, as it was recorded. See ../data/README.md for where it comes from. */
export interface WatchSession {
  readonly session: string;
  readonly actor: string;
  readonly video: string;
  readonly course: string;
  /** Of the video, in seconds. */
  readonly length: number;
  /** What was watched, `[from, to]` in seconds, in the order of the video. */
  readonly segments: readonly (readonly [from: number, to: number])[];
}

interface ActiveDay {
  readonly day: string;
  readonly clicks: number;
}

/** The active days of one student and what somebody else has computed from them. */
export interface ActiveStudent {
  readonly id: string;
  /** Oldest first. */
  readonly days: readonly ActiveDay[];
  readonly longestStreak: number;
  readonly longestEnd: string;
  readonly streakAtLastDay: number;
}

export function readWatchSessions(): WatchSession[] {
  return linesOf("watch-sessions.jsonl.gz").map((line) => JSON.parse(line) as WatchSession);
}

export function readActiveStudents(): ActiveStudent[] {
  const days = Map.groupBy(rowsOf("activity-daily.csv.gz"), ({ id_student }) => id_student);
  return rowsOf("activity-streaks.csv.gz").map((row) => {
    const own = (days.get(row["id_student"]) ?? []).map(({ day = "", clicks }) => ({ day, clicks: Number(clicks) }));
    if (own.length !== Number(row["active_days"])) throw new Error(`Student ${row["id_student"]} lacks days.`);
    return {
      id: row["id_student"] ?? "",
      days: own,
      longestStreak: Number(row["longest_streak"]),
      longestEnd: row["longest_end"] ?? "",
      streakAtLastDay: Number(row["streak_at_last_day"]),
    };
  });
}

/** Neither file quotes anything. */
function rowsOf(file: string): Partial<Record<string, string>>[] {
  const [header = "", ...lines] = linesOf(file);
  const names = header.split(",");
  return lines.map((line) => {
    const values = line.split(",");
    return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
  });
}

function linesOf(file: string): string[] {
  const bytes = readFileSync(new URL(`../data/${file}`, import.meta.url));
  return gunzipSync(bytes).toString("utf8").trimEnd().split("\n");
}
