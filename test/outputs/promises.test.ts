import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { OutputEntry } from '../../src/config/outputs.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { Courier, requestReplay } from '../../src/outputs/courier.ts'
import { DeadLetters } from '../../src/outputs/dead-letters.ts'
import { message } from '../../src/outputs/kinds/hpfeeds.ts'
import { openSink } from '../../src/outputs/outputs.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'
import { openStateStore } from '../../src/store/state.ts'
import { sundew } from '../cli/run-sundew.ts'
import { sampleTurn } from '../store/sample-events.ts'
import { tempFolder } from '../store/temp-folder.ts'
import { type FakeBroker, fakeKafka, fakeNats, type Mood } from './fake-brokers.ts'
import { withoutWayBack } from './fake-server.ts'

/** The far end of an output as a test sees it: how to point the output there, its mood, and all text that reached it. */
interface FarEnd {
  settings: Record<string, unknown>
  feel(mood: Mood): void | Promise<void>
  heard(): string
}

interface Row {
  kind: OutputEntry['kind']
  /** @param data the data folder */
  far(data: string): FarEnd | Promise<FarEnd>
  /** It tells that it took events, so that it can also leave us waiting. */
  confirms: boolean
  /** How it comes to refuse an event for good: by what it says, by the event's size, or never. */
  refuses: 'by word' | 'by size' | 'never'
}

const ROWS: Row[] = [
  // Without an answer there is nothing to wait for, and nobody who refuses: a file, and syslog (RFC 5424 has no acknowledgement).
  { kind: 'tpot', far: files, confirms: false, refuses: 'never' },
  { kind: 'syslog', far: syslog, confirms: false, refuses: 'never' },
  // A broker of HPFeeds says only what it dislikes.
  { kind: 'hpfeeds', far: hpfeeds, confirms: false, refuses: 'by size' },
  { kind: 'elasticsearch', far: () => http({ template: false }), confirms: true, refuses: 'by word' },
  { kind: 'splunk', far: () => http({ token: 't' }), confirms: true, refuses: 'by word' },
  { kind: 'loki', far: () => http({}), confirms: true, refuses: 'by word' },
  { kind: 'webhook', far: () => http({}), confirms: true, refuses: 'by word' },
  { kind: 'otlp', far: () => http({ content: true }), confirms: true, refuses: 'by word' },
  { kind: 'nats', far: async () => broker(await fakeNats(), 'servers'), confirms: true, refuses: 'by word' },
  { kind: 'kafka', far: async () => broker(await fakeKafka(), 'brokers'), confirms: true, refuses: 'by word' },
]

it('holds for every kind of output', () => {
  // Jobs for a broker of samples are no copy of the events: samples.test.ts.
  const others = ['samples']
  expect([...ROWS.map(({ kind }) => kind), ...others].sort()).toEqual(OutputEntry.options.map(({ shape }) => shape.kind.value).sort())
})

