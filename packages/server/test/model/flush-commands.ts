import * as fc from "fast-check";
import type { LectureId } from "../../src/domain/ids.ts";
import type { Stamp } from "../../src/domain/stamp.ts";
import { lectureIds } from "../properties/workbench.ts";
import { stampAt } from "../support/ids.ts";
import { FlushFacts } from "./flush-facts.ts";
import { FlushWorld, type Ground, students } from "./flush-world.ts";

type Command = fc.AsyncCommand<FlushFacts, FlushWorld>;
type Step = (facts: FlushFacts, world: FlushWorld) => unknown;

/** A step that may be taken at any time; whatever it did, everything must be as it should. */
function command(name: string, step: Step): Command {
  return {
    check: () => true,
    run: async (facts, world) => {
      await step(facts, world);
      await facts.check(world);
    },
    toString: () => name,
  };
}

const student = fc.nat({ max: students - 1 });
const which = fc.nat({ max: 1 });
const pick = fc.nat({ max: 20 });
const lectureId = fc.constantFrom(...lectureIds);
const seconds = fc.nat({ max: 3_600 });

async function save(facts: FlushFacts, world: FlushWorld, to: number, at: LectureId, value: number, stamp?: Stamp) {
  facts.noteSave({ student: to, lectureId: at, seconds: value }, await world.save(to, at, value, stamp));
}

const plainSave = fc
  .tuple(student, lectureId, seconds)
  .map(([to, at, value]) => command(`save ${to} ${at} ${value}`, (facts, world) => save(facts, world, to, at, value)));

/** From a session that is a little ahead or far behind; no two saves have the same stamp. */
const sessionSave = fc
  .tuple(student, lectureId, seconds, fc.integer({ min: -20_000, max: 4_000 }), fc.integer({ min: 1, max: 2 }))
  .map(([to, at, value, leadMs, session]) =>
    command(`save ${to} ${at} ${value} from session ${session}, ${leadMs} ms ahead`, async (facts, world) => {
      const t = (await world.ground.buffer.now()) + leadMs;
      await save(facts, world, to, at, value, stampAt(t, facts.saves.length, session));
    }),
  );

/** An old save is sent again, by whoever had no answer. */
const repeatedSave = pick.map((number) =>
  command(`repeat save ${number}`, async (facts, world) => {
    const old = facts.saves[number % (facts.saves.length || 1)];
    if (old !== undefined) await save(facts, world, old.student, old.lectureId, old.seconds, old.stamp);
  }),
);

const startOver = student.map((of) =>
  command(`start over ${of}`, (facts, world) => world.startOver(of, (reset) => facts.noteReset(of, reset))),
);

const flush = fc
  .tuple(which, fc.boolean())
  .map(([by, all]) => command(`flush by ${by}${all ? ", all" : ""}`, (_, world) => world.flush(by, all)));

/** Usually all of a call is done; of a bulk that breaks off, a part. */
const share = fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constantFrom(0, 0.5) });

const advance = fc
  .tuple(pick, share)
  .map(([call, done]) => command(`advance ${call}, ${done}`, (_, world) => world.calls.advance(call, done)));
const giveUp = pick.map((call) => command(`give up ${call}`, (_, world) => world.calls.giveUp(call)));
const lose = pick.map((call) => command(`lose ${call}`, (_, world) => world.calls.lose(call)));
const crash = which.map((who) => command(`crash ${who}`, (_, world) => world.crash(who)));
const stop = which.map((who) => command(`stop ${who}`, (_, world) => world.stop(who)));

const refuse = student.map((of) =>
  command(`refuse ${of}, or no longer`, (_, { refused }) => {
    if (!refused.delete(of)) refused.add(of);
  }),
);
const retry = student.map((of) =>
  command(`retry ${of}`, (_, world) => world.ground.buffer.retryPoison(world.keyOf(of))),
);

/** Past a lease, past the interval, past the life of a clean key; or the clock is set back. */
const wait = fc
  .constantFrom(0, 1_000, 16_000, 70_000, 4_000_000, 100_000_000, -600_000)
  .map((ms) => command(`wait ${ms} ms`, (_, world) => world.ground.clock.advance(ms)));

/** The buffer loses all it has of a student. */
const empty = student.map((of) =>
  command(`empty ${of}`, async (facts, world) => {
    const key = world.keyOf(of);
    await world.ground.buffer.erase(key.userId, [key.courseId]);
    // Nobody else knows what the last flush wrote.
    world.ground.deposed?.catchUp(key);
    facts.excuse(of);
    world.touched.add(of);
  }),
);

function often(weight: number, arbitrary: fc.Arbitrary<Command>): fc.Arbitrary<Command>[] {
  return Array.from({ length: weight }, () => arbitrary);
}

/** Everything that can happen, as often as makes most of it meet. */
const commands: fc.Arbitrary<Command>[] = [
  ...often(14, advance),
  ...often(5, plainSave),
  ...often(3, sessionSave),
  ...often(1, repeatedSave),
  ...often(1, startOver),
  ...often(5, flush),
  ...often(1, giveUp),
  ...often(1, lose),
  ...often(1, crash),
  ...often(1, stop),
  ...often(1, refuse),
  ...often(1, retry),
  ...often(3, wait),
  ...often(1, empty),
];

/** Runs schedules of everything that can happen, each with students of its own. */
export async function explore(ground: () => Promise<Ground>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 80, size: "max" }), async (schedule) => {
      const real = new FlushWorld(await ground());
      const model = new FlushFacts();
      await fc.asyncModelRun(() => ({ model, real }), schedule);
      await model.checkAtRest(real);
    }),
    { numRuns, endOnFailure: process.env["NO_SHRINKING"] === "1" },
  );
}
