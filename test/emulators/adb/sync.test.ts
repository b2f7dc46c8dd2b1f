import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import type { AdbStream } from '../../../src/emulators/adb/stream.ts'
import { type SyncSetup, serveSync } from '../../../src/emulators/adb/sync.ts'
import { head, message } from '../../../src/emulators/adb/sync-codec.ts'

it('a file of more than 64 MiB is kept in part, hashed whole, and finds the disk full', async () => {
  const parts = 1100
  const part = Buffer.alloc(65_536, 'DONE')
  const whole = createHash('sha256')
  const sent: Buffer[] = [message('SEND', Buffer.from('/data/local/tmp/big,33188'))]
  for (let i = 0; i < parts; i++) {
    whole.update(part)
    sent.push(head('DATA', part.length), part)
  }
  sent.push(head('DONE', 1_700_000_000), head('QUIT', 0))
  let waiting = Buffer.alloc(0)
  let answer = Buffer.alloc(0)
  const stream = {
    exactly: async (n: number) => {
      while (waiting.length < n) waiting = Buffer.concat([waiting, sent.shift() ?? Buffer.alloc(0)])
      const bytes = waiting.subarray(0, n)
      waiting = waiting.subarray(n)
      return bytes
    },
    write: async (bytes: Buffer) => {
      answer = Buffer.concat([answer, bytes])
    },
  }
  let kept = 0
  const pushed: unknown[] = []
  const visit = {
    capture: (bytes: Buffer) => {
      kept = bytes.length
    },
    record: (_: string, data: unknown) => pushed.push(data),
  }
  await serveSync(stream as unknown as AdbStream, { visit, files: {} } as unknown as SyncSetup)
  expect(kept).toBe(64 * 1024 * 1024)
  expect(pushed).toMatchObject([
    { size: parts * part.length, sha256: whole.digest('hex'), refused: 'write failed: No space left on device' },
  ])
  expect(answer.toString('latin1', 8)).toBe('write failed: No space left on device')
})
