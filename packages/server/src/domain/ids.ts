/** A student: the token's `sub`, 1..255 printable ASCII characters without space. */
export type UserId = string & { readonly __id: "user" };
export type CourseId = string & { readonly __id: "course" };
export type LectureId = string & { readonly __id: "lecture" };

/** One student's progress in one course: the unit of buffering, flushing and storing. */
export interface ProgressKey {
  readonly userId: UserId;
  readonly courseId: CourseId;
}

const catalogId = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const objectId = /^[0-9a-fA-F]{24}$/;
const printableAscii = /^[!-~]{1,255}$/;

/** The course id in its one spelling (24 hex digits in lower case), or undefined when it is not one. */
export function parseCourseId(text: string): CourseId | undefined {
  return parseCatalogId(text) as CourseId | undefined;
}

/** The lecture id in its one spelling (24 hex digits in lower case), or undefined when it is not one. */
export function parseLectureId(text: string): LectureId | undefined {
  return parseCatalogId(text) as LectureId | undefined;
}

/** True for an id in its one spelling. */
export function isLectureId(text: string): text is LectureId {
  return parseCatalogId(text) === text;
}

export function parseUserId(text: string): UserId | undefined {
  return printableAscii.test(text) ? (text as UserId) : undefined;
}

/** True for ids that MongoDB keeps as ObjectId. */
export function isObjectIdText(id: string): boolean {
  return objectId.test(id);
}

function parseCatalogId(text: string): string | undefined {
  if (!catalogId.test(text)) return undefined;
  return objectId.test(text) ? text.toLowerCase() : text;
}
