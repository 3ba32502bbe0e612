import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { TempFolder } from "./temp-folder.ts";

const compiler = process.env["CC"] ?? "cc";

/** Loaded before libc, it adds to every time of day what the file says, in microseconds. */
const source = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static int64_t skew(void) {
  static int file = -1;
  int64_t micros = 0;
  if (file < 0) file = open(getenv("CLOCK_SKEW_FILE"), O_RDONLY);
  if (pread(file, &micros, sizeof micros, 0) != sizeof micros) return 0;
  return micros;
}
int clock_gettime(clockid_t id, struct timespec *time) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int answer = real(id, time);
  if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) time->tv_sec += skew() / 1000000;
  return answer;
}
int gettimeofday(struct timeval *time, void *zone) {
  struct timespec precise;
  int answer = clock_gettime(CLOCK_REALTIME, &precise);
  time->tv_sec = precise.tv_sec;
  time->tv_usec = precise.tv_nsec / 1000;
  return answer;
}
time_t time(time_t *place) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  if (place) *place = precise.tv_sec;
  return precise.tv_sec;
}
`;

/** Why no clock can be set here; false when one can. */
export function clockCannotBeSet(): string | false {
  const isThere = process.platform === "linux" && spawnSync(compiler, ["--version"]).status === 0;
  return isThere ? false : "no C compiler on a Linux here, with which a program gets a clock of its own";
}

/** The clock of a program that is started with {@link env}: it may be set while the program runs. */
export class SkewedClock implements AsyncDisposable {
  readonly #folder: TempFolder;

  private constructor(folder: TempFolder) {
    this.#folder = folder;
  }

  static async create(): Promise<SkewedClock> {
    const clock = new SkewedClock(await TempFolder.create());
    clock.set(0);
    const library = clock.#folder.file("clock.so");
    const args = ["-shared", "-fPIC", "-O1", "-x", "c", "-", "-o", library, "-ldl"];
    const { status, stderr } = spawnSync(compiler, args, { input: source, encoding: "utf8" });
    if (status !== 0) throw new Error(`The clock cannot be compiled: ${stderr}`);
    return clock;
  }

  get env(): NodeJS.ProcessEnv {
    return { LD_PRELOAD: this.#folder.file("clock.so"), CLOCK_SKEW_FILE: this.#folder.file("skew") };
  }

  /** From now on the program's clock is off by so much; seconds. */
  set(aheadBySeconds: number): void {
    const micros = Buffer.alloc(8);
    micros.writeBigInt64LE(BigInt(aheadBySeconds) * 1_000_000n);
    // In place: the program has it open.
    writeFileSync(this.#folder.file("skew"), micros, { flag: aheadBySeconds === 0 ? "w" : "r+" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}
