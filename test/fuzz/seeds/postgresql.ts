import { encodeBind, encodeStartup, message } from '../../../src/emulators/postgresql/codec.ts'
import { ByteWriter } from '../../../src/sensor/byte-writer.ts'

const startup = (user = 'postgres', database = 'shop'): Buffer =>
  encodeStartup({
    code: 0x30000,
    parameters: new Map([
      ['user', Buffer.from(user)],
      ['database', Buffer.from(database)],
    ]),
  })
const request = (code: number): Buffer => encodeStartup({ code, parameters: new Map() })
const query = (sql: string): Buffer => message('Q', new ByteWriter().nulText(sql).done())
const parse = (sql: string, name = ''): Buffer => message('P', new ByteWriter().nulText(name).nulText(sql).u16be(0).done())
const bind = (...values: (string | null)[]): Buffer =>
  message(
    'B',
    encodeBind({
      portal: '',
      statement: '',
      formats: [],
      values: values.map((value) => (value === null ? null : Buffer.from(value))),
      resultFormats: [0],
    }),
  )
const named = (type: string, kind: string, name = ''): Buffer => message(type, new ByteWriter().text(kind).nulText(name).done())
const execute = message('E', new ByteWriter().nulText('').u32be(0).done())
const sync = message('S')
const password = message('p', new ByteWriter().nulText('postgres').done())

/** Anybody gets in on loopback, when a password is all that is asked for. */
export const options = { authentication: 'password' }

const session = (...messages: Buffer[]): Buffer => Buffer.concat([startup(), password, ...messages, message('X')])

export default [
  session(query('select version(); show server_version; select * from users where id < 3')),
  session(query("drop table if exists c; create table c(t text); copy c from program 'id'; select * from c")),
  session(
    query(
      "select usename, passwd from pg_shadow; select table_name from information_schema.tables where table_schema = 'public' order by 1 limit 5 offset 1",
    ),
  ),
  session(
    query(
      "select cast(version() as int); select 1/0; select 'a' || 1 || null, 'x' ~ '^[a-z]+$', generate_series(1,3), array[1,2], (array[1,2])[1]",
    ),
  ),
  session(parse('select $1::int + 1, $2'), bind('41', null), named('D', 'P'), execute, sync, named('C', 'S'), sync),
  session(parse("insert into settings values ($1, 'x') returning name"), named('D', 'S'), bind('k'), execute, sync),
  session(query('copy settings from stdin'), message('d', Buffer.from('a\tb\nc\td\n')), message('c'), query('copy settings to stdout')),
  session(
    query('begin; savepoint a; select nosuch; rollback'),
    query("do $$ begin perform 1; end $$; set x.y to 5; select current_setting('x.y')"),
  ),
  session(
    query(
      "select lo_from_bytea(1, decode('7f45', 'hex')); select lo_export(1, '/tmp/x'); create function f(text) returns text as '/tmp/x' language c; select f('id')",
    ),
  ),
  session(
    query(
      "with recursive r as (select 1 n union all select n + 1 from r where n < 5) select sum(n), string_agg(n::text, ',') from r group by n % 2 having count(*) > 1",
    ),
  ),
  Buffer.concat([
    startup(),
    message('p', new ByteWriter().nulText('SCRAM-SHA-256').u32be(32).text('n,,n=,r=f26e/XV7+aeq9Mvd7WHXpHSV').done()),
    message('p', Buffer.from('c=biws,r=f26e/XV7,p=W/xDJ9HouNmQtiDPN/jkCZJvY6+QDNTiPHazn0OO+BY=')),
  ]),
  Buffer.concat([request(80_877_104), request(80_877_103)]),
  request(80_877_102),
  startup('', ''),
]
