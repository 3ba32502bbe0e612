import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The folders there are: a process that ends early leaves none behind. */
const open = new Set<string>();
process.once("exit", () => {
  for (const path of open) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
});

/** A folder of its own for one test, gone afterwards. */
export class TempFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<TempFolder> {
    const path = await mkdtemp(join(tmpdir(), "aetherlearn-"));
    open.add(path);
    return new TempFolder(path);
  }

  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    open.delete(this.path);
  }
}
