import { encodeMessage, encodeStart, TYPE } from '../../../src/emulators/wins/codec.ts'

const start = encodeMessage({ association: 0, type: TYPE.START_REQUEST, body: encodeStart({ association: 7, major: 2, minor: 5 }) })
const ask = (body: Buffer): Buffer => encodeMessage({ association: 1, type: TYPE.REPLICATION, body })

export default [
  Buffer.concat([start, ask(Buffer.alloc(4)), ask(Buffer.from([0, 0, 0, 2, ...Buffer.alloc(24)]))]),
  Buffer.concat([start, ask(Buffer.alloc(600, 0x90))]),
  Buffer.concat([start, encodeMessage({ association: 1, type: TYPE.STOP, body: Buffer.alloc(4) })]),
]
