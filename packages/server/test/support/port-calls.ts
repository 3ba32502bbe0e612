/** Methods of ports that answer each of many by a promise of its own. */
export const answeringEach: ReadonlySet<string | symbol> = new Set(["readEach", "readUnflushed", "versions"]);

/** The port, with something that happens before every call of it, and may fail it. */
export function beforeCalls(port: object, happens: () => Promise<void>): object {
  return new Proxy(port, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      const call = async (...args: unknown[]): Promise<unknown> => {
        await happens();
        return Reflect.apply(method, target, args) as unknown;
      };
      if (!answeringEach.has(name)) return call;
      return (keys: readonly unknown[]) => keys.map(async (key) => ((await call([key])) as Promise<unknown>[])[0]);
    },
  });
}
