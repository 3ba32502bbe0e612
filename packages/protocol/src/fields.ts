/** What several messages have in common. */
import { Type } from "typebox";

const idPattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$";

export const CourseId = Type.String({
  pattern: idPattern,
  description: "1 to 64 letters, digits, `_` and `-`; 24 hex digits are lower-cased.",
  examples: ["typescript-basics"],
});

export const LectureId = Type.String({
  pattern: idPattern,
  description: "1 to 64 letters, digits, `_` and `-`; 24 hex digits are lower-cased.",
  examples: ["intro"],
});

export const Seconds = Type.Number({ minimum: 0, description: "Seconds, kept to the millisecond." });

export const Percentage = Type.Integer({ minimum: 0, maximum: 100 });

export const ServerTime = Type.Integer({
  minimum: 0,
  description: "The service's clock, milliseconds since 1970. Sessions start from it.",
});

export const PlayedRanges = Type.Array(Type.Tuple([Seconds, Seconds]), {
  maxItems: 200,
  description: "Stretches `[from, to]` of the lecture that were played, in seconds, counted to 0.1 s.",
  examples: [
    [
      [0, 61.5],
      [120, 180.2],
    ],
  ],
});

export const SessionId = Type.String({
  pattern: "^[0-9A-Fa-f]{16}$",
  description:
    "16 hex digits, made by the player. The first says where it runs: 1 on a computer, 2 on a tablet, 3 on a phone.",
});

export const Device = Type.Enum(["computer", "tablet", "phone"], {
  description: "With `?lecture=`: the kind of device that saved its position. Missing when that is not known.",
});

export const Stamp = Type.String({
  pattern: "^[0-9]{21}[0-9a-f]{16}$",
  description: "Order of a position: the greater string is the newer position.",
});

export const Title = Type.String({ minLength: 1, maxLength: 500 });

export const CivilDate = Type.String({
  pattern: "^\\d{4}-\\d{2}-\\d{2}$",
  description: "A day in the student's own time zone, YYYY-MM-DD.",
});
