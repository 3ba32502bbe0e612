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
  return { positions: newestOf(after(reset, one.positions), after(reset, other.positions)), reset };
}

function after(reset: Stamp | null, positions: Positions): Positions {
  if (reset === null) return positions;
  return new Map([...positions].filter(([, { stamp }]) => stamp > reset));
}

/** Mostly the others are as new, having been flushed: then nothing is copied. */
function newestOf(positions: Positions, others: Positions): Positions {
  if (others.size === 0) return positions;
  let joined: Map<LectureId, Position> | undefined;
  for (const [lectureId, position] of positions) {
    const other = others.get(lectureId);
    if (other === undefined || position.stamp > other.stamp) (joined ??= new Map(others)).set(lectureId, position);
  }
  return joined ?? others;
}

/** The lecture of the newest position, or null when there is none. */
export function lastWatched(positions: Positions): { stamp: Stamp; lectureId: LectureId } | null {
  let last: { stamp: Stamp; lectureId: LectureId } | null = null;
  for (const [lectureId, { stamp }] of positions) {
    if (last === null || stamp > last.stamp) last = { stamp, lectureId };
  }
  return last;
}
