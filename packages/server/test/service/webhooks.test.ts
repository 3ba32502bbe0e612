import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { suite, test } from "node:test";
import { Client, courseOf } from "../support/process-client.ts";
import { eventIds } from "../support/process-file.ts";
import { ServiceProcess, type Settings } from "../support/process.ts";
import { until } from "../support/process-waiting.ts";
import { answer, Receiver, someSecret } from "../support/receiver.ts";
import { TempFolder } from "../support/temp-folder.ts";

const patiently = { withinMs: 60_000 } as const;

/** A service on a file of its own, and a file of webhooks that a test may change. */
class WebhookService implements AsyncDisposable {
  readonly folder: TempFolder;
  readonly dataFile: string;
  service!: ServiceProcess;

  private constructor(folder: TempFolder) {
    this.folder = folder;
    this.dataFile = folder.file("progress.sqlite");
  }

  static async start(webhooks: unknown, settings: Settings = {}): Promise<WebhookService> {
    const started = new WebhookService(await TempFolder.create());
    started.list(webhooks);
    await started.restart(settings);
    const instructor = await Client.of(started.service.url, "instructor", { role: "instructor" });
    await instructor.importCourses([courseOf("long", 200)]);
    return started;
  }

  async restart(settings: Settings = {}): Promise<void> {
    const WEBHOOKS_FILE = this.folder.file("webhooks.json");
    this.service = await ServiceProcess.start({ DATA_FILE: this.dataFile, WEBHOOKS_FILE, ...settings });
  }

  list(webhooks: unknown): void {
    writeFileSync(
      this.folder.file("webhooks.json"),
      typeof webhooks === "string" ? webhooks : JSON.stringify(webhooks),
    );
  }

  async complete(...lectures: number[]): Promise<void> {
    const student = await Client.of(this.service.url, "student");
    for (const index of lectures) await student.complete("long", `l-${index}`);
  }

  async prints(text: string): Promise<void> {
    await until(`"${text}" is printed`, () => this.service.output.includes(text), patiently);
  }

