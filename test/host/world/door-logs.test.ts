import { describe, expect, it, vi } from 'vitest'
import { LogContent } from '../../../src/host/world/logs/log-content.ts'
import { MemoryState, makeHost } from '../harness.ts'

const now = () => Date.UTC(2026, 10, 24, 16)
const remote = { ip: '198.51.100.7', port: 40_111 }
const texts = (log: string) =>
  log.split('\n').flatMap((line) => / (sshd|systemd|systemd-logind|login|dropbear)\[\d+\]: (.*)$/.exec(line)?.[2] ?? [])

describe('what a login leaves in the logs', () => {
  it('is what sshd, PAM and logind write, with the pid of its daemon', async () => {
    const { host, run } = makeHost('debian-web', { now })
    const door = host.logs.door('sshd', remote)
    door.failed('root', 'password')
    door.accepted('root', 'password')
    door.ended({ parting: { reason: 11, text: 'disconnected by user' } })
    const { stdout } = await run('tail -n 11 /var/log/auth.log')
    expect(texts(stdout)).toEqual([
      'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.7  user=root',
      'Failed password for root from 198.51.100.7 port 40111 ssh2',
      'Accepted password for root from 198.51.100.7 port 40111 ssh2',
      'pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)',
      'pam_env(sshd:session): deprecated reading of user environment enabled',
      expect.stringMatching(/^New session \d+ of user root\.$/),
      'Received disconnect from 198.51.100.7 port 40111:11: disconnected by user',
      'Disconnected from user root 198.51.100.7 port 40111',
      'pam_unix(sshd:session): session closed for user root',
      expect.stringMatching(/^Session \d+ logged out\. Waiting for processes to exit\.$/),
      expect.stringMatching(/^Removed session \d+\.$/),
    ])
    expect(stdout).toContain(`sshd[${door.pid}]: Accepted`)
    expect((await run('journalctl -u ssh -n 1')).stdout).toMatch(/^[^\n]+session closed for user root\n$/)
  })

  it('is not written out before somebody looks', async () => {
    const size = vi.spyOn(LogContent.prototype, 'size', 'get')
    const read = vi.spyOn(LogContent.prototype, 'read')
    const { host, run } = makeHost('debian-web', { now })
    const door = host.logs.door('sshd', remote)
    door.failed('root', 'password')
    door.accepted('root', 'password')
    door.ended({ parting: { reason: 11, text: 'disconnected by user' } })
    expect(size.mock.calls.length + read.mock.calls.length).toBe(0)
    expect((await run('grep -c "Accepted password" /var/log/auth.log')).stdout).not.toBe('0\n')
    expect(size.mock.calls.length + read.mock.calls.length).toBeGreaterThan(0)
    vi.restoreAllMocks()
  })

  it('counts failures: lastb has as many as auth.log, also after a restart', async () => {
    const state = new MemoryState()
    const first = makeHost('debian-web', { now, state })
    const door = first.host.logs.door('sshd', remote)
    for (let i = 0; i < 6; i++) door.failed('oracle\n', 'password')
    door.failed('oracle\n', 'publickey: RSA SHA256:abc')
    door.ended({ thrownOut: true })
    const log = texts((await first.run('grep 198.51.100.7 /var/log/auth.log')).stdout)
    expect(log[0]).toBe('Invalid user oracle? from 198.51.100.7 port 40111')
    expect(log.filter((text) => text.startsWith('Failed password for invalid user oracle? '))).toHaveLength(6)
    expect(log).toContain('Failed publickey for invalid user oracle? from 198.51.100.7 port 40111 ssh2: RSA SHA256:abc')
    expect(log).toContain(
      'error: maximum authentication attempts exceeded for invalid user oracle? from 198.51.100.7 port 40111 ssh2 [preauth]',
    )
    expect(log.at(-1)).toMatch(/^PAM 5 more authentication failures; .* rhost=198\.51\.100\.7 $/)
    const count = 'lastb | grep -c "^oracle? *ssh:notty *198.51.100.7 "'
    expect((await first.run(count)).stdout).toBe('6\n')
    first.close()
    expect((await makeHost('debian-web', { now, state }).run(count)).stdout).toBe('6\n')
  })

  it('is in the words of the daemon that is there', async () => {
    const router = makeHost('openwrt-router', { now })
    router.host.logs.door('sshd', remote).failed('root', 'password')
    expect((await router.run('logread -l 1')).stdout).toMatch(
      /authpriv\.\w+ dropbear\[\d+\]: Bad password attempt for 'root' from 198\.51\.100\.7:40111\n$/,
    )
    const debian = makeHost('debian-web', { now })
    debian.host.logs.door('telnetd', remote).accepted('root', 'password')
    expect((await debian.run('grep -c "ROOT LOGIN  on ./dev/pts/0. from .198.51.100.7." /var/log/auth.log')).stdout).toBe('1\n')
  })
})

describe('the access log', () => {
  it('has the source’s own requests, escaped as nginx does, and takes them after it was emptied', async () => {
    const { host, run } = makeHost('debian-web', { now })
    const hit = { line: 'GET /.env"\x16 HTTP/1.1', status: 404, bytes: 153, referrer: '', agent: 'curl/8.5.0' }
    host.logs.webHit(remote.ip, hit)
    const expected = '198.51.100.7 - - [24/Nov/2026:17:00:00 +0100] "GET /.env\\x22\\x16 HTTP/1.1" 404 153 "-" "curl/8.5.0"\n'
    expect((await run('tail -n 1 /var/log/nginx/access.log')).stdout).toBe(expected)
    await run('> /var/log/nginx/access.log')
    host.logs.webHit(remote.ip, hit)
    expect((await run('cat /var/log/nginx/access.log')).stdout).toBe(expected)
  })
})
