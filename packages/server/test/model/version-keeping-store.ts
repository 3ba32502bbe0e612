import type { ProgressKey } from "../../src/domain/ids.ts";
import type { ProgressStore, StoredProgress } from "../../src/ports/progress-store.ts";

/** A view of a store that answers as it was before the last write of each key: a primary that does not know it was deposed. */
export interface DeposedPrimary {
  readonly store: ProgressStore;
  /** It answers as the store does, until the key is written again. */
  catchUp(key: ProgressKey): void;
}

/** The store given, but it keeps the versions that it is told, as MongoDB does. */
export function keepingVersions(store: ProgressStore): { store: ProgressStore; deposed: DeposedPrimary } {
  const versions = new Map<string, string>();
  const before = new Map<string, StoredProgress>();
  const read = async (key: ProgressKey): Promise<StoredProgress> => ({
    ...(await store.read(key)),
    flushedVersion: versions.get(nameOf(key)) ?? null,
  });
  const readBefore = async (key: ProgressKey): Promise<StoredProgress> => before.get(nameOf(key)) ?? read(key);
  const keeping: Partial<ProgressStore> = {
    read,
    async join(writes) {
      for (const { key } of writes) before.set(nameOf(key), await read(key));
      const outcomes = await store.join(writes);
      for (const [index, { key, version }] of writes.entries()) {
        const isNewer = version !== undefined && version > (versions.get(nameOf(key)) ?? "");
        if (isNewer && outcomes[index]?.status === "written") versions.set(nameOf(key), version);
      }
      return outcomes;
    },
  };
  const behind: Partial<ProgressStore> = { readEach: (keys) => keys.map(readBefore) };
  const deposed = { store: behind as ProgressStore, catchUp: (key: ProgressKey) => void before.delete(nameOf(key)) };
  return { store: keeping as ProgressStore, deposed };
}

function nameOf({ userId, courseId }: ProgressKey): string {
  return `${userId}:${courseId}`;
}
