import { fileURLToPath } from "node:url";
import { runProgram } from "../../packages/server/test/support/finished-program.ts";
import { jwtSecret } from "../../packages/server/test/support/process.ts";
import type { Production } from "../../packages/server/test/support/production.ts";

const ops = fileURLToPath(new URL("../../packages/server/src/ops.ts", import.meta.url));

/** Carries everything that is buffered over to MongoDB, as an operator would. */
export async function drain(production: Production): Promise<void> {
  const { code, errors } = await runProgram(ops, ["drain"], { ...production.settings(), JWT_SECRET: jwtSecret });
  if (code !== 0) throw new Error(`Not everything could be flushed: ${errors}`);
}
