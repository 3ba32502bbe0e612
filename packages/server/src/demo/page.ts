import { fileURLToPath } from "node:url";
import type { DemoPage } from "../http/page.ts";
import { demoCourse, demoLectures, demoStudent, lectureIdOf, pastCourses, pastVideo, readActivity } from "./content.ts";
import { issueToken } from "./token.ts";

/** What the student's page needs to be tried without a platform around it. */
export function demoPage(secret: string): DemoPage {
  return {
    issueToken: () => issueToken(secret, { sub: demoStudent }),
    userId: demoStudent,
    videos: Object.fromEntries([
      ...videosOf(demoCourse, demoLectures),
      ...pastCourses.flatMap(({ courseId, lectures }) =>
        videosOf(
          courseId,
          Array.from({ length: lectures }, (_, index) => pastVideo(index + 1)),
        ),
      ),
    ]),
    mediaFolder: fileURLToPath(new URL("../../../dashboard/media", import.meta.url)),
    attribution: readActivity().attribution,
  };
}

function videosOf(courseId: string, videos: readonly { file: string }[]): [lecture: string, file: string][] {
  return videos.map(({ file }, index) => [`${courseId}/${lectureIdOf(index + 1)}`, file]);
}
