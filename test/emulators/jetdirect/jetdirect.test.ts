import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import ipp from '../../../src/emulators/ipp/index.ts'
import jetdirect from '../../../src/emulators/jetdirect/index.ts'
import { connect, MemoryState, type Playing, type PlayOptions, play } from '../../harness.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'

const UEL = '\x1b%-12345X'
let playing: Playing
afterEach(() => playing.stop())

async function start(options: PlayOptions = {}): Promise<void> {
  playing = await play(jetdirect, { persona: 'plain', prompts: 'test/fixtures/prompts', ...options })
}

const send = async (bytes: Buffer | string): Promise<string> => {
  const whole = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
  return (await playing.exchange(whole, { end: true, quietMs: 5_000 })).toString('latin1')
}
const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex')

describe('what the printer says of itself', () => {
  it('is its model in quotes, ended by a form feed', async () => {
    await start()
    expect(await send(`${UEL}@PJL INFO ID\r\n${UEL}\r\n`)).toMatch(/^@PJL INFO ID\r\n"HP LaserJet [P0-9]+"\r\n\f$/)
    expect((await playing.seen('jetdirect.command')).tags).toContain('attack:T1082')
  })

  it('is Ready and on line', async () => {
    await start()
    expect(await send('@PJL INFO STATUS\r\n')).toBe('@PJL INFO STATUS\r\nCODE=10001\r\nDISPLAY="Ready"\r\nONLINE=TRUE\r\n\f')
  })

  it('comes in order, with the echo that a client puts between', async () => {
    await start()
    const answer = await send('@PJL ECHO 4711\r\n@PJL INFO VARIABLES\r\n@PJL INFO NOSUCH\r\n')
    const [echo, variables, unknown] = answer.split('\f')
    expect(echo).toBe('@PJL ECHO 4711\r\n')
    expect(variables).toMatch(/^@PJL INFO VARIABLES\r\nCOPIES=1 \[2 RANGE\]\r\n\t1\r\n\t32000\r\nPAPER=A4 \[11 ENUMERATED\]\r\n/)
    expect(unknown).toBe('@PJL INFO NOSUCH\r\n"?"\r\n')
  })

  it.each([
    ['CONFIG', /IN TRAYS \[2 ENUMERATED\]\r\n\tINTRAY1 MP/],
    ['FILESYS', /^@PJL INFO FILESYS \[2 TABLE\]\r\n\tVOLUME\tTOTAL SIZE\tFREE SPACE\tLOCATION\tLABEL\tSTATUS\r\n\t0:\t\d+\t\d+\tRAM/],
    ['MEMORY', /TOTAL=\d+\r\nLARGEST=\d+/],
    ['PAGECOUNT', /PAGECOUNT=\d{5,}/],
    ['PRODINFO', /ProductSerialNumber = "[A-Z0-9]{10}"/],
    ['SUPPLIES', /TONER CARTRIDGE=\d+%/],
    ['USTATUS', /DEVICE=OFF \[3 ENUMERATED\]/],
    ['LOG', /EVENT=13\.02\.00/],
  ])('has INFO %s', async (category, expected) => {
    await start()
    const answer = await send(`@PJL INFO ${category}\r\n`)
    expect(answer).toMatch(expected)
    expect(answer.endsWith('\r\n\f')).toBe(true)
  })

  it('differs between installs, and is the same at one', async () => {
    const ask = async (fill: number): Promise<string> => {
      await start({ identity: new Identity(Buffer.alloc(32, fill)) })
      const answer = await send('@PJL INFO PRODINFO\r\n')
      if (fill !== 9) await playing.stop()
      return answer
    }
    expect(await ask(3)).toBe(await ask(3))
    expect(await ask(4)).not.toBe(await ask(9))
  })
})

