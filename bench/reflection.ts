import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { pino } from 'pino'
import { Identity } from '../src/config/identity.ts'
import { loadPersona } from '../src/config/personas.ts'
import { planPorts } from '../src/config/ports.ts'
import { Settings } from '../src/config/schema.ts'
import { EventBus } from '../src/events/bus.ts'
import { lures } from '../src/lures.ts'
import { Sensor } from '../src/sensor/sensor.ts'
import { FakeHosts } from '../test/fake-hosts.ts'
import { MemoryArtifacts, MemoryState, noEngine } from '../test/harness.ts'
import { AMPLIFIED } from './reflection-requests.ts'

const PACKETS = 1_000_000
/** Addresses that the requests claim to come from; one of them gets half of all, as a victim does. */
const VICTIMS = 120
const PER_SECOND = 15_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/**
 * Sends requests and counts what comes back: the victims are sockets on other loopback addresses. Arguments: JSON of
 * `{packets, perSecond, victims, targets: [{port, request}]}`; says `warm` at a tenth, and the figures at the end.
 */
const ATTACKER = `
const { createSocket } = require('node:dgram')
const { packets, perSecond, victims, targets } = JSON.parse(process.argv[1])
const seen = { sent: 0, bytesOut: 0, answers: 0, bytesIn: 0, seconds: 0 }
const sockets = []
let bound = 0
for (let i = 0; i < victims; i++) {
  const socket = createSocket('udp4')
  socket.on('message', (bytes) => {
    seen.answers++
    seen.bytesIn += bytes.length
  })
  socket.bind({ address: '127.' + (1 + (i % 100)) + '.' + (1 + Math.floor(i / 100)) + '.9' }, () => { if (++bound === victims) attack() })
  sockets.push(socket)
}
const requests = targets.map(({ port, request }) => ({ port, bytes: Buffer.from(request, 'hex') }))
function attack() {
  const startedAt = performance.now()
  const timer = setInterval(() => {
    const due = Math.min(packets, Math.floor(((performance.now() - startedAt) / 1000) * perSecond), seen.sent + 400)
    const before = seen.sent
    for (; seen.sent < due; seen.sent++) {
      const n = seen.sent
      const socket = sockets[n % 2 ? 0 : Math.floor(n / 2 / requests.length) % victims]
      const { port, bytes } = requests[Math.floor(n / 2) % requests.length]
      socket.send(bytes, port, '127.0.0.1')
      seen.bytesOut += bytes.length
    }
    if (before < packets / 10 && seen.sent >= packets / 10) console.log('warm')
    if (seen.sent < packets) return
    clearInterval(timer)
    seen.seconds = (performance.now() - startedAt) / 1000
    setTimeout(() => { console.log(JSON.stringify(seen)); process.exit(0) }, 1000)
  }, 5)
}
`

/**
 * A spoofed flood over every UDP port of every lure at once, with the requests that attackers amplify. Targets: no more
 * bytes leave than came in, at most 20 answers a second, every packet counted in the events, memory flat.
 */
