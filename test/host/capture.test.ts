import { describe, expect, it } from 'vitest'
import { makeHost } from './harness.ts'

describe('what an attacker writes becomes an artifact', () => {
  it('whole, once a line, whatever way it was put together', async () => {
    const test = makeHost()
    await test.run(`printf '\\x7fELF' > /tmp/.x; for i in 1 2 3; do echo part$i >> /tmp/.x; done`)
    await test.run("cat > /tmp/s.sh <<'E'\n#!/bin/sh\necho hi\nE")
    await test.run('echo IyEvYmluL3NoCg== | base64 -d | tee /tmp/t >/dev/null')
    expect(test.recorder.captured.map((c) => [c.name, c.bytes.toString('latin1')])).toEqual([
      ['/tmp/.x', '\x7fELFpart1\npart2\npart3\n'],
      ['/tmp/s.sh', '#!/bin/sh\necho hi\n'],
      ['/tmp/t', '#!/bin/sh\n'],
    ])
  })

  it('before it is removed in the same line', async () => {
    const test = makeHost()
    await test.run('echo payload > /tmp/a; rm -f /tmp/a')
    expect(test.recorder.captured.map((c) => c.bytes.toString())).toEqual(['payload\n'])
  })
})

describe('the transcript of exec', () => {
  it('keeps output and errors apart, with status and user, and counts what it cuts', async () => {
    const test = makeHost()
    await test.run('echo out; echo err >&2; exit 7', { user: 'maris' })
    expect(test.recorder.of('turn')).toMatchObject([
      {
        input: 'echo out; echo err >&2; exit 7',
        output: 'out\n',
        stderr: 'err\n',
        exitCode: 7,
        source: 'static',
        detail: { user: 'maris', cwd: '/home/maris' },
      },
    ])
    test.recorder.events.length = 0
    await test.run('head -c 100000 /dev/zero')
    expect(test.recorder.of('turn')[0]).toMatchObject({ outputBytes: 100_000 })
  })
})

describe('programs that an attacker brings', () => {
  it('run as what they are copies of', async () => {
    const { stdout } = await makeHost().run(
      'cp /bin/cat /tmp/c; /tmp/c /etc/debian_version; cat /bin/cat > /tmp/d; chmod +x /tmp/d; /tmp/d /etc/debian_version',
    )
    expect(stdout).toMatch(/^(12\.\d+\n)\1$/)
  })

  it('of another machine do not run; of this machine seem to, and are seen in the process list', async () => {
    const test = makeHost()
    const elf = (machine: number) => {
      const bytes = Buffer.alloc(4096, 1)
      bytes.write('\x7fELF\x02\x01\x01\0', 'latin1')
      bytes.writeUInt16LE(2, 16)
      bytes.writeUInt16LE(machine, 18)
      return bytes
    }
    test.host.files('root').write('/tmp/arm', elf(183), 0o755)
    test.host.files('root').write('/tmp/bot', elf(62), 0o755)
    expect(await test.run('/tmp/arm')).toMatchObject({
      exitCode: 126,
      stderr: 'bash: line 1: /tmp/arm: cannot execute binary file: Exec format error\n',
    })
    expect(await test.run('/tmp/bot a b')).toEqual({ stdout: '', stderr: '', exitCode: 0 })
  })
})
