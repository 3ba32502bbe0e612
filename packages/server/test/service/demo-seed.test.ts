import assert from "node:assert/strict";
import { test } from "node:test";
import { openEmbeddedStores } from "../../src/adapters/embedded/stores.ts";
import { readAchievements } from "../../src/achievements-file.ts";
import { createCore } from "../../src/core.ts";
import { WebhookList } from "../../src/delivery/webhook-list.ts";
import { demoStudent } from "../../src/demo/content.ts";
import { seedDemo } from "../../src/demo/seed.ts";
import type { Webhook, WebhookId } from "../../src/domain/webhook.ts";
import { silent } from "../properties/workbench.ts";
import { TestClock } from "../support/test-clock.ts";

test("the demo's student has achievements from the year behind them, and no webhook is told of that year", async () => {
  const clock = new TestClock({ now: Date.UTC(2026, 10, 25, 12) });
  await using stores = openEmbeddedStores(":memory:", { clock, flushIntervalMs: 60_000 });
  const webhook: Webhook = {
    id: "all" as WebhookId,
    url: "https://example.org/",
    secrets: [],
    types: new Set(["lecture.completed", "course.completed", "streak.reached", "achievement.earned"]),
    allowPrivateNetwork: false,
  };
  const options = {
    clock,
    telemetry: silent,
    flushIntervalMs: 60_000,
    defaultTimeZone: "UTC",
    streakCounts: "completion",
    achievements: readAchievements(),
    delivery: {
      webhooks: new WebhookList([webhook]),
      sender: { send: () => assert.fail("nothing is delivered before the service runs") },
    },
  } as const;
  await seedDemo(stores, options, () => undefined);
  await using publisher = createCore(stores, options).publisher;
  clock.set(clock.now() + 3_600_000);
  await publisher.deliverLeftBehind();
  assert.deepEqual(await stores.deliveries.counts(), []);
  const { earned } = await createCore(stores, options).achievements.overview(demoStudent);
  assert.ok(earned.length > 3, JSON.stringify(earned));
});
