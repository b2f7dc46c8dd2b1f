import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import dns from '../../src/emulators/dns/index.ts'
import { type Playing, play } from '../harness.ts'

const run = promisify(execFile)

let playing: Playing
beforeAll(async () => {
  playing = await play(dns, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

const dig = async (...args: string[]): Promise<string> => {
  const isTcp = args.includes('+tcp') || args.includes('AXFR')
  return (await run('dig', ['-p', String(playing.port(isTcp ? 1 : 0)), '@127.0.0.1', ...args])).stdout
}

describe('dig', () => {
  it('finds an open resolver', async () => {
    const answer = await dig('www.wikipedia.org')
    expect(answer).toContain('status: NOERROR')
    expect(answer).toMatch(/flags: qr rd ra;/)
    expect(answer).toMatch(/www\.wikipedia\.org\.\s+\d+\s+IN\s+A\s+\d/)
    expect(answer).toContain('(good)')
  })

  it('is told of more than 512 bytes, and takes no more', async () => {
    const answer = await dig('isc.org', 'ANY', '+ignore', '+bufsize=4096', '+notcp')
    expect(answer).toMatch(/flags: qr tc rd ra;/)
    expect(Number(/MSG SIZE +rcvd: (\d+)/.exec(answer)?.[1])).toBeLessThanOrEqual(512)
  })

  it('sees the time to live count down, as a cache counts it', async () => {
    const ttl = async (): Promise<number> => Number((await dig('cache.example.org', 'A', '+noall', '+answer')).split(/\s+/)[1])
    const first = await ttl()
    await expect.poll(ttl, { timeout: 5000 }).toBe(first - 2)
  })

  it('has three answers of a source that asks for random names, and the flood is told of as such', async () => {
    const alone = await play(dns, { persona: 'debian-web', settings: { udp: { governLoopback: true } } })
    const names = Array.from({ length: 100 }, (_, i) => `x${i}q${(i * 7919) % 104_729}.example.com`)
    const words = ['-p', String(alone.port()), '@127.0.0.1', '+notcp', '+tries=1', '+time=1', '+ignore', '+short']
    await Promise.all(names.map((name) => run('dig', [...words, name]).catch(() => undefined)))
    await alone.stop()
    expect(alone.data('datagram').filter(({ answerBytes }) => Number(answerBytes) > 0).length).toBeLessThanOrEqual(3)
    expect(alone.data('flood.end')).toMatchObject([{ vector: 'dns', request: 'random-label', packets: 100 }])
  })

  it('reads the version, and copies the zone', async () => {
    expect(await dig('version.bind', 'CH', 'TXT', '+short')).toBe('"9.18.49-1~deb12u3-Debian"\n')
    expect(await dig('tarnholt-weir.internal', 'AXFR')).toMatch(/XFR size: \d+ records/)
  })
})

describe('nmap', () => {
  it('names BIND over both transports', async () => {
    const udp = await run('nmap', ['-n', '-Pn', '-T4', '-sU', '-sV', '--version-light', '-p', String(playing.port()), '127.0.0.1'])
    expect(udp.stdout).toContain('ISC BIND 9.18.49-1~deb12u3 (Debian Linux)')
    const tcp = await run('nmap', ['-n', '-Pn', '-sT', '-sV', '-p', String(playing.port(1)), '127.0.0.1'])
    expect(tcp.stdout).toContain('ISC BIND 9.18.49-1~deb12u3 (Debian Linux)')
  })

  it('finds that recursion is on', async () => {
    const { stdout } = await run('nmap', ['-n', '-Pn', '-sU', '-p', String(playing.port()), '--script', '+dns-recursion', '127.0.0.1'])
    expect(stdout).toContain('Recursion appears to be enabled')
  })
})