  /** Sends SIGHUP, and waits until the service says what came of it. */
  async reload(answerText: string): Promise<void> {
    this.service.signal("SIGHUP");
    await this.prints(answerText);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

function entry(receiver: Receiver, id: string, other: object = {}): object {
  return { id, url: receiver.url, secret: someSecret(), ...other };
}

async function receives(receiver: Receiver, ids: readonly string[]): Promise<void> {
  const isThere = (): boolean => new Set(ids).isSubsetOf(new Set(receiver.ids));
  await until(`${ids.join(", ")} came`, isThere, patiently);
}

const lectureIds = (...indices: number[]): string[] =>
  indices.map((index) => `lecture.completed/student/long/l-${index}/1`);

suite("a service with webhooks", () => {
  test("tells them what happens, and reads their file again on SIGHUP, but keeps the old list for a bad one", async () => {
    await using one = await Receiver.start();
    await using other = await Receiver.start({ secret: someSecret(2) });
    await using running = await WebhookService.start([entry(one, "one", { types: ["lecture.completed"] })]);
    await running.complete(0, 1);
    await receives(one, lectureIds(0, 1));

    running.list(`[{"url": "${other.url}", "secret": "${someSecret(9)}", "oops" }]`);
    await running.reload("the webhooks stay as they were: their file cannot be used");
    await running.complete(2);
    await receives(one, lectureIds(2));

    // One is replaced; the other's secret is being replaced, and it knows the new one already.
    running.list([{ id: "other", url: other.url, secrets: [someSecret(1), someSecret(2)] }]);
    await running.reload("the webhooks were read again");
    await running.complete(3);
    await receives(other, lectureIds(3));
    assert.deepEqual(one.ids.toSorted(), lectureIds(0, 1, 2));
    assert.equal(other.forged, 0);

    running.service.signal("SIGTERM");
    assert.deepEqual(await running.service.ended, { code: 0, signal: null }, running.service.output);
    assert.doesNotMatch(running.service.output, /whsec_/);
  });

  test("heeds no proxy of the environment, and tells metrics what came of it", async () => {
    let throughProxy = 0;
    await using proxy = createServer((_, response) => {
      throughProxy++;
      response.writeHead(502).end();
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const proxies = { HTTP_PROXY: address, HTTPS_PROXY: address, http_proxy: address, NODE_USE_ENV_PROXY: "1" };
    await using fine = await Receiver.start();
    await using broken = await Receiver.start();
    broken.behave = answer(500);
    await using running = await WebhookService.start([entry(fine, "fine"), entry(broken, "broken")], proxies);
    await running.complete(0);
    for (const receiver of [fine, broken]) await receives(receiver, lectureIds(0));
    const operator = await Client.of(running.service.url, "operator");
    const { text } = await operator.call("GET", "/metrics");
    assert.equal(throughProxy, 0);
    assert.match(text, /^progress_deliveries_total{webhook="fine",outcome="delivered"} [1-9]/m);
    await running.prints("a delivery failed and will be tried again");
    const age = async (webhook: string): Promise<number> => {
      const metrics = (await operator.call("GET", "/metrics")).text;
      return Number(new RegExp(`^progress_delivery_age_seconds{webhook="${webhook}"} (.+)$`, "m").exec(metrics)?.[1]);
    };
    await until("the age of what waits is told", async () => (await age("broken")) > 0, patiently);
    await until("nothing waits for the other", async () => (await age("fine")) === 0, patiently);
    assert.match(
      (await operator.call("GET", "/metrics")).text,
      /^progress_deliveries_total{webhook="broken",outcome="failed"} [1-9]/m,
    );
  });

  test("says of what a webhook that is gone refused that it waits for an operator, and of nothing that it is tried again", async () => {
    await using gone = await Receiver.start();
    gone.behave = answer(410);
    await using running = await WebhookService.start([entry(gone, "gone")]);
    await running.complete(0);
    await running.prints("a webhook is gone and is told nothing more");
    await running.prints("a delivery waits until its webhook is enabled or has another url, for three days at most");
    assert.doesNotMatch(running.service.output, /tried again/);
  });

  test("forgets what a student's webhooks were to be told, when the student is erased", async () => {
    await using broken = await Receiver.start();
    broken.behave = answer(500);
    await using running = await WebhookService.start([entry(broken, "broken")]);
    await running.complete(0);
    await receives(broken, lectureIds(0));
    await (await Client.of(running.service.url, "student")).call("DELETE", "/api/v1/me/data");
    assert.deepEqual(eventIds(running.dataFile, "student"), []);
    const before = broken.ids.length;
    await running.service.kill();
    broken.behave = answer(204);
    await running.restart();
    await running.complete(1);
    await receives(broken, lectureIds(1));
    assert.deepEqual(
      broken.ids.slice(before).filter((id) => lectureIds(0).includes(id)),
      [],
    );
  });

  test("does not start with a file that cannot be used, and without one SIGHUP ends it", async () => {
    await using folder = await TempFolder.create();
    const DATA_FILE = folder.file("progress.sqlite");
    writeFileSync(folder.file("webhooks.json"), JSON.stringify([{ url: "http://example.org", secret: someSecret() }]));
    const settings = { DATA_FILE, WEBHOOKS_FILE: folder.file("webhooks.json") };
    const { code, output } = await ServiceProcess.runToEnd(settings);
    assert.equal(code, 1);
    assert.match(output, /^WEBHOOKS_FILE .*webhooks\.json, entry 1: "url" must begin with https/);
    assert.doesNotMatch(output, /whsec_| at /);
    await using service = await ServiceProcess.start({ DATA_FILE });
    service.signal("SIGHUP");
    assert.deepEqual(await service.ended, { code: 0, signal: null });
  });
});
