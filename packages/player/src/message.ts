import type { CompleteRequest } from "@aetherlearn/protocol";
import type { Snapshot } from "./session.ts";

export type SaveMessage = { readonly kind: "save"; readonly body: Snapshot };
type CompleteMessage = { readonly kind: "complete"; readonly body: CompleteRequest };
type LoadMessage = { readonly kind: "load"; readonly body: CompleteRequest };

/** What the tracker asks of the service: keep a position, complete a lecture, tell what is stored. */
export type Message = SaveMessage | CompleteMessage | LoadMessage;

/** What must arrive, if not now then after the next start. */
export type UnsentMessage = SaveMessage | CompleteMessage;

/** Of messages with the same key only the newest matters. */
export function keyOf({ kind, body }: { readonly kind: Message["kind"]; readonly body: CompleteRequest }): string {
  return `${kind}/${body.courseId}/${body.lectureId}`;
}
