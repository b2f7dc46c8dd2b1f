import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { hivePrompts, readMembership } from '../../src/config/membership.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { connectToBus } from '../../src/hive/bus.ts'
import { HiveConsumer } from '../../src/hive/consumer.ts'
import { Headquarters } from '../../src/hive/headquarters.ts'
import { joinHive } from '../../src/hive/join.ts'
import { HiveLink } from '../../src/hive/link.ts'
import { CONSUMER, EVENTS } from '../../src/hive/names.ts'
import { HiveServer } from '../../src/hive/server.ts'
import { prepareStreams } from '../../src/hive/streams.ts'
import { takeBundle } from '../../src/hive/travel.ts'
import { Pins } from '../../src/llm/pins.ts'
import { openArtifactStore } from '../../src/store/artifacts.ts'
import type { Entry } from '../../src/store/entry.ts'
import { openPostgresReader } from '../../src/store/postgres/store.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'
import { openStateStore } from '../../src/store/state.ts'
import { MemoryState } from '../harness.ts'
import { sampleTurn } from '../store/sample-events.ts'
import { ran } from './ran.ts'
import { freePort, type PostgresServer, postgresServer, type RealServer, realServer } from './servers.ts'

let folder: string
let postgres: PostgresServer
let nats: RealServer
let office: Headquarters
const children = new Set<ChildProcess>()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sundew-hive-'))
  postgres = await postgresServer()
  const port = await freePort()
  mkdirSync(join(folder, 'hq'))
  cpSync('test/fixtures/prompts', join(folder, 'prompts'), { recursive: true })
  office = await Headquarters.found(join(folder, 'hq'), `nats://127.0.0.1:${port}`)
  nats = realServer(folder, port, () => spawn('nats-server', ['-c', office.configFile], { stdio: 'ignore' }))
  await nats.start()
  const bus = await connectToBus(office.access)
  await prepareStreams(bus, [])
  await bus.close()
  writeFileSync(join(folder, 'hive.yaml'), `store: ${postgres.url}\ndata: hq\nconsole: { enabled: false }\nprompts: prompts\n`)
}, 60_000)

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await nats.dispose()
  await postgres.dispose()
})

/** A process of ours that says so when it is ready. */
async function started(args: string[], ready: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  let said = ''
  child.stderr?.on('data', (bytes) => {
    said += bytes
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (bytes) => String(bytes).includes(ready) && resolve())
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)))
  })
  return child
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  children.delete(child)
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}

const consumer = (): Promise<ChildProcess> =>
  started(['src/main.ts', 'hive', 'serve', '--config', join(folder, 'hive.yaml')], 'the hive serves')

async function admit(name: string): Promise<void> {
  const token = office.admit(name)
  expect(office.reload()).toBe(true)
  await vi.waitFor(async () => joinHive({ data: join(folder, name), prompts: 'test/fixtures/prompts' }, token), { timeout: 10_000 })
}

