-- Derived from events, in the transaction that stores them. What attackers said and showed, each value of a field once.
CREATE TABLE term (
  id INTEGER PRIMARY KEY,
  field TEXT NOT NULL,
  -- The first 16 bytes of the value's SHA-256: command lines are long, and an index should not be.
  digest BLOB NOT NULL,
  value TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  count INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX term_field ON term (field, digest);
CREATE INDEX term_last_seen ON term (last_seen);

-- Any three characters in a row of a searchable value; its first 2048 characters, so that no attacker can make it dear.
CREATE VIRTUAL TABLE term_text USING fts5 (value, content = '', contentless_delete = 1, tokenize = 'trigram');
CREATE TRIGGER term_forgotten AFTER DELETE ON term WHEN old.field IN ('input', 'request', 'user_agent', 'indicator', 'client', 'answer')
BEGIN
  DELETE FROM term_text WHERE rowid = old.id;
END;

CREATE TABLE session_term (
  session TEXT NOT NULL,
  term INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (session, term)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_term_term ON session_term (term, session);

-- How often, by ten minutes and by day (UTC): long periods are answered by days, and ten minutes at their ends.
CREATE TABLE tally_fine (
  field TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  term INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (field, bucket, term)
) STRICT, WITHOUT ROWID;
CREATE TABLE tally_day (
  field TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  term INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (field, bucket, term)
) STRICT, WITHOUT ROWID;

-- Hash over the shapes of all inputs in their order, the client's fingerprint, and the first file: what campaigns are made of.
ALTER TABLE session ADD COLUMN signature TEXT;
ALTER TABLE session ADD COLUMN fingerprint TEXT;
ALTER TABLE session ADD COLUMN artifact TEXT;
ALTER TABLE session ADD COLUMN last_input TEXT;
-- Holds all that groups of sessions are asked for, so that no session row is read for them.
CREATE INDEX session_keys ON session (signature, lure, fingerprint, artifact, started_at, last_at, src_ip, turns) WHERE signature IS NOT NULL;
