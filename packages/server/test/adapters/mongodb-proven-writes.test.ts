import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { type BulkReport, provenWrites, racedUpsert } from "../../src/adapters/mongodb/proven-writes.ts";

const badValue = 2;
const duplicateKey = 11_000;
const passingCodes = [6, 91, 189, 10_107, 11_600, 13_435];

function reportWith(parts: Partial<BulkReport>): BulkReport {
  return { failure: null, isOk: true, matched: 0, upserted: 0, writeConcernError: null, errors: [], ...parts };
}

function statuses(operations: number, report: BulkReport): string[] {
  return provenWrites(operations, report).map(({ status }) => status);
}

const error = (index: number, code = badValue): BulkReport["errors"][number] => ({
  index,
  code,
  reason: `no ${index}`,
});

/** Reports that hang together: each operation was matched, upserted or refused. */
const honest = fc
  .array(fc.constantFrom("matched", "upserted", "refused", "raced"), { minLength: 1, maxLength: 250 })
  .map((fates) => {
    const errors = fates.flatMap((fate, index) => {
      if (fate === "refused") return [error(index)];
      return fate === "raced" ? [error(index, duplicateKey)] : [];
    });
    const count = (fate: string): number => fates.filter((each) => each === fate).length;
    const failure = errors.length > 0 ? "some failed" : null;
    return { fates, report: reportWith({ failure, matched: count("matched"), upserted: count("upserted"), errors }) };
  });

describe("what a bulk write proves", () => {
  it("is everything when nothing was thrown and every operation is accounted for", () => {
    assert.deepEqual(statuses(3, reportWith({ matched: 2, upserted: 1 })), ["written", "written", "written"]);
  });

  it("is everything but the operations with an error, each with its own reason", () => {
    const report = reportWith({ failure: "one failed", matched: 1, upserted: 1, errors: [error(1)] });
    assert.deepEqual(provenWrites(3, report), [
      { status: "written" },
      { status: "refused", reason: "no 1" },
      { status: "written" },
    ]);
  });

  it("is not that a duplicate key was refused: another's first upsert came first", () => {
    const report = reportWith({ failure: "one failed", matched: 1, errors: [error(0, duplicateKey)] });
    assert.deepEqual(provenWrites(2, report), [racedUpsert, { status: "written" }]);
  });

  const nothing: [string, number, BulkReport][] = [
    ["the connection is dropped: an empty list of errors", 2, reportWith({ failure: "connection closed" })],
    ["it is dropped after a part was answered", 2, reportWith({ failure: "connection closed", matched: 1 })],
    ["it is dropped and the numbers add up", 2, reportWith({ failure: "connection closed", matched: 2 })],
    ["the write concern failed", 2, reportWith({ failure: "waiting", matched: 2, writeConcernError: "waiting" })],
    [
      "the write concern failed beside a write error",
      2,
      reportWith({ failure: "waiting", matched: 1, writeConcernError: "waiting", errors: [error(0)] }),
    ],
    ["fewer operations are answered than were sent", 3, reportWith({ matched: 2 })],
    ["more operations are answered than were sent", 1, reportWith({ matched: 2 })],
    [
      "fewer are answered than were sent, beside an error",
      3,
      reportWith({ failure: "x", matched: 1, errors: [error(0)] }),
    ],
    ["one operation has two errors", 2, reportWith({ failure: "x", errors: [error(0), error(0)] })],
    ["an error is of no operation", 2, reportWith({ failure: "x", matched: 1, errors: [error(2)] })],
    ["the answer is not ok", 1, reportWith({ isOk: false, matched: 1 })],
    ...passingCodes.map((code): [string, number, BulkReport] => [
      `an operation met a state of the server that passes (${code})`,
      2,
      reportWith({ failure: "x", matched: 1, errors: [error(0, code)] }),
    ]),
  ];
  for (const [name, operations, report] of nothing) {
    it(`is nothing when ${name}`, () => {
      const outcomes = provenWrites(operations, report);
      assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(["unknown"]));
      assert.equal(outcomes.length, operations);
    });
  }

  it("is what became of each operation, of whatever bulk", () => {
    const expected = { matched: "written", upserted: "written", refused: "refused", raced: "unknown" } as const;
    fc.assert(
      fc.property(honest, ({ fates, report }) => {
        assert.deepEqual(
          statuses(fates.length, report),
          fates.map((fate) => expected[fate]),
        );
      }),
    );
  });

  it("is nothing of whatever bulk, as soon as one thing about it does not hang together", () => {
    const faults: fc.Arbitrary<(report: BulkReport) => BulkReport> = fc.oneof(
      fc
        .integer({ min: 1, max: 9 })
        .map((more) => (report: BulkReport) => ({ ...report, matched: report.matched + more })),
      fc.constant((report: BulkReport) => ({ ...report, upserted: report.upserted - 1 })),
      fc.constant((report: BulkReport) => ({ ...report, writeConcernError: "waiting for replication timed out" })),
      fc.constant((report: BulkReport) => ({ ...report, failure: "connection closed", errors: [] })),
      fc.constant((report: BulkReport) => ({ ...report, isOk: false })),
      fc.constantFrom(...passingCodes).map((code) => (report: BulkReport) => ({
        ...report,
        failure: "not primary",
        matched: report.matched - 1,
        errors: [...report.errors, error(report.matched, code)],
      })),
    );
    fc.assert(
      fc.property(honest, faults, ({ fates, report }, spoil) => {
        assert.ok(!statuses(fates.length, spoil(report)).includes("written"));
      }),
    );
  });

  it("is never more than was matched and upserted", () => {
    const anyReport = fc.record({
      failure: fc.option(fc.string()),
      isOk: fc.boolean(),
      matched: fc.nat(5),
      upserted: fc.nat(5),
      writeConcernError: fc.option(fc.string()),
      errors: fc.array(fc.tuple(fc.integer({ min: -1, max: 6 }), fc.constantFrom(badValue, duplicateKey, 10_107)), {
        maxLength: 4,
      }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), anyReport, (operations, { errors, ...rest }) => {
        const report = { ...rest, errors: errors.map(([index, code]) => error(index, code)) };
        const written = statuses(operations, report).filter((status) => status === "written").length;
        assert.ok(written <= report.matched + report.upserted);
      }),
      { numRuns: 2_000 },
    );
  });
});
