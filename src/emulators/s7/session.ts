import { evidence } from '../../events/bytes.ts'
import type { Visit } from '../../sensor/visit.ts'
import { type Block, parseFileName } from './blocks.ts'
import { decodeS7, encodeS7, ROSCTR, S7FormatError, type S7Message, type Variable } from './codec.ts'
import type { Cpu } from './cpu.ts'
import { type Action, type s7Events, TECHNIQUES } from './events.ts'
import { answerUserData, clearPassword, decodeUserData, GROUP, type UserDataRequest, userDataBody } from './user-data.ts'
import { type Access, readVariables, writeVariables } from './variables.ts'

const SMALLEST_PDU = 112
const JOBS_AT_ONCE = 8
const UPLOADS = 4
const LARGEST_BLOCK = 64 * 1024
/** Of a PDU, what an upload's or answer's own fields take. */
const OVERHEAD = 32
const ERROR = { noFunction: 0x8104, noBlock: 0xd209, tooManyUploads: 0xd240, noFileName: 0xd201, memory: 0xd208 }
const EMPTY = Buffer.alloc(0)

interface Step {
  name: string
  action: Action
  parameters?: Buffer
  data?: Buffer
  error?: number
  access?: Access
  object?: string
  szl?: { id: number; index: number }
}

/** One S7 connection above COTP: what was negotiated, and the transfers that are under way. */
export class S7Session {
  readonly #visit: Visit<typeof s7Events>
  readonly #cpu: Cpu
  #pduLength: number
  #uploads = new Map<number, { block: Block; at: number }>()
  #nextUpload = 7
  #download: { file: string; parts: Buffer[]; bytes: number } | undefined
  #ownReference = 0x0100
  /** Rests of answers that did not fit one PDU, by sequence. */
  #rests = new Map<number, { request: UserDataRequest; payload: Buffer }>()
  #sequence = 0

  constructor(visit: Visit<typeof s7Events>, cpu: Cpu) {
    this.#visit = visit
    this.#cpu = cpu
    this.#pduLength = cpu.nameplate.pdu
  }