describe('the printer', () => {
  it('is the one that stands behind the print server', async () => {
    await start({ beside: [ipp], hosts: new MemoryHosts() })
    const name = /"(.*)"/.exec(await send('@PJL INFO ID\r\n'))![1]!
    const there = playing.sensor.ports().find(({ lure, transport }) => lure === 'ipp' && transport === 'tcp')!
    const page = await (await fetch(`http://127.0.0.1:${there.port}/printers/`)).text()
    expect(page).toContain(name)
  })
})

describe('the display', () => {
  it('keeps a message over a new connection and a restart, until it is taken back', async () => {
    const state = new MemoryState()
    await start({ state })
    await send('@PJL RDYMSG DISPLAY="PWNED"\r\n')
    expect(await send('@PJL INFO STATUS\r\n')).toContain('DISPLAY="PWNED"')
    expect((await playing.seen('jetdirect.display')).tags).toEqual(['attack:T1491.001'])
    await playing.stop()
    await start({ state })
    expect(await send('@PJL INFO STATUS\r\n')).toContain('DISPLAY="PWNED"')
    await send('@PJL RDYMSG DISPLAY=""\r\n')
    expect(await send('@PJL INFO STATUS\r\n')).toContain('DISPLAY="Ready"')
  })

  it.each(['OPMSG', 'STMSG'])('by %s takes the printer off line, for every client', async (command) => {
    await start()
    await send(`@PJL ${command} DISPLAY="PAY UP"\r\n`)
    expect(await send('@PJL INFO STATUS\r\n')).toBe('@PJL INFO STATUS\r\nCODE=10002\r\nDISPLAY="PAY UP"\r\nONLINE=FALSE\r\n\f')
  })

  it('is told without being asked to who wants device status', async () => {
    await start()
    const answer = await send('@PJL USTATUS DEVICE=ON\r\n@PJL RDYMSG DISPLAY="x"\r\n')
    expect(answer.split('\f')[1]).toBe('@PJL USTATUS DEVICE\r\nCODE=10001\r\nDISPLAY="x"\r\nONLINE=TRUE\r\n')
  })
})

describe('variables', () => {
  it('set for a job are forgotten after it, set as default are not', async () => {
    await start()
    expect(await send('@PJL SET COPIES=7\r\n@PJL INQUIRE COPIES\r\n@PJL DINQUIRE COPIES\r\n')).toBe(
      '@PJL INQUIRE COPIES\r\n7\r\n\f@PJL DINQUIRE COPIES\r\n1\r\n\f',
    )
    await send('@PJL DEFAULT COPIES=99\r\n@PJL DEFAULT PAPER=NOSUCH\r\n')
    expect(await send('@PJL INQUIRE COPIES\r\n@PJL INQUIRE PAPER\r\n@PJL INQUIRE NOSUCH\r\n')).toBe(
      '@PJL INQUIRE COPIES\r\n99\r\n\f@PJL INQUIRE PAPER\r\nA4\r\n\f@PJL INQUIRE NOSUCH\r\n"?"\r\n\f',
    )
    expect(playing.data('jetdirect.set')).toContainEqual({ variable: 'PAPER', value: 'NOSUCH', old: 'A4', accepted: false })
  })

  it('of a printer language have their own names', async () => {
    await start()
    expect(await send('@PJL SET LPARM : PCL PITCH=12.50\r\n@PJL SET LPARM:PCL PITCH=200\r\n@PJL INQUIRE LPARM:PCL PITCH\r\n')).toBe(
      '@PJL INQUIRE LPARM:PCL PITCH\r\n12.50\r\n\f',
    )
    expect(await send('@PJL DINQUIRE LPARM:PCL SYMSET\r\n@PJL INQUIRE LPARM:PCL NOSUCH\r\n')).toBe(
      '@PJL DINQUIRE LPARM:PCL SYMSET\r\nPC8\r\n\f@PJL INQUIRE LPARM:PCL NOSUCH\r\n"?"\r\n\f',
    )
    expect(await send('@PJL INFO VARIABLES\r\n')).toContain('LPARM:POSTSCRIPT PRTPSERRS=OFF [2 ENUMERATED]\r\n\tOFF\r\n\tON\r\n')
  })

  it('are locked by a password, and each try of it is a login', async () => {
    await start()
    await send('@PJL JOB PASSWORD=0\r\n@PJL DEFAULT PASSWORD=4711, CPLOCK=ON, DISKLOCK=ON\r\n@PJL EOJ\r\n')
    expect(await send('@PJL DINQUIRE PASSWORD\r\n@PJL DINQUIRE CPLOCK\r\n')).toContain('ENABLED\r\n\f@PJL DINQUIRE CPLOCK\r\nON')
    await send('@PJL JOB PASSWORD=1\r\n@PJL DEFAULT PASSWORD=0\r\n')
    expect(await send('@PJL DINQUIRE PASSWORD\r\n')).toContain('ENABLED')
    await send('@PJL JOB PASSWORD=4711\r\n@PJL DEFAULT PASSWORD=0\r\n')
    expect(await send('@PJL DINQUIRE PASSWORD\r\n')).toContain('DISABLED')
    expect(playing.data('login').map(({ password, accepted }) => [password, accepted])).toEqual([
      ['0', true],
      ['1', false],
      ['4711', true],
    ])
  })
})

