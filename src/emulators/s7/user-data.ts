import { BLOCK_TYPES, type Block, type BlockType } from './blocks.ts'
import { dateAndTime, RETURN, S7FormatError, type S7Message } from './codec.ts'
import type { Cpu } from './cpu.ts'
import { systemStateList } from './system-state.ts'

export const GROUP: Record<number, string> = {
  0: 'mode transition',
  1: 'programmer commands',
  2: 'cyclic data',
  3: 'block functions',
  4: 'CPU functions',
  5: 'security',
  6: 'PBC BSEND',
  7: 'time functions',
}

export interface UserDataRequest {
  group: number
  subFunction: number
  sequence: number
  /** Whether it asks for the rest of an answer. */
  continues: boolean
  payload: Buffer
}

/** @throws S7FormatError */
export function decodeUserData({ parameters, data }: S7Message): UserDataRequest {
  if (parameters.length < 8 || parameters.readUIntBE(0, 3) !== 0x000112) throw new S7FormatError('no user data parameters')
  if (data.length < 4) throw new S7FormatError('user data without a data head')
  return {
    group: parameters[5]! & 0x0f,
    subFunction: parameters[6]!,
    sequence: parameters[7]!,
    continues: parameters[4] === 0x12,
    payload: data.subarray(4),
  }
}

export interface UserDataAnswer {
  error: number
  payload: Buffer
}

const ERROR = { noInformation: 0xd401, noIndex: 0xd402, noBlock: 0xd209, noFunction: 0x8104, blockType: 0xd201 }

/** Answers one user data request; `securityTried` is told of a password. */
export function answerUserData(request: UserDataRequest, cpu: Cpu): UserDataAnswer {
  const { group, subFunction, payload } = request
  if (group === 4 && subFunction === 1) return readSystemState(payload, cpu)
  if (group === 3) return blockFunction(subFunction, payload, cpu)
  if (group === 5) return good(Buffer.alloc(0))
  if (group === 7) return clock(subFunction, payload, cpu)
  return bad(ERROR.noFunction)
}

/** The eight bytes of a password as its client clouded them: each with 0x55 and the one two before. */
export function clearPassword(payload: Buffer): Buffer {
  const clear = Buffer.from(payload.subarray(0, 8))
  for (let i = 0; i < clear.length; i++) clear[i] = payload[i]! ^ 0x55 ^ (i > 1 ? payload[i - 2]! : 0)
  return clear.subarray(0, clear.toString('latin1').trimEnd().length)
}

function good(payload: Buffer): UserDataAnswer {
  return { error: 0, payload }
}

function bad(error: number): UserDataAnswer {
  return { error, payload: Buffer.alloc(0) }
}

function readSystemState(payload: Buffer, cpu: Cpu): UserDataAnswer {
  if (payload.length < 4) return bad(ERROR.noInformation)
  const [id, index] = [payload.readUInt16BE(0), payload.readUInt16BE(2)]
  const found = systemStateList(id, index, cpu)
  if (!found) return bad(ERROR.noInformation)
  if (found === 'index') return bad(ERROR.noIndex)
  const head = Buffer.alloc(8)
  head.writeUInt16BE(id, 0)
  head.writeUInt16BE(index, 2)
  head.writeUInt16BE(found.size, 4)
  head.writeUInt16BE(found.records.length, 6)
  return good(Buffer.concat([head, ...found.records]))
}

function blockFunction(subFunction: number, payload: Buffer, cpu: Cpu): UserDataAnswer {
  if (subFunction === 1) return good(countBlocks(cpu))
  if (subFunction === 2) return listBlocks(typeOf(payload[1]), cpu)
  if (subFunction === 3) return describeBlock(payload, cpu)
  return bad(ERROR.noFunction)
}

function typeOf(code: number | undefined): BlockType | undefined {
  return (Object.keys(BLOCK_TYPES) as BlockType[]).find((type) => BLOCK_TYPES[type] === code)
}

function countBlocks({ blocks }: Cpu): Buffer {
  const kinds = Object.entries(BLOCK_TYPES).map(([type, code]) => {
    const count = blocks.filter((block) => block.type === type).length
    return Buffer.from([0x30, code, count >> 8, count & 0xff])
  })
  return Buffer.concat(kinds)
}

function listBlocks(type: BlockType | undefined, { blocks }: Cpu): UserDataAnswer {
  if (!type) return bad(ERROR.blockType)
  const found = blocks.filter((block) => block.type === type).sort((a, b) => a.number - b.number)
  if (found.length === 0) return bad(ERROR.noBlock)
  return good(Buffer.concat(found.map(({ number, language }) => Buffer.from([number >> 8, number & 0xff, 0x22, language]))))
}

/** `30 type number(5) A`. */
function describeBlock(payload: Buffer, { blocks }: Cpu): UserDataAnswer {
  const type = typeOf(payload[1])
  const number = Number(payload.subarray(2, 7).toString('latin1'))
  const block = blocks.find((one) => one.type === type && one.number === number)
  return block ? good(blockInformation(block)) : bad(ERROR.noBlock)
}

function blockInformation({ type, number, language, image, author, family, name, changed }: Block): Buffer {
  const info = Buffer.alloc(78)
  info.set([0x01, BLOCK_TYPES[type]], 0)
  info.writeUInt16BE(0x004a, 2)
  info.writeUInt16BE(0x0022, 4)
  info.set([0x70, 0x70, 0x01, 0x01, language, BLOCK_TYPES[type] & 0x0f], 6)
  info.writeUInt16BE(number, 12)
  info.writeUInt32BE(image.length, 14)
  info.writeUInt16BE(changed, 26)
  info.writeUInt16BE(changed, 32)
  info.writeUInt16BE(image.readUInt16BE(34), 40)
  for (const [i, text] of [author, family, name].entries()) info.write(text.slice(0, 8), 42 + i * 8, 'latin1')
  info[66] = 0x10
  return info
}

function clock(subFunction: number, payload: Buffer, cpu: Cpu): UserDataAnswer {
  if (subFunction === 1 || subFunction === 3) return good(Buffer.concat([Buffer.from([0x00, 0x19]), dateAndTime(cpu.now())]))
  if (subFunction !== 2 && subFunction !== 4) return bad(ERROR.noFunction)
  const digits = payload.subarray(2, 8).toString('hex')
  const at = payload.length >= 8 && /^\d{12}$/.test(digits) ? clockTime(digits) : Number.NaN
  if (Number.isNaN(at)) return bad(ERROR.noFunction)
  cpu.clockOffset = at - Date.now()
  return good(Buffer.alloc(0))
}

/** `yymmddhhmmss`. */
function clockTime(digits: string): number {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (digits.match(/../g) ?? []).map(Number)
  return Date.UTC(2000 + year, month - 1, day, hour, minute, second)
}

/** Head and payload of an answer's data part. */
export function userDataBody({ error, payload }: UserDataAnswer): Buffer {
  const isEmpty = payload.length === 0
  const head = Buffer.from([error ? RETURN.missing : isEmpty ? RETURN.missing : RETURN.ok, isEmpty ? 0 : 9, 0, 0])
  head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, payload])
}
