import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { events } from "@aetherlearn/protocol/event-schema";
import { Value } from "typebox/value";
import { toCloudEvent } from "../../src/domain/cloud-event.ts";
import { someUser } from "../support/ids.ts";
import { eventsOf } from "../contracts/event-log.ts";

describe("the envelope of an event", () => {
  it("is what the protocol publishes, of every type, with nothing else in it", () => {
    const types = new Set<string>();
    for (const event of eventsOf(someUser())) {
      const envelope = toCloudEvent(event);
      types.add(envelope.type);
      const schema = events[envelope.type];
      assert.deepEqual(Value.Errors(schema, envelope), []);
      const { properties } = schema as unknown as { properties: { data: { properties: object } } };
      assert.deepEqual(Object.keys(envelope).toSorted(), Object.keys(properties).toSorted());
      assert.deepEqual(Object.keys(envelope.data).toSorted(), Object.keys(properties.data.properties).toSorted());
    }
    assert.deepEqual(types, new Set(Object.keys(events)));
  });

  it("tells who, what, when and the student's day", () => {
    const [completed] = eventsOf("auth0|5f7c" as never);
    assert.deepEqual(toCloudEvent(completed!), {
      specversion: "1.0",
      id: "lecture.completed/auth0|5f7c/507f1f77bcf86cd799439011/b/1",
      source: "/aetherlearn/progress",
      type: "lecture.completed",
      subject: "auth0|5f7c",
      time: "2026-03-01T09:30:00.000Z",
      datacontenttype: "application/json",
      data: {
        userId: "auth0|5f7c",
        courseId: "507f1f77bcf86cd799439011",
        lectureId: "b",
        day: "2026-03-01",
        timeZone: "UTC",
      },
    });
  });
});
