/** Marks the file as ours: "ALPr" in the header of every data file. */
export const applicationId = 0x41_4c_50_72;

/**
 * Two halves share the file. `buffer_*` take every save and remember what the others have not got yet; the rest is the
 * store. Nothing joins across the two: a flush is the only way from one to the other, as in production.
 */
const firstTables = `
  -- A key is dirty while it has a due date. While it is leased, claimed_at says by whom and due_at when the lease ends.
  CREATE TABLE buffer_keys (
    user_id TEXT NOT NULL,
    course_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    newest_stamp TEXT NOT NULL, -- of all positions and the reset: what is ordered by arrival comes after it
    reset_stamp TEXT,
    dirty_since INTEGER,
    due_at INTEGER,
    claimed_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    poison_reason TEXT,
    clean_until INTEGER,
    PRIMARY KEY (user_id, course_id),
    CHECK ((due_at IS NULL) = (dirty_since IS NULL)),
    CHECK ((due_at IS NULL) = (clean_until IS NOT NULL)),
    CHECK (due_at IS NOT NULL OR (claimed_at IS NULL AND poison_reason IS NULL))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX buffer_keys_due ON buffer_keys (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX buffer_keys_dirty ON buffer_keys (dirty_since) WHERE dirty_since IS NOT NULL;
  CREATE INDEX buffer_keys_clean ON buffer_keys (clean_until) WHERE clean_until IS NOT NULL;
  CREATE INDEX buffer_keys_poison ON buffer_keys (dirty_since) WHERE poison_reason IS NOT NULL;

  CREATE TABLE buffer_positions (
    user_id TEXT NOT NULL,
    course_id TEXT NOT NULL,
    lecture_id TEXT NOT NULL,
    stamp TEXT NOT NULL,
    seconds REAL NOT NULL,
    persisted_stamp TEXT,
    PRIMARY KEY (user_id, course_id, lecture_id),
    FOREIGN KEY (user_id, course_id) REFERENCES buffer_keys ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE progress (
    user_id TEXT NOT NULL,
    course_id TEXT NOT NULL,
    rev INTEGER NOT NULL DEFAULT 0,
    reset_stamp TEXT,
    course_completed_at INTEGER,
    PRIMARY KEY (user_id, course_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE positions (
    user_id TEXT NOT NULL,
    course_id TEXT NOT NULL,
    lecture_id TEXT NOT NULL,
    stamp TEXT NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (user_id, course_id, lecture_id),
    FOREIGN KEY (user_id, course_id) REFERENCES progress ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE completions (
    user_id TEXT NOT NULL,
    course_id TEXT NOT NULL,
    lecture_id TEXT NOT NULL,
    times INTEGER NOT NULL,
    completed_at INTEGER, -- empty once it was undone
    PRIMARY KEY (user_id, course_id, lecture_id),
    FOREIGN KEY (user_id, course_id) REFERENCES progress ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX completions_done ON completions (user_id) WHERE completed_at IS NOT NULL;

  CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    course_id TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    event TEXT NOT NULL,
    FOREIGN KEY (user_id, course_id) REFERENCES progress ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX outbox_key ON outbox (user_id, course_id);
  CREATE INDEX outbox_age ON outbox (occurred_at);

  CREATE TABLE activities (
    user_id TEXT NOT NULL,
    day TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (user_id, day)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE activity_sources (
    user_id TEXT NOT NULL,
    day TEXT NOT NULL,
    course_id TEXT NOT NULL,
    lecture_id TEXT NOT NULL,
    PRIMARY KEY (user_id, day, course_id, lecture_id),
    FOREIGN KEY (user_id, day) REFERENCES activities ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE users (
    user_id TEXT NOT NULL PRIMARY KEY,
    current_streak INTEGER NOT NULL DEFAULT 0,
    longest_streak INTEGER NOT NULL DEFAULT 0,
    last_active_day TEXT,
    time_zone TEXT
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE erasures (
    user_id TEXT NOT NULL PRIMARY KEY,
    up_to TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX erasures_age ON erasures (up_to);

  CREATE TABLE courses (
    course_id TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    version INTEGER NOT NULL,
    total_lectures INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE lectures (
    course_id TEXT NOT NULL REFERENCES courses ON DELETE CASCADE,
    lecture_id TEXT NOT NULL,
    title TEXT NOT NULL,
    duration_seconds REAL NOT NULL,
    place REAL NOT NULL,
    PRIMARY KEY (course_id, lecture_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE events (
    sequence INTEGER PRIMARY KEY, -- the order in which they left
    event_id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    user_id TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    event TEXT NOT NULL
  ) STRICT;
`;

