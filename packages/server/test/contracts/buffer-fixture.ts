import assert from "node:assert/strict";
import type { LectureId, ProgressKey, UserId } from "../../src/domain/ids.ts";
import type { Stamp } from "../../src/domain/stamp.ts";
import type { Claim, PositionBuffer, SaveOutcome } from "../../src/ports/position-buffer.ts";
import { eventually } from "../support/eventually.ts";
import { course, lecture, someUser } from "../support/ids.ts";

/** An empty buffer for one test, that nobody else uses meanwhile. */
export interface BufferHarness extends AsyncDisposable {
  readonly buffer: PositionBuffer;
  /** From now on saves of this key fail, and of no other: something is in its way. */
  spoil(key: ProgressKey): Promise<void>;
}

export interface BufferOptions {
  readonly flushIntervalMs: number;
}

export type OpenBuffer = (options: BufferOptions) => Promise<BufferHarness>;

/** An interval, and a lease, that no test outlives. */
export const never = 600_000;

type Accepted = Extract<SaveOutcome, { stamp: Stamp }>;

/** A buffer for one test, and short words for what tests do with it. */
export class BufferFixture implements AsyncDisposable {
  readonly buffer: PositionBuffer;
  readonly key: ProgressKey = { userId: someUser(), courseId: course("algebra") };
  readonly #harness: BufferHarness;

  private constructor(harness: BufferHarness) {
    this.#harness = harness;
    this.buffer = harness.buffer;
  }

  static async open(
    open: OpenBuffer,
    { flushIntervalMs = never }: Partial<BufferOptions> = {},
  ): Promise<BufferFixture> {
    return new BufferFixture(await open({ flushIntervalMs }));
  }

  /** Another course of the same student. */
  otherCourse(id = "biology"): ProgressKey {
    return { userId: this.key.userId, courseId: course(id) };
  }

  /** The same course of another student. */
  otherStudent(userId: UserId = someUser()): ProgressKey {
    return { userId, courseId: this.key.courseId };
  }

  spoil(key: ProgressKey): Promise<void> {
    return this.#harness.spoil(key);
  }

  /** Saves one position and returns its outcome, whatever it is. */
  async offer(seconds: number, { key = this.key, at = "intro", stamp }: SaveOptions = {}): Promise<SaveOutcome> {
    const [outcome] = await this.buffer.save([
      { key, lectureId: lecture(at), seconds, ...(stamp !== undefined && { stamp }) },
    ]);
    assert.ok(outcome !== undefined);
    return outcome;
  }

  /** Saves one position that must be stored or superseded. */
  async save(seconds: number, options: SaveOptions = {}): Promise<Accepted> {
    const outcome = await this.offer(seconds, options);
    assert.ok(outcome.status === "stored" || outcome.status === "superseded", `was ${outcome.status}`);
    return outcome;
  }

  /** The seconds of every lecture. */
  async seconds(key: ProgressKey = this.key): Promise<Record<string, number>> {
    const { positions } = await this.buffer.read(key);
    return Object.fromEntries([...positions].map(([lectureId, position]) => [lectureId, position.seconds]));
  }

  /** All claims that there are now, due or not. */
  claims({ leaseMs = never, all = true }: ClaimOptions = {}): Promise<Claim[]> {
    return this.buffer.claim(10_000, leaseMs, { all });
  }

  /** The one claim that there is now. */
  async claim(options: ClaimOptions = {}): Promise<Claim> {
    const claims = await this.claims(options);
    assert.equal(claims.length, 1);
    return claims[0] as Claim;
  }

  /** The claim of a key that becomes due, or whose lease ends, in a moment. */
  claimSoon(options: ClaimOptions = {}): Promise<Claim> {
    return eventually(async () => (await this.claims({ all: false, ...options }))[0]);
  }

  /** Claims, and says that the store has all of it. */
  async flush(): Promise<void> {
    await this.buffer.acknowledge(await this.claims());
  }

  async isDirty({ userId, courseId }: ProgressKey = this.key): Promise<boolean> {
    return (await this.buffer.startedCourses(userId)).has(courseId);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#harness[Symbol.asyncDispose]();
  }
}

interface SaveOptions {
  readonly key?: ProgressKey;
  /** The lecture. */
  readonly at?: LectureId | string;
  readonly stamp?: Stamp;
}

interface ClaimOptions {
  readonly leaseMs?: number;
  readonly all?: boolean;
}
