import * as fc from "fast-check";

/** As much of JSON Schema as the published document uses. */
export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Record<string, JsonSchema>;
  readonly required?: readonly string[];
  readonly dependentRequired?: Record<string, readonly string[]>;
  readonly items?: JsonSchema;
  readonly maxItems?: number;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

type Value = fc.Arbitrary<unknown>;

const prototypeNames = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
const injections = [
  "$where",
  "a.b",
  "{}",
  "' OR 1=1 --",
  "../../etc/passwd",
  "%00",
  "\u0000",
  "\ud800",
  "\u202e",
  "*\r\nSET x y\r\n",
];

/** Strings that have broken somebody's service before. */
export const hostileString: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("", " ", ...prototypeNames, ...injections),
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.constantFrom(100, 1_000, 3_000).map((length) => "x".repeat(length)),
);

const hugeNumber = fc.constantFrom(1e308, -1e308, 1e21, 2 ** 53, -1, -0, 5e-324, 0.1 + 0.2, 2 ** 31, 1e13);

/** Values of every type, for where they do not belong. */
export const anyValue: Value = fc.oneof(
  hostileString,
  hugeNumber,
  fc.constantFrom(null, true, false, [], {}, "12", "true", "null", "NaN", [1], { $gt: 0 }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.integer({ min: 1, max: 400 }).map((depth) => JSON.parse("[".repeat(depth) + "]".repeat(depth)) as unknown),
);

/** Values that the schema allows; ids are often ones that exist. */
export function valueOf(schema: JsonSchema, name = ""): Value {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case "string":
      return stringOf(schema, name);
    case "integer":
      return fc.oneof(
        fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1e9, 1e9) }),
        clockOf(name),
      );
    case "number":
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1e9, noNaN: true });
    case "array":
      return fc.array(valueOf(schema.items ?? {}, name), { maxLength: 4 });
    case "object":
      return objectOf(schema);
    default:
      return anyValue;
  }
}

/** Fields that stand or fall together are all there or all missing. */
function objectOf({ properties = {}, required = [], dependentRequired = {} }: JsonSchema): Value {
  const values = Object.entries(properties).map(([name, schema]) => [name, valueOf(schema, name)] as const);
  const together = Object.keys(dependentRequired);
  const withAll = fc.record(Object.fromEntries(values), { requiredKeys: [...required, ...together] });
  const apart = values.filter(([name]) => !(name in dependentRequired));
  return fc.oneof(withAll, fc.record(Object.fromEntries(apart), { requiredKeys: [...required] }));
}

function stringOf({ pattern, minLength = 0, maxLength = 30 }: JsonSchema, name: string): fc.Arbitrary<string> {
  if (name === "timeZone") return fc.constantFrom("Europe/Berlin", "asia/kolkata", "UTC", "America/St_Johns");
  if (pattern === undefined) return fc.string({ unit: "grapheme", minLength, maxLength: Math.min(maxLength, 30) });
  const made = fc.stringMatching(new RegExp(pattern));
  return name in knownIds
    ? fc.oneof({ weight: 4, arbitrary: knownIds[name as "courseId"] }, { weight: 1, arbitrary: made })
    : made;
}

export const knownIds: Readonly<Record<"courseId" | "lectureId", fc.Arbitrary<string>>> = {
  courseId: fc.constantFrom("c", "constructor", "0123456789ABCDEF01234567"),
  lectureId: fc.constantFrom("a", "b", "toString", "0123456789abcdef01234567"),
};

/** A session starts now, not at any time at all. */
function clockOf(name: string): fc.Arbitrary<number> {
  return name === "sessionStartedAt" ? fc.nat({ max: 60_000 }).map((ago) => Date.now() - ago) : fc.constant(0);
}
