import type { Redis } from "ioredis";
import type { RedisConnection } from "./connection.ts";
import { withoutSecrets } from "./failures.ts";
import { keyLayout, keyLayoutKey } from "./keys.ts";

export interface Finding {
  /** `wrong` must never be used, `unsafe` can lose what was acknowledged, `note` is good to know. */
  readonly severity: "wrong" | "unsafe" | "note";
  /** Says what it is and what to set. */
  readonly sentence: string;
}

type Check = (settings: ReadonlyMap<string, string>) => Finding | null;

const durability: readonly Check[] = [
  demand("appendonly", ["yes"], "keeps nothing on its disk", 'set "appendonly yes"'),
  demand("appendfsync", ["always", "everysec"], "leaves it to its system when to write", 'set "appendfsync always"'),
  demand(
    "no-appendfsync-on-rewrite",
    ["no"],
    "writes nothing to its disk while it rewrites its log, even under appendfsync always",
    'set "no-appendfsync-on-rewrite no"',
  ),
  demand(
    "maxmemory-policy",
    ["noeviction"],
    "throws positions away when its memory is full",
    'set "maxmemory-policy noeviction"',
  ),
  (settings) =>
    settings.get("appendfsync") === "everysec"
      ? note(
          'syncs its disk once a second: if it crashes, the last 2 s or so are lost ("appendfsync always" loses nothing)',
        )
      : null,
  (settings) =>
    settings.get("maxmemory") === "0"
      ? note('has no limit of memory: set "maxmemory", so that it fills up in an orderly way')
      : null,
];

/**
 * What is wrong with how Redis is set up, of every master. Empty when all is well. Rejects with the driver's error when a
 * server cannot be asked.
 */
export async function checkRedis(connection: RedisConnection): Promise<Finding[]> {
  const masters = connection.masters();
  const findings = await Promise.all(masters.map((master) => checkMaster(master, connection)));
  const found = findings.flat();
  // What is no place for keys is not asked for them either.
  if (found.some(({ severity }) => severity === "wrong")) return found;
  return [...found, ...(await checkLayout(connection))];
}

async function checkMaster(master: Redis, { isCluster }: RedisConnection): Promise<Finding[]> {
  const info = await master.info();
  const settings = await settingsOf(master);
  const found = [checkVersion(info), checkMode(info, isCluster)];
  if (settings instanceof Error) {
    found.push(unsafe(`does not permit CONFIG GET (${settings.message}): permit it, or see to its settings yourself`));
  } else {
    found.push(...durability.map((check) => check(settings)));
  }
  const { host = "", port = "" } = master.options;
  return found
    .filter((finding) => finding !== null)
    .map(({ severity, sentence }) => ({ severity, sentence: `Redis at ${host}:${port} ${sentence}.` }));
}

/** Some hosted servers permit no CONFIG, or let it be called by another name only. */
async function settingsOf(master: Redis): Promise<ReadonlyMap<string, string> | Error> {
  const names = ["appendonly", "appendfsync", "no-appendfsync-on-rewrite", "maxmemory-policy", "maxmemory"];
  try {
    const values = await Promise.all(names.map((name) => master.config("GET", name)));
    return new Map(values.map((value) => value as [string, string]));
  } catch (error) {
    if (error instanceof Error && error.name === "ReplyError") return withoutSecrets(error);
    throw error;
  }
}

function checkVersion(info: string): Finding | null {
  const [, version = "0.0", major, minor] = /^redis_version:((\d+)\.(\d+)\S*)/m.exec(info) ?? [];
  const isEnough = Number(major) > 6 || (Number(major) === 6 && Number(minor) >= 2);
  return isEnough ? null : { severity: "wrong", sentence: `is version ${version}: use 6.2 or later` };
}

function checkMode(info: string, isCluster: boolean): Finding | null {
  const runsAsCluster = /^cluster_enabled:1/m.test(info);
  if (runsAsCluster === isCluster) return null;
  const sentence = runsAsCluster
    ? "is part of a Cluster: add ?cluster=true to REDIS_URL"
    : "is no Cluster: take cluster=true out of REDIS_URL";
  return { severity: "wrong", sentence };
}

/** Whoever comes first fixes how keys are laid out. */
async function checkLayout({ general, shownAddress }: RedisConnection): Promise<Finding[]> {
  await general.setnx(keyLayoutKey, keyLayout);
  const stored = await general.get(keyLayoutKey);
  if (stored === keyLayout) return [];
  const sentence =
    `Redis at ${shownAddress} has its keys in the layout "${stored}", this version needs "${keyLayout}": run "drain" with the ` +
    `version that wrote them, then delete the keys "progress:*" and "${keyLayoutKey}".`;
  return [{ severity: "wrong", sentence }];
}

function demand(name: string, accepted: readonly string[], trouble: string, remedy: string): Check {
  return (settings) => {
    const value = settings.get(name);
    if (value === undefined) return unsafe(`does not tell its setting "${name}": ${remedy}`);
    return accepted.includes(value) ? null : unsafe(`${trouble} ("${name} ${value}"): ${remedy}`);
  };
}

function unsafe(sentence: string): Finding {
  return { severity: "unsafe", sentence };
}

function note(sentence: string): Finding {
  return { severity: "note", sentence };
}
