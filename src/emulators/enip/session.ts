import { randomInt } from 'node:crypto'
import { type CipAnswer, CipFormatError, type CipRequest, decodeCip, encodeAnswer, GENERAL } from './cip.ts'
import type { Chassis } from './device.ts'
import { COMMAND, decodeItems, type Encapsulation, EncapsulationError, encodeItems, ITEM, type Item, STATUS } from './encapsulation.ts'

/** What a request asked of an object, told to whoever writes it down. */
export type Witness = (request: CipRequest, routed: boolean, answer: CipAnswer) => void

const CONNECTION_MANAGER = 6
const MOST_CONNECTIONS = 16
/** So many of the shortest requests fit into the largest connection, of 4002 bytes. */
const MOST_PACKED = 400

interface Connection {
  /** The originator's id, which answers carry. */
  toOriginator: number
  serial: number
}

/** One TCP connection above encapsulation: its session and its class 3 connections. */
export class EnipSession {
  readonly #chassis: Chassis
  readonly #witness: Witness
  #handle = 0
  readonly #connections = new Map<number, Connection>()

  constructor(chassis: Chassis, witness: Witness) {
    this.#chassis = chassis
    this.#witness = witness
  }

  /** The answer to a message; undefined where none is sent. `ended` when the client unregistered. */
  answer(request: Encapsulation): { answer?: Encapsulation; ended?: boolean } {
    switch (request.command) {
      case COMMAND.nop:
        return {}
      case COMMAND.registerSession:
        return { answer: this.#register(request) }
      case COMMAND.unregisterSession:
        return { ended: true }
      case COMMAND.sendRRData:
      case COMMAND.sendUnitData:
        return this.#send(request)
      default:
        return { answer: answerListing(request, this.#chassis) ?? { ...request, status: STATUS.command, data: Buffer.alloc(0) } }
    }
  }

  #register(request: Encapsulation): Encapsulation {
    const { data } = request
    if (data.length !== 4) return { ...request, status: STATUS.length, data: Buffer.alloc(0) }
    if (data.readUInt16LE(0) !== 1) return { ...request, status: STATUS.version, data: Buffer.from([1, 0, 0, 0]) }
    if (this.#handle) return { ...request, status: STATUS.command, data: Buffer.alloc(0) }
    this.#handle = randomInt(1, 2 ** 32)
    return { ...request, session: this.#handle, status: STATUS.ok }
  }

  #send(request: Encapsulation): { answer?: Encapsulation } {
    const refuse = (status: number): { answer: Encapsulation } => ({ answer: { ...request, status, data: Buffer.alloc(0) } })
    if (!this.#handle || request.session !== this.#handle) return refuse(STATUS.session)
    if (request.data.length < 6) return refuse(STATUS.data)
    try {
      const items = decodeItems(request.data.subarray(6))
      const answer = request.command === COMMAND.sendRRData ? this.#unconnected(items) : this.#connected(items)
      return answer ? { answer: { ...request, data: Buffer.concat([Buffer.alloc(6), encodeItems(answer)]) } } : {}
    } catch (error) {
      if (!(error instanceof EncapsulationError || error instanceof CipFormatError)) throw error
      return refuse(STATUS.data)
    }
  }

  #unconnected(items: readonly Item[]): Item[] {
    const message = items.find(({ type }) => type === ITEM.unconnectedData)
    if (!message) throw new EncapsulationError('no unconnected data')
    return [
      { type: ITEM.nullAddress, data: Buffer.alloc(0) },
      { type: ITEM.unconnectedData, data: this.#message(message.data, false) },
    ]
  }

  /** A message over a connection begins with its sequence count. One over a connection that is not there gets no answer. */
  #connected(items: readonly Item[]): Item[] | undefined {
    const address = items.find(({ type }) => type === ITEM.connectedAddress)?.data
    const message = items.find(({ type }) => type === ITEM.connectedData)?.data
    if (!message || message.length < 2 || address?.length !== 4) throw new EncapsulationError('no connected data')
    const connection = this.#connections.get(address.readUInt32LE())
    if (!connection) return undefined
    return [
      { type: ITEM.connectedAddress, data: uint32(connection.toOriginator) },
      { type: ITEM.connectedData, data: Buffer.concat([message.subarray(0, 2), this.#message(message.subarray(2), true)]) },
    ]
  }

  #message(bytes: Buffer, routed: boolean): Buffer {
    const request = this.#chassis.named(decodeCip(bytes))
    const { service, path } = request
    if (path.class === CONNECTION_MANAGER && service === 0x52) return this.#unconnectedSend(request)
    const answer = this.#answer(request, routed)
    this.#witness(request, routed, answer)
    return encodeAnswer(service, answer)
  }

  #answer(request: CipRequest, routed: boolean): CipAnswer {
    const { service, path } = request
    if (service === 0x0a) return this.#packed(request, routed)
    if (path.class !== CONNECTION_MANAGER) return this.#chassis.answer(request, routed)
    if (service === 0x54 || service === 0x5b) return this.#forwardOpen(request)
    if (service === 0x4e) return this.#forwardClose(request)
    return this.#chassis.answer(request, routed)
  }

  /** Unconnected_Send: a message with its length in front, for the module that the route behind it names. */
  #unconnectedSend({ data }: CipRequest): Buffer {
    const length = data.length < 4 ? 0 : data.readUInt16LE(2)
    if (length < 2 || data.length < 4 + length) throw new CipFormatError('an unconnected send that is cut')
    return this.#message(data.subarray(4, 4 + length), true)
  }

  /** Multiple_Service_Packet: offsets, then messages. */
  #packed({ data }: CipRequest, routed: boolean): CipAnswer {
    const count = data.length < 2 ? 0 : data.readUInt16LE(0)
    if (count === 0 || count > MOST_PACKED || data.length < 2 + count * 2) return { status: GENERAL.tooLittle }
    const starts = Array.from({ length: count }, (_, i) => data.readUInt16LE(2 + i * 2))
    let status: number = GENERAL.ok
    const answers = starts.map((start, i) => {
      const request = this.#chassis.named(decodeCip(data.subarray(start, starts[i + 1])))
      const answer: CipAnswer = request.service === 0x0a ? { status: GENERAL.service } : this.#chassis.answer(request, routed)
      this.#witness(request, routed, answer)
      if (answer.status !== GENERAL.ok) status = GENERAL.embedded
      return encodeAnswer(request.service, answer)
    })
    const head = Buffer.alloc(2 + count * 2)
    head.writeUInt16LE(count, 0)
    let at = head.length
    for (const [i, answer] of answers.entries()) {
      head.writeUInt16LE(at, 2 + i * 2)
      at += answer.length
    }
    return at > 4000 ? { status: GENERAL.tooLarge } : { status, data: Buffer.concat([head, ...answers]) }
  }

  /** Forward_Open (54) and its large form (5B), whose parameters have four bytes instead of two. */
  #forwardOpen({ service, data }: CipRequest): CipAnswer {
    const size = service === 0x5b ? 4 : 2
    if (data.length < 32 + size * 2) return { status: GENERAL.tooLittle }
    if (this.#connections.size >= MOST_CONNECTIONS) return { status: GENERAL.connection, more: [0x0113] }
    const [toOriginator, serial] = [data.readUInt32LE(6), data.readUInt16LE(10)]
    if ([...this.#connections.values()].some((one) => one.serial === serial)) return { status: GENERAL.connection, more: [0x0100] }
    const id = randomInt(1, 2 ** 32)
    this.#connections.set(id, { toOriginator, serial })
    const intervals = [data.subarray(22, 26), data.subarray(26 + size, 30 + size)]
    return { status: GENERAL.ok, data: Buffer.concat([uint32(id), data.subarray(6, 18), ...intervals, Buffer.alloc(2)]) }
  }

  #forwardClose({ data }: CipRequest): CipAnswer {
    if (data.length < 10) return { status: GENERAL.tooLittle }
    const serial = data.readUInt16LE(2)
    const found = [...this.#connections].find(([, one]) => one.serial === serial)
    if (!found) return { status: GENERAL.connection, more: [0x0107] }
    this.#connections.delete(found[0])
    return { status: GENERAL.ok, data: Buffer.concat([data.subarray(2, 10), Buffer.alloc(2)]) }
  }
}

/** ListServices, ListIdentity and ListInterfaces, which need no session and are answered over UDP as well. */
export function answerListing(request: Encapsulation, chassis: Chassis): Encapsulation | undefined {
  const reply = (items: readonly Item[]): Encapsulation => ({ ...request, status: STATUS.ok, data: encodeItems(items) })
  switch (request.command) {
    case COMMAND.listIdentity:
      return reply([{ type: ITEM.identity, data: chassis.listedIdentity() }])
    case COMMAND.listServices: {
      // Version 1; CIP over TCP (bit 5) and class 0 and 1 over UDP (bit 8).
      const data = Buffer.concat([Buffer.from([1, 0, 0x20, 0x01]), Buffer.from('Communications\0\0')])
      return reply([{ type: ITEM.services, data }])
    }
    case COMMAND.listInterfaces:
      return reply([])
    default:
      return undefined
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
