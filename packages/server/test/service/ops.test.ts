import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openEmbeddedStores } from "../../src/adapters/embedded/stores.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { type LearningEvent, lectureCompleted } from "../../src/domain/event.ts";
import type { WebhookId } from "../../src/domain/webhook.ts";
import type { Stores } from "../../src/ports/stores.ts";
import { momentAt, someTime } from "../contracts/store-fixture.ts";
import { type Finished, runProgram } from "../support/finished-program.ts";
import { course, lecture, user } from "../support/ids.ts";
import { jwtSecret, type Settings } from "../support/process.ts";
import { someSecret } from "../support/receiver.ts";
import { TempFolder } from "../support/temp-folder.ts";

const ops = fileURLToPath(new URL("../../src/ops.ts", import.meta.url));
const noFile = "WEBHOOKS_FILE is not set here: set it as the service has it.";
const crm = "crm" as WebhookId;

/** An embedded store of a service that does not run. */
class StoppedService implements AsyncDisposable {
  readonly folder: TempFolder;
  readonly dataFile: string;

  private constructor(folder: TempFolder) {
    this.folder = folder;
    this.dataFile = folder.file("progress.sqlite");
  }

  static async with(fill: (stores: Stores) => Promise<unknown> = async () => undefined): Promise<StoppedService> {
    const service = new StoppedService(await TempFolder.create());
    await using stores = openEmbeddedStores(service.dataFile, { clock: systemClock, flushIntervalMs: 60_000 });
    await fill(stores);
    return service;
  }

  run(args: string, settings: Settings = {}): Promise<Finished> {
    const words = args === "" ? [] : args.split(" ");
    return runProgram(ops, words, { DATA_FILE: this.dataFile, JWT_SECRET: jwtSecret, ...settings });
  }

  /** What it prints as its answer. */
  async answer(args: string, settings?: Settings): Promise<string> {
    return (await this.run(args, settings)).output;
  }

