/** The types of the wire. Nothing of this file is left at run time, so a browser bundle may import it for free. */
import type { Static } from "typebox";
import type * as schema from "./schema.ts";

export type SaveRequest = Static<typeof schema.SaveRequest>;
export type SaveResponse = Static<typeof schema.SaveResponse>;
export type CompleteRequest = Static<typeof schema.CompleteRequest>;
export type CompleteResponse = Static<typeof schema.CompleteResponse>;
export type MarkResponse = Static<typeof schema.MarkResponse>;
export type StartOverResponse = Static<typeof schema.StartOverResponse>;
export type CourseProgressResponse = Static<typeof schema.CourseProgressResponse>;
export type CreditRequest = Static<typeof schema.CreditRequest>;
export type CoverageResponse = Static<typeof schema.CoverageResponse>;
export type HeatmapResponse = Static<typeof schema.HeatmapResponse>;
export type CourseProgressListResponse = Static<typeof schema.CourseProgressListResponse>;
export type AchievementsResponse = Static<typeof schema.AchievementsResponse>;
export type StudentStatsResponse = Static<typeof schema.StudentStatsResponse>;
export type Lecture = Static<typeof schema.Lecture>;
export type Course = Static<typeof schema.Course>;
export type AddLectureRequest = Static<typeof schema.AddLectureRequest>;
export type ChangeLectureRequest = Static<typeof schema.ChangeLectureRequest>;
export type ImportedCourse = Static<typeof schema.ImportedCourse>;
export type ImportResponse = Static<typeof schema.ImportResponse>;
export type ProfileResponse = Static<typeof schema.ProfileResponse>;
export type StudentDataResponse = Static<typeof schema.StudentDataResponse>;
export type Problem = Static<typeof schema.Problem>;
export type HealthResponse = Static<typeof schema.HealthResponse>;
