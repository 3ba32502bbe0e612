/**
 * Everything the tracker uses of the browser. It is a part of `window`, so `window` itself is the production adapter
 * and nothing is touched before `track()` is called.
 */
export type Browser = Pick<
  Window,
  | "addEventListener"
  | "clearTimeout"
  | "document"
  | "fetch"
  | "localStorage"
  | "location"
  | "navigator"
  | "performance"
  | "setTimeout"
> &
  Pick<typeof globalThis, "crypto" | "Date" | "Math" | "Request">;
