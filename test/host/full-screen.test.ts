import { describe, expect, it } from 'vitest'
import { makeHost } from './harness.ts'
import { screenOf } from './screen.ts'
import { login, Typist } from './typist.ts'

/** Screens of vim 9.0.1378, nano 7.2, less 590 and more 2.38.1 of Debian 12 at 80 × 24 for the same keys. */
const PROMPT = /[#$] $/
const LINES = 'for i in $(seq 40); do echo line $i of the file; done > c.conf\r'

async function sees(t: Typist, keys: string, row: number, text: string | RegExp): Promise<string[]> {
  t.process.stdin.write(Buffer.from(keys))
  const wanted = (): string => screenOf(t.seen)[row - 1] as string
  await expect.poll(wanted, { timeout: 10_000, interval: 20 }).toMatch(typeof text === 'string' ? new RegExp(`^${escaped(text)}$`) : text)
  return screenOf(t.seen)
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

async function withFile(): Promise<Typist> {
  const t = await login('debian-web', 'xterm')
  await t.type(LINES, PROMPT)
  return t
}

const ruler = (left: string, place: string, share: string): string => `${left.padEnd(62)}${place.padEnd(14)}${share}`

describe('vi', () => {
  it('opens, moves and scrolls with the ruler that vim shows', async () => {
    const t = await withFile()
    expect((await sees(t, 'vi c.conf\r', 24, ruler('"c.conf" 40L, 791B', '1,1', 'Top')))[0]).toBe('line 1 of the file')
    expect((await sees(t, 'G', 24, ruler('', '40,1', 'Bot')))[22]).toBe('line 40 of the file')
    await sees(t, 'gg15j', 24, ruler('', '16,1', 'Top'))
    await sees(t, '\x06', 24, ruler('', '27,1', 'Bot'))
    await sees(t, '\x02', 24, ruler('', '18,1', 'Top'))
    await sees(t, '\x04', 24, ruler('', '29,1', '64%'))
  })

  it('changes, undoes, repeats, searches, substitutes and writes', async () => {
    const t = await withFile()
    await sees(t, 'vi c.conf\r', 24, /Top$/)
    await sees(t, '3dd', 24, ruler('3 fewer lines', '1,1', 'Top'))
    await sees(t, 'u', 24, /^3 more lines; before #1 {2}\d seconds? ago +1,1 +Top$/)
    await sees(t, ':12\rA tail\x1bj.k', 13, 'line 13 of the file tail')
    await sees(t, 'yyp', 13, 'line 12 of the file tail')
    await sees(t, 'ccnew\x1b', 13, 'new')
    await sees(t, '/line 3.\rdw', 24, /31,1 +/)
    await sees(t, 'gg:%s/line/LINE/g\r', 24, /^39 substitutions on 39 lines +/)
    await sees(t, ':s/zzz/y/\r', 24, /^E486: Pattern not found: zzz/)
    await sees(t, ':q\r', 24, /^E37: No write since last change \(add ! to override\)/)
    await sees(t, ':x\r', 24, /#$/)
    expect((await t.test.run('wc -l < c.conf; sed -n 1p c.conf; sed -n 12,13p c.conf')).stdout).toBe(
      '41\nLINE 1 of the file\nLINE 12 of the file tail\nnew\n',
    )
  })

  it('shows its introduction without a file, numbers on demand, and leaves a new file in UTF-8', async () => {
    const t = await login('debian-web', 'xterm')
    await sees(t, 'vim\r', 6, /^~ +VIM - Vi IMproved$/)
    await sees(t, ':e n.txt\r', 24, ruler('"n.txt" [New]', '0,0-1', 'All'))
    await sees(t, 'igrün\x1b:set nu\r', 1, '  1 grün')
    await sees(t, 'ZZ', 24, /#$/)
    expect((await t.test.run('cat n.txt')).stdout).toBe('grün\n')
  })

  it('says what may not be written, and lets go at :q!', async () => {
    const t = new Typist(makeHost(), { term: 'xterm' }, 'maris')
    await t.until(PROMPT)
    await sees(t, 'vi /etc/hostname\r', 24, /^"\/etc\/hostname" \[readonly\] 1L, \d+B/)
    await sees(t, 'x', 24, /^W10: Warning: Changing a readonly file/)
    await sees(t, ':w\r', 24, /^E45: 'readonly' option is set \(add ! to override\)/)
    await sees(t, ':w!\r', 24, /^"\/etc\/hostname" E212: Can't open file for writing/)
    await sees(t, ':q!\r', 24, /\$$/)
  })
})

describe('nano', () => {
  it('has the title, messages and keys of 7.2', async () => {
    const t = await withFile()
    const screen = await sees(t, 'nano c.conf\r', 22, `${' '.repeat(31)}[ Read 40 lines ]`)
    expect(screen[0]).toBe(`  GNU nano 7.2${' '.repeat(25)}c.conf`)
    expect(screen[22]).toBe('^G Help      ^O Write Out ^W Where Is  ^K Cut       ^T Execute   ^C Location')
    await sees(t, 'ab', 1, `  GNU nano 7.2${' '.repeat(25)}c.conf *`)
    await sees(t, '\x0b\x0b', 2, 'line 3 of the file')
    await sees(t, '\x15', 3, 'line 2 of the file')
    await sees(t, '\x17zz\r', 22, `${' '.repeat(31)}[ "zz" not found ]`)
    await sees(t, '\x18', 22, 'Save modified buffer?')
    expect((await sees(t, 'y', 22, 'File Name to Write: c.conf'))[23]).toBe(
      '^C Cancel           M-M Mac Format      M-P Prepend         ^T Browse',
    )
    t.process.stdin.write(Buffer.from('\r'))
    await t.until(PROMPT)
    expect((await t.test.run('head -n 2 c.conf')).stdout).toBe('abline 1 of the file\nline 2 of the file\n')
  })
})

describe('less and more', () => {
  it('page, search and number a file, and read their keys from the terminal behind a pipe', async () => {
    const t = await withFile()
    await sees(t, 'less c.conf\r', 24, 'c.conf')
    expect((await sees(t, 'G', 24, '(END)'))[22]).toBe('line 40 of the file')
    await sees(t, 'k', 24, ':')
    await sees(t, 'g/3[05] of\r', 1, 'line 18 of the file')
    await sees(t, '-N\r', 1, '     18 line 18 of the file')
    await sees(t, '/zz\r', 24, 'Pattern not found  (press RETURN)')
    await t.type('\rq', PROMPT)
    await sees(t, 'clear; cat c.conf | less\r', 24, ':')
    await sees(t, ' ', 24, '(END)')
    await t.type('q', PROMPT)
    await sees(t, 'clear; seq 60 | more\r', 24, '--More--')
    await sees(t, '  ', 24, '(END)')
    await t.type('q', PROMPT)
    await sees(t, 'clear; printf "a\\nb\\n" | less\r', 3, '(END)')
  })

  it('are what systemctl and journalctl show their text with', async () => {
    const t = await login('debian-web', 'xterm')
    await sees(t, 'journalctl\r', 24, 'lines 1-23')
    await sees(t, ' ', 24, 'lines 24-46')
    await t.type('q', PROMPT)
    expect(await t.type('systemctl is-active ssh; systemctl --no-pager status ssh\r', PROMPT)).not.toContain('lines 1-')
  })

  it('stop at Ctrl-Z and paint their screen again in the foreground, in the size that the window has then', async () => {
    const t = await withFile()
    await sees(t, 'vi c.conf\r', 24, /Top$/)
    expect(await t.type('\x1a', PROMPT)).toContain('[1]+  Stopped                 vi c.conf')
    const from = t.seen.length
    t.process.resize(60, 12)
    await t.type('fg\r', /1,1 +Top\x1b/)
    expect(screenOf(t.seen.slice(from), 12, 60)[10]).toBe('line 11 of the file')
  })
})

describe('top', () => {
  it('kills what it is told to, and stops at Ctrl-Z', async () => {
    const t = await login('debian-web', 'xterm')
    await t.type('sleep 4321 & echo pid=$!.\r', PROMPT)
    const pid = /pid=(\d+)\./.exec(t.seen)?.[1]
    await sees(t, 'top\r', 7, /PID USER/)
    await sees(t, 'k', 6, /^PID to signal\/kill \[default pid = \d+\]$/)
    await sees(t, `${pid}\r`, 6, `Send pid ${pid} signal [15/sigterm]`)
    await t.type('9\r', /Swap/)
    expect(await t.type('\x1a', PROMPT)).toContain('Stopped                 top')
    expect(await t.type(`kill -0 ${pid}\r`, PROMPT)).toContain('No such process')
  })
})