  /** Answers one message, in none or some messages. @throws S7FormatError */
  answer(bytes: Buffer): Buffer[] {
    const message = decodeS7(bytes)
    if (message.rosctr === ROSCTR.job) return this.#answerJob(message, bytes)
    if (message.rosctr === ROSCTR.userData) return [this.#answerUserData(message, bytes)]
    if (message.rosctr === ROSCTR.ackData) return this.#goOnWithDownload(message)
    throw new S7FormatError(`ROSCTR ${message.rosctr}`)
  }

  #answerJob(message: S7Message, bytes: Buffer): Buffer[] {
    const step = this.#job(message)
    this.#record(message, bytes, step)
    const { parameters = Buffer.from([message.parameters[0] ?? 0]), data = EMPTY, error = 0 } = step
    const answer = encodeS7({ rosctr: ROSCTR.ackData, reference: message.reference, error, parameters, data })
    // A download turns the roles round: now the CPU asks for the block.
    return message.parameters[0] === 0x1a && !error ? [answer, this.#ask(0x1b)] : [answer]
  }

  #job(message: S7Message): Step {
    const { parameters } = message
    switch (parameters[0]) {
      case 0xf0:
        return this.#setUp(parameters)
      case 0x04: {
        const access = readVariables(message, this.#cpu, this.#pduLength)
        return { name: 'Read Var', action: 'read', access, parameters: parameters.subarray(0, 2), data: access.data, error: access.error }
      }
      case 0x05: {
        const access = writeVariables(message, this.#cpu)
        return { name: 'Write Var', action: 'write', access, parameters: parameters.subarray(0, 2), data: access.data }
      }
      case 0x1a:
        return this.#requestDownload(parameters)
      case 0x1d:
        return this.#startUpload(parameters)
      case 0x1e:
        return this.#upload(parameters)
      case 0x1f:
        this.#uploads.delete(parameters.length >= 8 ? parameters.readUInt32BE(4) : 0)
        return { name: 'End Upload', action: 'upload' }
      case 0x28:
        return this.#invokeService(parameters)
      case 0x29:
        this.#cpu.stop()
        return { name: 'PLC Stop', action: 'stop', object: textAt(parameters, 7) }
      default:
        return { name: `Function ${parameters[0] ?? 'missing'}`, action: 'scan', error: ERROR.noFunction }
    }
  }

  #setUp(parameters: Buffer): Step {
    if (parameters.length < 8) throw new S7FormatError('a set-up that is cut')
    const limit = (at: number): number => Math.max(1, Math.min(JOBS_AT_ONCE, parameters.readUInt16BE(at)))
    this.#pduLength = Math.max(SMALLEST_PDU, Math.min(this.#cpu.nameplate.pdu, parameters.readUInt16BE(6)))
    const agreed = Buffer.alloc(8)
    agreed[0] = 0xf0
    agreed.writeUInt16BE(limit(2), 2)
    agreed.writeUInt16BE(limit(4), 4)
    agreed.writeUInt16BE(this.#pduLength, 6)
    return { name: 'Setup Communication', action: 'scan', parameters: agreed }
  }

  #startUpload(parameters: Buffer): Step {
    const file = textAt(parameters, 8)
    const step: Step = { name: 'Start Upload', action: 'upload', object: file }
    const name = parseFileName(file)
    const block = name && this.#cpu.blocks.find((one) => one.type === name.type && one.number === name.number)
    if (!block) return { ...step, error: ERROR.noBlock }
    if (this.#uploads.size >= UPLOADS) return { ...step, error: ERROR.tooManyUploads }
    const id = this.#nextUpload++
    this.#uploads.set(id, { block, at: 0 })
    const length = String(block.image.length).padStart(7, '0')
    const head = Buffer.from([0x1d, 0, 1, 0, 0, 0, 0, 0, 7, ...Buffer.from(length)])
    head.writeUInt32BE(id, 4)
    return { ...step, parameters: head }
  }

  #upload(parameters: Buffer): Step {
    const step: Step = { name: 'Upload', action: 'upload' }
    const upload = parameters.length >= 8 ? this.#uploads.get(parameters.readUInt32BE(4)) : undefined
    if (!upload) return { ...step, error: ERROR.noBlock }
    const piece = upload.block.image.subarray(upload.at, upload.at + this.#pduLength - OVERHEAD)
    upload.at += piece.length
    const hasMore = upload.at < upload.block.image.length
    const data = Buffer.concat([Buffer.from([piece.length >> 8, piece.length & 0xff, 0x00, 0xfb]), piece])
    return { ...step, parameters: Buffer.from([0x1e, Number(hasMore)]), data }
  }

  #requestDownload(parameters: Buffer): Step {
    const file = textAt(parameters, 8)
    const step: Step = { name: 'Request Download', action: 'download', object: file }
    if (!parseFileName(file)) return { ...step, error: ERROR.noFileName }
    this.#download = { file, parts: [], bytes: 0 }
    return step
  }

  /** The client's answer to our own request for the next part of its block. */
  #goOnWithDownload({ parameters, data }: S7Message): Buffer[] {
    const download = this.#download
    if (!download) return []
    if (parameters[0] === 0x1c) {
      this.#download = undefined
      return []
    }
    if (parameters[0] !== 0x1b) return []
    const part = data.subarray(4)
    download.bytes += part.length
    if (download.bytes > LARGEST_BLOCK) {
      this.#download = undefined
      return []
    }
    download.parts.push(Buffer.from(part))
    if (parameters[1] === 1 && part.length > 0) return [this.#ask(0x1b)]
    this.#takeBlock(download.file, Buffer.concat(download.parts))
    return [this.#ask(0x1c)]
  }

  #takeBlock(file: string, image: Buffer): void {
    this.#visit.capture(image, { how: 's7-download', name: evidence(file) })
    const name = parseFileName(file)
    if (!name || image.length < 36) return
    this.#cpu.load({ ...name, image, language: image[4]!, name: '', family: '', author: '', changed: image.readUInt16BE(20) })
  }

  /** A job of the CPU: give the next part (1B), or the block is complete (1C). */
  #ask(fn: 0x1b | 0x1c): Buffer {
    const file = Buffer.from(this.#download?.file ?? '', 'latin1')
    const parameters = Buffer.from([fn, 0, 1, 0, 0, 0, 0, 0, file.length, ...file])
    return encodeS7({ rosctr: ROSCTR.job, reference: this.#ownReference++ & 0xffff, error: 0, parameters, data: EMPTY })
  }

  /** Function 28: `P_PROGRAM` starts, `_INSE` links blocks in, `_DELE` deletes one, `_GARB` and `_MODU` tidy up. */
  #invokeService(parameters: Buffer): Step {
    const length = parameters.length >= 10 ? parameters.readUInt16BE(8) : 0
    const argument = parameters.subarray(10, 10 + length).toString('latin1')
    const service = textAt(parameters, 10 + length)
    const object = `${service} ${argument.replace(/[^ -~]/g, '')}`.trim()
    const step: Step = { name: 'PI Service', action: 'start', object }
    switch (service) {
      case 'P_PROGRAM':
        this.#cpu.start()
        return step
      case '_INSE':
      case '_GARB':
      case '_MODU':
        return { ...step, action: 'download' }
      case '_DELE':
        return { ...step, action: 'delete', ...(this.#delete(argument) ? {} : { error: ERROR.noBlock }) }
      default:
        return { ...step, action: 'scan', error: ERROR.noFunction }
    }
  }

  #delete(argument: string): boolean {
    const name = parseFileName(`_${argument.slice(argument.indexOf('0'))}`)
    const at = this.#cpu.blocks.findIndex((one) => one.type === name?.type && one.number === name.number)
    // System blocks are part of the CPU.
    if (at < 0 || /^S/.test(this.#cpu.blocks[at]!.type)) return false
    this.#cpu.blocks.splice(at, 1)
    return true
  }

  #answerUserData(message: S7Message, bytes: Buffer): Buffer {
    const request = decodeUserData(message)
    if (request.continues) return this.#rest(message, request)
    const answer = answerUserData(request, this.#cpu)
    const { group, subFunction, payload } = request
    const isPassword = group === 5 && subFunction === 1
    if (isPassword) this.#visit.login({ method: 's7', username: '', password: evidence(clearPassword(payload)), accepted: true })
    const isSzl = group === 4 && subFunction === 1 && payload.length >= 4
    this.#record(message, bytes, {
      name: `${GROUP[group] ?? `group ${group}`}, ${subFunction}`,
      action: isPassword ? 'login' : group === 7 && (subFunction === 2 || subFunction === 4) ? 'time' : 'scan',
      ...(isSzl ? { szl: { id: payload.readUInt16BE(0), index: payload.readUInt16BE(2) } } : {}),
      error: answer.error,
    })
    return this.#reply(message, request, answer.payload, answer.error)
  }

  #rest(message: S7Message, request: UserDataRequest): Buffer {
    const rest = this.#rests.get(request.sequence)
    this.#rests.delete(request.sequence)
    if (!rest) return this.#reply(message, request, EMPTY, ERROR.noFunction)
    return this.#reply(message, rest.request, rest.payload, 0, request.sequence)
  }

  #reply(message: S7Message, { group, subFunction }: UserDataRequest, payload: Buffer, error: number, known?: number): Buffer {
    const room = this.#pduLength - OVERHEAD
    const rest = payload.subarray(room)
    if (known === undefined) this.#sequence = (this.#sequence % 255) + 1
    const sequence = known ?? this.#sequence
    if (rest.length) {
      this.#rests.set(sequence, { request: { group, subFunction, sequence, continues: true, payload: EMPTY }, payload: rest })
      if (this.#rests.size > UPLOADS) this.#rests.delete(this.#rests.keys().next().value as number)
    }
    const dataUnit = rest.length || known !== undefined ? sequence : 0
    const parameters = Buffer.from([
      0,
      1,
      0x12,
      8,
      0x12,
      0x80 | group,
      subFunction,
      sequence,
      dataUnit,
      Number(rest.length > 0),
      error >> 8,
      error & 0xff,
    ])
    const data = userDataBody({ error, payload: payload.subarray(0, room) })
    return encodeS7({ rosctr: ROSCTR.userData, reference: message.reference, error: 0, parameters, data })
  }

  #record({ reference }: S7Message, bytes: Buffer, { name, action, access, object, szl, error }: Step): void {
    this.#visit.record(
      's7.request',
      {
        reference,
        name,
        action,
        ...(access ? { variables: access.variables.slice(0, 20).map(variableText) } : {}),
        ...(access?.written.length ? { values: access.written.slice(0, 20) } : {}),
        ...(szl ? { szl } : {}),
        ...(object === undefined ? {} : { object: evidence(object) }),
        ...(error ? { error } : {}),
        raw: bytes.subarray(0, 512).toString('hex'),
      },
      TECHNIQUES[action],
    )
  }
}

/** A text with its length in front. */
function textAt(bytes: Buffer, at: number): string {
  return bytes.subarray(at + 1, at + 1 + (bytes[at] ?? 0)).toString('latin1')
}

const AREA_LETTERS: Record<number, string> = { 129: 'I', 130: 'Q', 131: 'M', 28: 'C', 29: 'T' }
const TYPES: Record<number, string> = {
  1: 'BOOL',
  2: 'BYTE',
  3: 'CHAR',
  4: 'WORD',
  5: 'INT',
  6: 'DWORD',
  7: 'DINT',
  8: 'REAL',
  28: 'COUNTER',
  29: 'TIMER',
}

function variableText(variable: Variable | undefined): string {
  if (!variable) return 'symbolic'
  const { area, db, address, transport, count } = variable
  const place = area === 0x84 ? `DB${db}.` : (AREA_LETTERS[area] ?? `area ${area} `)
  return `${place}${address >> 3}.${address & 7} ${TYPES[transport] ?? `type ${transport}`} ${count}`
}
