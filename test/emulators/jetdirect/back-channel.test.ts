import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import jetdirect from '../../../src/emulators/jetdirect/index.ts'
import { PclDialogue } from '../../../src/emulators/jetdirect/pcl.ts'
import { Machine } from '../../../src/emulators/jetdirect/postscript/machine.ts'
import { LANGUAGE } from '../../../src/emulators/jetdirect/postscript/operators.ts'
import { type PsHost, printerOperators } from '../../../src/emulators/jetdirect/postscript/printer.ts'
import { connect, type Playing, play } from '../../harness.ts'

const NO_PRINTER: PsHost = {
  product: '',
  version: '',
  revision: 1,
  buildTime: 1,
  serial: 1,
  memory: 1,
  pages: 1,
  startedAt: 0,
  password: '0',
  list: () => [],
  read: () => '',
  write: () => undefined,
  remove: () => undefined,
  format: () => undefined,
  changed: () => undefined,
}
const UEL = '\x1b%-12345X'
let playing: Playing
beforeAll(async () => {
  playing = await play(jetdirect, { persona: 'plain', prompts: 'test/fixtures/prompts' })
})
beforeEach(() => void playing.events.splice(0))
afterAll(() => playing.stop())

const send = async (text: string): Promise<string> =>
  (await playing.exchange(Buffer.from(text, 'latin1'), { end: true, quietMs: 5_000 })).toString('latin1')

