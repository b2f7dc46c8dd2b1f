import { encodeMessage, encodeStart } from '../../../src/emulators/pptp/codec.ts'

const start = encodeMessage({
  type: 1,
  body: encodeStart({ version: 0x0100, framing: 3, bearer: 3, channels: 1, firmware: 1, hostname: 'a', vendor: 'b' }, 0),
})

export default [
  start,
  Buffer.concat([start, encodeMessage({ type: 7, body: Buffer.alloc(156) }), encodeMessage({ type: 12, body: Buffer.alloc(4) })]),
  Buffer.concat([start, encodeMessage({ type: 5, body: Buffer.alloc(4) }), encodeMessage({ type: 3, body: Buffer.alloc(4) })]),
]
