import { describe } from "node:test";
import { changeContract } from "./store-changing.ts";
import { dashboardContract } from "./store-dashboards.ts";
import { eraseContract } from "./store-erasing.ts";
import type { OpenStore } from "./store-fixture.ts";
import { joinContract } from "./store-joining.ts";
import { outboxContract } from "./store-outbox.ts";
import { playedContract } from "./store-playing.ts";

/** What every progress store promises, in terms of its port alone. */
export function progressStoreContract(name: string, open: OpenStore): void {
  describe(`${name} keeps the contract of a progress store`, () => {
    joinContract(open);
    changeContract(open);
    outboxContract(open);
    playedContract(open);
    dashboardContract(open);
    eraseContract(open);
  });
}
