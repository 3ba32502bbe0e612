import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { type Achievement, factNames } from "./domain/achievement.ts";

/** What comes with the service. */
const defaultAchievementsFile = fileURLToPath(new URL("../achievements.json", import.meta.url));

const schema = Type.Array(
  Type.Object(
    {
      id: Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" }),
      title: Type.String({ minLength: 1, maxLength: 100 }),
      description: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
      fact: Type.Enum([...factNames]),
      atLeast: Type.Integer({ minimum: 1 }),
    },
    { additionalProperties: false },
  ),
);

/**
 * Reads what can be earned. Throws an error whose message names each mistake.
 * @param file a list of achievements in JSON
 */
export function readAchievements(file: string = defaultAchievementsFile): readonly Achievement[] {
  const list = parse(file);
  const mistakes = Value.Errors(schema, list).map(({ instancePath, message, params }) =>
    sentence(instancePath, message, params),
  );
  if (mistakes.length > 0) throw new Error(`${file} is not a list of achievements:\n${mistakes.join("\n")}`);
  const achievements = list as Static<typeof schema>;
  const ids = achievements.map(({ id }) => id);
  const double = ids.find((id, index) => ids.indexOf(id) !== index);
  if (double !== undefined)
    throw new Error(`${file} has two achievements with the id "${double}": rename one of them.`);
  return achievements;
}

function parse(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}): name a JSON file.`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON (${(error as Error).message}).`, { cause: error });
  }
}

/** Such as: number 3: atLeast must be integer. */
function sentence(instancePath: string, message: string, params: object): string {
  const [, index = "", ...path] = instancePath.split("/");
  const where = index === "" ? "" : `number ${Number(index) + 1}: `;
  const { allowedValues, additionalProperties } = params as {
    allowedValues?: string[];
    additionalProperties?: string[];
  };
  const wish = allowedValues === undefined ? message : `must be one of ${allowedValues.join(", ")}`;
  const names = additionalProperties === undefined ? "" : ` (${additionalProperties.join(", ")})`;
  return `  ${where}${[...path, wish].join(" ")}${names}`;
}
