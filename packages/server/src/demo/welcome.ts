import { demoCourse, demoLecture, demoStudent } from "./content.ts";
import { issueToken } from "./token.ts";

/** What a demo prints: where to look, and a request that works when pasted. */
export async function demoWelcome(url: string, secret: string): Promise<string> {
  const student = await issueToken(secret, { sub: demoStudent });
  const instructor = await issueToken(secret, { sub: "demo-instructor", role: "instructor" });
  const save = JSON.stringify({ courseId: demoCourse, lectureId: demoLecture, watchTime: 61.25 });
  return `
AetherLearn Progress runs as a demo, on this machine only.

  Student's page   ${url}/
  API reference    ${url}/docs
  Ready?           ${url}/health/ready

Save a position, then read it back (paste both):

  TOKEN=${student.token}
  curl -X POST ${url}/api/v1/progress/save -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '${save}'; echo
  curl ${url}/api/v1/progress/${demoCourse} -H "Authorization: Bearer $TOKEN"; echo

A token that may change courses:

  INSTRUCTOR=${instructor.token}

For your own users set JWT_SECRET, JWT_PUBLIC_KEY_FILE or JWKS_URL; npm start -- --help lists all settings. Ctrl+C stops.
`;
}

export function serviceWelcome(url: string): string {
  return `AetherLearn Progress listens on ${url}. API reference: ${url}/docs`;
}

/** One line that grows on a terminal; elsewhere only its beginning. */
export function showPreparation(done: number, total: number): void {
  const { stdout } = process;
  if (stdout.isTTY)
    stdout.write(`\rPreparing the demo student's year: day ${done} of ${total}${done === total ? "\n" : ""}`);
  else if (done === 1)
    stdout.write(
      `Preparing the demo student's year, ${total} days with lectures (a few seconds, first start only) ...\n`,
    );
}