// What its machines survive is in hive-network.client.ts.
describe('a hive of Debian’s nats-server and PostgreSQL', () => {
  it('lets a sensor publish as itself and do nothing else', async () => {
    await admit('west')
    await admit('other')
    const membership = readMembership(join(folder, 'west'))!
    const connection = await connectToBus(membership, 'west')
    onTestFinished(() => connection.close())
    const stream = jetstream(connection)
    await stream.publish('sundew.events.west.ssh.turn', 'not an event', { timeout: 2_000 })
    for (const subject of [
      'sundew.events.other.ssh.turn',
      '$O.sundew-files-other.C.x',
      '$KV.sundew-config.current',
      '$JS.API.STREAM.PURGE.SUNDEW_EVENTS',
    ]) {
      await expect(stream.publish(subject, '{}', { timeout: 1_000 }), subject).rejects.toThrow(/permissions violation/i)
    }
    for (const subject of ['sundew.>', '_INBOX_other.>', '$KV.>', '>']) {
      const heard = connection.subscribe(subject)
      await expect(heard.closed, subject).resolves.toMatchObject({ message: expect.stringMatching(/permissions violation/i) })
    }
  })

  it('does not wait for ever on a bus that falls silent', async () => {
    const connection = await connectToBus(office.access, undefined, 100)
    onTestFinished(() => connection.close())
    onTestFinished(() => nats.signal('SIGCONT'))
    const consumer = new HiveConsumer({
      connection,
      // The events are stored; what says so to the bus gets no answer.
      write: async () => nats.signal('SIGSTOP'),
      artifacts: openArtifactStore(join(folder, 'silent')),
      log: pino({ level: 'silent' }),
    })
    await jetstream(connection).publish('sundew.events.west.ssh.turn', 'not an event')
    await expect(consumer.start()).rejects.toThrow('the connection to the bus is closed')
  })

  it('takes no more into memory at once than a transaction should have, however large events are', async () => {
    const connection = await connectToBus(office.access)
    onTestFinished(() => connection.close())
    const event = sampleTurn({ sensor: 'west', data: { input: 'x'.repeat(1024 * 1024) } })
    for (let n = 0; n < 50; n++) await jetstream(connection).publish('sundew.events.west.ssh.turn', JSON.stringify(event))
    const batches: number[] = []
    const consumer = new HiveConsumer({
      connection,
      write: async (batch) => void batches.push(batch.length),
      artifacts: openArtifactStore(join(folder, 'large')),
      log: pino({ level: 'silent' }),
    })
    void consumer.start()
    await vi.waitFor(() => expect(batches).not.toEqual([]), { timeout: 10_000 })
    await consumer.close()
    expect(batches[0]).toBeGreaterThan(20)
    expect(batches[0]).toBeLessThan(40)
    await (await jetstreamManager(connection)).streams.purge(EVENTS)
  })

  it('makes its stream anew when somebody has deleted it', async () => {
    const stored: Entry[] = []
    const server = new HiveServer({
      data: join(folder, 'hq'),
      write: async (batch) => void stored.push(...batch),
      artifacts: openArtifactStore(join(folder, 'anew')),
      log: pino({ level: 'silent' }),
    })
    server.start()
    onTestFinished(() => server.close())
    const connection = await connectToBus(office.access)
    onTestFinished(() => connection.close())
    const arrives = async (): Promise<void> => {
      const event = sampleTurn({ sensor: 'west' })
      const publish = () => jetstream(connection).publish('sundew.events.west.ssh.turn', JSON.stringify(event), { timeout: 1_000 })
      await vi.waitFor(publish, { timeout: 10_000 })
      await vi.waitFor(() => expect(stored.at(-1)?.event.id).toBe(event.id), { timeout: 10_000 })
    }
    await arrives()
    await (await jetstreamManager(connection)).streams.delete(EVENTS)
    await arrives()
  })

  it('throws a sensor out when it is revoked, and says so to the one who tries to join', async () => {
    const token = office.admit('gone')
    office.reload()
    await vi.waitFor(() => joinHive({ data: join(folder, 'gone'), prompts: 'test/fixtures/prompts' }, token), { timeout: 10_000 })
    const connection = await connectToBus(readMembership(join(folder, 'gone'))!, 'gone')
    // A new key for the name takes the place of the former.
    const newer = office.admit('gone')
    office.reload()
    await connection.closed()
    const held = { ...readMembership(join(folder, 'gone'))!, seed: newer.seed }
    const replaced = await vi.waitFor(() => connectToBus(held, 'gone'), { timeout: 10_000 })
    expect(office.revoke('gone')).toBe(true)
    office.reload()
    await replaced.closed()
    const again = { data: join(folder, 'again'), prompts: 'test/fixtures/prompts' }
    await expect(joinHive(again, token)).rejects.toThrow(/does not know this key\n.*cure: it was revoked/)
    await expect(joinHive(again, { ...token, fingerprint: 'a'.repeat(64) })).rejects.toThrow(/shows another certificate .*\n.*do not join/)
    const other = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')).listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await vi.waitFor(() => expect(other.listening).toBe(true))
    const elsewhere = `nats://127.0.0.1:${(other.address() as { port: number }).port}`
    await expect(joinHive(again, { ...token, url: elsewhere })).rejects.toThrow(/is something else than nats-server\n.*cure:/)
    await expect(joinHive(again, { ...token, url: `nats://127.0.0.1:${await freePort()}` })).rejects.toThrow(
      /does not listen\n.*cure: start nats-server/,
    )
  })

  it('keeps no event out for one that cannot be stored', async () => {
    const reader = openPostgresReader(postgres.url)
    onTestFinished(() => reader.close())
    const turn = (over: Partial<SundewEvent> = {}): SundewEvent => sampleTurn({ sensor: 'west', session: uuid7(), ...over })
    const good = Array.from({ length: 20 }, () => turn())
    const bad = [
      turn({ srcPort: 2 ** 40 }),
      turn({ data: { source: 'llm', generation: { persona: { toString: 1 } } } }),
      turn({ data: undefined as never }),
    ]
    const bus = await connectToBus(office.access)
    onTestFinished(() => bus.close())
    for (const event of [...good.slice(0, 10), ...bad, ...good.slice(10)]) {
      await jetstream(bus).publish('sundew.events.west.ssh.turn', JSON.stringify(event))
    }
    const served = await consumer()
    onTestFinished(() => end(served, 'SIGTERM'))
    await vi.waitFor(async () => expect(await reader.events({ type: 'turn' })).toEqual(good), { timeout: 20_000, interval: 200 })
    const reasons = (await reader.deadLetters()).map(({ reason }) => reason)
    expect(reasons.filter((reason) => reason.startsWith('cannot be stored: '))).toHaveLength(2)
    expect(reasons.filter((reason) => reason.includes('"data"'))).toHaveLength(1)
    const { num_ack_pending, num_pending } = await (await jetstreamManager(bus)).consumers.info(EVENTS, CONSUMER)
    expect({ num_ack_pending, num_pending }).toEqual({ num_ack_pending: 0, num_pending: 0 })
  })

  it('has a sensor keep what a full stream does not take, and is served with the bound that its operator set', async () => {
    await admit('busy')
    const data = join(folder, 'busy')
    const bus = await connectToBus(office.access)
    onTestFinished(() => bus.close())
    await (await jetstreamManager(bus)).streams.update(EVENTS, { max_bytes: 300_000 })
    const [store, state] = [openSqliteStore(data), openStateStore(data)]
    const link = new HiveLink({
      membership: readMembership(data)!,
      data,
      store,
      state,
      artifacts: openArtifactStore(join(data, 'artifacts')),
      identity: new Identity(Buffer.alloc(32, 7)),
      log: pino({ level: 'silent' }),
    })
    onTestFinished(async () => {
      await link.close()
      await store.close()
      state.close()
    })
    link.start()
    // A new link begins with what comes from now on.
    await vi.waitFor(() => expect(state.get('output.cursor', 'hive')).toBeDefined())
    const events = Array.from({ length: 300 }, () => sampleTurn({ sensor: 'busy', session: uuid7() }))
    for (const event of events) store.append(event)
    await store.flush()
    link.nudge()
    await vi.waitFor(() => expect(link.status().trouble).toMatch(/is full.*a hive that is served empties it/), { timeout: 10_000 })
    const served = await consumer()
    onTestFinished(() => end(served, 'SIGTERM'))
    const reader = openPostgresReader(postgres.url)
    onTestFinished(() => reader.close())
    const ids = async (): Promise<string[]> =>
      (await reader.events({ type: 'turn', limit: 1_000 })).filter(({ sensor }) => sensor === 'busy').map(({ id }) => id)
    await vi.waitFor(async () => expect(await ids()).toEqual(events.map(({ id }) => id)), { timeout: 45_000, interval: 200 })
    expect((await (await jetstreamManager(bus)).streams.info(EVENTS)).config.max_bytes).toBe(300_000)
  })

  it('brings what changed at the hive to its sensors: a pin, a prompt', async () => {
    await admit('far')
    const served = await consumer()
    onTestFinished(() => end(served, 'SIGTERM'))
    const connection = await connectToBus(readMembership(join(folder, 'far'))!, 'far')
    onTestFinished(() => connection.close())
    const places = { prompts: hivePrompts(join(folder, 'far')), state: new MemoryState() }
    const identity = new Identity(Buffer.alloc(32, 7))
    const arrives = (): Promise<void> =>
      vi.waitFor(async () => expect(await takeBundle(connection, places, identity)).toBe(true), { timeout: 20_000, interval: 200 })
    await arrives()
    const state = openStateStore(join(folder, 'hq'))
    const pin = new Pins(state).put({ persona: '*', kind: 'shell', key: 'php -v', answer: { stdout: 'PHP 8' } })
    state.close()
    await arrives()
    expect(new Pins(places.state).get(pin.id)).toEqual(pin)
    writeFileSync(join(folder, 'prompts', 'plain', 'shell.md'), 'Another shell.\n')
    await arrives()
    expect(readFileSync(join(places.prompts, 'plain', 'shell.md'), 'utf8')).toBe('Another shell.\n')
    expect(await takeBundle(connection, places, identity)).toBe(false)
  })

  it('joins by one line of the command line', async () => {
    const yaml = join(folder, 'line.yaml')
    writeFileSync(yaml, `data: line\nprompts: ${process.cwd()}/test/fixtures/prompts\n`)
    const made = await ran(process.execPath, ['src/main.ts', 'hive', 'token', 'new', 'line', '--config', join(folder, 'hive.yaml')])
    expect(made.stdout).toMatch(/^sundew-sensor-\S+\n$/)
    const joined = await ran(process.execPath, ['src/main.ts', 'sensor', 'join', made.stdout.trim(), '--config', yaml])
    expect(joined).toMatchObject({ code: 0, stdout: expect.stringContaining('this sensor is line of the hive at nats://127.0.0.1:') })
    expect((await ran(process.execPath, ['src/main.ts', 'hive', 'token', 'ls', '--config', join(folder, 'hive.yaml')])).stdout).toMatch(
      /^line +2\d\d\d-/m,
    )
  })
})
