/**
 * Where the student is, kept in the address after `#`: changing it loads nothing anew, so the token can stay in
 * memory, and the address holds nothing secret.
 */
export type Route = { view: "dashboard" } | { view: "player"; courseId: string; lectureId: string | null };

const playerPath = /^#\/watch\/([\w-]{1,64})(?:\/([\w-]{1,64}))?$/;

export function readRoute(hash: string): Route {
  const match = playerPath.exec(hash);
  const courseId = match?.[1];
  return courseId === undefined ? { view: "dashboard" } : { view: "player", courseId, lectureId: match?.[2] ?? null };
}

export function playerHref(courseId: string, lectureId?: string): string {
  return lectureId === undefined ? `#/watch/${courseId}` : `#/watch/${courseId}/${lectureId}`;
}
