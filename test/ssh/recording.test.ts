import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClientChannel } from 'ssh2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, connectClient, exec, finish } from './client.ts'
import { type PlayingSsh, playSsh } from './play-ssh.ts'

interface TtyRecord {
  op: number
  direction: number
  data: string
}

/** Cowrie's ttylog: 24 bytes of head, then the data. */
function readTtylog(file: string): TtyRecord[] {
  const bytes = readFileSync(file)
  const records: TtyRecord[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readInt32LE(at + 8)
    records.push({
      op: bytes.readInt32LE(at),
      direction: bytes.readInt32LE(at + 12),
      data: bytes.toString('utf8', at + 24, at + 24 + length),
    })
    at += 24 + length
  }
  return records
}

describe('recordings', () => {
  let ssh: PlayingSsh
  beforeAll(async () => {
    ssh = await playSsh()
  })
  afterAll(() => ssh.stop())

  it('hold an exec request as asciicast v2 and as ttylog, the command first', async () => {
    const client = await connectClient(ssh.port)
    await exec(client, 'cat', 'hi\n')
    client.end()
    const { data } = await ssh.playing.seen('ssh.terminal')
    const [header, ...events] = readFileSync(join(ssh.data, String(data.cast)), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(header).toMatchObject({ version: 2, width: 80, height: 24, command: 'cat' })
    expect(events).toEqual([
      [expect.any(Number), 'i', 'hi\n'],
      [expect.any(Number), 'o', 'hi\r\n'],
    ])
    expect(readTtylog(join(ssh.data, String(data.ttylog)))).toEqual([
      { op: 1, direction: 0, data: '' },
      { op: 3, direction: 3, data: 'cat' },
      { op: 3, direction: 1, data: 'hi\n' },
      { op: 3, direction: 2, data: 'hi\n' },
      { op: 2, direction: 0, data: '' },
    ])
    expect(data).toMatchObject({ inputBytes: 3, outputBytes: 3 })
  })

  it('hold a terminal as it was shown, its size changes too, each in files of its own', async () => {
    const client = await connectClient(ssh.port)
    for (const columns of [80, 90]) {
      const channel = await call<ClientChannel>((done) => client.shell({ term: 'vt100', cols: columns, rows: 25 }, done))
      channel.setWindow(50, columns + 1, 0, 0)
      await finish(channel, 'x\n')
    }
    client.end()
    const { data } = await ssh.playing.seen('ssh.terminal', 3)
    const cast = readFileSync(join(ssh.data, String(data.cast)), 'utf8')
    expect(cast).toContain('"r","91x50"')
    expect(cast).toContain('you said x\\r\\n')
    expect(
      readTtylog(join(ssh.data, String(data.ttylog)))
        .filter((r) => r.direction === 2)
        .map((r) => r.data)
        .join(''),
    ).toBe('$ you said x\n')
    expect(new Set(ssh.playing.data('ssh.terminal').map((d) => d.cast)).size).toBe(3)
  })
})
