import type { CourseId, ProgressKey, UserId } from "../../domain/ids.ts";

/**
 * The only place that knows what keys are called; save.lua alone finds two names by a third, which is on its hot path.
 *
 * Everything of one shard carries the shard as its hash tag, so that one script can touch it, also in a Cluster. The
 * number of shards is fixed per deployment: another number would look for every key in another place.
 */
export const shardCount = 64;

/** A shard by number, 0..63. */
export type Shard = number;

/** Where keys are, and by a number what is in their hashes: who has another layout would miss keys, or misread them. */
export const keyLayout: string = `${shardCount} shards, hashes 2`;

/** Where the layout is kept, so that a program that has another one notices at its start. */
export const keyLayoutKey = "shards";

/** FNV-1a: the same in every version of every language, and even enough over 64 shards. */
export function shardOf(userId: UserId): Shard {
  let hash = 0x81_1c_9d_c5;
  for (let index = 0; index < userId.length; index++) {
    hash = Math.imul(hash ^ userId.charCodeAt(index), 0x01_00_01_93);
  }
  // The low bits alone are the weakest of FNV.
  return (hash ^ (hash >>> 16)) & (shardCount - 1);
}

/** Hash: positions and bookkeeping of one student in one course. */
export function progressKey(key: ProgressKey): string {
  return progressPrefix(shardOf(key.userId)) + memberOf(key);
}

/** What the progress hashes of a shard begin with; a member follows. */
export function progressPrefix(shard: Shard): string {
  return `progress:{${shard}}:`;
}

/** Sorted set: members that the store has not got yet; the score says when each is due, or when its lease ends. */
export function dirtyKey(shard: Shard): string {
  return `dirty:{${shard}}`;
}

/** Sorted set: members that the store refuses; the score says since when each is dirty. */
export function poisonKey(shard: Shard): string {
  return `poison:{${shard}}`;
}

/** Set: the student's courses that are dirty. */
export function startedKey(userId: UserId): string {
  return startedPrefix(shardOf(userId)) + userId;
}

/** What the started sets of a shard begin with; the student follows. */
export function startedPrefix(shard: Shard): string {
  return `started:{${shard}}:`;
}

/** Hash: a cached course. */
export function courseKey(courseId: CourseId): string {
  return `courseMeta:${courseId}`;
}

/** String that runs out: some process does this just now. */
export function leaseKey(task: string): string {
  return `lease:${task}`;
}

export function memberOf({ userId, courseId }: ProgressKey): string {
  return `${userId}:${courseId}`;
}

/** A student's id may have colons, a course's id has none: the last one divides. */
export function keyOfMember(member: string): ProgressKey {
  const colon = member.lastIndexOf(":");
  return { userId: member.slice(0, colon) as UserId, courseId: member.slice(colon + 1) as CourseId };
}