describe('files', () => {
  it('are listed with their folders first', async () => {
    await start()
    const answer = await send('@PJL FSDIRLIST NAME="0:\\" ENTRY=1 COUNT=99\r\n')
    expect(answer).toBe(
      '@PJL FSDIRLIST NAME="0:\\" ENTRY=1\r\n. TYPE=DIR\r\n.. TYPE=DIR\r\nPJL TYPE=DIR\r\nPostScript TYPE=DIR\r\nsaveDevice TYPE=DIR\r\nwebServer TYPE=DIR\r\n\f',
    )
    expect((await playing.seen('jetdirect.file')).tags).toEqual(['attack:T1083'])
  })

  it('come back as they were put, from a new connection', async () => {
    await start()
    const file = Buffer.from('he\x00\xff\n', 'latin1')
    await send(Buffer.concat([Buffer.from(`${UEL}@PJL FSDOWNLOAD FORMAT:BINARY SIZE=5 NAME="0:\\x"\r\n`), file, Buffer.from(UEL)]))
    expect(await send('@PJL FSUPLOAD NAME="0:\\x" OFFSET=0 SIZE=5\r\n')).toBe(
      '@PJL FSUPLOAD FORMAT:BINARY NAME="0:\\x" OFFSET=0 SIZE=5\r\nhe\x00\xff\n\f',
    )
    expect(await send('@PJL FSQUERY NAME="0:\\x"\r\n@PJL FSQUERY NAME="0:\\PJL"\r\n')).toBe(
      '@PJL FSQUERY NAME="0:\\x" TYPE=FILE SIZE=5\r\n\f@PJL FSQUERY NAME="0:\\PJL" TYPE=DIR\r\n\f',
    )
    expect(playing.artifacts.kept.get(sha256(file))).toEqual(file)
    await send('@PJL FSDELETE NAME="0:\\x"\r\n')
    expect(await send('@PJL FSUPLOAD NAME="0:\\x" OFFSET=0 SIZE=9\r\n')).toBe('@PJL FSUPLOAD NAME="0:\\x"\r\nFILEERROR=3\r\n\f')
  })

  it('are made, grown, read in parts and formatted away', async () => {
    await start()
    await send('@PJL FSMKDIR NAME="0:\\d"\r\n@PJL FSDOWNLOAD SIZE=3 NAME="0:\\d\\x"\r\nabc@PJL FSAPPEND SIZE=2 NAME="0:\\d\\x"\r\nde')
    expect(await send('@PJL FSUPLOAD NAME="0:\\d\\x" OFFSET=1 SIZE=3\r\n')).toContain('OFFSET=1 SIZE=3\r\nbcd\f')
    expect(await send('@PJL FSDIRLIST NAME="0:\\d" ENTRY=3 COUNT=1\r\n')).toBe(
      '@PJL FSDIRLIST NAME="0:\\d" ENTRY=3\r\nx TYPE=FILE SIZE=5\r\n\f',
    )
    expect(await send('@PJL FSDIRLIST NAME="0:\\d\\x" ENTRY=1 COUNT=1\r\n@PJL FSQUERY NAME="7:\\x"\r\n')).toMatch(
      /FILEERROR=10\r\n\f.*FILEERROR=17\r\n\f$/s,
    )
    await send('@PJL FSINIT VOLUME="0:"\r\n')
    expect(await send('@PJL FSDIRLIST NAME="0:\\" ENTRY=1 COUNT=9\r\n')).toBe(
      '@PJL FSDIRLIST NAME="0:\\" ENTRY=1\r\n. TYPE=DIR\r\n.. TYPE=DIR\r\n\f',
    )
    expect(playing.data<{ action: string }>('jetdirect.file').map(({ action }) => action)).toEqual(
      expect.arrayContaining(['mkdir', 'write', 'append', 'read', 'list', 'format']),
    )
  })

  it('of the firmware are read by climbing out of the volume', async () => {
    await start()
    expect(await send('@PJL FSUPLOAD NAME="0:\\..\\..\\..\\etc\\passwd" OFFSET=0 SIZE=999\r\n')).toContain('root::0:0:')
    const read = await playing.seen('jetdirect.file')
    expect(read.tags).toEqual(['attack:T1005', 'cve:CVE-2010-4107'])
  })

  it('fill no more than their share', async () => {
    await start()
    const large = Buffer.alloc(3 * 1024 * 1024)
    const put = (name: string): Buffer => Buffer.concat([Buffer.from(`@PJL FSDOWNLOAD SIZE=${large.length} NAME="0:\\${name}"\r\n`), large])
    await send(Buffer.concat([put('a'), put('b')]))
    expect(playing.data<{ error?: number }>('jetdirect.file').map(({ error }) => error)).toEqual([undefined, 5])
  })
})

