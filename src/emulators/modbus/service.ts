import { EXCEPTION, encodeRequest, fromBits, fromWords, ModbusException, type ModbusRequest, words } from './codec.ts'
import type { Controller } from './controller.ts'
import { answerUmas } from './umas.ts'

/** Holding register whose queue the alarms stand in (function code 24). */
const ALARM_QUEUE = 900
/** Registers that an answer of function code 24 has at most (§6.18). */
const QUEUED = 31

/** Carries a request out: the response PDU, or undefined where none is sent. @throws ModbusException */
export function execute(request: ModbusRequest, controller: Controller): Buffer | undefined {
  const { memory } = controller
  const reply = (...parts: (Buffer | number[])[]): Buffer =>
    Buffer.concat([Buffer.from([request.function]), ...parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(part)))])
  switch (request.kind) {
    case 'read-bits': {
      const bits = fromBits(memory.readBits(request.function === 1 ? 'coils' : 'discretes', request.address, request.quantity))
      return reply([bits.length], bits)
    }
    case 'read-registers': {
      const values = memory.readRegisters(request.function === 3 ? 'holdings' : 'inputs', request.address, request.quantity)
      return reply([values.length * 2], fromWords(values))
    }
    case 'write-coils':
      memory.writeCoils(request.address, request.bits)
      if (request.function === 5) return reply(fromWords([request.address, request.bits[0] ? 0xff00 : 0]))
      return reply(fromWords([request.address, request.bits.length]))
    case 'write-registers':
      memory.writeRegisters(request.address, request.values)
      return reply(fromWords([request.address, request.function === 6 ? request.values[0]! : request.values.length]))
    case 'plain':
      return reply(statusOf(request.function, controller))
    case 'diagnostics':
      return diagnose(request.subFunction, request.data, controller, reply)
    case 'read-file':
      return readFile(request.records, controller, reply)
    case 'write-file':
      for (const { file, record, values } of request.records) memory.readFile(file, record, values.length)
      for (const { file, record, values } of request.records) memory.writeFile(file, record, values)
      return encodeRequest(request)
    case 'mask-write': {
      const [value = 0] = memory.readRegisters('holdings', request.address, 1)
      // §6.16: result = (current AND and-mask) OR (or-mask AND NOT and-mask).
      memory.writeRegisters(request.address, [(value & request.and) | (request.or & ~request.and & 0xffff)])
      return reply(fromWords([request.address, request.and, request.or]))
    }
    case 'read-write': {
      // The address to read is judged before anything is written (§6.17, figure 27).
      memory.readRegisters('holdings', request.address, request.quantity)
      memory.writeRegisters(request.writeAddress, request.values)
      const values = memory.readRegisters('holdings', request.address, request.quantity)
      return reply([values.length * 2], fromWords(values))
    }
    case 'read-fifo': {
      if (request.address !== ALARM_QUEUE) throw new ModbusException(EXCEPTION.illegalAddress)
      const queue = controller.plant
        .alarms()
        .slice(0, QUEUED)
        .map(({ since }) => since & 0xffff)
      return reply(fromWords([queue.length * 2 + 2, queue.length, ...queue]))
    }
    case 'identification':
      return reply(identify(request.code, request.object, controller))
    case 'umas':
      return reply([request.session], answerUmas(request, controller))
  }
}

type Reply = (...parts: (Buffer | number[])[]) => Buffer

/** Function codes 7, 11, 12 and 17. */
function statusOf(code: 7 | 11 | 12 | 17, controller: Controller): Buffer {
  const { counters, nameplate, memory, isRunning } = controller
  switch (code) {
    case 7:
      return fromBits(memory.readBits('discretes', 16, 8))
    case 11:
      return fromWords([0, counters.events])
    case 12:
      return Buffer.concat([
        Buffer.from([6 + counters.log.length]),
        fromWords([0, counters.events, counters.messages]),
        Buffer.from(counters.log),
      ])
    case 17: {
      const text = Buffer.from(`${nameplate.vendor} ${nameplate.product} ${nameplate.revision}`)
      // The server id, then FF for RUN and 00 for STOP (§6.13).
      return Buffer.concat([Buffer.from([text.length + 2, 0x01, isRunning ? 0xff : 0x00]), text])
    }
  }
}

/** Function code 8 (§6.8.1). */
function diagnose(subFunction: number, data: Buffer, controller: Controller, reply: Reply): Buffer | undefined {
  const echo = (): Buffer => reply(fromWords([subFunction]), data)
  const count = (value: number): Buffer => reply(fromWords([subFunction, value]))
  if (subFunction === 0) return echo()
  if (data.length !== 2) throw new ModbusException(EXCEPTION.illegalValue)
  const [value] = words(data)
  const { counters } = controller
  switch (subFunction) {
    case 1:
      if (value !== 0 && value !== 0xff00) throw new ModbusException(EXCEPTION.illegalValue)
      controller.restartCommunications()
      return echo()
    case 2:
      return count(controller.isRunning ? 0 : 0x0002)
    case 3:
      return echo()
    case 4:
      return undefined
    case 10:
    case 20:
      controller.restartCommunications()
      return echo()
    case 11:
    case 14:
      return count(counters.messages)
    case 12:
      return count(counters.commErrors)
    case 13:
      return count(counters.exceptions)
    case 15:
      return count(counters.noResponse)
    case 16:
    case 17:
    case 18:
      return count(0)
    default:
      throw new ModbusException(EXCEPTION.illegalFunction)
  }
}

const LARGEST_PDU = 253

function readFile(records: readonly { file: number; record: number; length: number }[], { memory }: Controller, reply: Reply): Buffer {
  const bytes = records.reduce((sum, { length }) => sum + 2 + length * 2, 2)
  if (bytes > LARGEST_PDU) throw new ModbusException(EXCEPTION.illegalValue)
  const parts = records.map(({ file, record, length }) =>
    Buffer.concat([Buffer.from([length * 2 + 1, 6]), fromWords(memory.readFile(file, record, length))]),
  )
  const body = Buffer.concat(parts)
  return reply([body.length], body)
}

/** Regular identification, by stream and one by one (§6.21). */
const CONFORMITY = 0x82
const LAST_BASIC = 2
const INDIVIDUAL = 4

function identify(code: number, object: number, { nameplate }: Controller): Buffer {
  const { vendor, product, revision, url, range, model, application } = nameplate
  const objects = [vendor, product, revision, url, range, model, application]
  const last = code === 1 ? LAST_BASIC : objects.length - 1
  if (code === INDIVIDUAL && object > last) throw new ModbusException(EXCEPTION.illegalAddress)
  // An object that is not there restarts a stream at the first one.
  const from = object > last ? 0 : object
  const to = code === INDIVIDUAL ? from : last
  const listed = objects.slice(from, to + 1).map((text, i) => Buffer.from([from + i, text.length, ...Buffer.from(text)]))
  return Buffer.concat([Buffer.from([0x0e, code, CONFORMITY, 0, 0, listed.length]), ...listed])
}
