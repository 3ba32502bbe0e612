import type { Completion, Save } from "./history.ts";

interface FoundPosition {
  readonly stamp: string;
  readonly seconds: number;
}

/** What a store holds, by `student course lecture`. */
export type Positions = ReadonlyMap<string, FoundPosition>;

export function placeOf({ userId, courseId, lectureId }: Pick<Save, "userId" | "courseId" | "lectureId">): string {
  return `${userId} ${courseId} ${lectureId}`;
}

/** The newer position of each place. */
export function joined(one: Positions, other: Positions): Positions {
  const all = new Map(one);
  for (const [place, position] of other) {
    if ((all.get(place)?.stamp ?? "") < position.stamp) all.set(place, position);
  }
  return all;
}

/**
 * What is wrong with the positions found, given what was saved: an acknowledged save that is not there, a value that nobody
 * sent, and one that was followed by another before it was found.
 * @param at when the search began: only what was answered before must be found. Milliseconds of the history's clock
 */
export function wrongPositions(saves: readonly Save[], found: Positions, at: number = Infinity): string[] {
  const byPlace = Map.groupBy(saves, placeOf);
  const unknown = [...found.keys()].filter((place) => !byPlace.has(place)).map((place) => `${place}: nobody saved it`);
  const wrong = [...byPlace].flatMap(([place, own]) => {
    const problem = wrongPosition(own, found.get(place), at);
    return problem === undefined ? [] : [`${place}: ${problem}`];
  });
  return [...unknown, ...wrong];
}

function wrongPosition(saves: readonly Save[], found: FoundPosition | undefined, at: number): string | undefined {
  const due = saves.filter(({ outcome, endedAt }) => outcome === "done" && endedAt < at);
  if (found === undefined) return due.length === 0 ? undefined : `lost, acknowledged was ${shown(due)}`;
  const { seconds, stamp } = found;
  const sent = saves.filter((save) => save.seconds === seconds && (save.stamp ?? stamp) === stamp);
  const possible = sent.filter(({ outcome }) => outcome !== "refused");
  if (possible.length === 0) return `found ${seconds}, ${sent.length > 0 ? "which was refused" : "which nobody sent"}`;
  const newer = due.filter((later) => possible.every((earlier) => isBefore(earlier, stamp, later)));
  return newer.length === 0 ? undefined : `found ${seconds}, acknowledged later was ${shown(newer)}`;
}

/** Sessions are ordered by their stamps, whatever arrives when; plain saves by their arrival, as far as it is known. */
function isBefore(earlier: Save, stamp: string, later: Save): boolean {
  if (later.stamp !== undefined) return stamp < later.stamp;
  return earlier.stamp === undefined && earlier.endedAt < later.startedAt;
}

function shown(saves: readonly Save[]): string {
  return saves.map(({ seconds }) => seconds).join(", ");
}

/** What two looks at the same store show that must not be: a stamp that went back, and one stamp with two values. */
export function wrongSteps(before: Positions, after: Positions): string[] {
  return [...before].flatMap(([place, { stamp, seconds }]) => {
    const next = after.get(place);
    if (next === undefined) return [];
    if (next.stamp < stamp) return [`${place}: went back from ${stamp} to ${next.stamp}`];
    return next.stamp === stamp && next.seconds !== seconds
      ? [`${place}: ${stamp} was ${seconds} and is ${next.seconds}`]
      : [];
  });
}

/** What is stored of one student's completions, over all courses. */
export interface FoundCompletions {
  readonly courses: readonly {
    readonly courseId: string;
    readonly completedLectures: readonly string[];
    readonly completedAt: readonly string[];
    readonly completedCount: number;
    readonly times: readonly number[];
    readonly isCompleted: boolean;
    readonly outbox: number;
  }[];
  readonly days: readonly { readonly date: string; readonly count: number; readonly sources: readonly string[] }[];
  readonly streak: { readonly current: number; readonly longest: number; readonly lastDay: string | null };
  readonly events: readonly string[];
}

