import * as fc from "fast-check";
import { ImportedCourse } from "@aetherlearn/protocol/schema";
import { anyValue, hostileString, type JsonSchema, knownIds, valueOf } from "./schema-values.ts";

export interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { name: string; in: "path" | "query"; schema: JsonSchema }[];
  readonly requestBody?: { content: Record<string, { schema: JsonSchema }> };
  readonly responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
  readonly security?: readonly unknown[];
}

export interface OpenApi {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: { Problem: JsonSchema } };
}

/** Who asks. */
export type Who = "student" | "admin" | "nobody" | "forger";

export interface FuzzRequest {
  readonly operation: Operation;
  readonly method: string;
  readonly path: string;
  readonly type: string | undefined;
  readonly body: Buffer | undefined;
  readonly who: Who;
}

type Json = Record<string, unknown>;

const who = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Who>("admin") },
  { weight: 3, arbitrary: fc.constant<Who>("student") },
  { weight: 1, arbitrary: fc.constantFrom<Who>("nobody", "forger") },
);

const wrongType = fc.constantFrom(
  "text/html",
  "application/xml",
  "application/x-www-form-urlencoded",
  ";;",
  "application/json;charset=utf-16",
);

/** Requests made of the published document: right, nearly right, and wrong in every part. */
export function requestsOf({ paths }: OpenApi): fc.Arbitrary<FuzzRequest> {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return fc.oneof(
    ...operations.map(({ path, method, operation }) =>
      fc
        .record({
          operation: fc.constant(operation),
          method: fc.constant(method),
          path: pathOf(path, operation),
          who,
          sent: bodyOf(operation),
        })
        .map(({ sent, ...request }) => ({ ...request, ...sent })),
    ),
  );
}

function pathOf(template: string, { parameters = [] }: Operation): fc.Arbitrary<string> {
  const values = parameters.map((parameter) => {
    const right = parameter.in === "path" ? knownIds[parameter.name as "courseId"] : valueOf(parameter.schema);
    const text = fc.oneof(
      { weight: 6, arbitrary: right },
      { weight: 1, arbitrary: valueOf(parameter.schema) },
      { weight: 1, arbitrary: hostileString },
    );
    return fc.option(text.map(String), { freq: 12, nil: undefined }).map((value) => ({ ...parameter, value }));
  });
  return fc.tuple(...values).map((given) => {
    const query = new URLSearchParams();
    let path = template;
    for (const { name, in: place, value } of given) {
      if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent((value ?? "").toWellFormed()));
      else if (value !== undefined) query.append(name, value.toWellFormed());
    }
    return query.size > 0 ? `${path}?${query.toString()}` : path;
  });
}

interface Sent {
  readonly type: string | undefined;
  readonly body: Buffer | undefined;
}

function bodyOf({ requestBody, operationId }: Operation): fc.Arbitrary<Sent> {
  const nothing: Sent = { type: undefined, body: undefined };
  if (requestBody === undefined) {
    return fc.oneof(
      { weight: 5, arbitrary: fc.constant(nothing) },
      { weight: 1, arbitrary: anyValue.map((value) => asJson(value)) },
    );
  }
  const contents = Object.entries(requestBody.content);
  return fc.oneof(
    ...contents.map(([type, { schema }]) => {
      const right = operationId === "importCourses" ? imports : (valueOf(schema) as fc.Arbitrary<Json>);
      return fc.oneof(
        { weight: 5, arbitrary: right.map((value) => asJson(value, type)) },
        { weight: 5, arbitrary: damaged(right, schema).map((value) => asJson(value, type)) },
        { weight: 1, arbitrary: anyValue.map((value) => asJson(value, type)) },
        { weight: 1, arbitrary: fc.tuple(right, wrongType).map(([value, wrong]) => asJson(value, wrong)) },
        { weight: 1, arbitrary: right.map((value) => ({ ...asJson(value), type: undefined })) },
        {
          weight: 1,
          arbitrary: fc
            .tuple(right, fc.double({ min: 0, max: 0.99, noNaN: true }))
            .map(([value, share]) => truncated(value, share, type)),
        },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ type, body: Buffer.from(bytes) })) },
        { weight: 1, arbitrary: fc.constant(nothing) },
      );
    }),
  );
}

const imports = fc
  .array(fc.oneof(valueOf(ImportedCourse as JsonSchema), anyValue), { maxLength: 3 })
  .map((courses): Json => ({ courses }));

/** One member missing, of another type, added, or there twice. */
function damaged(right: fc.Arbitrary<Json>, { properties = {} }: JsonSchema): fc.Arbitrary<Json> {
  const name = fc.constantFrom(...Object.keys(properties), "__proto__", "constructor", "extra");
  const kind = fc.constantFrom("missing", "replaced", "nested");
  return fc.tuple(right, name, kind, anyValue).map(([value, member, damage, other]) => {
    const members = Object.entries(value).filter(([key]) => key !== member);
    if (damage === "nested") return { [member]: value };
    return Object.fromEntries(damage === "missing" ? members : [...members, [member, other]]);
  });
}

function asJson(value: unknown, type = "application/json"): Sent {
  return { type, body: Buffer.from(JSON.stringify(value)) };
}

function truncated(value: unknown, share: number, type: string): Sent {
  const whole = Buffer.from(JSON.stringify(value));
  return { type, body: whole.subarray(0, Math.floor(whole.length * share)) };
}
