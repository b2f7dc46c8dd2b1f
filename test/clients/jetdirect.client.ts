import { execFile, spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import jetdirect from '../../src/emulators/jetdirect/index.ts'
import { type Playing, play } from '../harness.ts'

const run = promisify(execFile)
const canSandbox = spawnSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true']).status === 0
let playing: Playing

beforeAll(async () => {
  playing = await play(jetdirect, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

async function nc(message: string): Promise<string> {
  const client = spawn('nc', ['-q2', '127.0.0.1', String(playing.port())])
  client.stdin.end(Buffer.from(message, 'latin1'))
  return text(client.stdout.setEncoding('latin1'))
}

describe('nc', () => {
  it('asks as PRET does: each answer before the delimiter that it waits for', async () => {
    const asked = ['INFO ID', 'INFO CONFIG', 'FSDIRLIST NAME="0:\\" ENTRY=1 COUNT=65535', 'RNVRAM ADDRESS=0', 'DINQUIRE CPLOCK']
    for (const [i, command] of asked.entries()) {
      const answer = await nc(`\x1b%-12345X@PJL ${command}\r\n@PJL ECHO DELIMITER${i}\r\n\r\n\x1b%-12345X`)
      expect(answer.endsWith(`@PJL ECHO DELIMITER${i}\r\n\f`)).toBe(true)
    }
  })
})

describe('a captured job', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'jetdirect-client-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is kept to the byte, whatever its bytes are', async () => {
    const job = Buffer.concat([Buffer.from('\x1bE'), randomBytes(300_000)])
    await nc(job.toString('latin1'))
    const sha256 = createHash('sha256').update(job).digest('hex')
    await expect.poll(() => playing.artifacts.get(sha256)?.equals(job)).toBe(true)
  })

  // In a chroot or a strict container the kernel makes no namespaces, and the tool rightly renders nothing.
  it.skipIf(!canSandbox)('in PostScript becomes a PDF and a PNG, and sees nothing of the machine that renders it', async () => {
    const page = '%!PS\n/Helvetica findfont 24 scalefont setfont 72 700 moveto (INSERT COIN) show\nshowpage\n'
    await nc(`\x1b%-12345X@PJL ENTER LANGUAGE=POSTSCRIPT\r\n${page}\x1b%-12345X`)
    const [job] = [...playing.artifacts.kept.values()].filter((bytes) => bytes.includes('INSERT COIN'))
    writeFileSync(join(folder, 'job.ps'), job ?? '')
    const preview = (from: string, to: string) => run('deploy/print-preview', [join(folder, from), join(folder, to)])
    await preview('job.ps', 'job.pdf')
    await preview('job.ps', 'job.png')
    expect(readFileSync(join(folder, 'job.pdf')).subarray(0, 5).toString()).toBe('%PDF-')
    expect(readFileSync(join(folder, 'job.png')).subarray(1, 4).toString()).toBe('PNG')
    writeFileSync(join(folder, 'spy.ps'), `%!PS\n(${import.meta.filename}) status { quit } if\nshowpage\n`)
    await preview('spy.ps', 'spy.png')
    expect(readFileSync(join(folder, 'spy.png')).subarray(1, 4).toString()).toBe('PNG')
  })
})

describe('nmap', () => {
  it('reads the display, and changes it', async () => {
    const script = ['-Pn', '--script', '+pjl-ready-message', '-p', String(playing.port())]
    expect((await run('nmap', [...script, '127.0.0.1'])).stdout).toContain('"Ready"')
    await run('nmap', [...script, '--script-args', 'pjl_ready_message="INSERT COIN"', '127.0.0.1'])
    expect((await run('nmap', [...script, '127.0.0.1'])).stdout).toContain('INSERT COIN')
  })

  it('-sV names the printer on port 9100, which is the only one it asks', async () => {
    const forward = createServer((socket) => {
      const inner = createConnection(playing.port(), '127.0.0.1')
      for (const side of [socket, inner]) side.on('error', () => undefined)
      socket.pipe(inner).pipe(socket)
    })
    forward.listen(9100, '127.0.0.9')
    await once(forward, 'listening')
    try {
      expect((forward.address() as AddressInfo).port).toBe(9100)
      const { stdout } = await run('nmap', ['-Pn', '-sV', '--allports', '-p', '9100', '127.0.0.9'])
      expect(stdout).toMatch(/9100\/tcp open\s+hp-pjl\s+HP LaserJet/)
    } finally {
      forward.close()
    }
  })
})
