import type { Webhook, WebhookId } from "../domain/webhook.ts";
import type { Backend } from "../service.ts";
import { type Options, type Outcome, type Understand, UsageError } from "./command.ts";
import { ProgressLine } from "./progress-line.ts";

const listLimit = 1_000;
const statuses = ["dead", "waiting", "done"] as const;
type Status = (typeof statuses)[number];

/** Who is told of events, and what has come of it. */
export const webhookCommands: Understand = ([noun, verb, ...rest], options) => {
  if (noun !== "webhooks") return undefined;
  if (verb === "list" && rest.length === 0) return { run: list };
  if (verb === "deliveries" && rest.length === 0) {
    const wanted = statusesOf(options);
    return { run: (backend) => listDeliveries(backend, wanted, options.webhook as WebhookId | undefined) };
  }
  if (verb === "replay" && rest.length === 0) {
    const since = instantOf(options);
    return { run: (backend) => replay(backend, since, options.webhook as WebhookId | undefined) };
  }
  if (verb === "enable" && rest.length === 1) return { run: (backend) => enable(backend, rest[0] as WebhookId) };
  return undefined;
};

async function list({ stores, options }: Backend): Promise<Outcome> {
  const webhooks = options.delivery?.webhooks.all ?? [];
  const [counts, disabled] = await Promise.all([stores.deliveries.counts(), stores.disabledWebhooks.all()]);
  const countOf = (id: WebhookId, wanted: Status): number =>
    counts.find(({ webhookId, status }) => webhookId === id && status === wanted)?.count ?? 0;
  const unlisted = new Set(counts.map(({ webhookId }) => webhookId)).difference(new Set(webhooks.map(({ id }) => id)));
  const facts = [
    ...webhooks.map(({ id, url, types, secrets }) => {
      const gone = disabled.find((each) => each.webhookId === id && each.url === url);
      return { id, url, types: [...types], secrets: secrets.length, disabledSince: gone ? timeOf(gone.at) : null };
    }),
    // What was told, or never was, to those that are listed no more.
    ...[...unlisted].map((id) => ({ id, url: null, types: [], secrets: 0, disabledSince: null })),
  ].map((webhook) => ({
    ...webhook,
    ...Object.fromEntries(statuses.map((status) => [status, countOf(webhook.id, status)])),
  }));
  const lines = facts.map(({ id, url, disabledSince, ...counted }) => {
    const state = disabledSince === null ? "" : `  disabled since ${disabledSince}`;
    const { waiting, done, dead } = counted as unknown as Record<Status, number>;
    return `${id}  ${url ?? "not listed any more"}  waiting ${waiting}, done ${done}, dead ${dead}${state}`;
  });
  return { text: lines.join("\n") || "No webhooks.", facts, isDone: true };
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
    const failed = attempts === 0 ? "" : `, failed ${attempts} times${reason === null ? "" : `: ${reason}`}`;
    return `${status === "waiting" ? "due " : status} ${at}  ${id}  ${eventId}${failed}`;
  });
  return { text: lines.join("\n") || "No deliveries.", facts, isDone: true };
}

async function replay(
  { core, stores, options }: Backend,
  since: number,
  only: WebhookId | undefined,
): Promise<Outcome> {
  const listed = options.delivery?.webhooks.all ?? [];
  const chosen = only === undefined ? listed : listed.filter(({ id }) => id === only);
  const gone = await stores.disabledWebhooks.all();
  const webhooks = options.delivery?.webhooks.enabled(gone).filter((webhook) => chosen.includes(webhook)) ?? [];
  if (webhooks.length === 0) return notDone(nobody(chosen, only));
  const line = new ProgressLine();
  const replayed = await core.replay.run(webhooks, since, ({ events, deliveries }) =>
    line.show(`Events: ${events}, deliveries: ${deliveries}`),
  );
  line.end();
  const text = `Due now: ${replayed.deliveries} deliveries of ${replayed.events} events.`;
  return { text, facts: { ...replayed, webhooks: webhooks.map(({ id }) => id) }, isDone: true };
}

async function enable({ stores }: Backend, webhookId: WebhookId): Promise<Outcome> {
  const gone = (await stores.disabledWebhooks.all()).find((each) => each.webhookId === webhookId);
  if (gone === undefined || !(await stores.disabledWebhooks.remove(webhookId)))
    return notDone(`${webhookId} is not disabled: see webhooks list.`);
  const since = timeOf(gone.at);
  const text =
    `${webhookId} is told of events again. To tell it what it has missed:\n` +
    `npm run ops -- webhooks replay --since ${since} --webhook ${webhookId}`;
  return { text, facts: { webhookId, disabledSince: since }, isDone: true };
}

function nobody(chosen: readonly Webhook[], only: WebhookId | undefined): string {
  if (chosen.length > 0) return "They are disabled: see webhooks list, and enable them first.";
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
