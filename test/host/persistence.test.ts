import { describe, expect, it } from 'vitest'
import { MemoryState, makeHost } from './harness.ts'
import { login } from './typist.ts'

/** Lets the keeper of the disk write what waits. */
function written(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 600))
}

describe('what a source changed', () => {
  it('is there after a restart: files, modes, links, removals, passwords, keys', async () => {
    const state = new MemoryState()
    const before = makeHost('debian-web', { state })
    await before.run(
      'echo kept > /root/a; mkdir -p /opt/x/y; rm /etc/crontab; chmod 600 /etc/hosts; ln -s a /root/l; echo more >> /etc/motd',
    )
    await before.run('mkdir -p ~/.ssh; echo "ssh-ed25519 AAAA me" > ~/.ssh/authorized_keys; truncate -s 1G /tmp/big')
    await written()
    const after = makeHost('debian-web', { state })
    const { stdout } = await after.run(
      'cat /root/l; stat -c %a /etc/hosts; ls -d /opt/x/y; tail -1 /etc/motd; stat -c %s /tmp/big; ls /etc/crontab 2>&1',
    )
    expect(stdout).toBe("kept\n600\n/opt/x/y\nmore\n1073741824\nls: cannot access '/etc/crontab': No such file or directory\n")
    expect(after.host.authorizedKeys('root')).toEqual(['ssh-ed25519 AAAA me'])
  })

  it('keeps the size of a file that fills the disk, and its first 16 MiB', async () => {
    const state = new MemoryState()
    const before = makeHost('debian-web', { state })
    await before.run('head -c 20971520 /dev/zero | tr "\\0" a > /tmp/full; echo tail >> /tmp/full')
    before.close()
    const after = makeHost('debian-web', { state })
    expect(
      (await after.run('stat -c %s /tmp/full; head -c 16777216 /tmp/full | tail -c 3; tail -c +16777217 /tmp/full | tr -d "\\0" | wc -c'))
        .stdout,
    ).toBe('20971525\naaa0\n')
  })

  it('is not there for another source', async () => {
    const state = new MemoryState()
    await makeHost('debian-web', { state }).run('echo mine > /tmp/mine')
    await written()
    const other = makeHost('debian-web', { state, sourceIp: '203.0.113.9' })
    expect((await other.run('ls /tmp/mine')).exitCode).toBe(2)
  })

  it('stays within one host between exec, shell and the files that sftp sees', async () => {
    const t = await login()
    await t.type('echo one > /tmp/seen; cd /tmp\r', /# $/)
    expect(t.test.host.files('root').read('/tmp/seen').toString()).toBe('one\n')
    t.test.host.files('root').write('/tmp/put', Buffer.from('#!/bin/sh\necho from sftp\n'), 0o755)
    expect(await t.type('./put\r', /# $/)).toContain('from sftp')
    expect((await t.test.run('wc -c < /tmp/put')).stdout).toBe('25\n')
  })
})

describe('passwords', () => {
  it('are those of the persona, and those that the shadow file says now', async () => {
    const { host, run } = makeHost()
    expect(host.checkPassword('root', '123456')).toBe(true)
    expect(host.checkPassword('root', 'wrong')).toBe(false)
    expect(host.checkPassword('daemon', '')).toBe(false)
    // crypt(3) of `attacker`, as usermod -p or a dropped line gives it.
    await run(
      `sed -i 's|^root:[^:]*:|root:$6$abcdefgh$R7j4n/8cJkyJHCWCjL2sJQ3VKjXDz1xQ6UoPMPVkP4qDeEHfYlYpGd2yrOEH8KzHUq31kYAuqtaDyaGDKmBxU0:|' /etc/shadow`,
    )
    expect(host.checkPassword('root', '123456')).toBe(false)
  })
})
