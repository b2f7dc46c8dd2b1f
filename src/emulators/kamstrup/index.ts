/**
 * A Kamstrup 382 electricity meter with its Ethernet module. It follows no plant: a 382 is connected directly, up to 85 or 105 A,
 * as in homes and small shops; what a works or a terminal draws goes through current transformers into other meters.
 *
 *   1025, client:     80 3f 10 01 04 1e 7a bb 0d           us: 40 3f 10 04 1e 21 04 00 … 0d, volts of phase 1
 *   1025, attacker:    80 3f 09 … 0d, SetClock               us: 06; its clock is that one            → kamstrup.request
 *   50100, attacker:  !SA 203.0.113.9 50                    us: the server is that one now          → kamstrup.management, a write
 *   50100, attacker:  !RC 203.0.113.9 50                    us: Status: 0100; nothing is dialled
 */
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { defineLure } from '../../sensor/lure.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { ACKNOWLEDGE, decodeFrame, decodeValue, encodeFrame, type Frame, KmpError, START, STOP } from './codec.ts'
import { Meter } from './meter.ts'
import { Module } from './module.ts'

const METER_PORT = 1025
const METER = 0x3f
const MOST_REGISTERS = 8
const FRAME_BYTES = 64
const REQUESTS = 5000
const LINE_BYTES = 256
/** The meter answers over a slow serial line. */
const METER_MS = 60
const COMMAND = { type: 0x01, serial: 0x02, setClock: 0x09, registers: 0x10, put: 0x11, eventStatus: 0x9b, clearEvents: 0x9c } as const
/** Commands that change something. */
const WRITES: ReadonlySet<number> = new Set([COMMAND.setClock, COMMAND.put, COMMAND.clearEvents])
const NAMES: Record<number, string> = {
  1: 'GetType',
  2: 'GetSerialNo',
  9: 'SetClock',
  16: 'GetRegister',
  17: 'PutRegister',
  146: 'Login',
  155: 'GetEventStatus',
  156: 'ClearEventStatus',
}

const events = {
  'kamstrup.request': z.object({
    address: z.number(),
    command: z.number(),
    name: z.string(),
    registers: z.array(z.number()).optional(),
    answered: z.boolean(),
    raw: z.string(),
  }),
  'kamstrup.management': z.object({ line: Evidence, action: z.enum(['read', 'write', 'restart']) }),
  'kamstrup.malformed': z.object({ message: z.string(), raw: z.string() }),
}
type KamstrupVisit = Visit<typeof events>

interface Room {
  meter: Meter
  module: Module
}

export default defineLure({
  name: 'kamstrup',
  standsFor: ['Conpot'],
  about: 'Kamstrup 382 electricity meter',
  profiles: ['standard', 'ics', 'mini'],
  ports: [
    { transport: 'tcp', port: METER_PORT },
    { transport: 'tcp', port: 50100 },
  ],
  options: z.strictObject({}),
  events,

  start: ({ identity, state }): Room => ({ meter: new Meter(identity, state), module: new Module(identity, state) }),

  async serve(visit, { room, port }) {
    if (port.declared.port === METER_PORT) await serveMeter(visit, room)
    else await serveManagement(visit, room.module)
  },
})

async function serveMeter(visit: KamstrupVisit, { meter, module }: Room): Promise<void> {
  if (Date.now() < module.restartsUntil) return visit.reset()
  for (let requests = 0; requests < REQUESTS; requests++) {
    if ((await visit.peek(1)).length === 0) return
    const bytes = await visit.until(Buffer.of(STOP), FRAME_BYTES)
    const at = bytes.indexOf(START.request)
    const frame = at < 0 ? undefined : readFrame(visit, bytes.subarray(at))
    const answer = frame && answerTo(frame, meter)
    if (frame) record(visit, frame, bytes, answer !== undefined)
    if (!answer) continue
    await visit.pause(METER_MS)
    await visit.write(answer)
  }
  throw new LimitReached('requests', REQUESTS)
}

