import type { WebhookId } from "../../domain/webhook.ts";
import type { DisabledWebhook, DisabledWebhooks } from "../../ports/disabled-webhooks.ts";
import type { EmbeddedDatabase, Statement } from "./database.ts";

export class EmbeddedDisabledWebhooks implements DisabledWebhooks {
  readonly #database: EmbeddedDatabase;
  readonly #put: Statement;
  readonly #delete: Statement;
  readonly #all: Statement<DisabledWebhook>;

  constructor(database: EmbeddedDatabase) {
    this.#database = database;
    this.#put = database.prepare(
      "INSERT OR REPLACE INTO disabled_webhooks (webhook_id, url, disabled_at) VALUES (?, ?, ?)",
    );
    this.#delete = database.prepare("DELETE FROM disabled_webhooks WHERE webhook_id = ?");
    this.#all = database.prepare(`
      SELECT webhook_id AS webhookId, url, disabled_at AS at FROM disabled_webhooks ORDER BY webhook_id`);
  }

  add({ webhookId, url, at }: DisabledWebhook): Promise<void> {
    return this.#database.write("store_unavailable", () => void this.#put.run(webhookId, url, at));
  }

  remove(webhookId: WebhookId): Promise<boolean> {
    return this.#database.write("store_unavailable", () => this.#delete.run(webhookId).changes !== 0);
  }

  all(): Promise<DisabledWebhook[]> {
    return this.#database.read("store_unavailable", () => this.#all.all().map((row) => ({ ...row })));
  }
}