describe('print jobs', () => {
  it.each([
    ['postscript', '%!PS-Adobe-3.0\n%%Title: (Pay rise)\n%%Page: 1 1\nshowpage\n%%Page: 2 2\nshowpage\n', 2, 'Pay rise'],
    ['pcl', '\x1bE\x1b&l0O hello \f page two \f\x1bE', 2, 'from PJL'],
    ['pdf', '%PDF-1.4 << /Type /Page >> << /Title (Invoice) >>', 1, 'Invoice'],
    ['text', 'All your printer are belong to us http://192.0.2.9/x\r\n', 1, 'from PJL'],
  ])('in %s are kept whole, with title and pages', async (language, body, pages, title) => {
    await start()
    const before = Number(/PAGECOUNT=(\d+)/.exec(await send('@PJL INFO PAGECOUNT\r\n'))?.[1])
    await send(`${UEL}@PJL JOB NAME="from PJL"\r\n@PJL SET USERNAME="eve"\r\n@PJL ENTER LANGUAGE=AUTO\r\n${body}${UEL}@PJL EOJ\r\n${UEL}`)
    expect(playing.data('jetdirect.job')).toMatchObject([
      { language, pages, title, user: 'eve', size: body.length, sha256: sha256(Buffer.from(body, 'latin1')), truncated: false },
    ])
    expect(playing.artifacts.kept.has(sha256(Buffer.from(body, 'latin1')))).toBe(true)
    const after = Number(/PAGECOUNT=(\d+)/.exec(await send('@PJL INFO PAGECOUNT\r\n'))?.[1])
    expect(after - before).toBe(pages)
  })

  it('of any bytes keep their hash', async () => {
    await start()
    const job = Buffer.concat([Buffer.from('\x00\r\n'), randomBytes(300_000)])
    await send(job)
    expect(playing.data('jetdirect.job')).toMatchObject([{ size: job.length, sha256: sha256(job) }])
  })

  it('tell of their pages and their end to who wants it', async () => {
    await start()
    const answer = await send(
      `@PJL USTATUS JOB=ON\r\n@PJL USTATUS PAGE=ON\r\n@PJL JOB NAME="j"\r\n@PJL ENTER LANGUAGE=PCL\r\nx\f${UEL}@PJL EOJ\r\n`,
    )
    expect(answer).toBe(
      '@PJL USTATUS JOB\r\nSTART\r\nNAME="j"\r\n\f@PJL USTATUS PAGE\r\n1\r\n\f@PJL USTATUS JOB\r\nEND\r\nNAME="j"\r\nPAGES=1\r\n\f',
    )
  })

  it('are no reason for others to wait', async () => {
    await start()
    const idle = await Promise.all(Array.from({ length: 5 }, () => connect(playing.port())))
    expect(await send('@PJL INFO ID\r\n')).toContain('LaserJet')
    for (const socket of idle) socket.destroy()
  })
})

