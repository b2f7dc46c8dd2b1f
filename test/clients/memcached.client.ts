import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import memcached from '../../src/emulators/memcached/index.ts'
import { type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

const run = promisify(execFile)

let playing: Playing
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'memcached-client-'))
  playing = await play(memcached, { persona: 'debian-web' })
})
afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

const server = (): string => `--servers=127.0.0.1:${playing.port()}`

describe('the tools of libmemcached', () => {
  it.each([[], ['--binary']])('copy a file in and read it back %s', async (...protocol) => {
    const file = join(folder, 'payload.bin')
    writeFileSync(file, 'x'.repeat(9000))
    await run('memccp', [server(), ...protocol, file])
    const out = join(folder, 'out.bin')
    await run('memccat', [server(), ...protocol, `--file=${out}`, 'payload.bin'])
    expect(readFileSync(out, 'utf8').trimEnd()).toBe('x'.repeat(9000))
    expect(playing.data('artifact').at(-1)).toMatchObject({ how: 'memcached.set', size: 9000 })
    await run('memcrm', [server(), ...protocol, 'payload.bin'])
    await expect(run('memcexist', [server(), ...protocol, 'payload.bin'])).rejects.toMatchObject({ code: 1 })
  })

  it('list the statistics and dump the keys', async () => {
    expect((await run('memcstat', [server()])).stdout).toMatch(/version: 1\.6\.18/)
    expect((await run('memcdump', [server()])).stdout).toContain('sess_')
  })
})

describe('nc over UDP', () => {
  const nc = async (request: string): Promise<string> =>
    (await ran('nc', ['-u', '-w', '1', '127.0.0.1', String(playing.port(1))], request)).stdout

  it('gets one datagram of 200 bytes of the statistics, which say that there are more', async () => {
    const answer = await nc('\0\x07\0\0\0\x01\0\0stats\r\n')
    expect(answer.slice(0, 8)).toBe('\0\x07\0\0\0\x02\0\0')
    expect(answer.slice(8)).toMatch(/^STAT pid \d+\r\nSTAT uptime \d+\r\n/)
    expect(answer).toHaveLength(200)
  })

  it('gets nothing without the frame', async () => {
    expect(await nc('stats\r\n')).toBe('')
  })
})

describe('nmap', () => {
  it('names memcached as it names a real one on such a port, and reads its statistics', async () => {
    const { stdout } = await run('nmap', ['-sV', '-Pn', '-n', '--script', '+memcached-info', `-p${playing.port()}`, '127.0.0.1'])
    // On its own port the probe for memcached comes first and brings version and uptime.
    expect(stdout).toMatch(/open\s+memcached\s+Memcached/)
    expect(stdout).toMatch(/Architecture: 64 bit/)
  })
})
