import type { ProgressKey } from "../../src/domain/ids.ts";
import type { ProgressStore, StoredProgress } from "../../src/ports/progress-store.ts";

/** The store given, but it keeps the versions that it is told, as MongoDB does. */
export function keepingVersions(store: ProgressStore): ProgressStore {
  const versions = new Map<string, string>();
  const read = async (key: ProgressKey): Promise<StoredProgress> => ({
    ...(await store.read(key)),
    flushedVersion: versions.get(nameOf(key)) ?? null,
  });
  const kept: Partial<ProgressStore> = {
    read,
    readEach: (keys) => keys.map(read),
    async join(writes) {
      const outcomes = await store.join(writes);
      for (const [index, { key, version }] of writes.entries()) {
        const isNewer = version !== undefined && version > (versions.get(nameOf(key)) ?? "");
        if (isNewer && outcomes[index]?.status === "written") versions.set(nameOf(key), version);
      }
      return outcomes;
    },
  };
  return kept as ProgressStore;
}

function nameOf({ userId, courseId }: ProgressKey): string {
  return `${userId}:${courseId}`;
}
