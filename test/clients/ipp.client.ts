import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import ipp from '../../src/emulators/ipp/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

const run = promisify(execFile)
const DOCUMENT = Buffer.from('%PDF-1.4\n1 0 obj\n<</Type /Page>>\nendobj\ntrailer<<>>\n%%EOF\n')
let playing: Playing
let folder: string
let queue: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ipp-client-'))
  writeFileSync(join(folder, 'd.pdf'), DOCUMENT)
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  playing = await play(ipp, { persona: 'debian-web', identity, state, hosts: createHosts({ identity, engine: noEngine, state }) })
  queue = (await tool('lpstat', '-d')).replace(/.*: /, '').trim()
})

afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

const server = (): string => `127.0.0.1:${playing.port()}`
/** A tool of CUPS: they all take the server as `-h`. */
async function tool(name: string, ...args: string[]): Promise<string> {
  return (await run(name, ['-h', server(), ...args], { env: { ...process.env, LC_ALL: 'C' } })).stdout
}
async function ipptool(test: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(
    'ipptool',
    ['-t', '-I', '-f', join(folder, 'd.pdf'), '-d', 'filetype=application/pdf', ...args, `ipp://${server()}/printers/${queue}`, test],
    { timeout: 150_000 },
  ).catch((error: { stdout: string }) => error)
  return stdout
}

describe('ipptool', () => {
  // The real cupsd 2.4.2 has the same 30 and 7: Print-URI and Send-URI are skipped where a printer does not offer them.
  it('passes the suite of IPP/1.1 as often as with cupsd', async () => {
    expect(await ipptool('ipp-1.1.test', '-V', '1.1')).toMatch(/Summary: 37 tests, 30 passed, 0 failed, 7 skipped/)
  }, 160_000)

  it('passes the suite of IPP/2.0', async () => {
    expect(await ipptool('ipp-2.0.test', '-V', '2.0')).not.toContain('[FAIL]')
  }, 160_000)

  it('is told that cupsd identifies no printers', async () => {
    expect(await ipptool('identify-printer.test')).toContain('server-error-operation-not-supported (Identify-Printer not supported.)')
  })

  it.each([
    'print-job',
    'create-job',
    'print-job-gzip',
    'print-job-deflate',
    'print-job-hold',
    'validate-job',
    'get-jobs',
    'get-completed-jobs',
    'get-printers',
    'get-printer-attributes',
  ])('passes %s', async (name) => {
    expect(await ipptool(`${name}.test`)).toContain('[PASS]')
  })
})

describe('a printer by itself', () => {
  let device: Playing
  const uri = (): string => `ipp://127.0.0.1:${device.port()}/ipp/print`
  const suite = async (test: string): Promise<string> =>
    (
      await ran(
        'ipptool',
        ['-t', '-I', '-R', '-f', join(folder, 'd.pdf'), '-d', 'filetype=application/pdf', uri(), test],
        undefined,
        150_000,
      )
    ).stdout

  beforeAll(async () => {
    const identity = new Identity(Buffer.alloc(32, 7))
    const state = new MemoryState()
    const hosts = createHosts({ identity, engine: noEngine, state })
    device = await play(ipp, { persona: 'debian-web', identity, state, hosts, options: { product: 'printer' } })
  })
  afterAll(() => device.stop())

  // It has the suites of IPP/1.1 and IPP/2.0 in it. A queue of cupsd is none of IPP Everywhere: it lacks what says so, and Identify-Printer.
  it('passes the suite of IPP Everywhere', async () => {
    const told = await suite('ipp-everywhere.test')
    expect(told).toMatch(/PWG 5100\.14 section 5\.1\/5\.2 - Required Operations and Attributes +\[PASS\]/)
    expect(told.split('\n').filter((line) => /\[FAIL\]|EXPECTED/.test(line))).toEqual([])
  }, 160_000)

  it.each(['identify-printer', 'identify-printer-display', 'get-printer-attributes', 'validate-job'])('passes %s', async (name) => {
    expect(await suite(`${name}.test`)).toContain('[PASS]')
  })

  it('is CUPS 2.4.2 to nmap, as ippeveprinter is', async () => {
    const { stdout } = await ran('nmap', ['-n', '-Pn', '-sT', '-sV', '-p', String(device.port()), '127.0.0.1'], undefined, 120_000)
    expect(stdout).toMatch(/open +ipp +CUPS 2\.4\.2/)
    expect([device.data('lure.fault'), device.deadLetters]).toEqual([[], []])
  }, 130_000)
})

