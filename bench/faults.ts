import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { fakeModelServer, shellText } from '../test/llm/fake-model-server.ts'
import { findMarks, MarkedLoad, settingsForLoad } from './driver/marked-load.ts'
import { SensorProcess, type SensorProcessOptions } from './driver/sensor-process.ts'
import type { BenchOptions } from './options.ts'

const FAULT_MS = 6_000
const RECOVERY_MS = 60_000
const FILES = 160
const DISK = '96m'
/** What a process answered so shortly before its sudden end may be missing. */
const KEPT_WITHIN_MS = 100
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'

interface Row {
  answered: number
  unanswered: number
  lost: number
  twice: number
  /** From the end of the fault until nothing waited any more. */
  recoveredMs: number
  note: string
}

/** One sensor, its attackers, and a data folder that goes away afterwards. */
class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'sundew-faults-'))
  readonly data = join(this.folder, 'data')
  settings = settingsForLoad()
  env: Record<string, string> = {}
  sensor: SensorProcess | undefined
  load: MarkedLoad | undefined
  readonly loads: MarkedLoad[] = []

  async start(more: Partial<SensorProcessOptions> = {}): Promise<SensorProcess> {
    mkdirSync(this.data, { recursive: true })
    this.sensor = await SensorProcess.start({ data: this.data, settings: this.settings, env: this.env, ...more })
    return this.sensor
  }

  attack(): MarkedLoad {
    const sensor = this.sensor as SensorProcess
    this.load = new MarkedLoad({ http: sensor.portOf('http'), redis: sensor.portOf('redis'), ssh: sensor.portOf('ssh') })
    this.loads.push(this.load)
    return this.load
  }

  /** Waits until nothing waits or lies in the spool, and tells how long that took. @throws Error when it does not come to that */
  async recovered(): Promise<number> {
    const began = performance.now()
    while (performance.now() - began < RECOVERY_MS) {
      await sleep(250)
      const { store, outputs } = (this.sensor as SensorProcess).tells()
      if (!store.trouble && !store.waiting && !store.spooled && outputs.every(({ lagMs }) => lagMs === 0)) return performance.now() - began
    }
    throw new Error(`not recovered after ${RECOVERY_MS} ms: ${JSON.stringify((this.sensor as SensorProcess).tells().store)}`)
  }

  /** Ends everything and looks for what was answered. */
  async end(recoveredMs: number, note: string): Promise<Row> {
    for (const load of this.loads) await load.stop()
    const code = await this.sensor?.stop()
    if (code !== 0) throw new Error(`the sensor ended with ${code}`)
    const marks = new Map(this.loads.flatMap(({ answered }) => [...answered]))
    const unanswered = this.loads.reduce((sum, load) => sum + load.unanswered, 0)
    const { lost, twice } = await findMarks(this.data, marks)
    return { answered: marks.size, unanswered, lost, twice, recoveredMs: Math.round(recoveredMs), note }
  }

  async close(): Promise<void> {
    for (const load of this.loads) await load.stop()
    await this.sensor?.stop('SIGKILL')
    spawnSync('umount', [this.data], { stdio: 'ignore' })
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** An operator's own tool, in a process of its own. @returns what it printed */
function sundew(stage: Stage, ...argv: string[]): string {
  const config = join(stage.folder, 'sundew.json')
  const command = ['bin/sundew.js', ...argv, '--data', stage.data, '--config', config]
  return spawnSync(process.execPath, command, { encoding: 'utf8' }).stdout
}

/** Holds the database against every writer. @returns the end of it */
function lock(stage: Stage): () => void {
  const database = new DatabaseSync(join(stage.data, 'events.db'))
  database.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE')
  return () => {
    database.exec('ROLLBACK')
    database.close()
  }
}

/** Takes every file descriptor that the sensor may have, and one more. */
async function exhaust(port: number): Promise<Socket[]> {
  const sockets = Array.from({ length: FILES + 40 }, () => createConnection({ port, host: '127.0.0.1' }).on('error', () => undefined))
  await sleep(1_000)
  return sockets
}

/** Where a webhook may be delivered, once it is there. */
async function webhookAt(port: number): Promise<{ received: () => number; close: () => void }> {
  let received = 0
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk
    })
    request.on('end', () => {
      received += (JSON.parse(body) as { events: unknown[] }).events.length
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { received: () => received, close: () => server.close() }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

const FAULTS: Readonly<Record<string, (stage: Stage) => Promise<Row | string>>> = {
  async 'SIGTERM under load, and a new start'(stage) {
    await stage.start()
    stage.attack()
    await sleep(FAULT_MS)
    const code = await stage.sensor?.stop()
    await stage.load?.stop()
    await stage.start()
    return stage.end(await stage.recovered(), `ended with ${code}`)
  },

  async 'database locked by another process'(stage) {
    await stage.start()
    stage.attack()
    await sleep(1_000)
    const release = lock(stage)
    await sleep(FAULT_MS)
    const { spooled, trouble } = (stage.sensor as SensorProcess).tells().store
    release()
    if (!trouble) throw new Error('nothing was told to the operator')
    return stage.end(await stage.recovered(), `${spooled} in the spool; told: ${trouble.what}`)
  },

  async 'disk full'(stage) {
    mkdirSync(stage.data)
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'sundew', stage.data]).status !== 0)
      return 'left out: a small disk needs the right to mount one'
    await stage.start()
    stage.attack()
    await sleep(1_000)
    const ballast = join(stage.data, 'ballast')
    const fill = (): void => {
      for (const bytes of [1 << 20, 1 << 12, 1]) {
        try {
          for (;;) writeFileSync(ballast, Buffer.alloc(bytes), { flag: 'a' })
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        }
      }
    }
    fill()
    await sleep(FAULT_MS)
    const answering = performance.now() - (stage.load?.lastAnsweredAt ?? 0) < 1_000
    rmSync(ballast)
    if (!answering) throw new Error('attackers got no answer')
    return stage.end(await stage.recovered(), 'attackers were answered all the while')
  },

  async 'file descriptors exhausted'(stage) {
    await stage.start({ files: FILES })
    stage.attack()
    await sleep(1_000)
    const sockets = await exhaust((stage.sensor as SensorProcess).portOf('redis'))
    await sleep(FAULT_MS)
    for (const socket of sockets) socket.destroy()
    const released = performance.now()
    const before = stage.load?.answered.size ?? 0
    while ((stage.load?.answered.size ?? 0) < before + 20) {
      if (performance.now() - released > RECOVERY_MS) throw new Error('it does not answer again')
      await sleep(100)
    }
    return stage.end(await stage.recovered(), `at most ${FILES} files`)
  },

  async 'killed, as the kernel does for want of memory, and a new start'(stage) {
    await stage.start()
    const load = stage.attack()
    const answeredAt = new Map<string, number>()
    load.onAnswer = (mark) => answeredAt.set(mark, performance.now())
    await sleep(FAULT_MS)
    const killedAt = performance.now()
    const how = await stage.sensor?.stop('SIGKILL')
    await load.stop()
    const late = [...answeredAt].filter(([, at]) => at > killedAt - KEPT_WITHIN_MS)
    for (const [mark] of late) load.answered.delete(mark)
    await stage.start()
    return stage.end(await stage.recovered(), `ended with ${how}; ${late.length} answers of its last ${KEPT_WITHIN_MS} ms are not counted`)
  },

  async 'clock an hour back, then a day ahead'(stage) {
    if (!existsSync(FAKETIME)) return 'left out: libfaketime is not there'
    const clock = join(stage.folder, 'clock')
    const jump = (by: string): void => writeFileSync(clock, by)
    jump('+0')
    stage.env = {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    }
    await stage.start()
    stage.attack()
    await sleep(2_000)
    for (const by of ['-3600', '+86400', '+0']) {
      jump(by)
      await sleep(FAULT_MS / 2)
    }
    return stage.end(await stage.recovered(), 'and back again')
  },

  async 'damaged page, backup restored'(stage) {
    await stage.start()
    const before = stage.attack()
    await sleep(FAULT_MS)
    await before.stop()
    await stage.recovered()
    const copy = join(stage.folder, 'backup')
    sundew(stage, 'backup', copy)
    await stage.sensor?.stop()
    damage(join(stage.data, 'events.db'))
    await stage.start()
    const after = stage.attack()
    await sleep(FAULT_MS)
    await after.stop()
    const told = sundew(stage, 'doctor', 'damage')
    if (!told.includes('is damaged')) throw new Error(`the damage was not noticed: ${told}`)
    const { spooled } = (stage.sensor as SensorProcess).tells().store
    await stage.sensor?.stop()
    sundew(stage, 'restore', copy)
    await stage.start()
    return stage.end(await stage.recovered(), `sundew doctor tells of it; ${spooled} events were in the spool`)
  },

  async 'model and webhook away'(stage) {
    const [modelPort, hookPort] = [await freePort(), await freePort()]
    stage.settings = settingsForLoad({
      llm: { enabled: true, backends: [{ kind: 'ollama', url: `http://127.0.0.1:${modelPort}` }], breaker: { failures: 2, pauseMs: 1000 } },
      outputs: [{ kind: 'webhook', url: `http://127.0.0.1:${hookPort}/` }],
    })
    await stage.start()
    const load = stage.attack()
    await sleep(FAULT_MS)
    const lag = (stage.sensor as SensorProcess).tells().outputs[0]?.lagMs ?? 0
    if (lag === 0) throw new Error('the lag was not told')
    await load.stop()
    const hook = await webhookAt(hookPort)
    await using _model = await fakeModelServer({ port: modelPort, script: shellText('x\n') })
    const recoveredMs = await stage.recovered()
    const received = hook.received()
    hook.close()
    if (received < load.answered.size) throw new Error(`${received} events were delivered for ${load.answered.size} requests`)
    return stage.end(recoveredMs, `${Math.round(lag / 1000)} s behind, ${received} events delivered later`)
  },

  async 'database locked, disk descriptors gone, model and webhook away, SIGTERM: at once'(stage) {
    const [modelPort, hookPort] = [await freePort(), await freePort()]
    stage.settings = settingsForLoad({
      llm: { enabled: true, backends: [{ kind: 'ollama', url: `http://127.0.0.1:${modelPort}` }] },
      outputs: [{ kind: 'webhook', url: `http://127.0.0.1:${hookPort}/` }],
    })
    await stage.start({ files: FILES })
    const load = stage.attack()
    await sleep(1_000)
    const release = lock(stage)
    const sockets = await exhaust((stage.sensor as SensorProcess).portOf('redis'))
    await sleep(FAULT_MS / 2)
    const ended = stage.sensor?.stop()
    const code = await Promise.race([ended, sleep(20_000, 'hangs')])
    release()
    for (const socket of sockets) socket.destroy()
    await load.stop()
    if (code === 'hangs') throw new Error('SIGTERM was not obeyed within 20 s')
    const hook = await webhookAt(hookPort)
    await stage.start()
    const recoveredMs = await stage.recovered()
    hook.close()
    return stage.end(recoveredMs, `ended with ${code} while all of it lasted`)
  },
}