  /** A list with webhooks of these names, as a setting. */
  listing(...ids: string[]): Settings {
    const file = this.folder.file("webhooks.json");
    writeFileSync(
      file,
      JSON.stringify(ids.map((id) => ({ id, url: `http://localhost:1/${id}`, secret: someSecret() }))),
    );
    return { WEBHOOKS_FILE: file };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}

const key = { userId: user("ada"), courseId: course("algebra") };

function someEvents(count: number): LearningEvent[] {
  const moment = momentAt(someTime);
  return Array.from({ length: count }, (_, index) => lectureCompleted(key, moment, lecture(`l${index}`), 1));
}

/** Deliveries of so many events, due, to one webhook. */
async function deliver({ log, deliveries }: Stores, count: number, webhookId: WebhookId): Promise<void> {
  const events = someEvents(count);
  for (const event of events) await log.add(event, []);
  await deliveries.add(events.map((event) => ({ event, webhookId, dueAt: someTime, expiresAt: someTime + 1_000_000 })));
}

async function failOnce({ deliveries }: Stores): Promise<void> {
  const [claim] = await deliveries.claim(crm, 1, { now: someTime, ms: 1_000 });
  await deliveries.settle(claim!, { status: "waiting", dueAt: someTime + 1, reason: "Answered 500." });
}

const disable = ({ disabledWebhooks }: Stores, webhookId: WebhookId): Promise<void> =>
  disabledWebhooks.add({ webhookId, url: `http://localhost:1/${webhookId}`, at: someTime });

suite("an operator who is mistaken is told so by ops", { concurrency: 2 }, () => {
  test("about a data file that is not there, and none is made", async () => {
    await using service = await StoppedService.with();
    const DATA_FILE = service.folder.file("misspelt.sqlite");
    const { code, output, errors } = await service.run("drain", { DATA_FILE });
    assert.deepEqual([code, output], [1, ""]);
    assert.match(errors, /misspelt\.sqlite does not exist: set DATA_FILE, or REDIS_URL and MONGODB_URL/);
    assert.ok(!existsSync(DATA_FILE));
  });

  test("about a setting that looks misspelt", async () => {
    await using service = await StoppedService.with();
    const { code, errors } = await service.run("status", { REDIS_ULR: "redis://127.0.0.1:1" });
    assert.equal(code, 0);
    assert.match(errors, /^REDIS_ULR is no setting\. Did you mean REDIS_URL\?/m);
  });

  const notUnderstood: Record<string, RegExp> = {
    "": /^Say what to do\./,
    "drain --webhook crm": /^"drain" does not take --webhook\./,
    "poison list --all": /^"poison list" does not take --all\./,
    "webhooks list --status dead": /^"webhooks list" does not take --status\./,
    "webhooks enable crm --webhook crm": /^"webhooks enable crm" does not take --webhook\./,
    "achievements backfill --since 2026-01-01": /^"achievements backfill" does not take --since\./,
    "achievements backfill --after": /^Option '--after <value>' argument missing\. See npm run ops/,
    "webhooks enable": /^Name one webhook: webhooks enable ID\./,
    "poison retry ada": /^Name a student and a course, or --all\./,
    "poison retry ada algebra l1": /^Name a student and a course, or --all\./,
    "poison retry ada algebra --all": /^Name a student and a course, or --all, not both\./,
  };
  for (const [args, complaint] of Object.entries(notUnderstood)) {
    test(`by "${args}", which is not done by half`, async () => {
      await using service = await StoppedService.with();
      const { code, output, errors } = await service.run(args);
      assert.deepEqual([code, output], [2, ""]);
      assert.match(errors, complaint);
      assert.match(errors, /See npm run ops -- --help\.$/m);
    });
  }
});

suite("ops tells of webhooks what is known", { concurrency: 2 }, () => {
  test("without their file: which have deliveries or are disabled, and once that it is not set", async () => {
    await using service = await StoppedService.with(async (stores) => {
      await deliver(stores, 1, crm);
      await disable(stores, "old" as WebhookId);
    });
    const lines = (await service.answer("webhooks list")).trimEnd().split("\n");
    assert.deepEqual(lines, [
      `${noFile} Known from deliveries, or from a 410:`,
      "crm  waiting 1, done 0, dead 0",
      `old  waiting 0, done 0, dead 0  disabled since ${new Date(someTime).toISOString()}`,
    ]);
    const facts = JSON.parse(await service.answer("webhooks list --json")) as { isListed: unknown; types: unknown }[];
    assert.deepEqual(
      facts.map(({ isListed, types }) => [isListed, types]),
      [
        [null, null],
        [null, null],
      ],
    );
    assert.equal(await service.answer("webhooks replay --since 2026-01-01"), `${noFile}\n`);
    await using empty = await StoppedService.with();
    assert.equal(await empty.answer("webhooks list"), `${noFile} No delivery tells of any webhook.\n`);
  });

  test("with their file: which are listed, and which are not any more", async () => {
    await using service = await StoppedService.with((stores) => deliver(stores, 1, "old" as WebhookId));
    assert.equal(
      await service.answer("webhooks list", service.listing("crm")),
      "crm  http://localhost:1/crm  waiting 0, done 0, dead 0\nold  not listed any more  waiting 1, done 0, dead 0\n",
    );
    await using empty = await StoppedService.with();
    assert.equal(await empty.answer("webhooks list", empty.listing()), "WEBHOOKS_FILE lists no webhooks.\n");
  });

  test("when one is to be enabled: that it is unknown, or known and not disabled", async () => {
    await using service = await StoppedService.with((stores) => deliver(stores, 1, "old" as WebhookId));
    const listing = service.listing("crm");
    const answers = { crm: "crm is not disabled", old: "old is not disabled", odd: "No webhook odd is known" };
    for (const [id, answer] of Object.entries(answers)) {
      const { code, output } = await service.run(`webhooks enable ${id}`, listing);
      assert.deepEqual([code, output], [1, `${answer}: see webhooks list.\n`]);
    }
    assert.equal(
      await service.answer("webhooks enable odd"),
      `No webhook odd is known: see webhooks list. ${noFile}\n`,
    );
  });

  test("when one is enabled: whether it is told of events again", async () => {
    await using service = await StoppedService.with(async (stores) => {
      await disable(stores, crm);
      await disable(stores, "old" as WebhookId);
    });
    const listing = service.listing("crm");
    assert.match(await service.answer("webhooks enable crm", listing), /^crm is told of events again\./);
    assert.match(
      await service.answer("webhooks enable old", listing),
      /^old is enabled, and told of events if WEBHOOKS_FILE lists it\./,
    );
  });

  test("when all are told again: which were left out, and why", async () => {
    await using service = await StoppedService.with(async (stores) => {
      await deliver(stores, 1, crm);
      await disable(stores, "old" as WebhookId);
    });
    const args = "webhooks replay --since 2020-01-01";
    assert.equal(
      await service.answer(args, service.listing("crm", "old")),
      "Due now: 1 delivery of 1 event. Left out, because disabled: old.\n",
    );
    assert.equal(
      await service.answer(args, service.listing("old")),
      "Disabled: old. Enable what is back first: webhooks enable ID.\n",
    );
  });

  test("when there are more deliveries than are shown, and when there are none", async () => {
    await using service = await StoppedService.with((stores) => deliver(stores, 1_001, crm));
    const lines = (await service.answer("webhooks deliveries")).trimEnd().split("\n");
    assert.equal(lines.length, 1_001);
    assert.equal(lines.at(-1), "At most 1000 of each are shown: see webhooks list for how many there are.");
    assert.equal(await service.answer("webhooks deliveries --status done"), "No deliveries are done.\n");
    await using empty = await StoppedService.with();
    assert.equal(await empty.answer("webhooks deliveries"), "No deliveries are dead or waiting.\n");
  });
});

suite("ops counts as people do", { concurrency: 2 }, () => {
  test("what was tried once, and what more often", async () => {
    await using service = await StoppedService.with(async (stores) => {
      await deliver(stores, 2, crm);
      await failOnce(stores);
    });
    assert.match(await service.answer("webhooks deliveries"), /failed 1 time: Answered 500\./);
    assert.match(
      await service.answer("webhooks replay --since 2020-01-01", service.listing("crm")),
      /^Due now: 2 deliveries of 2 events\.$/m,
    );
    assert.match(await service.answer("achievements backfill"), /^Awarded: \d+\. Looked at: 0 students\.$/m);
  });

  test("keys that the store refuses, and says when they are more than it takes at once", async () => {
    await using service = await StoppedService.with(({ buffer }) =>
      buffer.save(
        Array.from({ length: 10_001 }, (_, index) => {
          return { key: { ...key, userId: user(`student-${index}`) }, lectureId: lecture("l"), seconds: 1 };
        }),
      ),
    );
    const poison = (which: string): void => {
      using database = new DatabaseSync(service.dataFile);
      database.exec(`UPDATE buffer_keys SET attempts = 1, poison_reason = CASE WHEN ${which} THEN 'no' END`);
    };
    poison("user_id = 'student-7'");
    assert.equal(await service.answer("poison list"), "student-7 algebra  refused 1 time: no\n");
    assert.equal(await service.answer("poison retry student-7 algebra"), "It is due now.\n");
    const again = await service.run("poison retry student-7 algebra");
    assert.deepEqual([again.code, again.output], [1, "Nothing to retry: it is not on the poison list.\n"]);
    assert.equal(await service.answer("poison retry --all"), "Nothing to retry: the poison list is empty.\n");
    poison("true");
    const lines = (await service.answer("poison list")).trimEnd().split("\n");
    assert.deepEqual(
      [lines.length, lines.at(-1)],
      [10_001, "Only the first 10000 are shown: see status for how many there are."],
    );
    const first = await service.run("poison retry --all");
    assert.deepEqual([first.code, first.output], [1, "Due now: 10000. There may be more: run the command again.\n"]);
    const second = await service.run("poison retry --all");
    assert.deepEqual([second.code, second.output], [0, "Due now: 1.\n"]);
  });
});
