import { fileURLToPath } from "node:url";
import type { DemoPage } from "../http/page.ts";
import { demoCourse, demoStudent, lectureIdOf, readActivity, videos } from "./content.ts";
import { issueToken } from "./token.ts";

/** What the student's page needs to be tried without a platform around it. */
export function demoPage(secret: string): DemoPage {
  return {
    issueToken: () => issueToken(secret, { sub: demoStudent }),
    userId: demoStudent,
    videos: Object.fromEntries(videos.map(({ file }, index) => [`${demoCourse}/${lectureIdOf(index + 1)}`, file])),
    mediaFolder: fileURLToPath(new URL("../../../dashboard/media", import.meta.url)),
    attribution: readActivity().attribution,
  };
}