describe('management within PJL', () => {
  it('reads the name and the serial number that PJL tells, and no object that there is not', async () => {
    await start()
    const name = /"(.*)"/.exec(await send('@PJL INFO ID\r\n'))![1]!
    const length = name.length.toString(16).padStart(2, '0').toUpperCase()
    expect(await send('@PJL DMINFO ASCIIHEX="000006030302010301"\r\n')).toBe(
      `@PJL DMINFO ASCIIHEX="000006030302010301"\r\n"80000006030302010301` +
        `14${length}${Buffer.from(name).toString('hex').toUpperCase()}"\r\n\f`,
    )
    const serial = /ProductSerialNumber = "(\w+)"/.exec(await send('@PJL INFO PRODINFO\r\n'))![1]!
    expect(await send('@PJL DMINFO ASCIIHEX="00000401010303"\r\n')).toContain(Buffer.from(serial).toString('hex').toUpperCase())
    expect(await send('@PJL DMINFO ASCIIHEX="00000401010909"\r\n')).toContain('"80810004010109')
  })

  it('resets what a source has changed, without an answer', async () => {
    await start()
    await send('@PJL DEFAULT COPIES=99\r\n@PJL DEFAULT PASSWORD=7\r\n')
    expect(await send('@PJL DMCMD ASCIIHEX="040006020501010301040106"\r\n')).toBe('')
    expect(await send('@PJL DINQUIRE COPIES\r\n@PJL DINQUIRE PASSWORD\r\n')).toBe(
      '@PJL DINQUIRE COPIES\r\n1\r\n\f@PJL DINQUIRE PASSWORD\r\nDISABLED\r\n\f',
    )
    const set = await playing.seen('jetdirect.management')
    expect(set).toMatchObject({ data: { object: '2.5.1.1.3.1', value: '040106', isSet: true }, tags: ['attack:T1529'] })
  })
})

describe('what a driver says of a job', () => {
  it.each([
    ['@PJL SET JOBATTR="JobAcct1=eve"\r\n@PJL SET JOBATTR="JobName=Payroll"\r\n', 'Payroll', 'eve'],
    ['@PJL COMMENT "Payroll"\r\n@PJL SET USERNAME="bob"\r\n', 'Payroll', 'bob'],
  ])('is noted: %j', async (lines, title, user) => {
    await start()
    await send(`${UEL}${lines}@PJL ENTER LANGUAGE=PCL\r\nhello\f${UEL}`)
    expect(playing.data('jetdirect.job')).toMatchObject([{ title, user, language: 'pcl' }])
  })
})

describe('status from time to time', () => {
  it('comes unasked to who is silent', async () => {
    await start()
    const socket = await connect(playing.port())
    socket.setEncoding('latin1').write('@PJL USTATUS TIMED=5\r\n')
    const sentAt = performance.now()
    const [chunk] = await once(socket, 'data')
    expect(chunk).toBe('@PJL USTATUS TIMED\r\nCODE=10001\r\nDISPLAY="Ready"\r\nONLINE=TRUE\r\n\f')
    expect(performance.now() - sentAt).toBeGreaterThan(4_500)
    socket.destroy()
  }, 20_000)
})
