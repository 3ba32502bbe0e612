import type { WebhookId } from "../domain/webhook.ts";
import type { Backend } from "../service.ts";
import { type Options, type Outcome, type Understand, UsageError } from "./command.ts";
import { counted } from "./counted.ts";
import { ProgressLine } from "./progress-line.ts";

const listLimit = 1_000;
const statuses = ["dead", "waiting", "done"] as const;
type Status = (typeof statuses)[number];
type Counts = Awaited<ReturnType<Backend["stores"]["deliveries"]["counts"]>>;
const noFile = "WEBHOOKS_FILE is not set here: set it as the service has it.";
const howMany = "see webhooks list for how many there are";

/** Who is told of events, and what has come of it. */
export const webhookCommands: Understand = ([noun, verb, ...rest], options) => {
  if (noun !== "webhooks") return undefined;
  if (verb === "list" && rest.length === 0) return { run: list };
  if (verb === "deliveries" && rest.length === 0) {
    const wanted = statusesOf(options);
    const only = options.webhook as WebhookId | undefined;
    return { run: (backend) => listDeliveries(backend, wanted, only), takes: ["status", "webhook"] };
  }
  if (verb === "replay" && rest.length === 0) {
    const since = instantOf(options);
    const only = options.webhook as WebhookId | undefined;
    return { run: (backend) => replay(backend, since, only), takes: ["since", "webhook"] };
  }
  if (verb === "enable") {
    const [id, ...more] = rest;
    if (id === undefined || more.length > 0) throw new UsageError("Name one webhook: webhooks enable ID.");
    return { run: (backend) => enable(backend, id as WebhookId) };
  }
  return undefined;
};

async function list({ stores, options }: Backend): Promise<Outcome> {
  const listed = options.delivery?.webhooks;
  const [counts, disabled] = await Promise.all([stores.deliveries.counts(), stores.disabledWebhooks.all()]);
  const met = new Set([...counts, ...disabled].map(({ webhookId }) => webhookId));
  const unlisted = met.difference(new Set(listed?.all.map(({ id }) => id)));
  const facts = [
    ...(listed?.all ?? []).map(({ id, url, types, secrets }) => {
      const gone = disabled.find((each) => each.webhookId === id && each.url === url);
      return { id, url, types: [...types], secrets: secrets.length, ...sinceOf(gone), ...countsOf(counts, id) };
    }),
    // What was told, or never was, to those that are listed no more; without the file nobody knows whether they are.
    ...[...unlisted].map((id) => {
      const gone = disabled.find(({ webhookId }) => webhookId === id);
      return { id, url: null, types: null, secrets: null, ...sinceOf(gone), ...countsOf(counts, id) };
    }),
  ].map((webhook) => ({ ...webhook, isListed: listed === undefined ? null : webhook.url !== null }));
  const lines = facts.map(({ id, url, isListed, disabledSince, waiting, done, dead }) => {
    const place = url ?? (isListed === null ? "" : "not listed any more");
    const state = disabledSince === null ? "" : `disabled since ${disabledSince}`;
    return [id, place, `waiting ${waiting}, done ${done}, dead ${dead}`, state]
      .filter((part) => part !== "")
      .join("  ");
  });
  const known = lines.length > 0 ? "Known from deliveries, or from a 410:" : "No delivery tells of any webhook.";
  if (listed === undefined) lines.unshift(`${noFile} ${known}`);
  return { text: lines.join("\n") || "WEBHOOKS_FILE lists no webhooks.", facts, isDone: true };
}

function sinceOf(gone: { readonly at: number } | undefined): { disabledSince: string | null } {
  return { disabledSince: gone === undefined ? null : timeOf(gone.at) };
}

function countsOf(counts: Counts, id: WebhookId): Record<Status, number> {
  const countOf = (wanted: Status): number =>
    counts.find(({ webhookId, status }) => webhookId === id && status === wanted)?.count ?? 0;
  return { dead: countOf("dead"), waiting: countOf("waiting"), done: countOf("done") };
}

