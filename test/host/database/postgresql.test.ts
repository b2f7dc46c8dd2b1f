import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { POSTGRESQL } from '../../../src/host/database/postgresql/dialect.ts'
import { open } from './session.ts'

interface Recorded {
  sql: string
  columns?: string[]
  types?: number[]
  rows?: (string | null)[][]
  tag?: string
  error?: { state: string; message: string; position?: number; hint?: string; detail?: string }
}

/** A real PostgreSQL 15.18 of Debian 12, asked these statements one after the other. */
const recorded = JSON.parse(readFileSync(new URL('postgresql-15.18.json', import.meta.url), 'utf8')) as Recorded[]

const SETUP = `create table users(id serial primary key, name varchar(20) not null unique, age int, paid numeric(10,2), born date, ok boolean);
insert into users(name,age,paid,born,ok) values('Ann',31,12.5,'1990-02-03',true),('bob',null,0,'1985-12-31',false),('Cy',31,100.25,null,null);
create table orders(id serial primary key, user_id int, total float8, note text);
insert into orders(user_id,total,note) values(1,9.5,'x'),(1,20,'y'),(3,1,null)`

/** Statements whose answer differs, and why it may. */
const EXCEPTIONS: [sql: RegExp, because: string][] = [
  [/^select 1 union select 'a'/, 'the store has no types for literals in UNION'],
  [/returning id, name$/, 'numbers of a sequence that failed statements took'],
  [/^select schema_name/, 'schemas of temporary tables'],
  [/^select (datname|usename)/, "the persona's own databases and roles are there too"],
]

describe('the store in the dialect of PostgreSQL answers as a real server of 15.18', async () => {
  const { ask, session } = open(POSTGRESQL, 'postgres', [
    { name: 'postgres', id: 5 },
    { name: 'template1', id: 1 },
    { name: 'template0', id: 4 },
  ])
  await ask('create database truth')
  session.database = 'truth'
  await ask(SETUP)
  for (const one of recorded) {
    it(one.sql, async () => {
      const got = await ask(one.sql)
      // It is asked all the same: what comes after builds on it.
      if (EXCEPTIONS.some(([sql]) => sql.test(one.sql))) return
      if (one.error) {
        const { position, ...error } = one.error
        expect({ ...got.error, code: undefined, severity: undefined, at: undefined }).toEqual({
          ...error,
          code: undefined,
          severity: undefined,
          at: undefined,
        })
        if (got.error?.at !== undefined) expect(got.error.at + 1).toBe(position)
      } else if (one.rows)
        expect({ columns: got.columns, types: got.types, rows: got.rows }).toEqual({
          columns: one.columns,
          types: one.types,
          rows: one.rows,
        })
      else expect(one.tag?.includes(' ') ? `${got.done?.split(' ')[0]} ${got.affected}` : got.done?.split(' ')[0]).toBe(one.tag)
    })
  }
})
