-- Every event whole in "body"; the other columns are what queries select by.
CREATE TABLE event (
  id TEXT NOT NULL PRIMARY KEY,
  time INTEGER NOT NULL,
  type TEXT NOT NULL,
  session TEXT,
  lure TEXT,
  src_ip TEXT,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX event_session ON event (session, id) WHERE session IS NOT NULL;
CREATE INDEX event_type ON event (type, id);
CREATE INDEX event_lure ON event (lure, id) WHERE lure IS NOT NULL;
CREATE INDEX event_time ON event (time);
-- Retention goes by session, and so do questions for a source: an index of all events by source would touch a page of its
-- own for nearly every event. What belongs to no session is found by itself.
CREATE INDEX event_lone_time ON event (time) WHERE session IS NULL;
CREATE INDEX event_lone_src_ip ON event (src_ip) WHERE session IS NULL;
-- Which artifacts are still referred to.
CREATE INDEX event_artifact ON event (body ->> '$.data.sha256') WHERE type = 'artifact';

-- Derived from events, in the transaction that stores them.
CREATE TABLE session (
  id TEXT NOT NULL PRIMARY KEY,
  sensor TEXT NOT NULL,
  lure TEXT,
  stands_for TEXT,
  persona TEXT,
  src_ip TEXT,
  src_port INTEGER,
  dst_port INTEGER,
  started_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  ended_at INTEGER,
  open_visits INTEGER NOT NULL,
  events INTEGER NOT NULL,
  turns INTEGER NOT NULL,
  logins INTEGER NOT NULL,
  credential TEXT,
  artifacts INTEGER NOT NULL
) STRICT;
CREATE INDEX session_started ON session (started_at, id);
CREATE INDEX session_lure ON session (lure, started_at, id);
CREATE INDEX session_last ON session (last_at);
CREATE INDEX session_open ON session (sensor) WHERE ended_at IS NULL;

-- A session of several visits may come from several addresses.
CREATE TABLE session_source (
  src_ip TEXT NOT NULL,
  session TEXT NOT NULL,
  PRIMARY KEY (src_ip, session)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_source_session ON session_source (session);

CREATE TABLE session_tag (
  session TEXT NOT NULL,
  tag TEXT NOT NULL,
  PRIMARY KEY (session, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_tag_tag ON session_tag (tag, session);

CREATE TABLE dead_letter (
  id TEXT NOT NULL PRIMARY KEY,
  time INTEGER NOT NULL,
  reason TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX dead_letter_time ON dead_letter (time);
