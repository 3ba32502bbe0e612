import { setTimeout as delay } from "node:timers/promises";
import { between, oneOf, seeded } from "../support/chance.ts";
import { Client, isRefused } from "../support/process-client.ts";
import type { Loaded } from "./load.ts";

/**
 * Adds lectures to courses and takes some away, at whatever process; whichever process is asked next must know. Who was not
 * answered cannot tell what is so, and begins another course.
 */
export class Instructor {
  readonly problems: string[] = [];
  requests = 0;
  readonly #urls: () => readonly string[];
  readonly #random: () => number;
  readonly #name: string;
  #courses = 0;

  constructor({ urls, seed }: Loaded) {
    this.#urls = urls;
    this.#random = seeded(seed + 1_000);
    this.#name = `taught-${seed}`;
  }

  async work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#teach(`${this.#name}-${this.#courses++}`, signal).catch((error: unknown) => {
        if (isRefused(error) && !/answered 50[03]/.test(String(error))) this.problems.push(String(error));
      });
      await delay(100);
    }
  }

  async #teach(courseId: string, signal: AbortSignal): Promise<void> {
    const path = `/api/v1/courses/${courseId}`;
    await this.#call("PUT", path, { title: courseId });
    const lectures: string[] = [];
    for (let number = 0; !signal.aborted; number++) {
      const gone = lectures.length > 3 && this.#random() < 0.5 ? lectures.shift() : undefined;
      if (gone === undefined) {
        lectures.push(`l-${number}`);
        await this.#call("POST", `${path}/lectures`, { lectureId: `l-${number}`, title: "new", durationSeconds: 60 });
      } else await this.#call("DELETE", `${path}/lectures/${gone}`);
      await this.#check(courseId, lectures);
      await delay(between(this.#random, 50, 300));
    }
  }

  async #check(courseId: string, lectures: readonly string[]): Promise<void> {
    const { text } = await this.#call("GET", `/api/v1/progress/${courseId}`);
    const { totalLectures } = JSON.parse(text) as { totalLectures: number };
    if (totalLectures !== lectures.length) {
      this.problems.push(`${courseId}: told ${totalLectures} lectures, there were ${lectures.length}`);
    }
  }

  async #call(method: string, path: string, body?: object) {
    this.requests++;
    const url = oneOf(this.#random, this.#urls()) ?? "http://127.0.0.1:1";
    return (await Client.of(url, "instructor", { role: "instructor" })).call(method, path, body);
  }
}
