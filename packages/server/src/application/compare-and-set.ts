import { ProgressError } from "../domain/errors.ts";

/** Far more than the students, tabs and relays that ever race for one document. */
const maxAttempts = 50;

/**
 * Repeats a read-and-replace until nobody has written in between.
 * @param attempt answers false when it lost the race
 * @throws ProgressError `busy` when it loses again and again
 */
export async function retryWhileRaced(attempt: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < maxAttempts; tries++) {
    if (await attempt()) return;
  }
  throw new ProgressError("busy", "Too many changes arrive for the same record at once: try again in a moment.");
}
