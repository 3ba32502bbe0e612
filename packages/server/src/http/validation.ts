import type { FastifyInstance, FastifyTypeProvider } from "fastify";
import type { FastifyBaseLogger, RawServerDefault } from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Static, type TSchema, type TUnsafe, Type } from "typebox";
import { Compile } from "typebox/schema";
import { ProgressError } from "../domain/errors.ts";

interface FieldError {
  /** Where in the request, dotted: `lectures.0.title`. */
  readonly field: string;
  readonly message: string;
}

/** Gives handlers the types of their schemas. */
export interface WireTypes extends FastifyTypeProvider {
  validator: this["schema"] extends TSchema ? Static<this["schema"]> : unknown;
  serializer: this["schema"] extends TSchema ? Static<this["schema"]> : unknown;
}

/** Where routes are added: requests are checked by their schemas, and typed by them. */
export type Api = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, WireTypes>;

type Checked<T> = { readonly value: T } | { readonly errors: readonly FieldError[] };

/**
 * Compiles a schema into a check that takes values as they are: nothing is coerced, defaulted or removed.
 * @param whole what to call the value itself where it is wrong as a whole
 */
export function checker<S extends TSchema>(schema: S, whole: string): (value: unknown) => Checked<Static<S>> {
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return { value };
    const tooLong = overlongLists(schema, value);
    if (tooLong.length > 0) return { errors: tooLong };
    const [, errors] = validator.Errors(value);
    return { errors: withoutRepetition(errors.flatMap((error) => fieldErrors(error, value, whole))) };
  };
}

/** For fastify: answers true, or with the error to send. */
export function validatorCompiler({
  schema,
  httpPart = "body",
}: {
  schema: TSchema;
  httpPart?: string;
}): (value: unknown) => true | { error: Error } {
  const check = checker(schema, httpPart === "querystring" ? "query" : httpPart);
  return (value) => {
    const checked = check(value);
    return "value" in checked ? true : { error: invalidRequest(checked.errors) };
  };
}

/** The schema of an answer without a body. */
export function noContent(description: string): TUnsafe<void> {
  return Type.Unsafe<void>({ type: "null", description });
}

export function invalidRequest(errors: readonly FieldError[]): ProgressError {
  return new ProgressError("invalid_request", `Correct the request: ${sentence(errors)}.`, { facts: { errors } });
}

export function sentence(errors: readonly FieldError[]): string {
  return errors.map(({ field, message }) => `${field} ${message}`).join(", ");
}

/** Lists with too many items, without a look at the items: to say what is wrong with each of millions takes a minute. */
function overlongLists(schema: TSchema, value: unknown): FieldError[] {
  if (!Type.IsObject(schema) || typeof value !== "object" || value === null) return [];
  return Object.entries(schema.properties).flatMap(([field, property]) => {
    if (!Type.IsArray(property) || !Object.hasOwn(value, field)) return [];
    const list = (value as Record<string, unknown>)[field];
    const { maxItems = Infinity } = property as { maxItems?: number };
    const isTooLong = Array.isArray(list) && list.length > maxItems;
    return isTooLong ? [{ field, message: `must not have more than ${maxItems} items` }] : [];
  });
}

type ValidationError = ReturnType<ReturnType<typeof Compile>["Errors"]>[1][number];

function fieldErrors(error: ValidationError, whole: unknown, name: string): FieldError[] {
  const path = error.instancePath.split("/").slice(1);
  const missing = (fields: readonly string[], message: string) => {
    const owner = valueAt(whole, path);
    return fields
      .filter((field) => !Object.hasOwn(owner, field))
      .map((field) => ({ field: [...path, field].join("."), message }));
  };
  switch (error.keyword) {
    case "required":
      return missing(error.params.requiredProperties, "is required");
    case "dependentRequired":
      return missing(error.params.dependencies, `is required together with ${error.params.property}`);
    case "const":
      return [{ field: path.join("."), message: `must be ${JSON.stringify(error.params.allowedValue)}` }];
    default:
      return [{ field: path.join(".") || name, message: error.message }];
  }
}

function valueAt(value: unknown, path: readonly string[]): object {
  return path.reduce((part, key) => (part as Record<string, unknown>)[key], value) as object;
}

/** Of two complaints about one field the first is enough. */
function withoutRepetition(errors: readonly FieldError[]): FieldError[] {
  return [...new Map(errors.toReversed().map((error) => [error.field, error])).values()].toReversed();
}
