import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sign, TestService } from "./support.ts";

describe("POST /progress/save", () => {
  let service: TestService;
  before(async () => {
    service = await TestService.start();
    await service.course("c", "a", "b", "constructor", "toString");
  });
  after(() => service[Symbol.asyncDispose]());

  const save = (body: unknown, how: object = {}) => service.student("POST", "/progress/save", { body, ...how });
  const watchTimes = async () => {
    const { body } = await service.student("GET", "/progress/c");
    return body.watchTimes as { a?: number; b?: number };
  };
  const session = async (more: object = {}) => {
    const { body } = await service.student("GET", "/progress/c");
    return { sessionId: "00000000000000aa", sessionStartedAt: body.serverTime, elapsedMs: 0.5, seq: 0, ...more };
  };

  it("answers a plain save with exactly one message", async () => {
    const { status, text } = await save({ courseId: "c", lectureId: "a", watchTime: 12.3456 });
    assert.deepEqual({ status, text }, { status: 200, text: '{"message":"synced"}' });
    assert.equal((await watchTimes()).a, 12.346);
  });

  it("tells a session where its save stands", async () => {
    const body = { courseId: "c", lectureId: "b", watchTime: 5, ...(await session()) };
    const first = await save(body);
    assert.deepEqual(Object.keys(first.body), ["message", "serverTime", "stamp", "superseded", "persisted"]);
    assert.equal(first.body.superseded, false);
    assert.equal(first.body.persisted, null);
    const late = await save({ ...body, elapsedMs: 0, watchTime: 4 });
    assert.equal(late.body.superseded, true);
    assert.equal(late.body.stamp, first.body.stamp);
    assert.equal((await watchTimes()).b, 5);
  });

  it("takes a session's id in either case for the same", async () => {
    const body = { courseId: "c", lectureId: "a", watchTime: 5, ...(await session()) };
    const first = await save(body);
    const again = await save({ ...body, sessionId: body.sessionId.toUpperCase() });
    assert.deepEqual([again.status, again.body.stamp, again.body.superseded], [200, first.body.stamp, false]);
  });

  it("refuses a session ahead of the clock and says what time it is", async () => {
    const ahead = await session({ elapsedMs: 60_000 });
    const { status, body } = await save({ courseId: "c", lectureId: "a", watchTime: 1, ...ahead });
    assert.deepEqual([status, body.code, typeof body.serverTime], [409, "session_clock", "number"]);
  });

  it("names the session fields that are missing, and no others", async () => {
    const body = { courseId: "c", lectureId: "a", watchTime: 1, sessionId: "00000000000000aa", seq: 1 };
    const answer = await save(body);
    assert.equal(answer.status, 400);
    assert.deepEqual(answer.fields, ["sessionStartedAt", "elapsedMs"]);
  });

  it("takes nothing for a number but a finite number from 0", async () => {
    const unchanged = service.dump();
    for (const watchTime of ['"12"', "null", "-1", "-0.001", "1e999", "true", "[1]", '{"valueOf":1}']) {
      const answer = await save(`{"courseId":"c","lectureId":"a","watchTime":${watchTime}}`);
      assert.deepEqual([answer.status, answer.body.code], [400, "invalid_request"], watchTime);
      assert.deepEqual(answer.body.errors[0].field, "watchTime");
    }
    assert.equal((await save({ courseId: "c", lectureId: "a" })).body.errors[0].field, "watchTime");
    assert.equal(service.dump(), unchanged);
  });

  it("clamps to the lecture's duration and takes -0 for 0", async () => {
    await save({ courseId: "c", lectureId: "a", watchTime: 1e308 });
    assert.equal((await watchTimes()).a, 100);
    await save('{"courseId":"c","lectureId":"a","watchTime":-0}');
    assert.equal((await watchTimes()).a, 0);
  });

  it("keeps lectures apart that are named like members of every object", async () => {
    await save({ courseId: "c", lectureId: "constructor", watchTime: 7 });
    await save({ courseId: "c", lectureId: "toString", watchTime: 8 });
    const { text } = await service.student("GET", "/progress/c");
    assert.match(text, /"constructor":7,"toString":8/);
  });

  it("ignores unknown members, counts the last of duplicates and is not poisoned by __proto__", async () => {
    const hostile =
      '{"courseId":"x","courseId":"c","lectureId":"a","watchTime":1,"watchTime":3,"__proto__":{"polluted":1}}';
    assert.equal((await save(hostile)).status, 200);
    assert.equal((await watchTimes()).a, 3);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
    const smuggled = '{"__proto__":{"courseId":"c","lectureId":"a","watchTime":9}}';
    assert.equal((await save(smuggled)).status, 400);
    const constructed = '{"courseId":"c","lectureId":"a","watchTime":4,"constructor":{"prototype":{"x":1}}}';
    assert.equal((await save(constructed)).status, 200);
  });

  it("knows 24 hex digits in upper and lower case as one id", async () => {
    await service.course("ABCDEFABCDEFABCDEFABCDEF", "0123456789ABCDEF01234567");
    const body = { courseId: "abcdefABCDEFabcdefABCDEF", lectureId: "0123456789abcdef01234567", watchTime: 6 };
    assert.equal((await save(body)).status, 200);
    const { body: read } = await service.student("GET", "/progress/ABCDEFABCDEFABCDEFABCDEF");
    assert.deepEqual(read.watchTimes, { "0123456789abcdef01234567": 6 });
  });

  it("answers 404 for what the catalog does not know", async () => {
    const course = await save({ courseId: "nope", lectureId: "a", watchTime: 1 });
    assert.deepEqual([course.status, course.body.code], [404, "unknown_course"]);
    const lecture = await save({ courseId: "c", lectureId: "nope", watchTime: 1 });
    assert.deepEqual([lecture.status, lecture.body.code], [404, "unknown_lecture"]);
  });

  it("refuses illegal ids and names the field", async () => {
    for (const id of ["__proto__", "_a", "a.b", "$where", "a b", "", "é", "a".repeat(65), "a\u0000", "a\n"]) {
      const { status, fields } = await save({ courseId: id, lectureId: id, watchTime: 1 });
      assert.deepEqual([status, fields], [400, ["courseId", "lectureId"]], JSON.stringify(id));
    }
  });

  it("takes the student from the token, never from the body", async () => {
    await save({ courseId: "c", lectureId: "a", watchTime: 50, userId: "somebody", sub: "somebody" });
    const token = await sign({ sub: "somebody" });
    assert.deepEqual((await service.student("GET", "/progress/c", { token })).body.watchTimes, {});
  });

  describe("as a beacon", () => {
    const beacon = (body: unknown, headers = {}) =>
      service.at("POST", "/api/v1/progress/save", { body, type: "text/plain;charset=UTF-8", headers });

    it("takes the token from the body", async () => {
      const answer = await beacon({ courseId: "c", lectureId: "a", watchTime: 61, token: await sign() });
      assert.deepEqual([answer.status, answer.text], [200, '{"message":"synced"}']);
      assert.equal((await watchTimes()).a, 61);
    });

    it("believes a header before a body", async () => {
      const token = await sign({ sub: "header" });
      const body = { courseId: "c", lectureId: "a", watchTime: 62, token: "none" };
      assert.equal((await beacon(body, { authorization: `Bearer ${token}` })).status, 200);
    });

    it("is none without a token in the body: plain text is not taken for JSON", async () => {
      const authorization = `Bearer ${await sign()}`;
      for (const body of [{ courseId: "c", lectureId: "a", watchTime: 63 }, "null", "[]"]) {
        const answer = await beacon(body, { authorization });
        assert.deepEqual([answer.status, answer.body.code], [415, "unsupported_media_type"], JSON.stringify(body));
      }
    });

    it("is refused without a good token before its fields are looked at", async () => {
      for (const token of [undefined, null, 5, "", "x.y.z"]) {
        const { status, body, headers } = await beacon({ watchTime: "x", token });
        assert.deepEqual([status, body.code], [401, "unauthorized"], String(token));
        assert.match(headers.get("www-authenticate") ?? "", /^Bearer/);
      }
      assert.equal((await beacon("null")).status, 401);
      assert.equal((await beacon("[]")).status, 401);
      assert.equal((await beacon("{")).body.code, "invalid_json");
    });

    it("is checked like any other save", async () => {
      const token = await sign();
      assert.equal((await beacon({ courseId: "c", lectureId: "a", watchTime: "1", token })).status, 400);
      assert.equal((await beacon({ courseId: "c", token, x: "y".repeat(5000) })).status, 413);
    });

    it("is a way of saving only", async () => {
      const { status, body } = await service.student("POST", "/progress/complete", {
        body: { courseId: "c", lectureId: "a" },
        type: "text/plain",
      });
      assert.deepEqual([status, body.code], [415, "unsupported_media_type"]);
    });
  });
});
