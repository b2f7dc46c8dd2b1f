import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { iec104Events } from '../../../src/emulators/iec104/events.ts'
import { decodeFrame, type Frame, Iec104Error } from '../../../src/emulators/iec104/frame.ts'
import { Link } from '../../../src/emulators/iec104/link.ts'
import type { Visit } from '../../../src/sensor/visit.ts'

let sent: Frame[] = []
let link: Link
const asdus = (count: number): Buffer[] => Array.from({ length: count }, (_, i) => Buffer.alloc(12, i))

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(1_790_000_000_000)
  sent = []
  const visit = { write: async (bytes: Buffer) => void sent.push(decodeFrame(bytes.subarray(2))) }
  link = new Link(visit as unknown as Visit<typeof iec104Events>)
})
afterEach(() => vi.useRealTimers())

const wait = async (seconds: number): Promise<void> => {
  vi.setSystemTime(Date.now() + seconds * 1000)
  await link.tick()
}

it('sends no more than 12 frames that nobody has acknowledged, and the others when there is room', async () => {
  await link.send(asdus(20))
  expect(sent).toHaveLength(12)
  expect(link.isFull).toBe(true)
  await link.acknowledge(5)
  expect(sent).toHaveLength(17)
  await link.acknowledge(17)
  expect(sent.map((frame) => frame.kind === 'I' && frame.send)).toEqual(Array.from({ length: 20 }, (_, i) => i))
  expect(link.isFull).toBe(false)
})

it('acknowledges the eighth frame at the latest, and fewer after ten seconds', async () => {
  for (let i = 0; i < 7; i++) {
    link.accept(i)
    await link.confirm()
  }
  expect(sent).toEqual([])
  link.accept(7)
  await link.confirm()
  expect(sent).toEqual([{ kind: 'S', receive: 8 }])
  link.accept(8)
  await wait(9)
  expect(sent).toHaveLength(1)
  await wait(1)
  expect(sent.at(-1)).toEqual({ kind: 'S', receive: 9 })
})

it('tests a peer that is silent for twenty seconds, and gives up fifteen later', async () => {
  await wait(19)
  expect(sent).toEqual([])
  await wait(1)
  expect(sent).toEqual([{ kind: 'U', function: 0x43 }])
  link.heard()
  await wait(20)
  expect(sent).toHaveLength(2)
  await wait(14)
  await expect(wait(1)).rejects.toBeInstanceOf(Iec104Error)
})

it('gives up when a frame is not acknowledged for fifteen seconds', async () => {
  await link.send(asdus(1))
  await wait(14)
  await expect(wait(1)).rejects.toBeInstanceOf(Iec104Error)
})