describe.each(ROWS)('output $kind', ({ kind, far, confirms, refuses }) => {
  it('tries again until its far end is back, and says meanwhile what is wrong and how far it is behind', async () => {
    const { end, happen, courier } = await installation()
    await end.feel('away')
    const marks = await happen(5, Date.now() - 60_000)
    await vi.waitFor(() => expect(courier.status()).toMatchObject({ sent: 0, trouble: expect.any(String) }), PATIENCE)
    expect(courier.status().failures).toBeGreaterThan(0)
    expect(courier.status().lagMs).toBeGreaterThanOrEqual(60_000)
    await end.feel('well')
    await vi.waitFor(() => expect(missing(end, marks)).toEqual([]), PATIENCE)
    await vi.waitFor(() => expect(courier.status()).toMatchObject({ sent: 5, lagMs: 0, deadLetters: 0 }), PATIENCE)
    await vi.waitFor(() => expect(courier.status().trouble).toBeUndefined(), PATIENCE)
  })

  if (confirms)
    it('gives a far end that does not answer one batch and no more', async () => {
      const { end, happen, courier } = await installation()
      await end.feel('silent')
      const marks = await happen(9)
      await vi.waitFor(() => expect(courier.status().failures).toBeGreaterThan(0), PATIENCE)
      expect(courier.status().sent).toBe(0)
      expect(marks.length - missing(end, marks).length).toBeLessThanOrEqual(BATCH)
      await end.feel('well')
      await vi.waitFor(() => expect(missing(end, marks)).toEqual([]), PATIENCE)
    })

  if (refuses !== 'never')
    it('lays aside what is refused for good, with the reason, and delivers what follows', async () => {
      const { data, end, happen, courier } = await installation()
      if (refuses === 'by word') await end.feel('refusing')
      const [bad] = await happen(1, Date.now(), refuses === 'by size' ? 1_100_000 : 0)
      await vi.waitFor(() => expect(courier.status().deadLetters).toBe(1), PATIENCE)
      await end.feel('well')
      const good = await happen(2)
      await vi.waitFor(() => expect(missing(end, good)).toEqual([]), PATIENCE)
      const letters = readFileSync(new DeadLetters(data, kind).path, 'utf8').trim().split('\n')
      expect(letters).toHaveLength(1)
      expect(JSON.parse(letters[0] as string)).toMatchObject({
        reason: expect.stringMatching(/./),
        event: { data: { input: expect.stringContaining(bad as string) } },
      })
    })

  it('delivers the past again from a time on', async () => {
    const { end, happen, courier, state } = await installation()
    const marks = await happen(3)
    await vi.waitFor(() => expect(courier.status().sent).toBe(3), PATIENCE)
    requestReplay(state, kind, Date.now() - 60_000)
    courier.nudge()
    await vi.waitFor(() => expect(courier.status().sent).toBe(6), PATIENCE)
    await vi.waitFor(() => {
      for (const mark of marks) expect(end.heard().split(mark).length - 1, mark).toBeGreaterThanOrEqual(2)
    }, PATIENCE)
  })

  it('has a test verb, which reaches the far end and fails without it', async () => {
    const data = tempFolder()
    const end = await far(data)
    const config = join(data, 'sundew.yaml')
    writeFileSync(config, JSON.stringify({ data, prompts: 'prompts', outputs: [{ kind, ...end.settings }] }))
    const said = await sundew('outputs', 'test', kind, '--config', config)
    expect([said.code, said.out]).toEqual([0, expect.stringMatching(new RegExp(`^${kind} took the test event `))])
    await vi.waitFor(() => expect(end.heard()).toContain('sundew-test'), PATIENCE)
    await end.feel('away')
    const failed = await sundew('outputs', 'test', kind, '--config', config)
    expect([failed.code, failed.err]).toEqual([1, expect.stringMatching(new RegExp(`^${kind} did not take a test event: .`))])
  })

  /** A data folder with a store, a state, the far end and a courier that runs. */
  async function installation() {
    const data = tempFolder()
    const end = await far(data)
    const store = openSqliteStore(data, { flushMs: 1 })
    const state = openStateStore(data)
    const entry = OutputEntry.parse({ kind, ...end.settings })
    const courier = new Courier({
      name: kind,
      kind,
      sink: openSink(entry, { data }, { ...withoutWayBack, store }),
      store,
      state,
      deadLetters: new DeadLetters(data, kind),
      wants: () => true,
      batch: { events: BATCH, bytes: 2 * 1024 * 1024, waitMs: 1 },
      deadlineMs: 500,
      firstPauseMs: 20,
    })
    onTestFinished(async () => {
      await end.feel('well')
      await courier.close()
      await store.close()
      state.close()
    })
    courier.start()
    // It begins with the present, which has to be before what happens.
    await vi.waitFor(() => expect(state.get('output.cursor', kind)).toBeDefined(), PATIENCE)
    let count = 0
    /** @returns what tells each event from all others */
    const happen = async (many: number, time = Date.now(), padding = 0): Promise<string[]> => {
      const marks = Array.from({ length: many }, () => `mark-${++count}-`)
      for (const mark of marks) store.append(marked(mark, time, padding))
      await store.flush()
      courier.nudge()
      return marks
    }
    return { data, end, state, courier, happen }
  }
})

