import { describe, expect, it } from 'vitest'
import { program } from '../../src/ssh/program.ts'
import { readRsyncCommand } from '../../src/ssh/rsync/request.ts'
import { rsyncServer } from '../../src/ssh/rsync/server.ts'
import { makeHost } from '../host/harness.ts'

/** Plays the far side of `rsync` to a client whose bytes were recorded (rsync 3.5.0 at an `rsync --server` of this side). */
async function play(command: string, recorded: string) {
  const test = makeHost()
  const files = test.host.files('root')
  const uploaded: { path: string; text: string }[] = []
  const server = program((io) =>
    rsyncServer(io, {
      request: readRsyncCommand(command),
      files,
      home: '/root',
      names: { user: String, group: String },
      said: () => undefined,
      copied: () => undefined,
      uploaded: (path, bytes) => uploaded.push({ path, text: bytes.toString() }),
    }),
  )
  server.stdin.write(Buffer.from(recorded, 'hex'))
  server.stdin.end()
  const parts: Uint8Array[] = []
  for await (const part of server.stdout) parts.push(part)
  return { files, uploaded, output: Buffer.concat(parts), code: (await server.exited).code }
}

describe('rsync', () => {
  const push =
    '20000000170000071c20036f6e650006006b75b705f020e3b424a481000000310000070100a0000000000000000000000000000000000600000068656c6c6f0a00000000b1946ac92492d2347c6235b4d26111840100000700010000070001000007000100000700'

  it('takes a file that a client brings, and ends well', async () => {
    const { files, uploaded, code } = await play('rsync --server -e.LsfxCIvu . /tmp/up', push)
    expect(code).toBe(0)
    expect(uploaded).toEqual([{ path: '/tmp/up', text: 'hello\n' }])
    expect(files.read('/tmp/up').toString()).toBe('hello\n')
  })

  it('takes a compressed one with its time', async () => {
    const { files, uploaded, code } = await play(
      'rsync --server -tze.LsfxCIvu . /tmp/up',
      '20000000170000071c20036f6e650006006b75b705f020e3b424a4810000002e0000070100a0000000000000000000000000000000004008ca48cdc9c9e7020000b1946ac92492d2347c6235b4d26111840100000700010000070001000007000100000700',
    )
    expect(code).toBe(0)
    expect(uploaded).toEqual([{ path: '/tmp/up', text: 'hello\n' }])
    expect(files.stat('/tmp/up').mtime).toBeGreaterThan(Date.UTC(2026, 0))
  })

  it('gives a file to a client that fetches it', async () => {
    const { output, code } = await play(
      'rsync --server --sender -te.LsfxCIvu . /etc/debian_version',
      '200000000400000700000000130000070100a0000000000000000000000000000000000100000700030000070000000100000700',
    )
    expect(code).toBe(0)
    expect(output.toString('latin1')).toContain('12.15\n')
  })

  it('keeps what comes below its target', async () => {
    const outside = push.replace('036f6e65', '032e2e2f')
    const { uploaded, code } = await play('rsync --server -e.LsfxCIvu . /tmp/up', outside)
    expect({ uploaded, code }).toEqual({ uploaded: [], code: 12 })
  })

  it.each([
    '',
    '00000000',
    '1f000000',
    '1f000000ffffffff',
    '1f00000005000007ff',
    `1f0000000200000704${'ff'.repeat(40)}`,
  ])('ends without a fault at %j', async (bytes) => {
    expect([1, 12]).toContain((await play('rsync --server -logDtprze.iLsfxCIvu . /tmp/', bytes)).code)
  })
})