function readFrame(visit: KamstrupVisit, bytes: Buffer): Frame | undefined {
  try {
    return decodeFrame(bytes)
  } catch (error) {
    if (!(error instanceof KmpError)) throw error
    visit.record('kamstrup.malformed', { message: error.message, raw: bytes.toString('hex') })
    return undefined
  }
}

/** Undefined when the meter says nothing: another address, a command that it does not have. */
function answerTo({ address, command, data }: Frame, meter: Meter): Buffer | undefined {
  if (address !== METER) return undefined
  if (isEntered(command, data, meter)) return ACKNOWLEDGE
  const body = answerData(command, data, meter)
  return body && encodeFrame(START.response, { address, command, data: body })
}

function answerData(command: number, data: Buffer, meter: Meter): Buffer | undefined {
  const bytes = Buffer.alloc(4)
  switch (command) {
    case COMMAND.type:
      bytes.writeUInt16BE(meter.type, 0)
      bytes.writeUInt16BE(meter.revision, 2)
      return bytes
    case COMMAND.serial:
      bytes.writeUInt32BE(meter.serial)
      return bytes
    case COMMAND.registers:
      return Buffer.concat(registersOf(data).map((id) => meter.register(id) ?? Buffer.alloc(0)))
    case COMMAND.eventStatus:
      return bytes.subarray(0, 2)
    default:
      return undefined
  }
}

/** Does a command that changes something; false for another, and for what the meter does not take. */
function isEntered(command: number, data: Buffer, meter: Meter): boolean {
  switch (command) {
    case COMMAND.setClock:
      return data.length === 8 && meter.setClock(data.readUInt32BE(0), data.readUInt32BE(4))
    case COMMAND.put: {
      const value = data.length > 2 ? decodeValue(data.subarray(2)) : undefined
      return value !== undefined && meter.enter(data.readUInt16BE(0), value)
    }
    default:
      return command === COMMAND.clearEvents
  }
}

/** Ids that GetRegister asks for: a count, then two bytes each. */
function registersOf(data: Buffer): number[] {
  const count = Math.min(data[0] ?? 0, MOST_REGISTERS, (data.length - 1) >> 1)
  return Array.from({ length: Math.max(0, count) }, (_, i) => data.readUInt16BE(1 + 2 * i))
}

function record(visit: KamstrupVisit, { address, command, data }: Frame, bytes: Buffer, answered: boolean): void {
  const isRead = command === COMMAND.registers
  visit.record(
    'kamstrup.request',
    {
      address,
      command,
      name: NAMES[command] ?? `Command ${command}`,
      ...(isRead ? { registers: registersOf(data) } : {}),
      answered,
      raw: bytes.toString('hex'),
    },
    isRead ? ['attack:T0801'] : WRITES.has(command) ? ['attack:T0836'] : ['attack:T0888'],
  )
}

async function serveManagement(visit: KamstrupVisit, module: Module): Promise<void> {
  await visit.write(`\r\nWelcome...\r\nConnected to [${module.mac}]\r\n`)
  for (let lines = 0; lines < REQUESTS; lines++) {
    if ((await visit.peek(1)).length === 0) return
    const line = await visit.line(LINE_BYTES)
    const text = line.toString('latin1')
    const answer = module.answer(text)
    const action = actionOf(text)
    if (line.length > 0) {
      visit.record(
        'kamstrup.management',
        { line: evidence(line), action },
        action === 'write' ? ['attack:T0836'] : action === 'restart' ? ['attack:T0816'] : ['attack:T0888'],
      )
    }
    if (answer === undefined) return
    if (answer !== '') await visit.write(`\r\n${answer}`)
  }
  throw new LimitReached('requests', REQUESTS)
}

function actionOf(line: string): 'read' | 'write' | 'restart' {
  if (/^!RR/i.test(line)) return 'restart'
  return /^!(?:A[CS]|S.|RC) +\S/i.test(line) ? 'write' : 'read'
}
