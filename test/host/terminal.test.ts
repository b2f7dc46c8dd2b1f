import { describe, expect, it } from 'vitest'
import { login } from './typist.ts'

/** What Debian's bash 5.2.15 sends for the same keys, recorded on a pty of 80 columns in a UTF-8 locale. */
const PROMPT = /# $/
const ON = '\x1b[?2004h'
const OFF = '\x1b[?2004l\r'

describe('editing a line on an xterm, byte for byte as readline paints it', () => {
  it('echoes, goes back, inserts, erases and yanks', async () => {
    const t = await login('debian-web', 'xterm')
    expect(await t.type('echo hi', 'echo hi')).toBe('echo hi')
    expect(await t.type('\x7f', '\x1b[K')).toBe('\b\x1b[K')
    expect(await t.type('\x1b[D', '\b')).toBe('\b')
    expect(await t.type('X', 'Xh\b')).toBe('Xh\b')
    expect(await t.type('\x01', '\b'.repeat(6))).toBe('\b'.repeat(6))
    expect(await t.type('\x1b[C', '\x1b[C')).toBe('\x1b[C')
    expect(await t.type('\x05', '\x1b[C')).toBe('\x1b[C'.repeat(6))
    expect(await t.type('\x15', '\x1b[K')).toBe(`${'\b'.repeat(7)}\x1b[K`)
    expect(await t.type('\x19', 'echo Xh')).toBe('echo Xh')
    const answer = await t.type('\r', PROMPT)
    expect(answer.startsWith(`\r\n${OFF}Xh\r\n${ON}`)).toBe(true)
  })

  it('deletes in the middle with the terminal’s own delete', async () => {
    const t = await login('debian-web', 'xterm')
    await t.type('echo Yworl', 'echo Yworl')
    await t.type('\x1b[1;5D', '\b')
    expect(await t.type('\x04', /P.*\x08$/)).toBe('\x1b[1Pworl\b\b\b\b')
  })

  it('answers Ctrl-C at the prompt with ^C, the end of bracketed paste and a new prompt', async () => {
    const t = await login('debian-web', 'xterm')
    await t.type('foo', 'foo')
    expect((await t.type('\x03', PROMPT)).startsWith(`^C${OFF}${ON}${OFF}\r\n${ON}`)).toBe(true)
  })

  it('says logout on a line of its own at Ctrl-D', async () => {
    const t = await login('debian-web', 'xterm')
    expect(await t.type('\x04', 'logout\r\n')).toBe(`${OFF}\r\nlogout\r\n`)
    expect(await t.process.exited).toEqual({ code: 0 })
  })

  it('wraps at the last column and goes up a row', async () => {
    const t = await login('debian-web', 'xterm')
    await t.type('PS1="root@web15:~# "\r', PROMPT)
    // What comes in one go is shown in one go.
    await t.type('a'.repeat(70), /a{70}$/)
    expect(await t.type('\x01', /C$/)).toBe(`\x1b[A${'\x1b[C'.repeat(10)}`)
  })
})

describe('a dumb terminal', () => {
  it('gets no escape sequence at all', async () => {
    const t = await login()
    await t.type('echo abc\x17\x7f\x1b[D\x01\x05\r', PROMPT)
    await t.type('ls /etc\x15\x03', PROMPT)
    expect(t.seen).not.toContain('\x1b')
  })
})

describe('history and completion', () => {
  it('recalls a loop that was typed over several lines as one line', async () => {
    const t = await login()
    await t.type('for i in 1 2\r', '> ')
    await t.type('do echo n$i\r', '> ')
    await t.type('done\r', PROMPT)
    expect(await t.type('\x1b[A', 'done')).toBe('for i in 1 2; do echo n$i; done')
  })

  it('shows a line that history expansion changed before it runs it', async () => {
    const t = await login()
    await t.type('echo one\r', PROMPT)
    expect(await t.type('!!\r', PROMPT)).toContain('!!\r\necho one\r\none\r\n')
    expect(await t.type('!nosuch\r', PROMPT)).toContain('-bash: !nosuch: event not found\r\n')
  })

  it('completes commands and paths, and lists possibilities at the second Tab', async () => {
    const t = await login()
    expect(await t.type('ech\t', 'echo ')).toBe('echo ')
    expect(await t.type('/etc/host\t', '\x07')).toContain('\x07')
    expect(await t.type('\t', /host$/)).toContain('hosts')
    await t.type('\x03', PROMPT)
    expect(await t.type('cd /us\t', 'usr/')).toBe('cd /usr/')
  })

  it('leaves the history in ~/.bash_history at the end', async () => {
    const t = await login()
    await t.type('echo remember me\r', PROMPT)
    t.process.stdin.write(Buffer.from('exit\r'))
    await t.process.exited
    const { stdout } = await t.test.run('tail -2 /root/.bash_history')
    expect(stdout).toBe('echo remember me\nexit\n')
  })
})

describe('job control', () => {
  it('stops with Ctrl-Z, lists, brings back and interrupts', async () => {
    const t = await login()
    await t.type('cat\r', 'cat\r\n')
    await t.type('l1\r', 'l1\r\nl1\r\n')
    expect(await t.type('\x1a', PROMPT)).toContain('^Z\r\n[1]+  Stopped                 cat\r\n')
    expect(await t.type('jobs\r', PROMPT)).toContain('[1]+  Stopped                 cat\r\n')
    await t.type('fg\r', 'cat\r\n')
    expect(await t.type('\x03', PROMPT)).toMatch(/^\^C\r\n\S*# $/)
  })

  it('Ctrl-C ends an endless loop of builtins', async () => {
    const t = await login()
    await t.type('while :; do :; done\r', 'done\r\n')
    expect(await t.type('\x03', PROMPT)).toMatch(/^\^C\r\n/)
    expect(await t.type('echo $?\r', PROMPT)).toContain('130')
  })

  it('keeps what is typed while a command runs for the next prompt', async () => {
    const t = await login()
    await t.type('read x\r', 'read x\r\n')
    await t.type('value\recho ahead\r', PROMPT)
    await t.until(/ahead\r\nahead\r\n.*# $/s)
  })
})

describe('the transcript', () => {
  it('has a turn for each line with its output, status, directory and terminal', async () => {
    const t = await login()
    await t.type('cd /tmp; echo out; false\r', PROMPT)
    const turn = t.test.recorder.of('turn').at(-1)
    expect(turn).toMatchObject({
      input: 'cd /tmp; echo out; false',
      output: 'out\n',
      exitCode: 1,
      source: 'static',
      kind: 'shell',
      detail: { cwd: '/root', user: 'root', tty: 'pts/0' },
    })
  })
})