/** Events that a sink has not got yet. */
const waitingEvents = `
  CREATE TABLE waiting_events (
    sink TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    event_id TEXT NOT NULL REFERENCES events (event_id) ON DELETE CASCADE,
    PRIMARY KEY (sink, occurred_at, event_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX waiting_events_event ON waiting_events (event_id);
`;

/** Who is to be told of what. */
const deliveries = `
  CREATE INDEX events_age ON events (occurred_at, event_id);

  CREATE TABLE deliveries (
    event_id TEXT NOT NULL REFERENCES events (event_id) ON DELETE CASCADE,
    webhook_id TEXT NOT NULL,
    status TEXT NOT NULL, -- waiting, done or dead
    due_at INTEGER, -- while it waits: when it is due, or when the lease ends
    lease TEXT,
    expires_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    ended_at INTEGER,
    PRIMARY KEY (event_id, webhook_id),
    CHECK ((status = 'waiting') = (due_at IS NOT NULL)),
    CHECK ((status = 'waiting') = (ended_at IS NULL))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deliveries_due ON deliveries (webhook_id, due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX deliveries_ended ON deliveries (status, ended_at) WHERE ended_at IS NOT NULL;

  CREATE TABLE disabled_webhooks (
    webhook_id TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    disabled_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** What students have earned, and the milestones of their streaks. */
const achievements = `
  CREATE TABLE achievements (
    user_id TEXT NOT NULL,
    achievement_id TEXT NOT NULL,
    title TEXT NOT NULL,
    earned_at INTEGER NOT NULL,
    day TEXT NOT NULL,
    zone TEXT NOT NULL,
    event_id TEXT, -- the event that earned it
    is_told INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, achievement_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE streak_milestones (
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    days INTEGER NOT NULL,
    first_day TEXT NOT NULL, -- of the last streak that has reached it
    PRIMARY KEY (user_id, days)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE streak_outbox (
    event_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    occurred_at INTEGER NOT NULL,
    event TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX streak_outbox_student ON streak_outbox (user_id);
  CREATE INDEX streak_outbox_age ON streak_outbox (occurred_at);
`;

/** When a day or a course was last told of a completion: what an erasure keeps is newer than it. */
const datedCompletions = `
  ALTER TABLE activities ADD COLUMN changed_at INTEGER;
  ALTER TABLE progress ADD COLUMN last_completed_at INTEGER;
`;

/** For the age of what waits. */
const deliveryAges = `
  CREATE INDEX deliveries_waiting ON deliveries (webhook_id, expires_at) WHERE due_at IS NOT NULL;
`;

/** What students have played, each lecture in all sittings together. */
const played = `
  CREATE TABLE played (
    user_id TEXT NOT NULL,
    course_id TEXT NOT NULL,
    lecture_id TEXT NOT NULL,
    ranges TEXT NOT NULL, -- JSON, [[from, to], ...] in seconds
    credited_at INTEGER NOT NULL,
    spare_seconds REAL NOT NULL,
    sitting TEXT NOT NULL, -- JSON, the one that reported last
    PRIMARY KEY (user_id, course_id, lecture_id),
    FOREIGN KEY (user_id, course_id) REFERENCES progress ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
`;

/** What makes the tables of each version from those of the one before. Released steps never change. */
export const schemaSteps: readonly string[] = [
  firstTables,
  waitingEvents,
  deliveries,
  achievements,
  datedCompletions,
  deliveryAges,
  played,
];

/** The number of steps a file has behind it; a program never opens a file newer than itself. */
export const schemaVersion: number = schemaSteps.length;
