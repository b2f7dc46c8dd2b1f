import { createHash } from 'node:crypto'
import { failure, OK } from '../codec.ts'
import { CommandError } from '../command-error.ts'
import type { Database } from '../database.ts'
import type { CommandTable } from '../handler.ts'

const REGISTERS = 16_384
const HEADER = 'HYLL\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80'

/** HyperLogLogs with a byte a register; the estimate is the textbook's, which Redis's is close to. */
export const hyperloglogCommands: CommandTable = {
  pfadd: ({ db }, [key, ...elements]) => {
    const known = db.get(key, 'string')
    const registers = read(db, key)
    let changed = known === undefined
    for (const element of elements) {
      const { register, rank } = place(element)
      if ((registers[register] as number) >= rank) continue
      registers[register] = rank
      changed = true
    }
    if (changed) write(db, key, registers)
    return changed ? 1 : 0
  },
  pfcount: ({ db }, keys) => estimate(merge(keys.map((key) => read(db, key)))),
  pfmerge: ({ db }, [target, ...keys]) => {
    write(db, target, merge([target, ...keys].map((key) => read(db, key))))
    return OK
  },
  pfdebug: () => failure('ERR The specified key does not exist'),
}

function read(db: Database, key: string): Uint8Array {
  const text = db.get(key, 'string')?.text
  if (text === undefined) return new Uint8Array(REGISTERS)
  if (text.length !== HEADER.length + REGISTERS || !text.startsWith('HYLL')) {
    throw new CommandError('WRONGTYPE Key is not a valid HyperLogLog string value.')
  }
  return new Uint8Array(Buffer.from(text.slice(HEADER.length), 'latin1'))
}

function write(db: Database, key: string, registers: Uint8Array): void {
  db.put(key, { type: 'string', text: HEADER + Buffer.from(registers).toString('latin1') }, true)
}

function place(element: string): { register: number; rank: number } {
  const hash = createHash('sha1').update(element, 'latin1').digest()
  const zeros = Math.clz32(hash.readUInt32BE(4))
  return { register: hash.readUInt32BE(0) % REGISTERS, rank: zeros + 1 }
}

function merge(all: readonly Uint8Array[]): Uint8Array {
  const merged = new Uint8Array(REGISTERS)
  for (const registers of all) for (let i = 0; i < REGISTERS; i++) merged[i] = Math.max(merged[i] as number, registers[i] as number)
  return merged
}

function estimate(registers: Uint8Array): number {
  const empty = registers.filter((rank) => rank === 0).length
  // Linear counting while most registers are empty (Flajolet et al. 2007, §4).
  if (empty > REGISTERS / 20) return Math.round(REGISTERS * Math.log(REGISTERS / empty))
  const sum = registers.reduce((total, rank) => total + 2 ** -rank, 0)
  return Math.round(((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * REGISTERS) / sum)
}