const BATCH = 4
/** A busy machine may take so long, ms. */
const PATIENCE = 10_000

function marked(mark: string, time: number, padding: number): SundewEvent {
  const event = sampleTurn({ time, session: '0198d0a1-0000-7000-8000-000000000001' })
  return { ...event, data: { ...event.data, input: `echo ${mark}${'x'.repeat(padding)}` } }
}

function missing(end: FarEnd, marks: readonly string[]): string[] {
  const heard = end.heard()
  return marks.filter((mark) => !heard.includes(mark))
}

/** A folder for T-Pot; a file in its place keeps it away. */
function files(data: string): FarEnd {
  const folder = join(data, 'tpot')
  return {
    settings: { folder },
    feel(mood) {
      if (mood === 'well') {
        if (existsSync(folder) && readdirSync(data, { withFileTypes: true }).some((one) => one.name === 'tpot' && one.isFile()))
          rmSync(folder)
        mkdirSync(folder, { recursive: true })
        return
      }
      rmSync(folder, { recursive: true, force: true })
      writeFileSync(folder, '')
    },
    heard: () => {
      const log = join(folder, 'cowrie/log/cowrie.json')
      return existsSync(log) ? readFileSync(log, 'utf8') : ''
    },
  }
}

/** A port on which somebody listens, or nobody. */
async function listener(onConnection: (socket: Socket) => void): Promise<{ port: number; open(isOpen: boolean): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    onConnection(socket)
  })
  let port = 0
  const open = async (isOpen: boolean): Promise<void> => {
    if (isOpen === server.listening) return
    if (isOpen) {
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
      port = (server.address() as AddressInfo).port
      return
    }
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  await open(true)
  onTestFinished(() => open(false))
  return { port, open }
}

async function syslog(): Promise<FarEnd> {
  let text = ''
  const { port, open } = await listener((socket) => {
    socket.on('data', (data: Buffer) => {
      text += data.toString('utf8')
    })
  })
  return {
    settings: { host: '127.0.0.1', port, transport: 'tcp' },
    feel: (mood) => open(mood === 'well'),
    heard: () => text,
  }
}

async function hpfeeds(): Promise<FarEnd> {
  let text = ''
  const { port, open } = await listener((socket) => {
    socket.write(message(1, Buffer.from('\x06broker'), Buffer.from('4242')))
    socket.on('data', (data: Buffer) => {
      text += data.toString('utf8')
    })
  })
  return {
    settings: { host: '127.0.0.1', port, ident: 'me', secret: 'key' },
    feel: (mood) => open(mood === 'well'),
    heard: () => text,
  }
}

async function http(settings: Record<string, unknown>): Promise<FarEnd> {
  let text = ''
  let mood: Mood = 'well'
  const server = createServer((request, response) => {
    if (mood === 'away') {
      request.socket.resetAndDestroy()
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (mood === 'refusing') return response.writeHead(400).end('cannot parse')
      text += Buffer.concat(chunks).toString('utf8')
      if (mood === 'well') response.end('{"errors":false,"items":[]}')
      return undefined
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    settings: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...settings },
    feel(now) {
      mood = now
    },
    heard: () => text,
  }
}

function broker(fake: FakeBroker, key: 'servers' | 'brokers'): FarEnd {
  return {
    settings: { [key]: [`127.0.0.1:${fake.port}`] },
    feel(mood) {
      fake.mood = mood
    },
    heard: () => fake.taken.join('\n'),
  }
}
