import type { IkeMessage } from './codec.ts'
import { PAYLOAD } from './codec.ts'

/** A fragment in Cisco's payload 132: id, number and whether it is the last. */
export interface Fragment {
  id: number
  sequence: number
  last: boolean
  bytes: Buffer
  /** Length of the payload, its header included; below 8 the reassembly of CVE-2016-1287 counts under zero. */
  length: number
}

/** The fragment that a message is, if it is one. */
export function fragmentOf({ payloads, overlong }: IkeMessage): Fragment | undefined {
  const payload = payloads.find(({ type }) => type === PAYLOAD.ciscoFragment)
  if (!payload) return undefined
  const { body } = payload
  const length = overlong?.type === PAYLOAD.ciscoFragment ? overlong.announced : body.length + 4
  return {
    id: body.length >= 2 ? body.readUInt16BE(0) : 0,
    sequence: body[2] ?? 0,
    last: ((body[3] ?? 0) & 1) === 1,
    bytes: body.subarray(4),
    length,
  }
}
