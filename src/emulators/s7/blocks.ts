import type { Identity } from '../../config/identity.ts'
import type { PlantKind } from '../../host/plant/kind.ts'
import { PROGRAMS } from './memory.ts'

/** Kind of a block as file names and lists have it. */
export const BLOCK_TYPES = { OB: 0x38, DB: 0x41, SDB: 0x42, FC: 0x43, SFC: 0x44, FB: 0x45, SFB: 0x46 } as const
export type BlockType = keyof typeof BLOCK_TYPES

export interface Block {
  type: BlockType
  number: number
  /** Load memory image: header of 36 bytes, code or data, footer. */
  image: Buffer
  /** Language: 1 STL, 2 LAD, 3 FBD, 5 DB. */
  language: number
  name: string
  family: string
  author: string
  /** Days since 1984. */
  changed: number
}

const SYSTEM: [type: BlockType, numbers: number[]][] = [
  ['SDB', [0, 1, 2, 4, 1000, 1001]],
  ['SFC', [0, 1, 14, 15, 20, 21, 46, 47, 64]],
  ['SFB', [0, 1, 2, 3, 4, 5, 52, 53, 54]],
]
const DAY_MS = 86_400_000
const EPOCH_1984 = 5113

/** The blocks of the project, with code that only this installation has. */
export function blocksOf(identity: Identity, plant: PlantKind): Block[] {
  const program = PROGRAMS[plant.name]
  const changed = Math.floor(Date.now() / DAY_MS) - EPOCH_1984 - identity.integer('s7/project-age', 200, 1500)
  const author = identity.pick('s7/author', ['JW', 'MKR', 'ENG', 'TH', 'PLS'])
  const make = (type: BlockType, number: number, code: number, name: string, family: string): Block => {
    const body = identity.bytes(`s7/block/${type}${number}`, Math.min(code, 4000))
    const language = type === 'DB' || type === 'SDB' ? 5 : 1
    const block = { type, number, language, name, family, author, changed }
    return { ...block, image: imageOf(block, body) }
  }
  return [
    ...program.code.map(({ type, number, bytes, name }) => make(type, number, bytes, name, plant.code)),
    ...program.blocks.map(({ number, bytes, name, family }) => make('DB', number, bytes, name, family)),
    ...SYSTEM.flatMap(([type, numbers]) => numbers.map((number) => make(type, number, 64, '', 'SIMATIC'))),
  ]
}

const HEADER_BYTES = 36

function imageOf({ type, number, language, name, family, author, changed }: Omit<Block, 'image'>, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.set([0x70, 0x70, 0x01, 0x01, language, BLOCK_TYPES[type] & 0x0f])
  header.writeUInt16BE(number, 6)
  const names = [author, family, name].map((text) => text.padEnd(8, '\0')).join('')
  const footer = Buffer.from(`${names}\x10\0\0\0`, 'latin1')
  header.writeUInt32BE(HEADER_BYTES + body.length + footer.length, 8)
  header.writeUInt16BE(changed, 20)
  header.writeUInt16BE(changed, 26)
  header.writeUInt16BE(body.length, 34)
  return Buffer.concat([header, body, footer])
}

/** `_0A00001P`: kind in hex, number, and P for the passive file system. */
export function parseFileName(text: string): { type: BlockType; number: number } | undefined {
  const [, kind, number] = /^_0([8A-F])(\d{5})[ABP]/.exec(text) ?? []
  const type = (['OB', 'DB', 'SDB', 'FC', 'SFC', 'FB', 'SFB'] as const)['8ABCDEF'.indexOf(kind ?? '-')]
  return type && number !== undefined ? { type, number: Number(number) } : undefined
}
