import { type Day, parseTimeZone } from "../domain/activity-day.ts";
import { ProgressError } from "../domain/errors.ts";
import type { StudentStore } from "../ports/student-store.ts";
import type { Identity, StudentDay } from "./student-day.ts";

export interface Profile {
  /** The zone stored for the student, else the default. */
  readonly timeZone: string;
  /** The zone that decides `today` for this token. */
  readonly effectiveTimeZone: string;
  readonly today: Day;
}

/** What students say about themselves. */
export class Students {
  readonly #deps: { students: StudentStore; days: StudentDay };

  constructor(deps: { students: StudentStore; days: StudentDay }) {
    this.#deps = deps;
  }

  async profile(identity: Identity): Promise<Profile> {
    const { students, days } = this.#deps;
    const student = await students.read(identity.userId);
    const effectiveTimeZone = days.zoneOf(identity, student);
    return {
      timeZone: student.timeZone ?? days.defaultZone,
      effectiveTimeZone,
      today: days.nowIn(effectiveTimeZone).day,
    };
  }

  /** @throws ProgressError `invalid_request` when it is no IANA zone */
  async setTimeZone(identity: Identity, text: string): Promise<Profile> {
    const timeZone = parseTimeZone(text);
    if (timeZone === undefined) {
      throw new ProgressError(
        "invalid_request",
        `"${text}" is not an IANA time zone: send one such as "Europe/Berlin".`,
        {
          facts: { errors: [{ field: "timeZone", message: "must be an IANA time zone" }] },
        },
      );
    }
    await this.#deps.students.setTimeZone(identity.userId, timeZone);
    return this.profile(identity);
  }
}
