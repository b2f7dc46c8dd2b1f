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
import { cupsServer } from './cups.ts'

const run = promisify(execFile)
const canSandbox = spawnSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true']).status === 0
let playing: Playing

beforeAll(async () => {
  playing = await play(jetdirect, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

async function nc(message: string): Promise<string> {
  const client = spawn('nc', ['-q1', '127.0.0.1', String(playing.port())])
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

describe('what PRET sends in its modes', () => {
  /** A job that stays open, as PRET leaves it, and what comes until its delimiter. */
  const ask = async (job: string, delimiter: string): Promise<string> => {
    const socket = createConnection(playing.port(), '127.0.0.1').setEncoding('latin1')
    socket.write(Buffer.from(`\x1b%-12345X@PJL ENTER LANGUAGE = ${job}`, 'latin1'))
    let answer = ''
    for await (const chunk of socket) {
      answer += chunk
      if (answer.includes(delimiter) || answer.includes('[ Flushing')) break
    }
    return answer
  }

  it('ps: is told the product, the volumes and the files', async () => {
    const ps = (program: string): Promise<string> => ask(`POSTSCRIPT\n%!\n${program}\n(DELIMITER17\\n) print flush\n`, 'DELIMITER17\n')
    expect(await ps('(x1) = (x2) == << /DoPrintErrors false >> setsystemparams')).toBe('x1\n(x2)\nDELIMITER17\n')
    expect(await ps('product print')).toMatch(/^HP LaserJet [P0-9]+DELIMITER17\n$/)
    expect(await ps('/str 128 string def (*){print (\\n) print} str devforall')).toContain('%disk0%\n')
    expect(await ps('/str 256 string def (%*%**) {print (\\n) print} str filenameforall')).toContain('%disk0%webServer/config/soe.xml\n')
    expect(await ps('true 0 startjob pop\nsystemdict /nosuch get exec')).toContain('%%[ Error: undefined; OffendingCommand: get ]%%')
  })

  it('pcl: is echoed what it asks for', async () => {
    expect(await ask('PCL\r\n\x1b*s1M\x1b*s-4711X\x1b%-12345X', 'ECHO -4711')).toMatch(/^PCL\r\nINFO MEMORY\r\nTOTAL=\d+\r\n/)
  })
})

describe('the commands that scanners send', () => {
  const DISPLAY = 'DISPLAY="OUT OF CHEESE"'

  it('are answered as HP answers them, each with its form feed', async () => {
    expect(await nc('\x1b%-12345X@PJL INFO ID\r\n\x1b%-12345X\r\n')).toMatch(/^@PJL INFO ID\r\n"[A-Z][^"]+"\r\n\f$/)
    expect(await nc('@PJL INFO STATUS\r\n')).toMatch(/CODE=10001\r\nDISPLAY="Ready"\r\nONLINE=TRUE\r\n\f$/)
    expect(await nc('@PJL ECHO 4711\r\n@PJL INFO VARIABLES\r\n')).toMatch(/^@PJL ECHO 4711\r\n\f@PJL INFO VARIABLES\r\n[^\f]+\f$/)
    expect(await nc('@PJL FSDIRLIST NAME="0:\\" ENTRY=1 COUNT=99\r\n')).toMatch(/ENTRY=1\r\n\. TYPE=DIR\r\n\.\. TYPE=DIR\r\n[^\f]+\f$/)
    expect(await nc('@PJL FSUPLOAD NAME="0:\\nope" OFFSET=0 SIZE=9\r\n')).toContain('FILEERROR=3')
  })

  it('change what a new connection finds', async () => {
    await nc(`@PJL RDYMSG ${DISPLAY}\r\n`)
    expect(await nc('@PJL INFO STATUS\r\n')).toContain(DISPLAY)
    await nc('@PJL RDYMSG DISPLAY=""\r\n')
    const file = 'h\0\xffl\x0c'
    await nc(`@PJL FSDOWNLOAD FORMAT:BINARY SIZE=5 NAME="0:\\x.bin"\r\n${file}\x1b%-12345X`)
    expect(await nc('@PJL FSUPLOAD NAME="0:\\x.bin" OFFSET=0 SIZE=5\r\n')).toMatch(/SIZE=5\r\nh\0\xffl\x0c\f$/)
    const sha256 = createHash('sha256').update(Buffer.from(file, 'latin1')).digest('hex')
    expect(playing.artifacts.get(sha256)).toBeDefined()
  })

  it('are answered at once while five others sit idle', async () => {
    const idle = Array.from({ length: 5 }, () => createConnection(playing.port(), '127.0.0.1'))
    await Promise.all(idle.map((socket) => once(socket, 'connect')))
    const [answer = ''] = await once(createConnection(playing.port(), '127.0.0.1').setEncoding('latin1').end('@PJL INFO ID\r\n'), 'data')
    expect(answer).toContain('@PJL INFO ID')
    for (const socket of idle) socket.destroy()
  })
})

describe('lp', () => {
  it.runIf(process.getuid?.() === 0)('prints through a scheduler of CUPS and its socket backend', async () => {
    const cups = await cupsServer()
    try {
      const at = ['-h', `127.0.0.1:${cups.port}`]
      await run('lpadmin', [...at, '-p', 'trap', '-E', '-v', `socket://127.0.0.1:${playing.port()}`, '-m', 'raw'])
      const page = `%!PS\n(${randomBytes(8).toString('hex')}) show\nshowpage\n`
      writeFileSync(join(cups.folder, 'page.ps'), page)
      expect((await run('lp', [...at, '-d', 'trap', join(cups.folder, 'page.ps')])).stdout).toContain('request id is trap-1')
      const sha256 = createHash('sha256').update(page).digest('hex')
      await expect.poll(() => playing.artifacts.get(sha256)?.toString(), { timeout: 20_000 }).toBe(page)
      expect(playing.data('jetdirect.job')).toContainEqual(expect.objectContaining({ language: 'postscript' }))
    } finally {
      await cups.dispose()
    }
  })
})

describe('a captured job', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'jetdirect-client-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each([
    ['PCL', Buffer.concat([Buffer.from('\x1bE'), randomBytes(300_000)])],
    ['PDF', Buffer.concat([Buffer.from('%PDF-1.4\n'), randomBytes(5000), Buffer.from('\n%%EOF\n')])],
    ['PostScript that does not say its end', Buffer.from('%!PS\n(no end) show\n')],
  ])('is kept to the byte, whatever its bytes are: %s', async (_, job) => {
    await nc(job.toString('latin1'))
    const sha256 = createHash('sha256').update(job).digest('hex')
    await expect.poll(() => playing.artifacts.get(sha256)?.equals(job)).toBe(true)
  })

  it('may come byte by byte', async () => {
    const job = Buffer.from('%!PS\n(slow) show\nshowpage\n')
    const socket = createConnection({ port: playing.port(), host: '127.0.0.1', noDelay: true })
    for (const byte of job) {
      socket.write(Buffer.of(byte))
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    socket.end()
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