export async function run(): Promise<Record<string, unknown>> {
  const bus = new EventBus('bench')
  const counted = { floods: 0, inFloods: 0, listed: 0, faults: 0, victims: new Set<string>() }
  const byVector = new Map<string, { packets: number; bytes: number; answeredBytes: number }>()
  bus.subscribe(({ type, data }) => {
    if (type === 'lure.fault') counted.faults++
    if (type === 'flood.start') counted.victims.add((data as { victim: string }).victim)
    if (type !== 'flood.end') return
    const { vector, packets, bytes, answeredBytes } = data as { vector: string; packets: number; bytes: number; answeredBytes: number }
    counted.floods++
    counted.inFloods += packets
    const sum = byVector.get(vector) ?? { packets: 0, bytes: 0, answeredBytes: 0 }
    byVector.set(vector, { packets: sum.packets + packets, bytes: sum.bytes + bytes, answeredBytes: sum.answeredBytes + answeredBytes })
  })
  const sensor = await start(bus)
  const targets = sensor
    .ports()
    .filter((row) => row.transport === 'udp')
    .map(({ lure, port }) => ({ port, request: requestOf(lure) }))
  const attack = { packets: PACKETS, perSecond: PER_SECOND, victims: VICTIMS, targets }
  const child = spawn(process.execPath, ['-e', ATTACKER, JSON.stringify(attack)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  let warmHeap = 0
  const output = createInterface({ input: child.stdout })
  output.on('line', (line) => {
    if (line === 'warm') warmHeap = heapMib()
    else lines.push(line)
  })
  await once(output, 'close')
  const grown = heapMib() - warmHeap
  const dropped = droppedByKernel(targets.map(({ port }) => port))
  await sensor.stop()
  const sent = JSON.parse(lines[0] ?? '{}') as { sent: number; bytesOut: number; answers: number; bytesIn: number; seconds: number }
  console.table(Object.fromEntries(byVector))
  const figures = {
    packets: sent.sent,
    ports: targets.length,
    victims: counted.victims.size,
    requestBytes: sent.bytesOut,
    answers: sent.answers,
    answerBytes: sent.bytesIn,
    answersPerSecond: Number((sent.answers / sent.seconds).toFixed(1)),
    droppedByKernel: dropped,
    countedInFloods: counted.inFloods,
    floods: counted.floods,
    faults: counted.faults,
    heapGrowthMib: Number(grown.toFixed(1)),
  }
  console.table([figures])
  const broken = [
    sent.bytesIn > sent.bytesOut && 'more bytes left than came in',
    sent.answers > sent.seconds * 20 && 'more than 20 answers a second',
    counted.faults > 0 && 'a lure faulted',
    // What is not part of a flood is listed packet by packet: the first of each victim before it counted as one.
    counted.inFloods < (sent.sent - dropped) * 0.999 && 'packets are missing in the events',
    grown > 32 && 'memory grew',
  ].filter(Boolean)
  if (broken.length) throw new Error(broken.join('; '))
  return figures
}

function requestOf(lure: string): string {
  const request = AMPLIFIED[lure]
  if (!request) throw new Error(`no request for the UDP port of ${lure}: add one to reflection-requests.ts`)
  return request.toString('hex')
}

async function start(bus: EventBus): Promise<Sensor> {
  const settings = Settings.parse({
    profile: 'mini',
    listen: { offset: 0 },
    limits: { connections: 10_000, connectionsPerSource: 10_000 },
    udp: { governLoopback: true },
  })
  const overUdp = lures.filter((lure) => lure.ports.some((port) => port.transport === 'udp'))
  settings.lures = lures.map((lure) => ({
    lure: lure.name,
    enabled: overUdp.includes(lure),
    ports: lure.ports.map(() => 0),
    options: {},
    persona: 'plain',
  }))
  const identity = new Identity(Buffer.alloc(32, 7))
  const prompts = fileURLToPath(new URL('../test/fixtures/prompts', import.meta.url))
  const persona = loadPersona(prompts, 'plain', identity)
  const sensor = new Sensor(planPorts(settings, lures), {
    settings,
    identity,
    bus,
    artifacts: new MemoryArtifacts(),
    state: new MemoryState(),
    engine: noEngine,
    hosts: new FakeHosts(),
    persona: () => persona,
    log: pino({ level: 'silent' }),
  })
  await sensor.start()
  return sensor
}

/** Datagrams that never reached this process because it was not given the time to read them (Linux counts them by socket). */
function droppedByKernel(ports: readonly number[]): number {
  const wanted = new Set(ports.map((port) => port.toString(16).toUpperCase().padStart(4, '0')))
  const rows = readFileSync('/proc/net/udp', 'utf8').trim().split('\n').slice(1)
  const ours = rows.map((row) => row.trim().split(/\s+/)).filter(([, local = '']) => wanted.has(local.split(':')[1] ?? ''))
  return ours.reduce((sum, columns) => sum + Number(columns.at(-1)), 0)
}

function heapMib(): number {
  for (let i = 0; i < 3; i++) collectGarbage()
  return process.memoryUsage().heapUsed / 1024 / 1024
}
