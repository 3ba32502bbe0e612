/** Shorter names are near too many that have nothing to do with this service: HOST is near HOME. */
const shortest = 7;

/**
 * A sentence for each variable of the environment that is no setting and looks as if it were meant to be one: one or two letters
 * away, or without the unit at its end.
 */
export function askAfterMisspelt(environment: NodeJS.ProcessEnv, settings: readonly string[]): string[] {
  return Object.keys(environment)
    .filter((name) => name.length >= shortest && !settings.includes(name))
    .flatMap((name) => {
      const meant = settings.find((setting) => isAlike(name, setting));
      return meant === undefined ? [] : [`${name} is no setting. Did you mean ${meant}? See --help for all of them.`];
    });
}

function isAlike(name: string, setting: string): boolean {
  if (setting.length < shortest) return false;
  return setting.startsWith(`${name}_`) || lettersApart(name, setting) <= 2;
}

/** How many letters have to be added, taken away or replaced to make one of the other. */
function lettersApart(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of one.split("").entries()) {
    const next = [index + 1];
    for (const [at, otherLetter] of other.split("").entries()) {
      const replaced = (row[at] ?? 0) + (letter === otherLetter ? 0 : 1);
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
