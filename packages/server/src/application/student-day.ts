import { type Day, dayAt } from "../domain/activity-day.ts";
import type { UserId } from "../domain/ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { Student, StudentStore } from "../ports/student-store.ts";

/** Who asks: the student, and the zone their token names, if it is one. */
export interface Identity {
  readonly userId: UserId;
  readonly zone: string | null;
}

/** Decides which day it is for a student: by the zone of the token, else the stored one, else the default. */
export class StudentDay {
  readonly #students: StudentStore;
  readonly #clock: Clock;
  readonly defaultZone: string;

  constructor(deps: { students: StudentStore; clock: Clock; defaultZone: string }) {
    this.#students = deps.students;
    this.#clock = deps.clock;
    this.defaultZone = deps.defaultZone;
  }

  /** The present moment of this student; reads the stored zone only when the token names none. */
  async now(identity: Identity): Promise<{ occurredAt: number; day: Day; zone: string }> {
    const stored = identity.zone === null ? await this.#students.read(identity.userId) : null;
    return this.nowIn(this.zoneOf(identity, stored));
  }

  nowIn(zone: string): { occurredAt: number; day: Day; zone: string } {
    const occurredAt = this.#clock.now();
    return { occurredAt, day: dayAt(occurredAt, zone), zone };
  }

  zoneOf(identity: Identity, student: Student | null): string {
    return identity.zone ?? student?.timeZone ?? this.defaultZone;
  }
}
