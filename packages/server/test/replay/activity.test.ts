import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClock } from "../support/test-clock.ts";
import { type Happening, lifeOf, runsOf, shownOn } from "./active-life.ts";
import { ApiClient } from "./api-client.ts";
import { inParallel } from "./audience.ts";
import { type ActiveStudent, readActiveStudents } from "./real-data.ts";
import { ReplayPlace, tokenOf } from "./replay-service.ts";

const zones = ["America/Los_Angeles", "UTC", "Asia/Kolkata", "Pacific/Auckland"];
const lecturesPerCourse = 10;
const courseCount = 50;
const studentsAtATime = 16;

/** Every third student looks at the streak on every active day, the others now and then, and all of them when it counts. */
const alwaysLooks = 3;
const looksNowAndThen = 5;

interface Life {
  readonly student: ActiveStudent;
  readonly token: string;
  readonly zone: string;
  readonly looksAlways: boolean;
  readonly happenings: readonly Happening[];
  /** The length of the run that ends with each day. */
  readonly runs: readonly number[];
}

/** What the service is asked for on the way, counted. */
const asked = { completions: 0, stats: 0, heatmaps: 0 };

async function livesOf(students: readonly ActiveStudent[]): Promise<Life[]> {
  return Promise.all(
    students.map(async (student, index) => {
      const zone = zones[index % zones.length] ?? "UTC";
      const token = await tokenOf(`student-${student.id}`);
      const looksAlways = index % alwaysLooks === 0;
      return { student, token, zone, looksAlways, happenings: lifeOf(student, zone), runs: runsOf(student) };
    }),
  );
}

function catalog(): object {
  const lectures = Array.from({ length: lecturesPerCourse }, (_, index) => ({
    lectureId: `lecture-${index}`,
    title: `Lecture ${index}`,
    durationSeconds: 600,
  }));
  const courses = Array.from({ length: courseCount }, (_, index) => ({
    courseId: `course-${index}`,
    title: "A",
    lectures,
  }));
  return { courses };
}

async function live(client: ApiClient, life: Life, happening: Happening): Promise<void> {
  const { student, token } = life;
  for (let done = 0; done < happening.completions; done++) {
    const lecture = happening.completedBefore + done;
    await client.call(token, "POST", "/progress/complete", {
      courseId: `course-${Math.floor(lecture / lecturesPerCourse)}`,
      lectureId: `lecture-${lecture % lecturesPerCourse}`,
    });
    asked.completions++;
  }
  const isNearEnd = happening.index >= student.days.length - 1;
  const isLongest = happening.day === student.longestEnd;
  if (life.looksAlways || isNearEnd || isLongest || happening.index % looksNowAndThen === 0) {
    await checkStats(client, life, happening);
  }
  if (isNearEnd || happening.index % 50 === 25) await checkHeatmap(client, life, happening);
}

async function checkStats(client: ApiClient, life: Life, { index, day, completions, completedBefore }: Happening) {
  const { student, token, runs } = life;
  const past = runs.slice(0, index + 1);
  const restedFor = index - (student.days.length - 1);
  const answer = await client.call(token, "GET", "/stats/student");
  asked.stats++;
  assert.deepEqual(
    answer,
    {
      currentStreak: restedFor > 1 ? 0 : past.at(-1),
      longestStreak: Math.max(...past),
      lastActiveDate: restedFor > 0 ? student.days.at(-1)?.day : day,
      activeToday: restedFor <= 0,
      totalCompleted: completedBefore + completions,
    },
    `student ${student.id} on ${day}`,
  );
}

async function checkHeatmap(client: ApiClient, { student, token, happenings }: Life, { day }: Happening) {
  const shown = await client.call<{ date: string }[]>(token, "GET", "/progress/heatmap/data");
  asked.heatmaps++;
  assert.deepEqual(shown, shownOn(day, happenings), `student ${student.id} on ${day}`);
}

test("students who complete lectures on real days see the published streaks and heatmaps, day by day", async (t) => {
  await using place = await ReplayPlace.create();
  const lives = await livesOf(readActiveStudents());
  const schedule = Map.groupBy(
    lives.flatMap((life) => life.happenings.map((happening) => ({ life, happening }))),
    ({ happening }) => happening.at,
  );
  const instants = [...schedule.keys()].toSorted((a, b) => a - b);
  const clock = new TestClock({ now: (instants[0] ?? 0) - 3_600_000 });
  await using service = await place.start({ clock });
  using client = new ApiClient(service.url);
  await client.call(await tokenOf("instructor", "instructor"), "POST", "/courses/import", catalog());
  await inParallel(lives, studentsAtATime, async ({ token, zone: timeZone }) => {
    await client.call(token, "PUT", "/me", { timeZone });
  });

  await t.test("on every active day and the two days after the last one", async () => {
    for (const at of instants) {
      clock.set(at);
      await inParallel(schedule.get(at) ?? [], studentsAtATime, ({ life, happening }) => live(client, life, happening));
    }
  });

  await t.test("at the end, as published", async () => {
    await inParallel(lives, studentsAtATime, async ({ student, token, runs }) => {
      const stats = await client.call<{ longestStreak: number }>(token, "GET", "/stats/student");
      assert.equal(stats.longestStreak, student.longestStreak);
      // The streaks compared on the way are the published ones.
      assert.equal(runs.at(-1), student.streakAtLastDay);
      assert.equal(runs[student.days.findIndex(({ day }) => day === student.longestEnd)], student.longestStreak);
      const { activities } = await client.call<{ activities: { date: string }[] }>(token, "GET", "/me/data");
      assert.deepEqual(
        activities.map(({ date }) => date),
        student.days.map(({ day }) => day),
      );
    });
  });
  t.diagnostic(`${lives.length} students, ${JSON.stringify(asked)}`);
});