/** Writes over a page in the middle of a database. */
function damage(file: string): void {
  const page = Math.floor(statSync(file).size / 4096 / 2)
  const handle = openSync(file, 'r+')
  for (const n of [page, page + 1, page + 2]) writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, n * 4096)
  closeSync(handle)
}

/**
 * A running sensor under attack meets each fault, and then all of them. Every request that was answered has to be in the store once
 * when the fault is over, and the sensor has to come back by itself (after a damaged database: by `sundew restore`).
 */
export async function run({ only }: BenchOptions): Promise<Record<string, unknown>> {
  const rows: Record<string, Row | { note: string }> = {}
  const broken: string[] = []
  for (const [name, play] of Object.entries(FAULTS)) {
    if (only !== undefined && !name.includes(only)) continue
    const stage = new Stage()
    try {
      const row = await play(stage)
      rows[name] = typeof row === 'string' ? { note: row } : row
      if (typeof row !== 'string' && (row.lost || row.twice || row.answered < 20)) broken.push(name)
    } catch (error) {
      rows[name] = { note: `FAILED: ${error instanceof Error ? error.message : String(error)}` }
      broken.push(name)
    } finally {
      await stage.close()
    }
    console.log(name, JSON.stringify(rows[name]))
  }
  console.table(rows)
  if (broken.length) throw new Error(`not as it should be: ${broken.join('; ')}`)
  return { faults: Object.keys(rows).length }
}
