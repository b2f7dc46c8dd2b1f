-- Any part of a value is found by its trigrams. A trusted extension: whoever may create in the database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- Every event whole in "body", as JSON text: there a NUL is six characters, so that any byte an attacker sends can be kept.
-- Ids are UUIDs of version 7, so a range of ids is a day, and an id is unique over all days.
CREATE TABLE event (
  id uuid NOT NULL PRIMARY KEY,
  time bigint NOT NULL,
  type text NOT NULL,
  session uuid,
  lure text,
  src_ip text,
  -- SHA-256 of the file that an event of type "artifact" is about.
  artifact text,
  body text NOT NULL
) PARTITION BY RANGE (id);
CREATE INDEX event_session ON event (session, id) WHERE session IS NOT NULL;
CREATE INDEX event_type ON event (type, id);
CREATE INDEX event_lure ON event (lure, id) WHERE lure IS NOT NULL;
CREATE INDEX event_time ON event (time);
CREATE INDEX event_lone_time ON event (time) WHERE session IS NULL;
CREATE INDEX event_lone_src_ip ON event (src_ip) WHERE session IS NULL;
CREATE INDEX event_artifact ON event (artifact) WHERE artifact IS NOT NULL;
-- Ids of no day that events are made on: nothing is refused for its id. The days between are made as they come.
CREATE TABLE event_before PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('014aa2ca-b000-0000-0000-000000000000');
CREATE TABLE event_beyond PARTITION OF event FOR VALUES FROM ('03bb2cc3-d800-0000-0000-000000000000') TO (MAXVALUE);

-- Derived from events, in the transaction that stores them.
CREATE TABLE session (
  id uuid NOT NULL PRIMARY KEY,
  sensor text NOT NULL,
  lure text,
  stands_for text,
  persona text,
  src_ip text,
  src_port integer,
  dst_port integer,
  started_at bigint NOT NULL,
  last_at bigint NOT NULL,
  ended_at bigint,
  open_visits integer NOT NULL,
  events bigint NOT NULL,
  turns bigint NOT NULL,
  logins bigint NOT NULL,
  credential text,
  artifacts bigint NOT NULL,
  signature text,
  fingerprint text,
  artifact text,
  last_input text
);
CREATE INDEX session_started ON session (started_at, id);
CREATE INDEX session_lure ON session (lure, started_at, id);
CREATE INDEX session_last ON session (last_at);
CREATE INDEX session_open ON session (sensor) WHERE ended_at IS NULL;
CREATE INDEX session_keys ON session (signature, lure, fingerprint, artifact, started_at) WHERE signature IS NOT NULL;

CREATE TABLE session_source (src_ip text NOT NULL, session uuid NOT NULL, PRIMARY KEY (src_ip, session));
CREATE INDEX session_source_session ON session_source (session);

CREATE TABLE session_tag (session uuid NOT NULL, tag text NOT NULL, PRIMARY KEY (session, tag));
CREATE INDEX session_tag_tag ON session_tag (tag, session);

CREATE TABLE dead_letter (id text NOT NULL PRIMARY KEY, time bigint NOT NULL, reason text NOT NULL, body text NOT NULL);
CREATE INDEX dead_letter_time ON dead_letter (time);

-- What attackers said and showed, each value of a field once.
CREATE TABLE term (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  field text NOT NULL,
  -- The first 16 bytes of the value's SHA-256: command lines are long, and an index should not be.
  digest bytea NOT NULL,
  value text NOT NULL,
  first_seen bigint NOT NULL,
  last_seen bigint NOT NULL,
  count bigint NOT NULL
);
CREATE UNIQUE INDEX term_field ON term (field, digest);
CREATE INDEX term_last_seen ON term (last_seen);
-- The first 2048 characters of a value, so that no attacker can make it dear.
CREATE INDEX term_text ON term USING gin (left(value, 2048) public.gin_trgm_ops)
  WHERE field IN ('input', 'request', 'user_agent', 'indicator', 'client', 'answer', 'credential');

CREATE TABLE session_term (session uuid NOT NULL, term bigint NOT NULL, count bigint NOT NULL, PRIMARY KEY (session, term));
CREATE INDEX session_term_term ON session_term (term, session);

-- How often, by ten minutes and by day (UTC).
CREATE TABLE tally_fine (field text NOT NULL, bucket bigint NOT NULL, term bigint NOT NULL, count bigint NOT NULL, PRIMARY KEY (field, bucket, term));
CREATE TABLE tally_day (field text NOT NULL, bucket bigint NOT NULL, term bigint NOT NULL, count bigint NOT NULL, PRIMARY KEY (field, bucket, term));
