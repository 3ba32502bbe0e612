import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { readAchievements } from "../../src/achievements-file.ts";
import { streakMilestones } from "../../src/domain/achievement.ts";
import { TempFolder } from "../support/temp-folder.ts";

const good = { id: "first", title: "First", fact: "lecturesCompleted", atLeast: 1 };

describe("the achievements file", () => {
  it("that comes with the service has what the documentation says", () => {
    const ids = readAchievements().map(({ id }) => id);
    const lectures = ["first-lecture", "lectures-10", "lectures-100", "lectures-1000", "first-course"];
    const streaks = [3, 7, 30, 100, 365];
    assert.deepEqual(ids, [...lectures, ...streaks.map((days) => `streak-${days}`), "comeback"]);
    assert.deepEqual(streakMilestones(readAchievements()), streaks);
  });

  const mistakes: Record<string, [content: unknown, complaint: RegExp]> = {
    "no list": [{ achievements: [] }, /must be array/],
    "an unknown fact": [
      [good, { ...good, id: "b", fact: "hoursAwake" }],
      /number 2: fact must be one of lecturesCompleted, /,
    ],
    "a target of nothing": [[{ ...good, atLeast: 0 }], /number 1: atLeast must be >= 1/],
    "a target in words": [[{ ...good, atLeast: "ten" }], /number 1: atLeast must be integer/],
    "no title": [[{ ...good, title: undefined }], /number 1: must have required properties title/],
    "an id that is none": [[{ ...good, id: "a/b" }], /number 1: id must match pattern/],
    "a misspelt field": [[{ ...good, atleast: 3 }], /number 1: must not have additional properties \(atleast\)/],
    "the same id twice": [[good, { ...good, title: "Again" }], /two achievements with the id "first"/],
  };
  for (const [title, [content, complaint]] of Object.entries(mistakes)) {
    it(`is refused with ${title}, which is named`, async () => {
      await using folder = await TempFolder.create();
      const file = folder.file("achievements.json");
      await writeFile(file, JSON.stringify(content));
      assert.throws(
        () => readAchievements(file),
        (error: Error) => error.message.includes(file) && complaint.test(error.message),
      );
    });
  }

  it("is refused when it is not JSON, or not there", async () => {
    await using folder = await TempFolder.create();
    const file = folder.file("achievements.json");
    assert.throws(() => readAchievements(file), /cannot be read \(ENOENT\)/);
    await writeFile(file, "[{");
    assert.throws(() => readAchievements(file), /is not JSON/);
  });
});
