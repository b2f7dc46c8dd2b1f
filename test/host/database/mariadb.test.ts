import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MARIADB } from '../../../src/host/database/mysql/dialect.ts'
import { open } from './session.ts'

interface Recorded {
  sql: string
  columns?: string[]
  rows?: (string | null)[][]
  affected?: number
  error?: { code: number; state: string; message: string }
}

/** A real MariaDB 10.11.19 of Debian 12, asked these statements one after the other. */
const recorded = JSON.parse(readFileSync(new URL('mariadb-10.11.19.json', import.meta.url), 'utf8')) as Recorded[]

const SETUP = `create database truth; use truth;
create table users(id int primary key auto_increment, name varchar(20) not null, age int, paid decimal(10,2), born date, unique key name(name));
insert into users(name,age,paid,born) values('Ann',31,12.5,'1990-02-03'),('bob',null,0,'1985-12-31'),('Cy',31,100.25,null);
create table orders(id int primary key auto_increment, user_id int, total double, note text);
insert into orders(user_id,total,note) values(1,9.5,'x'),(1,20,'y'),(3,1,null)`

/** Statements whose answer differs, and why it may. */
const EXCEPTIONS: [sql: RegExp, because: string][] = [
  [/^show create table users/, 'InnoDB lost numbers to statements that failed'],
  [/^show index/, 'cardinality is an estimate'],
]

describe('the store in the dialect of MariaDB answers as a real server of 10.11.19', async () => {
  const opened = open(MARIADB, '')
  const { ask } = opened
  const { session } = opened
  // As the client did that asked the real server.
  session.countsMatched = true
  await ask(SETUP)
  for (const one of recorded) {
    it(one.sql, async () => {
      const { columns, rows, affected, error } = await ask(one.sql)
      // It is asked all the same: what comes after builds on it.
      if (EXCEPTIONS.some(([sql]) => sql.test(one.sql))) return
      const got = error
        ? { error: { code: error.code, state: error.state, message: error.message } }
        : rows
          ? { columns, rows }
          : { affected }
      const { sql: _, ...wanted } = one
      expect(got).toEqual(wanted)
    })
  }
})
