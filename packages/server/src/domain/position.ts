import type { LectureId } from "./ids.ts";
import { greatestStamp, type Stamp } from "./stamp.ts";

/** Where a student stopped in a lecture, and when that was said. */
export interface Position {
  readonly stamp: Stamp;
  readonly seconds: number;
}

export type Positions = ReadonlyMap<LectureId, Position>;

/** What one store knows of a course's positions. Positions at or before `reset` are forgotten. */
export interface PositionState {
  readonly positions: Positions;
  readonly reset: Stamp | null;
}

/** Seconds kept to the millisecond. Numbers too large to have a fraction stay as they are. */
export function roundToMillisecond(seconds: number): number {
  const milliseconds = seconds * 1000;
  // Adding 0 turns -0, which JSON can carry, into 0.
  return (milliseconds < Number.MAX_SAFE_INTEGER ? Math.round(milliseconds) / 1000 : seconds) + 0;
}

/** Joins what two stores know: the greater reset, and of each lecture the newest position after it. */
export function joinPositions(one: PositionState, other: PositionState): PositionState {
  const reset = greatestStamp(one.reset, other.reset);
  if (reset === null && other.positions.size === 0) return { positions: one.positions, reset };
  const positions = new Map<LectureId, Position>();
  for (const source of [one.positions, other.positions]) {
    for (const [lectureId, position] of source) {
      const known = positions.get(lectureId);
      const isForgotten = reset !== null && position.stamp <= reset;
      if (!isForgotten && (known === undefined || position.stamp > known.stamp)) positions.set(lectureId, position);
    }
  }
  return { positions, reset };
}

/** The lecture of the newest position, or null when there is none. */
export function lastWatched(positions: Positions): { stamp: Stamp; lectureId: LectureId } | null {
  let last: { stamp: Stamp; lectureId: LectureId } | null = null;
  for (const [lectureId, { stamp }] of positions) {
    if (last === null || stamp > last.stamp) last = { stamp, lectureId };
  }
  return last;
}