/**
 * What is wrong with the completions found once everything has been followed: each that was acknowledged is there exactly once
 * in the list, the count, the day, the streak and the events; of the others all or nothing.
 * @param lectures how many lectures each course has
 */
export function wrongCompletions(
  completions: readonly Completion[],
  found: ReadonlyMap<string, FoundCompletions>,
  lectures: (courseId: string) => number,
): string[] {
  const byStudent = Map.groupBy(completions, ({ userId }) => userId);
  const strangers = [...found.keys()].filter((userId) => !byStudent.has(userId));
  return [
    ...strangers.map((userId) => `${userId}: nobody completed anything`),
    ...Array.from(byStudent, ([userId, own]) =>
      wrongStudent(userId, own, found.get(userId) ?? nothing, lectures).map((problem) => `${userId}: ${problem}`),
    ).flat(),
  ];
}

const nothing: FoundCompletions = {
  courses: [],
  days: [],
  streak: { current: 0, longest: 0, lastDay: null },
  events: [],
};

function wrongStudent(
  userId: string,
  completions: readonly Completion[],
  { courses, days, streak, events }: FoundCompletions,
  lectures: (courseId: string) => number,
): string[] {
  const sources = courses.flatMap(({ courseId, completedLectures }) =>
    completedLectures.map((id) => `${courseId}/${id}`),
  );
  const done = sourcesOf(completions.filter(({ outcome }) => outcome === "done"));
  const possible = new Set(sourcesOf(completions.filter(({ outcome }) => outcome !== "refused")));
  const finished = courses.filter(({ isCompleted }) => isCompleted).map(({ courseId }) => courseId);
  const covered = courses.filter(({ courseId, completedLectures }) => completedLectures.length === lectures(courseId));
  const lastDay =
    days
      .map(({ date }) => date)
      .toSorted()
      .at(-1) ?? null;
  const expected: [what: string, found: unknown, expected: unknown][] = [
    ["lost completions", done.filter((source) => !sources.includes(source)), []],
    ["completions nobody made", sources.filter((source) => !possible.has(source)), []],
    ["completions of the days", sorted(days.flatMap((day) => day.sources)), sorted(sources)],
    ["counts of the days", days.map(({ count }) => count), days.map((day) => day.sources.length)],
    // All is done now: one day, or two should it be midnight.
    ["the streak", streak, { current: days.length, longest: days.length, lastDay }],
    ["lecture events", eventsOf(events, "lecture"), sorted(sources.map((at) => `lecture.completed/${userId}/${at}/1`))],
    ["completed courses", sorted(finished), sorted(covered.map(({ courseId }) => courseId))],
    ["course events", eventsOf(events, "course").map(courseOfEvent), sorted(finished)],
    ...courses.flatMap((course): [string, unknown, unknown][] => [
      ["the list of completed lectures", course.completedLectures.length, new Set(course.completedLectures).size],
      ["the dates of completed lectures", sorted(course.completedAt), sorted(course.completedLectures)],
      ["completedCount", course.completedCount, course.completedLectures.length],
      ["how often each was completed", course.times, course.completedLectures.map(() => 1)],
      ["what waits in the outbox", course.outbox, 0],
    ]),
  ];
  return expected.flatMap(([what, is, should]) =>
    JSON.stringify(is) === JSON.stringify(should)
      ? []
      : [`${what}: found ${JSON.stringify(is)}, expected ${JSON.stringify(should)}`],
  );
}

function sourcesOf(completions: readonly Completion[]): string[] {
  return completions.map(({ courseId, lectureId }) => `${courseId}/${lectureId}`);
}

function eventsOf(events: readonly string[], type: "lecture" | "course"): string[] {
  return sorted(events.filter((id) => id.startsWith(`${type}.completed/`)));
}

/** `course.completed/<student>/<course>/<revision>`; a student's id may have slashes, the others have none. */
function courseOfEvent(id: string): string {
  return id.split("/").at(-2) ?? "";
}

function sorted(texts: readonly string[]): string[] {
  return texts.toSorted((a, b) => (a < b ? -1 : 1));
}
