import { describe } from "node:test";
import { acknowledgeContract } from "./buffer-acknowledging.ts";
import { claimContract } from "./buffer-claiming.ts";
import type { OpenBuffer } from "./buffer-fixture.ts";
import { historyContract } from "./buffer-history.ts";
import { idContract } from "./buffer-ids.ts";
import { operatingContract } from "./buffer-operating.ts";
import { refusalContract } from "./buffer-refusals.ts";
import { sessionContract } from "./buffer-sessions.ts";
import { savingContract } from "./buffer-saving.ts";
import { startOverContract } from "./buffer-start-over.ts";

/**
 * What every position buffer promises, in terms of its port alone: it runs unchanged on a buffer whose clock is a server's.
 */
export function positionBufferContract(name: string, open: OpenBuffer): void {
  describe(`${name} keeps the contract of a position buffer`, () => {
    savingContract(open);
    sessionContract(open);
    idContract(open);
    startOverContract(open);
    claimContract(open);
    acknowledgeContract(open);
    refusalContract(open);
    operatingContract(open);
    historyContract(open);
  });
}
