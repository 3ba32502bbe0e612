import type { WebhookId } from "../../domain/webhook.ts";
import type { DisabledWebhook, DisabledWebhooks } from "../../ports/disabled-webhooks.ts";
import type { MongoConnection } from "./connection.ts";
import { allAtOnce } from "./documents.ts";
import { settleRace } from "./failures.ts";

export class MongoDisabledWebhooks implements DisabledWebhooks {
  readonly #connection: MongoConnection;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  add({ webhookId, url, at }: DisabledWebhook): Promise<void> {
    const disabled = { $set: { url, at: new Date(at) } };
    return this.#connection.answer(async ({ disabledWebhooks }) => {
      await settleRace(() => disabledWebhooks.updateOne({ _id: webhookId }, disabled, { upsert: true }));
    });
  }

  remove(webhookId: WebhookId): Promise<boolean> {
    return this.#connection.answer(async ({ disabledWebhooks }) => {
      const { deletedCount } = await disabledWebhooks.deleteOne({ _id: webhookId });
      return deletedCount === 1;
    });
  }

  all(): Promise<DisabledWebhook[]> {
    return this.#connection.answer(async ({ disabledWebhooks }) => {
      const found = await disabledWebhooks.find({}, { sort: { _id: 1 }, ...allAtOnce }).toArray();
      return found.map(({ _id, url, at }) => ({ webhookId: _id, url, at: at.getTime() }));
    });
  }
}