/** Asks as PRET asks in its mode `ps`: the job stays open, and the answer is read up to the delimiter. */
async function ask(program: string): Promise<string> {
  const socket = await connect(playing.port())
  socket.write(Buffer.from(`${UEL}@PJL ENTER LANGUAGE = POSTSCRIPT\n%!\n${program}\n(DELIMITER4711\\n) print flush\n`, 'latin1'))
  let answer = ''
  for await (const chunk of socket.setEncoding('latin1')) {
    answer += chunk
    if (/DELIMITER4711\n$|\[ Flushing.*\n$/.test(answer)) break
  }
  return answer.replace(/DELIMITER4711\n$/, '')
}

describe('a program in PostScript', () => {
  it('is told what printer it runs on, as PJL tells', async () => {
    const id = /"(.*)"/.exec(await send('@PJL INFO ID\r\n'))?.[1]
    expect(await ask('product print')).toBe(id)
    expect(await ask('version == languagelevel == statusdict /product known ==')).toBe('(3010.107)\n3\ntrue\n')
    const pages = /PAGECOUNT=(\d+)/.exec(await send('@PJL INFO PAGECOUNT\r\n'))?.[1]
    expect(await ask('currentsystemparams dup /PageCount known {/PageCount get ==}{(Not available) print} ifelse')).toBe(`${pages}\n`)
  })

  it.each([
    ['(x1) = (x2) ==', 'x1\n(x2)\n'],
    ['1 2 add 3 mul == 7 2 idiv == 7 2 mod == 1 neg abs ==', '9\n3\n1\n1\n'],
    ['/f {dup mul} def 5 f == 3 {1} repeat count ==', '25\n3\n'],
    ['0 1 1 4 {add} for == [1 2 3] {10 mul ==} forall', '10\n10\n20\n30\n'],
    ['<< /a 1 /b (x) >> dup /a get == /b get == 1 2 3 3 -1 roll stack', '1\n(x)\n1\n3\n2\n'],
    ['{1 0 div} stopped == {stop} stopped == {1} stopped ==', 'true\ntrue\nfalse\n'],
    ['/i 0 def {/i i 1 add def i 3 eq {exit} if} loop i == (ab) {==} forall <6162> ==', '3\n97\n98\n(ab)\n'],
    ['/s 9 string def 12345 s cvs print ( ) print (a\\(b\\)\\101\\n) print', '12345 a(b)A\n'],
    ['systemdict /print known == (4) cvi 16#ff add ==', 'true\n259\n'],
    ['(%disk0%) devstatus dup {pop == == == == == == == ==} if', '8192\n8156\n1\nfalse\ntrue\ntrue\ntrue\ntrue\n'],
    ['/str 128 string def (*) {print (\\n) print} str devforall', '%rom0%\n%disk0%\n'],
  ])('%s says %j', async (program, expected) => {
    expect(await ask(program)).toBe(expected)
  })

  it('that does wrong is told so, and no more of it is run', async () => {
    const answer = await ask('(before) print nosuch (behind) print')
    expect(answer).toBe(
      'before%%[ Error: undefined; OffendingCommand: nosuch ]%%\n%%[ Flushing: rest of job (to end-of-file) will be ignored ]%%\n',
    )
    expect(await ask('pop')).toContain('Error: stackunderflow; OffendingCommand: pop')
  })

  it('puts, lists, reads and deletes the files that PJL sees', async () => {
    await ask('/outfile (%disk0%evil/x.ps) (w+) file def\noutfile (\\141\\142) writestring\noutfile closefile')
    expect(await send('@PJL FSUPLOAD NAME="0:\\evil\\x.ps" OFFSET=0 SIZE=2\r\n')).toContain('SIZE=2\r\nab\f')
    expect(await ask('/str 256 string def (%*%**) {print (\\n) print} str filenameforall')).toContain('%disk0%evil/x.ps\n')
    expect(await ask('(%disk0%evil/x.ps) status dup {pop == == == ==} if')).toMatch(/^(\d{10})\n\1\n2\n1\n$/)
    const read =
      '/byte (0) def\n/infile (evil/x.ps) (r) file def\n{infile read {byte exch 0 exch put\n(%stdout) (w) file byte writestring}\n{infile closefile exit} ifelse\n} loop'
    expect(await ask(read)).toBe('ab')
    await ask('(%disk0%evil/x.ps) deletefile')
    expect(await ask('(%disk0%evil/x.ps) status ==')).toBe('false\n')
    expect(await ask('(%disk0%../../etc/passwd) (r) file 15 string readstring pop print')).toBe('root::0:0::/:/b')
    expect(playing.data<{ action: string }>('jetdirect.file').map(({ action }) => action)).toEqual(
      expect.arrayContaining(['write', 'read', 'delete']),
    )
    expect(playing.data('artifact')).toContainEqual(expect.objectContaining({ how: 'jetdirect.write' }))
  })

  it('locks the printer by a password, and may look for it', async () => {
    await ask('<< /Password () /SystemParamsPassword (42) /StartJobPassword (42) >> setsystemparams')
    expect(await ask('{ << /Password (7) /SystemParamsPassword () >> setsystemparams } stopped ==')).toBe('true\n')
    expect(await ask('true 0 startjob ==')).toBe('false\n')
    const crack = '/min 0 def /max 100 def\nstatusdict begin {min 1 max {dup checkpassword {== flush stop}{pop} ifelse} for} stopped pop'
    expect(await ask(crack)).toBe('42\n')
    expect(await ask('{ << /Password (42) /SystemParamsPassword () /StartJobPassword () >> setsystemparams } stopped ==')).toBe('false\n')
    expect(playing.data('jetdirect.set')).toContainEqual(
      expect.objectContaining({ variable: 'SystemParamsPassword', value: '42', accepted: true }),
    )
  })

  it('is noted with what it used; one that never ends keeps its connection, and no other', async () => {
    expect(await send(`${UEL}%!\n{} loop\n${UEL}@PJL INFO ID\r\n`)).toBe('')
    const endless = playing.events.find(({ type, data }) => type === 'jetdirect.postscript' && (data as { isEndless: boolean }).isEndless)
    expect(endless).toMatchObject({ data: { operators: ['loop'] }, tags: ['attack:T1499'] })
    expect(await send('@PJL INFO ID\r\n')).toContain('LaserJet')
  })

  it('cannot make itself large', () => {
    for (const program of [
      '{65535 string} loop',
      '{65535 array} loop',
      '/f (x) (w) file def {f 65535 string writestring} loop',
      '(x) {dup print} loop',
    ]) {
      const operators = new Map([...LANGUAGE, ...printerOperators(NO_PRINTER)])
      const machine = new Machine(operators, new Set())
      expect(machine.feed(program, true).length).toBeLessThanOrEqual(256 * 1024)
      expect(machine.isBusy).toBe(true)
      expect(machine.stack.length).toBeLessThan(60)
    }
  })

  it('that draws is a print job, and gets no word', async () => {
    const page = '%!PS-Adobe-3.0\n/Helvetica findfont 24 scalefont setfont 72 700 moveto (hello) show showpage\n(x) print nosuch\n'
    expect(await send(page)).toBe('')
    expect(playing.data('jetdirect.job')).toMatchObject([{ language: 'postscript', pages: 1, size: page.length }])
  })

  it('may be long: hundreds of questions in one', async () => {
    const asked = Array.from({ length: 400 }, (_, i) => `(operator${i}: ) print systemdict /operator${i} known ==`)
    expect((await ask(asked.join('\r\n'))).match(/false/g)).toHaveLength(400)
  })

  it('that shows no page is not counted as one', async () => {
    await ask('product print')
    await expect.poll(() => playing.data('jetdirect.job')).toContainEqual(expect.objectContaining({ pages: 0 }))
  })

  it('may be a shell, which prompts', async () => {
    const answer = await send(`${UEL}%!\nfalse echo executive\n1 1 add ==\n`)
    expect(answer).toMatch(/^PostScript\(r\) Version 3010\.107\n2\nPS>/)
  })

  it('of any text says nothing but what it may, in bounded steps', () => {
    const operators = new Map(LANGUAGE)
    const word = fc.constantFrom(...operators.keys(), '{', '}', '(x', ')', '/a', 'a', '1', '2', '100', '-1', '<41', '%', '\n', '\x80')
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), fc.array(fc.nat(30)), (words, cuts) => {
        const program = words.join(' ')
        const whole = new Machine(operators, new Set())
        const answer = whole.feed(program, true)
        const cut = new Machine(operators, new Set())
        let parts = ''
        let at = 0
        for (const length of cuts) {
          parts += cut.feed(program.slice(at, at + length), false)
          at += length
        }
        expect(parts + cut.feed(program.slice(at), true)).toBe(answer)
      }),
    )
  })
})

