CREATE TABLE account (
  name TEXT NOT NULL PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'analyst', 'operator')),
  -- scrypt:N:r:p:salt:hash, the last two in base64.
  password TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- Of whatever opens a door only the SHA-256 is kept: who reads this file can go through none.
CREATE TABLE login (
  digest BLOB NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
  csrf TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE TABLE token (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'analyst', 'operator')),
  account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT;
CREATE TABLE set_up (digest BLOB NOT NULL PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  account TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_time ON audit (time);