describe('curl', () => {
  const answer = async (message: Buffer): Promise<Buffer> => {
    const args = ['-sS', '-H', 'Content-Type: application/ipp', '--data-binary', '@-', `http://${server()}/`]
    return Buffer.from((await ran('curl', args, message)).stdout, 'latin1')
  }
  // Get-Jobs with two attributes, by version.
  const request = (version: string): Buffer =>
    Buffer.concat([
      Buffer.from(`${version}000a0000000701470012`, 'hex'),
      Buffer.from('attributes-charset'),
      Buffer.from('0005', 'hex'),
      Buffer.from('utf-8'),
      Buffer.from('48001b', 'hex'),
      Buffer.from('attributes-natural-language'),
      Buffer.from('0002', 'hex'),
      Buffer.from('en'),
      Buffer.from('03', 'hex'),
    ])

  it('is told that there is no version 9, under its own request id', async () => {
    expect((await answer(request('0900'))).subarray(2, 8).toString('hex')).toBe('050300000007')
  })

  it('gets a status for what breaks off, nests a thousand times or promises a gigabyte', async () => {
    const nested = Buffer.concat([
      request('0200').subarray(0, -1),
      ...Array.from({ length: 1_000 }, () => Buffer.from('3400016100004a00000001', 'hex')),
    ])
    for (const message of [request('0200').subarray(0, 30), nested]) {
      const { stdout } = await ran(
        'curl',
        [
          '-sS',
          '-o',
          '/dev/null',
          '-w',
          '%{http_code}',
          '-H',
          'Content-Type: application/ipp',
          '--data-binary',
          '@-',
          `http://${server()}/`,
        ],
        message,
      )
      expect(stdout).toMatch(/^(?:200|400)$/)
    }
    const huge = [
      '-sS',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '--max-time',
      '3',
      '-H',
      'Content-Length: 1073741824',
      '-H',
      'Expect:',
      '-d',
      'x',
      `http://${server()}/`,
    ]
    await ran('curl', huge)
    expect(await answer(request('0200'))).not.toHaveLength(0)
    expect(playing.data('lure.fault')).toEqual([])
  }, 30_000)
})

describe("CUPS's own tools", () => {
  it('print, list and cancel', async () => {
    const accepted = await tool('lp', '-d', queue, '-t', 'quarterly', join(folder, 'd.pdf'))
    const [, id = ''] = /request id is (\S+) /.exec(accepted)!
    expect(await tool('lpstat', '-o')).toContain(id)
    await tool('cancel', id)
    expect(await tool('lpstat', '-o')).not.toContain(id)
    const kept = playing.data<{ sha256: string; name: string }>('ipp.document').at(-1)
    expect(kept).toMatchObject({ sha256: createHash('sha256').update(DOCUMENT).digest('hex') })
  })

  it('see the scheduler running, and add a queue', async () => {
    expect(await tool('lpstat', '-t')).toMatch(/^scheduler is running\n/)
    await tool('lpadmin', '-p', 'lab', '-E', '-v', 'ipp://203.0.113.9/x')
    expect(await tool('lpstat', '-v')).toContain('device for lab: ipp://203.0.113.9/x')
  })
})

describe('nmap', () => {
  it('shows the jobs of a queue', async () => {
    await tool('lp', '-d', queue, '-H', 'hold', join(folder, 'd.pdf'))
    const { stdout } = await run('nmap', ['-n', '-Pn', '-sT', '--script', '+cups-queue-info', '-p', String(playing.port()), '127.0.0.1'])
    expect(stdout).toMatch(new RegExp(`\\| +${queue}\\n\\| +id +time +state +size[\\s\\S]*Held +1k`))
  }, 60_000)

  it('names CUPS and shows its queues', async () => {
    const { stdout } = await run('nmap', ['-n', '-Pn', '-sT', '-sV', '--script', '+cups-info', '-p', String(playing.port()), '127.0.0.1'], {
      timeout: 170_000,
    })
    expect(stdout).toMatch(/open +ipp +CUPS 2\.4/)
    expect(stdout).toMatch(new RegExp(`\\| +${queue}`))
    expect([playing.data('lure.fault'), playing.deadLetters]).toEqual([[], []])
  }, 180_000)
})
