import { randomBytes } from "node:crypto";
import { type Client, courseOf } from "../support/process-client.ts";
import { saved, Student } from "./acknowledged.ts";

/** Works until a request is not answered or the signal is aborted. */
type Work = (student: Student, signal: AbortSignal) => Promise<void>;

const coldCourses = 400;
const longCourse = { courseId: "long", lectures: 600 };

/** Seconds with milliseconds, within every lecture's duration. */
function somewhere(): number {
  return Math.round(Math.random() * 3_600_000) / 1000;
}

/** A hot key: the same lecture again and again, forth and back. */
const watch: Work = async (student, signal) => {
  while (!signal.aborted && (await student.save("hot", "l-0", somewhere())));
};

/** Keys that are saved once: nothing later heals what was lost of them. */
const browse: Work = async (student, signal) => {
  const first = student.courses.length;
  for (let index = first; index < coldCourses && !signal.aborted; index++) {
    if (!(await student.save(`cold-${index}`, `l-${index % 2}`, somewhere()))) return;
  }
};

/** A player with a session, whose saves are at times repeated late. */
const play: Work = async (student, signal) => {
  const opened = await student.client.progress("sessions").catch(() => undefined);
  if (opened === undefined) return;
  const sessionStartedAt = opened.serverTime;
  const started = performance.now();
  const sessionId = randomBytes(8).toString("hex");
  let last: (() => Promise<boolean>) | undefined;
  for (let seq = 0; !signal.aborted; seq++) {
    const seconds = somewhere();
    const session = { sessionId, sessionStartedAt, elapsedMs: performance.now() - started, seq };
    const send = (client: Client): Promise<void> => client.save("sessions", "l-1", seconds, session);
    if (!(await student.try("sessions", saved("l-1", seconds), send))) return;
    if (seq % 3 === 2 && last !== undefined && !(await last())) return;
    last = () => student.try("sessions", (before) => before, send);
  }
};

const complete: Work = async (student, signal) => {
  for (let index = student.acknowledged; index < longCourse.lectures && !signal.aborted; index++) {
    if (!(await student.complete(longCourse.courseId, `l-${index}`))) return;
  }
};

const startOver: Work = async (student, signal) => {
  for (let index = 0; !signal.aborted; index++) {
    const lectureId = `l-${index % 20}`;
    if (!(await student.save("again", lectureId, somewhere()))) return;
    if (!(await student.complete("again", lectureId))) return;
    if (index % 3 === 2 && !(await student.startOver("again"))) return;
  }
};

/** A class of students, each with their own way to use the service, many at once. */
export class StudentsAtWork {
  readonly students: readonly Student[];
  /** Those who do nothing but complete one lecture after the other. */
  readonly finishers: readonly Student[];
  readonly #work: ReadonlyMap<Student, Work>;

  constructor(options: { storesMayFail?: boolean } = {}) {
    const people = (work: Work, name: string, count: number): [Student, Work][] =>
      Array.from({ length: count }, (_, index) => [new Student(`${name}-${index}`, options), work]);
    const finishers = people(complete, "finisher", 4);
    this.#work = new Map([
      ...people(watch, "watcher", 4),
      ...people(browse, "browser", 6),
      ...people(play, "player", 4),
      ...people(startOver, "repeater", 2),
      ...finishers,
    ]);
    this.students = [...this.#work.keys()];
    this.finishers = finishers.map(([student]) => student);
  }

  static courses(): object[] {
    const cold = Array.from({ length: coldCourses }, (_, index) => courseOf(`cold-${index}`, 2));
    const long = courseOf(longCourse.courseId, longCourse.lectures);
    return [courseOf("hot", 1), courseOf("sessions", 2), courseOf("again", 21), long, ...cold];
  }

  get acknowledged(): number {
    return this.students.reduce((sum, student) => sum + student.acknowledged, 0);
  }

  /** Each student at one of these processes. */
  async connect(...urls: readonly string[]): Promise<void> {
    await Promise.all(this.students.map((student, index) => student.connect(urls[index % urls.length] ?? "")));
  }

  /** Resolves when everybody has stopped: by the signal, or because nobody answers any more. */
  async work(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from(this.#work, ([student, work]) => work(student, signal)));
  }

  /** Finds all that was acknowledged. */
  async check(): Promise<void> {
    await Promise.all(this.students.map((student) => student.check()));
  }
}