async function listDeliveries(
  { stores: { deliveries } }: Backend,
  wanted: readonly Status[],
  webhookId: WebhookId | undefined,
): Promise<Outcome> {
  const found = await Promise.all(
    wanted.map((status) => deliveries.list({ status, ...(webhookId !== undefined && { webhookId }) }, listLimit)),
  );
  const facts = found.flat().map(({ at, ...delivery }) => ({ ...delivery, at: timeOf(at) }));
  const lines = facts.map(({ status, webhookId: id, eventId, attempts, reason, at }) => {
    const failed = attempts === 0 ? "" : `, failed ${counted(attempts, "time")}${reason === null ? "" : `: ${reason}`}`;
    return `${status === "waiting" ? "due " : status} ${at}  ${id}  ${eventId}${failed}`;
  });
  if (found.some(({ length }) => length === listLimit))
    lines.push(`At most ${listLimit} of each are shown: ${howMany}.`);
  return { text: lines.join("\n") || `No deliveries are ${wanted.join(" or ")}.`, facts, isDone: true };
}

async function replay(
  { core, stores, options }: Backend,
  since: number,
  only: WebhookId | undefined,
): Promise<Outcome> {
  const listed = options.delivery?.webhooks;
  if (listed === undefined) return notDone(noFile);
  const chosen = only === undefined ? listed.all : listed.all.filter(({ id }) => id === only);
  const enabled = new Set(listed.enabled(await stores.disabledWebhooks.all()));
  const webhooks = chosen.filter((webhook) => enabled.has(webhook));
  const disabled = chosen.filter((webhook) => !enabled.has(webhook)).map(({ id }) => id);
  if (webhooks.length === 0) return notDone(nobody(disabled, only));
  const line = new ProgressLine();
  const replayed = await core.replay.run(webhooks, since, ({ events, deliveries }) =>
    line.show(`Events: ${events}, deliveries: ${deliveries}`),
  );
  line.end();
  const due = counted(replayed.deliveries, "delivery", "deliveries");
  const others = disabled.length === 0 ? "" : ` Left out, because disabled: ${disabled.join(", ")}.`;
  const text = `Due now: ${due} of ${counted(replayed.events, "event")}.${others}`;
  return { text, facts: { ...replayed, webhooks: webhooks.map(({ id }) => id), disabled }, isDone: true };
}

async function enable({ stores, options }: Backend, webhookId: WebhookId): Promise<Outcome> {
  const listed = options.delivery?.webhooks;
  const gone = (await stores.disabledWebhooks.all()).find((each) => each.webhookId === webhookId);
  if (gone === undefined || !(await stores.disabledWebhooks.remove(webhookId))) {
    const known = (await stores.deliveries.counts()).some((each) => each.webhookId === webhookId);
    if (listed?.find(webhookId) !== undefined || known)
      return notDone(`${webhookId} is not disabled: see webhooks list.`);
    return notDone(`No webhook ${webhookId} is known: see webhooks list.${listed === undefined ? ` ${noFile}` : ""}`);
  }
  const since = timeOf(gone.at);
  const isListed = listed?.find(webhookId) !== undefined;
  const text =
    `${webhookId} is ${isListed ? "told of events again" : "enabled, and told of events if WEBHOOKS_FILE lists it"}. ` +
    `To tell it what it has missed:\nnpm run ops -- webhooks replay --since ${since} --webhook ${webhookId}`;
  return { text, facts: { webhookId, disabledSince: since }, isDone: true };
}

function nobody(disabled: readonly WebhookId[], only: WebhookId | undefined): string {
  if (disabled.length > 0) return `Disabled: ${disabled.join(", ")}. Enable what is back first: webhooks enable ID.`;
  return only === undefined ? "WEBHOOKS_FILE lists no webhooks." : `WEBHOOKS_FILE lists no ${only}: see webhooks list.`;
}

function notDone(text: string): Outcome {
  return { text, facts: { error: text }, isDone: false };
}

function statusesOf({ status }: Options): readonly Status[] {
  if (status === undefined) return ["dead", "waiting"];
  const wanted = statuses.filter((each) => each === status);
  if (wanted.length === 0) throw new UsageError(`Say --status ${statuses.join(", ")}, not "${status}".`);
  return wanted;
}

/** Milliseconds since 1970. Without an offset nobody would know whose time it is. */
function instantOf({ since }: Options): number {
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(since ?? "");
  const instant = isTime ? Date.parse(since ?? "") : Number.NaN;
  if (Number.isNaN(instant))
    throw new UsageError("Say since when: --since 2026-11-25T08:00Z, or a day for its beginning in UTC.");
  return instant;
}

function timeOf(instant: number): string {
  return new Date(instant).toISOString();
}
