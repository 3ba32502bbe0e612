import * as fc from "fast-check";

/** A request to save, as bytes that a client may send. */
export interface SaveBytes {
  readonly method: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly isChunked: boolean;
  /** Where the bytes are torn apart on their way, as a share of the whole. */
  readonly tornAt: number | undefined;
  /** Nothing about it is odd, so the shortcut is for it. */
  readonly isPlain: boolean;
}

/** What tokens there are to choose from. */
export interface Tokens {
  readonly known: string;
  readonly fresh: string;
  readonly forged: string;
}

const session = { sessionId: "00000000000000aa", sessionStartedAt: Date.UTC(2026, 0, 15, 11), elapsedMs: 5, seq: 1 };
const ids = fc.constantFrom("a", "b", "constructor", "0123456789ABCDEF01234567", "nope", "", "__proto__", "a.b", 7);
const seconds = fc.oneof(
  fc.double({ min: 0, max: 200, noNaN: true }),
  fc.constantFrom(-1, "12", null, 1e308, -0, [1], true),
);
const times = fc.oneof(
  fc.nat(7_200_000),
  fc.double({ min: 0, max: 7_200_000, noNaN: true }),
  fc.constantFrom(-1, "1", null),
);

const right = fc.record({
  courseId: fc.constant("c"),
  lectureId: fc.constantFrom("a", "b", "constructor"),
  watchTime: fc.double({ min: 0, max: 100, noNaN: true }),
});
const rightOfSession = fc
  .tuple(right, fc.nat(3_000_000), fc.nat(1_000))
  .map(([save, elapsedMs, seq]) => ({ ...save, ...session, elapsedMs, seq }));
const odd = fc.record(
  {
    courseId: fc.oneof(fc.constant("c"), ids),
    lectureId: ids,
    watchTime: seconds,
    sessionId: fc.constantFrom(session.sessionId, "AA", 1),
    sessionStartedAt: fc.constantFrom(session.sessionStartedAt, 0, 1.5, "now"),
    elapsedMs: times,
    seq: fc.constantFrom(0, 1, -1, 1e9),
    more: fc.jsonValue({ maxDepth: 1 }),
  },
  { requiredKeys: [] },
);

const text = fc.oneof(
  fc.oneof(right, rightOfSession, odd).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    "",
    "{",
    "null",
    "[]",
    '"x"',
    "\ufeff{}",
    '{"courseId":"x","courseId":"c","lectureId":"a","watchTime":1}',
  ),
  fc.constant(JSON.stringify({ courseId: "c", lectureId: "a", watchTime: 1, more: "x".repeat(5_000) })),
  fc.constant(`  ${JSON.stringify({ courseId: "c", lectureId: "a", watchTime: 2, more: "x".repeat(3_900) })}\n`),
);
const bodies = fc.oneof(
  { weight: 9, arbitrary: text.map((value) => Buffer.from(value)) },
  { weight: 1, arbitrary: fc.constant(Buffer.from('{"courseId":"c\xff"}', "latin1")) },
);

const plain = "application/json";
const types = fc.oneof(
  { weight: 4, arbitrary: fc.constant(plain) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(undefined, "application/json; charset=utf-8", "APPLICATION/JSON", "text/plain", "x"),
  },
);
const more = fc.subarray(["Expect: 100-continue", "Connection: close", "Content-Encoding: gzip", "X-Odd: \u00ff"]);
const origins = fc.constantFrom(undefined, "https://learn.example.org", "https://evil.example.org", "null");

/** Requests of every kind that a save may be, right and wrong. */
export function saveRequests({ known, fresh, forged }: Tokens): fc.Arbitrary<SaveBytes> {
  const good = `Bearer ${known}`;
  const credentials = fc.oneof(
    { weight: 4, arbitrary: fc.constant(good) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        undefined,
        `bearer ${known}`,
        `Bearer  ${known}`,
        `Bearer ${forged}`,
        "Bearer",
        "x",
        fresh,
      ),
    },
  );
  return fc
    .record({
      method: fc.constantFrom("POST", "POST", "POST", "POST", "PUT", "DELETE", "OPTIONS"),
      type: types,
      authorization: credentials,
      origin: origins,
      others: more,
      body: bodies,
      isChunked: fc.nat(4).map((dice) => dice === 0),
      tornAt: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    })
    .map(({ type, authorization, origin, others, ...request }) => ({
      ...request,
      headers: [
        ...(type === undefined ? [] : [`Content-Type: ${type}`]),
        ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
        ...(origin === undefined ? [] : [`Origin: ${origin}`]),
        ...others,
      ],
      isPlain: request.method === "POST" && type === plain && authorization === good && !request.isChunked,
    }));
}
