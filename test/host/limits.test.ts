// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell's own expansions
import { describe, expect, it } from 'vitest'
import { makeHost } from './harness.ts'

describe('an abuser sees what a loaded machine would show, and nobody else is hurt', () => {
  it('a fork bomb runs into the process table: fork is tried again, then refused', { timeout: 15_000 }, async () => {
    const test = makeHost()
    const bomb = test.host.spawn(test.request(':(){ :|:& };:; sleep 1; ls'))
    let shown = ''
    void (async () => {
      for await (const bytes of bomb.stderr) shown += Buffer.from(bytes).toString()
    })()
    const started = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(performance.now() - started).toBeLessThan(4000)
    expect(shown).toContain('fork: retry: Resource temporarily unavailable')
    const other = makeHost('debian-web', { sourceIp: '203.0.113.5' })
    expect((await other.run('echo fine')).stdout).toBe('fine\n')
    bomb.signal('KILL')
    bomb.hangup()
  })

  it('lets a login in while a fork bomb fills the table', { timeout: 15_000 }, async () => {
    const test = makeHost()
    const bomb = test.host.spawn(test.request(':(){ :|:& };:; sleep 5'))
    await new Promise((resolve) => setTimeout(resolve, 800))
    expect((await test.run('echo in')).stdout).toBe('in\n')
    bomb.hangup()
    bomb.signal('KILL')
  })

  it('takes a hang-up at any moment', async () => {
    const test = makeHost()
    for (const terminal of [undefined, { term: 'xterm', columns: 80, rows: 24 }]) {
      const process = test.host.spawn({ ...test.request(), ...(terminal && { terminal }) })
      process.hangup()
      expect((await process.exited).code).toBeGreaterThanOrEqual(0)
    }
    expect(test.recorder.of('lure.fault')).toEqual([])
  })

  it('output of a session that is over ends for its reader, whoever still holds the other end', async () => {
    const process = makeHost().host.spawn(makeHost().request('sleep 3600 &'))
    await process.exited
    const read = process.stdout[Symbol.asyncIterator]().next()
    process.hangup()
    expect((await read).done).toBe(true)
  })

  it('who removes the shell has none', async () => {
    const test = makeHost()
    await test.run('rm -f /bin/bash /usr/bin/bash')
    expect(await test.run('id')).toEqual({ stdout: '', stderr: '/bin/bash: No such file or directory\n', exitCode: 1 })
    expect(test.recorder.of('lure.fault')).toEqual([])
  })

  it('who has nowhere to complain to ends in silence', async () => {
    const test = makeHost()
    expect((await test.run('ls /nope 2>&0; echo $?; chmod -1 /tmp; echo $?')).stdout).toBe('2\n1\n')
    expect(test.recorder.of('lure.fault')).toEqual([])
  })

  it('what nobody waits for, a report of dd to a closed stderr or a file saved in vi, ends with its process alone', async () => {
    const test = makeHost()
    const { stdout } = await test.run('dd if=/dev/zero of=/dev/null 2>&- & sleep 0.2; kill -USR1 $!; sleep 0.2; kill $!; echo over')
    expect(stdout).toBe('over\n')
    const vi = test.host.spawn({ ...test.request('vi f'), terminal: { term: 'xterm', columns: 80, rows: 24 } })
    vi.stdin.write(Buffer.from('iabc\x1b:w\r:!sleep 9\r'))
    await new Promise((resolve) => setTimeout(resolve, 300))
    vi.hangup()
    await vi.exited
    expect((await test.run('cat f')).stdout).toBe('abc\n')
    expect(test.recorder.of('lure.fault')).toEqual([])
  })

  it('who removes /dev/null has background jobs all the same', async () => {
    const test = makeHost()
    expect((await test.run('rm -f /dev/null; cat & wait; echo $?')).stdout).toBe('0\n')
    expect(test.recorder.of('lure.fault')).toEqual([])
  })

  it('a wrong subscript gives up its line, wherever it stands', async () => {
    const test = makeHost()
    for (const command of ['unset "arr[0þ]"', 'echo $((1/arr[¹9-]))', '((arr[¹9-] = 3))', '[[ arr[¹9-] -eq 3 ]]', 'let "arr[¹9-] = 3"']) {
      const { stdout, stderr } = await test.run(`arr=(1 2); ${command}; echo after`)
      expect(stdout).toBe('')
      expect(stderr).toMatch(/^bash: line 1: (?:0þ|¹9-): syntax error: /)
    }
    expect(test.recorder.of('lure.fault')).toEqual([])
  })

  it('endless recursion ends the shell by SIGSEGV', async () => {
    const { exitCode } = await makeHost().run('f() { f; }; f; echo not reached')
    expect(exitCode).toBe(139)
    expect((await makeHost().run('x=\'eval "$x"\'; eval "$x"')).exitCode).toBe(139)
  })

  it('a string that grows without end is refused as by a full memory', { timeout: 15_000 }, async () => {
    const { stderr, exitCode } = await makeHost().run('x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done')
    expect(stderr).toContain('cannot allocate')
    expect(exitCode).not.toBe(0)
  })

  it('a brace expansion of a thousand million words is refused', async () => {
    const { stderr } = await makeHost().run('echo {1..1000000000}')
    expect(stderr).toContain('cannot allocate')
  })

  it('an endless producer waits for its reader, and ends with it', async () => {
    const { stdout, exitCode } = await makeHost().run('yes | head -2; echo ${PIPESTATUS[0]}')
    expect(stdout).toBe('y\ny\n141\n')
    expect(exitCode).toBe(0)
  })

  it('a busy loop of one session leaves the others quick', { timeout: 15_000 }, async () => {
    const busy = makeHost()
    const loop = busy.host.spawn(busy.request('while :; do :; done'))
    const other = makeHost('debian-web', { sourceIp: '203.0.113.6' })
    await other.run('true')
    const times: number[] = []
    for (let i = 0; i < 40; i++) {
      const at = performance.now()
      await other.run('echo x')
      times.push(performance.now() - at)
    }
    loop.signal('KILL')
    times.sort((a, b) => a - b)
    expect(times[35]).toBeLessThan(60)
  })

  it('a disk takes zeros without memory and real bytes only up to its quota', { timeout: 15_000 }, async () => {
    const test = makeHost()
    expect((await test.run('dd if=/dev/zero of=/tmp/z bs=1M count=300 2>/dev/null; stat -c %s /tmp/z')).stdout).toBe('314572800\n')
    const { stderr, exitCode } = await test.run('dd if=/dev/urandom of=/tmp/r bs=1M count=100')
    expect(stderr).toContain('No space left on device')
    expect(exitCode).toBe(1)
  })

  it('a pattern with many stars is matched in bounded time', async () => {
    const at = performance.now()
    const { stdout } = await makeHost().run(`x=$(printf 'a%.0s' {1..2000}); [[ $x == *a*a*a*a*a*a*a*a*a*a*b ]] || echo no`)
    expect(stdout).toBe('no\n')
    expect(performance.now() - at).toBeLessThan(2000)
  })
})
