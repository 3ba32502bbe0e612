import { dayAt } from "../domain/activity-day.ts";
import { erasedUntil } from "../domain/erasure.ts";
import type { Moment } from "../domain/event.ts";
import type { UserId } from "../domain/ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { Erasure, Student, StudentStore } from "../ports/student-store.ts";

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

  /**
   * The present moment of this student, later than what an erasure that is not complete still erases; reads the stored zone
   * only when the token names none.
   */
  async now(identity: Identity): Promise<Moment & Pick<Partial<Erasure>, "upTo">> {
    const { userId, zone } = identity;
    const [stored, upTo] = await Promise.all([
      zone === null ? this.#students.read(userId) : null,
      this.#students.erasedUpTo(userId),
    ]);
    const moment = this.nowIn(this.zoneOf(identity, stored));
    if (upTo === null) return moment;
    return { ...moment, occurredAt: Math.max(moment.occurredAt, erasedUntil(upTo) + 1), upTo };
  }

  nowIn(zone: string): Moment {
    const occurredAt = this.#clock.now();
    return { occurredAt, day: dayAt(occurredAt, zone), zone };
  }

  zoneOf(identity: Identity, student: Student | null): string {
    return identity.zone ?? student?.timeZone ?? this.defaultZone;
  }
}
