import type { AchievementStore } from "./achievement-store.ts";
import type { ActivityStore } from "./activity-store.ts";
import type { Catalog, CatalogCache } from "./catalog.ts";
import type { DeliveryStore } from "./delivery-store.ts";
import type { DisabledWebhooks } from "./disabled-webhooks.ts";
import type { EventLog } from "./event-log.ts";
import type { EventSink } from "./event-sink.ts";
import type { Leases } from "./leases.ts";
import type { PositionBuffer } from "./position-buffer.ts";
import type { ProgressStore } from "./progress-store.ts";
import type { StudentStore } from "./student-store.ts";

/** Whether one part of the service can do its work; `detail` says what to do when it cannot. */
export interface PartHealth {
  readonly status: "ok" | "unavailable";
  readonly detail?: string;
}

/** Every port, over one kind of storage. */
export interface Stores extends AsyncDisposable {
  readonly buffer: PositionBuffer;
  readonly store: ProgressStore;
  readonly catalog: Catalog;
  readonly cache: CatalogCache;
  readonly activities: ActivityStore;
  readonly students: StudentStore;
  readonly achievements: AchievementStore;
  readonly log: EventLog;
  /** Where events leave to, beside the log. */
  readonly sinks: readonly EventSink[];
  readonly deliveries: DeliveryStore;
  readonly disabledWebhooks: DisabledWebhooks;
  readonly leases: Leases;
  /** Never rejects. */
  health(): Promise<Record<string, PartHealth>>;
}
