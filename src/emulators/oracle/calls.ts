/** Calls that run statements: EXECUTE, its repetition, FETCH, and what travels in front of them. */
import type { SqlValue } from '../../host/database/value.ts'
import type { ByteReader } from '../../sensor/byte-reader.ts'
import { read, sizedBytes, TnsFormatError, ub } from './codec.ts'
import { decodeValue, TYPE } from './values.ts'

/** Bits of EXECUTE's options. */
export const OPTION = { parse: 0x01, bind: 0x08, define: 0x10, execute: 0x20, fetch: 0x40, commit: 0x100, describe: 0x20000 } as const

/** From it a bind has a column's number. */
const VERSION_12_2 = 8
const VERSION_12_2_EXT = 9
const MOST_BINDS = 1000
/** Rows of binds in one call. */
const MOST_ROWS = 20_000
const ROW_DATA = 7

export interface Execute {
  options: number
  /** 0 = a new one. */
  cursor: number
  /** Empty when the cursor has it. */
  sql: string
  /** Rows to send along with the answer. */
  prefetch: number
  bindTypes: number[]
  rows: SqlValue[][]
}

/** What stands between length and text of the statement, then the text. @param version the field version of both. @throws TnsFormatError */
export function decodeExecute(reader: ByteReader, version: number): Execute {
  return read(() => {
    const options = ub(reader)
    const cursor = ub(reader)
    const hasText = reader.u8() !== 0
    ub(reader)
    reader.skip(1)
    ub(reader)
    reader.skip(3)
    const prefetch = ub(reader)
    ub(reader)
    reader.skip(1)
    const binds = ub(reader)
    reader.skip(6)
    const defines = ub(reader)
    ub(reader)
    reader.skip(3)
    ub(reader)
    reader.skip(1)
    ub(reader)
    ub(reader)
    reader.skip(1)
    ub(reader)
    reader.skip(1)
    if (version >= VERSION_12_2) {
      reader.skip(1)
      ub(reader)
      reader.skip(1)
      ub(reader)
      reader.skip(1)
    }
    if (version >= VERSION_12_2_EXT) {
      reader.skip(1)
      ub(reader)
    }
    const sql = hasText ? sizedBytes(reader).toString('utf8').replace(/\0+$/, '') : ''
    for (let i = 0; i < 13; i++) ub(reader)
    if (binds > MOST_BINDS || defines > MOST_BINDS) throw new TnsFormatError(`${binds} binds`)
    for (let i = 0; i < defines; i++) bindType(reader, version)
    const bindTypes = Array.from({ length: defines > 0 ? 0 : binds }, () => bindType(reader, version))
    return { options, cursor, sql, prefetch, bindTypes, rows: bindRows(reader, bindTypes) }
  })
}

function bindType(reader: ByteReader, version: number): number {
  const type = reader.u8()
  reader.skip(3)
  for (let i = 0; i < 3; i++) ub(reader)
  if (ub(reader) > 0) sizedBytes(reader)
  ub(reader)
  ub(reader)
  reader.skip(1)
  ub(reader)
  if (version >= VERSION_12_2) ub(reader)
  return type
}

/** @throws TnsFormatError */
export function bindRows(reader: ByteReader, types: readonly number[]): SqlValue[][] {
  return read(() => {
    const rows: SqlValue[][] = []
    while (types.length > 0 && reader.left > 0 && reader.bytes[reader.at] === ROW_DATA) {
      if (rows.length >= MOST_ROWS) throw new TnsFormatError('too many rows of binds')
      reader.skip(1)
      rows.push(types.map((type) => bindValue(reader, type)))
    }
    return rows
  })
}

function bindValue(reader: ByteReader, type: number): SqlValue {
  if (type === TYPE.clob || type === TYPE.blob) {
    if (ub(reader) > 0) sizedBytes(reader)
    return null
  }
  if (type === TYPE.cursor) {
    ub(reader)
    ub(reader)
    return null
  }
  return decodeValue(sizedBytes(reader), type)
}

export interface Fetch {
  cursor: number
  rows: number
}

/** FETCH; REEXECUTE begins so too. @throws TnsFormatError */
export function decodeFetch(reader: ByteReader): Fetch {
  return read(() => ({ cursor: ub(reader), rows: ub(reader) }))
}

const CLOSE_CURSORS = 105
const CANCEL_CURSORS = 120
const SET_SCHEMA = 152
const SET_END_TO_END = 135

export type Piggyback = { kind: 'close'; cursors: number[] } | { kind: 'schema'; name: string } | { kind: 'other' }

/** What a client sends in front of its call; undefined when we know no such. @throws TnsFormatError */
export function decodePiggyback(code: number, reader: ByteReader): Piggyback | undefined {
  return read(() => {
    switch (code) {
      case CLOSE_CURSORS:
      case CANCEL_CURSORS: {
        reader.skip(1)
        const count = ub(reader)
        if (count > MOST_BINDS) throw new TnsFormatError(`${count} cursors`)
        return { kind: 'close', cursors: Array.from({ length: count }, () => ub(reader)) }
      }
      case SET_SCHEMA:
        reader.skip(1)
        ub(reader)
        return { kind: 'schema', name: sizedBytes(reader).toString('utf8') }
      case SET_END_TO_END:
        skipEndToEnd(reader)
        return { kind: 'other' }
      default:
        return undefined
    }
  })
}

/** Module, action and their kin: lengths first, then the texts. */
function skipEndToEnd(reader: ByteReader): void {
  reader.skip(2)
  ub(reader)
  const lengths: number[] = []
  const pointer = (): void => {
    reader.skip(1)
    lengths.push(ub(reader))
  }
  for (let i = 0; i < 4; i++) pointer()
  reader.skip(1)
  ub(reader)
  pointer()
  reader.skip(1)
  ub(reader)
  reader.skip(1)
  ub(reader)
  pointer()
  for (const length of lengths) if (length > 0) sizedBytes(reader)
}