describe('commands of PCL', () => {
  it('are echoed and told of memory and entities', async () => {
    const pcl = (commands: string): Promise<string> => send(`${UEL}@PJL ENTER LANGUAGE = PCL\r\n\x1b${commands}\x1b*s-4711X${UEL}`)
    expect(await pcl('*s1M')).toMatch(/^PCL\r\nINFO MEMORY\r\nTOTAL=\d+\r\nLARGEST=\d+\r\n\fECHO -4711\r\n\f$/)
    expect(await pcl('*s3T\x1b*s0U\x1b*s3I')).toContain('PCL\r\nINFO SYMBOLSETS\r\nIDLIST="0D,')
    expect(await pcl('*s4T\x1b*s0U\x1b*s1I')).toBe('PCL\r\nINFO MACROS\r\nERROR=NONE\r\n\fECHO -4711\r\n\f')
  })

  it('keep what a macro holds, as the file system of PRET does', async () => {
    const define = `&f31337Y\x1b&f0X${[...'{"x"}'].map((c) => `\x1b*s${c.charCodeAt(0)}X`).join('')}\x1b&f1X\x1b&f10X`
    expect(await send(`${UEL}@PJL ENTER LANGUAGE = PCL\r\n\x1b${define}${UEL}`)).toBe('')
    const answer = await send(`${UEL}@PJL ENTER LANGUAGE = PCL\r\n\x1b&f31337Y\x1b&f2X${UEL}`)
    expect(String.fromCharCode(...Array.from(answer.matchAll(/ECHO (\d+)\r\n\f/g), ([, n]) => Number(n)))).toBe('{"x"}')
    expect(await send(`\x1bE\x1b*s4t0u1I`)).toContain('IDLIST="31337"')
    expect(await send(`\x1bE\x1b&f31337y8X\x1b*s4t0u1I`)).toContain('ERROR=NONE')
  })

  it('of any bytes end, whatever they are cut into', () => {
    const piece = fc.constantFrom(
      '\x1b',
      '*s',
      '&f',
      '1',
      '77',
      'X',
      'x',
      'Y',
      '0',
      'M',
      'I',
      'T',
      'text',
      'E',
      '\x1b*s5X',
      '\x1b&f2X',
      '\x1b&f0X',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.array(fc.nat(12)), (pieces, cuts) => {
        const text = `${pieces.join('')}\x1bE`
        const whole = new PclDialogue(new Map(), 1000).feed(text)
        const dialogue = new PclDialogue(new Map(), 1000)
        let parts = ''
        let at = 0
        for (const length of cuts) {
          parts += dialogue.feed(text.slice(at, at + length))
          at += length
        }
        expect(parts + dialogue.feed(text.slice(at))).toBe(whole)
      }),
    )
  })
})
