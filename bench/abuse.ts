import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { PortDeclaration } from '../src/config/ports.ts'
import { lures } from '../src/lures.ts'
import type { Lure } from '../src/sensor/lure.ts'
import { FakeHosts } from '../test/fake-hosts.ts'
import { optionsOf, seedsOf } from '../test/fuzz/seeds.ts'
import { play } from '../test/harness.ts'
import type { BenchOptions } from './options.ts'

const HELD = 500
const SLOW = 200
const BODY_MIB = 100
/** Most that any of it may cost this process: held connections, slow clients, or one body of 100 MB. */
const TARGET_MIB = 32

/** The hello of a TLS 1.2 client, as far as it is sent. */
const CLIENT_HELLO = '16030100b1010000ad03035a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/**
 * The attacker, a process of its own. `hold` opens connections that say nothing; `slow` opens some that send the first bytes of
 * a conversation one by one; `body` opens one that sends 100 MB after the head it was given. Each says `done` when it is there.
 * Of a TLS port `hold` asks nothing, every other one of `slow` sends the hello of TLS byte by byte, the others and `body`
 * speak inside.
 */
const ATTACKER = `
const { createConnection } = require('node:net')
const tls = require('node:tls')
const { kind, port, isTls, count, head, mib } = JSON.parse(process.argv[1])
const bytes = Buffer.from(head, 'hex')
const hello = Buffer.from('${CLIENT_HELLO}', 'hex')
let open = 0
const connect = (then, isSecure = isTls) => {
  const dial = isSecure ? tls.connect : createConnection
  const socket = dial({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => then(socket))
  socket.on('error', () => undefined)
  socket.resume()
}
const arrived = () => { if (++open === count) console.log('done') }
if (kind === 'hold') for (let i = 0; i < count; i++) setTimeout(connect, Math.floor(i / 50) * 20, arrived, false)
const drip = (socket, bytes) => {
  let n = 0
  const timer = setInterval(() => {
    if (socket.destroyed || n >= Math.min(bytes.length, 40)) { clearInterval(timer); arrived() }
    else socket.write(bytes.subarray(n, ++n))
  }, 25)
}
if (kind === 'slow') for (let i = 0; i < count; i++) {
  if (isTls && i % 2 === 1) connect((socket) => drip(socket, hello), false)
  else connect((socket) => drip(socket, bytes))
}
if (kind === 'body') connect((socket) => {
  let left = mib * 16
  const chunk = Buffer.alloc(65536, 'A')
  const finish = () => { console.log('done'); left = 0 }
  socket.once('close', finish)
  socket.write(bytes)
  const more = () => {
    while (left > 0) { left--; if (!socket.write(chunk)) return socket.once('drain', more) }
    socket.end()
    setTimeout(finish, 1000)
  }
  more()
})
setTimeout(() => process.exit(0), 60000)
`

/**
 * Each TCP lure, at its first port and its first one with TLS, under 500 idle connections, 200 clients that send a byte every
 * 25 ms, and one that sends 100 MB. It must neither fault nor grow, must go on serving, and must have written each connection down.
 */
export async function run({ lures: wanted }: BenchOptions): Promise<Record<string, unknown>> {
  const rows: Record<string, Record<string, number>> = {}
  const broken: string[] = []
  for (const lure of lures.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    for (const [index, { port }] of portsOf(lure)) {
      const row = await abuse(lure, index)
      const name = `${lure.name} ${port}`
      rows[name] = row
      const { faults = 0, unrecorded = 0, heldMib = 0, slowMib = 0, bodyMib = 0 } = row
      if (faults || unrecorded || Math.max(heldMib, slowMib, bodyMib) > TARGET_MIB) broken.push(name)
    }
  }
  console.table(rows)
  if (broken.length) throw new Error(`out of bounds: ${broken.join(', ')}`)
  const worst = (name: string): number => Math.max(...Object.values(rows).map((row) => row[name] ?? 0))
  return { ports: Object.keys(rows).length, worstHeldMib: worst('heldMib'), worstSlowMib: worst('slowMib'), worstBodyMib: worst('bodyMib') }
}

function portsOf(lure: Lure): [number, PortDeclaration][] {
  const all = lure.ports.map((declared, index): [number, PortDeclaration] => [index, declared])
  const tcp = all.filter(([, { transport }]) => transport === 'tcp')
  return [tcp.find(([, { tls }]) => !tls), tcp.find(([, { tls }]) => tls)].filter((one) => one !== undefined)
}

async function abuse(lure: Lure, index: number): Promise<Record<string, number>> {
  const playing = await play(lure, {
    options: await optionsOf(lure.name),
    persona: 'plain',
    prompts: fileURLToPath(new URL('../test/fixtures/prompts', import.meta.url)),
    hosts: new FakeHosts(),
    settings: { limits: { connections: 10_000, connectionsPerSource: 10_000 } },
  })
  const seen = { opened: 0, faults: 0 }
  playing.bus.subscribe(({ type }) => {
    // In a running sensor events go to the store; the test harness would keep them.
    playing.events.length = 0
    if (type === 'session.open') seen.opened++
    if (type === 'lure.fault') seen.faults++
  })
  const head = (await seedsOf(lure.name))[0] ?? Buffer.alloc(0)
  try {
    const before = heapMib()
    const target = { port: playing.port(index), isTls: lure.ports[index]?.tls ?? false }
    const held = await attack(target, 'hold', HELD, Buffer.alloc(0))
    const heldMib = heapMib() - before
    const slow = await attack(target, 'slow', SLOW, head)
    const slowMib = heapMib() - before - heldMib
    let highest = 0
    // What is kept counts, not what waits to be collected.
    const watch = setInterval(() => {
      highest = Math.max(highest, heapMib())
    }, 100)
    const start = heapMib()
    const body = await attack(target, 'body', 1, bodyHead(lure, head))
    clearInterval(watch)
    for (const child of [held, slow, body]) child.kill()
    // The bus lags behind on a busy machine.
    for (let waited = 0; seen.opened < HELD + SLOW + 1 && waited < 10_000; waited += 100) await sleep(100)
    playing.artifacts.kept.clear()
    const figures = { heldMib, kibEach: (heldMib * 1024) / HELD, slowMib: Math.max(0, slowMib), bodyMib: Math.max(0, highest - start) }
    return { ...rounded(figures), faults: seen.faults, unrecorded: HELD + SLOW + 1 - seen.opened }
  } finally {
    await playing.stop()
  }
}

/** What goes before the 100 MB: of HTTP a head that promises them, else a conversation of the protocol. */
function bodyHead(lure: Lure, head: Buffer): Buffer {
  const isHttp = /^(GET|POST|HEAD|PUT|OPTIONS|M-SEARCH) [^\r\n]* HTTP\/1/.test(head.toString('latin1'))
  if (!isHttp) return head
  return Buffer.from(`POST /upload HTTP/1.1\r\nHost: ${lure.name}\r\nContent-Length: ${BODY_MIB * 2 ** 20}\r\n\r\n`)
}

async function attack(target: { port: number; isTls: boolean }, kind: string, count: number, head: Buffer): Promise<ChildProcess> {
  const order = JSON.stringify({ kind, ...target, count, head: head.toString('hex'), mib: BODY_MIB })
  const child = spawn(process.execPath, ['-e', ATTACKER, order], { stdio: ['ignore', 'pipe', 'inherit'] })
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  return child
}

function rounded(figures: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value.toFixed(1))]))
}

function heapMib(): number {
  for (let i = 0; i < 3; i++) collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}
