import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Messages } from '../../../src/emulators/tcp/messages.ts'
import type { Framing } from '../../../src/emulators/tcp/service.ts'
import type { Visit } from '../../../src/sensor/visit.ts'

/** Messages of a client that sends these pieces and closes. */
async function cut(framing: Framing, pieces: readonly Buffer[]): Promise<string[]> {
  const left = pieces.filter((piece) => piece.length > 0)
  const visit = { read: () => Promise.resolve(left.shift()) } as unknown as Visit
  const messages = new Messages(visit, framing, performance.now() + 60_000)
  const found: string[] = []
  for (let message = await messages.next(); message; message = await messages.next()) found.push(message.toString('latin1'))
  return found
}

function inPieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...[...cuts].map((one) => one % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end))
}

const line = fc.stringMatching(/^[ -~]{1,30}$/)

it('finds the same lines however they arrive', async () => {
  const property = fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 8 }), async (lines, cuts) => {
    const sent = Buffer.from(lines.map((one) => `${one}\r\n`).join(''))
    expect(await cut('line', inPieces(sent, cuts))).toEqual(lines)
    expect(await cut('auto', inPieces(sent, cuts))).toEqual(lines)
  })
  await fc.assert(property)
})

it('finds the same blocks however they arrive', async () => {
  const block = fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\r\n'))
  const property = fc.asyncProperty(fc.array(block, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 8 }), async (blocks, cuts) => {
    const sent = Buffer.from(blocks.map((one) => `${one}\r\n\r\n`).join(''))
    expect(await cut('block', inPieces(sent, cuts))).toEqual(blocks)
  })
  await fc.assert(property)
})

it('loses no byte but the line ends, whatever comes', async () => {
  const framing = fc.constantFrom<Framing>('auto', 'line', 'block', 'chunk')
  const property = fc.asyncProperty(framing, fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), async (how, pieces) => {
    const sent = pieces.map((piece) => Buffer.from(piece))
    const bare = (text: string): string => text.replace(/[\r\n]/g, '')
    expect(bare((await cut(how, sent)).join(''))).toBe(bare(Buffer.concat(sent).toString('latin1')))
  })
  await fc.assert(property)
})

it('takes bytes of no text as they come, and text in front of its line end as a line', async () => {
  expect(await cut('auto', [Buffer.from([0x10, 0x0a, 0x01]), Buffer.from('get a\nget b')])).toEqual(['\x10\n\x01', 'get a', 'get b'])
})
