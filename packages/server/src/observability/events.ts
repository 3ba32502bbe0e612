import { ProgressError } from "../domain/errors.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";

/** Every business event as a log line, a metric, or both. */
export function createTelemetry(logger: Logger, metrics: Metrics): Telemetry {
  metrics.storeReachable.set(1);
  const isNews = newsFilter();
  return {
    positionsSaved({ stored, superseded, refused, durationMs }) {
      if (stored > 0) metrics.saves.inc({ outcome: "stored" }, stored);
      if (superseded > 0) metrics.saves.inc({ outcome: "superseded" }, superseded);
      if (refused > 0) metrics.saves.inc({ outcome: "refused" }, refused);
      metrics.saveBatchSeconds.observe(durationMs / 1000);
    },
    progressRead(isAskedAgain) {
      metrics.reads.inc({ asked: isAskedAgain ? "twice" : "once" });
    },
    flushed({ written, refused, unknown, durationMs }) {
      metrics.flushedKeys.inc({ outcome: "written" }, written);
      metrics.flushedKeys.inc({ outcome: "refused" }, refused);
      metrics.flushedKeys.inc({ outcome: "unknown" }, unknown);
      metrics.flushSeconds.observe(durationMs / 1000);
      logger.debug({ written, refused, unknown, durationMs }, "flushed");
    },
    keyPoisoned({ userId, courseId }, reason) {
      logger.error(
        { userId, courseId, reason },
        "the store refuses this key again and again; it stays buffered: see the poison list",
      );
    },
    claimedKeyMissing({ userId, courseId }) {
      metrics.missingKeys.inc();
      logger.error(
        { userId, courseId },
        "buffered positions disappeared before they were stored: was the buffer emptied?",
      );
    },
    storeUnreachable(reason, retryInMs) {
      metrics.storeReachable.set(0);
      logger.warn({ reason, retryInMs }, "the store does not take writes; saves go on, flushing waits");
    },
    storeReachable() {
      metrics.storeReachable.set(1);
      logger.info("the store takes writes again");
    },
    ...deliveryEvents(logger, metrics, isNews),
    backgroundFailed(task, error) {
      metrics.backgroundFailures.inc({ task });
      if (isNews(task, error))
        logger.warn({ task, ...reasonOf(error) }, "background work failed and will be tried again");
    },
  };
}

type DeliveryEvents = Pick<
  Telemetry,
  "eventPublished" | "oldestWaiting" | "oldestDelivery" | "deliveryAttempted" | "webhookDisabled" | "deliveriesExpired"
>;

/** What becomes of events on their way out. */
function deliveryEvents(logger: Logger, metrics: Metrics, isNews: ReturnType<typeof newsFilter>): DeliveryEvents {
  return {
    eventPublished(event) {
      metrics.events.inc({ type: event.type });
      logger.info({ event }, event.type);
    },
    oldestWaiting(waitsFor, occurredAt) {
      metrics.oldestEvents.set(waitsFor, occurredAt);
    },
    oldestDelivery(webhookId, since) {
      metrics.oldestDeliveries.set(webhookId, since);
    },
    deliveryAttempted({ event: { id }, webhookId, attempts }, outcome, isGone) {
      metrics.deliveries.inc({ webhook: webhookId, outcome: attemptOutcomes[outcome.status] });
      const facts = { webhookId, eventId: id, attempts: attempts + 1 };
      if (outcome.status === "done") logger.debug(facts, "delivered");
      else if (outcome.status === "dead")
        logger.error({ ...facts, reason: outcome.reason }, "a delivery was given up: see the webhooks' dead letters");
      else if (outcome.status === "waiting" && isNews(`deliver to ${webhookId}`, outcome.reason))
        logger.warn(
          { ...facts, reason: outcome.reason },
          isGone ? waitsForEnabling : "a delivery failed and will be tried again",
        );
    },
    webhookDisabled(webhookId, reason) {
      logger.error({ webhookId, reason }, "a webhook is gone and is told nothing more: enable it when it is back");
    },
    deliveriesExpired(count) {
      logger.error({ count }, "deliveries were given up: their webhook is disabled, or not listed any more");
    },
  };
}

const waitsForEnabling = "a delivery waits until its webhook is enabled or has another url, for three days at most";
const attemptOutcomes = { done: "delivered", waiting: "failed", dead: "dead", released: "released" } as const;

/** Outages are told in a sentence; a stack is for faults of ours. */
function reasonOf(error: unknown): object {
  if (!(error instanceof ProgressError)) return { err: error };
  const cause = error.cause instanceof Error ? error.cause.message : error.cause;
  return { code: error.code, reason: error.message, cause };
}

/** Lets through what was not said within the last minute: an outage is tried again every second, but told once. */
function newsFilter(): (task: string, error: unknown) => boolean {
  const told = new Map<string, { message: string; at: number }>();
  return (task, error) => {
    const message = error instanceof Error ? error.message : String(error);
    const last = told.get(task);
    if (last?.message === message && Date.now() - last.at < 60_000) return false;
    told.set(task, { message, at: Date.now() });
    return true;
  };
}
