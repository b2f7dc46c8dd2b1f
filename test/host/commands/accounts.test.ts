import { describe, expect, it } from 'vitest'
import { makeHost } from '../harness.ts'
import { login } from '../typist.ts'

describe('accounts', () => {
  it('useradd, chpasswd and usermod change the files that id, su and the login read', async () => {
    const { run, host } = makeHost()
    expect((await run('useradd -m -s /bin/bash -G sudo support && id support')).stdout).toMatch(
      /^uid=(\d+)\(support\) gid=\1\(support\) groups=\1\(support\),27\(sudo\)\n$/,
    )
    expect((await run('echo support:Pa55 | chpasswd; grep -c "^support:[$]y[$]" /etc/shadow')).stdout).toBe('1\n')
    expect(host.checkPassword('support', 'Pa55')).toBe(true)
    expect((await run('ls -ld /home/support; tail -1 /etc/passwd')).stdout).toMatch(
      /support support .*\/home\/support\nsupport:x:\d+:\d+::\/home\/support:\/bin\/bash\n/,
    )
    expect((await run('useradd support')).stderr).toBe("useradd: user 'support' already exists\n")
    expect((await run('usermod -L support; passwd -S support')).stdout).toMatch(/^support L /)
    expect(host.checkPassword('support', 'Pa55')).toBe(false)
    expect((await run('userdel -r support; id support; ls -d /home/support')).stderr).toContain('no such user')
    expect(host.userExists('support')).toBe(false)
  })

  it('a bot’s line makes a root of its own', async () => {
    const { run, host } = makeHost()
    await run('echo "sysd:x:0:0::/root:/bin/bash" >> /etc/passwd; echo -e "abc123\\nabc123" | passwd sysd')
    expect((await run('id sysd')).stdout).toMatch(/^uid=0\(/)
    expect(host.checkPassword('sysd', 'abc123')).toBe(true)
  })

  it('passwd at a prompt asks twice without echo', async () => {
    const shell = await login()
    await shell.type('passwd\r', 'New password: ')
    expect(await shell.type('s3cret!!x\r', 'password: ')).toBe('\r\nRetype new password: ')
    expect(await shell.type('s3cret!!x\r', '# ')).toContain('passwd: password updated successfully')
    expect(shell.test.host.checkPassword('root', 's3cret!!x')).toBe(true)
  })

  it('su and sudo change who one is', async () => {
    const { run } = makeHost()
    expect((await run('su -s /bin/sh -c "id -un; pwd" www-data')).stdout).toBe('www-data\n/root\n')
    expect((await run('su - nobody')).exitCode).not.toBe(0)
    expect((await run('sudo -n id -un', { user: 'root' })).stdout).toBe('root\n')
    expect((await run('su -s /bin/sh -c "cat /etc/shadow" nobody')).stderr).toBe('cat: /etc/shadow: Permission denied\n')
    expect((await run('su -s /bin/sh -c "useradd x" nobody')).exitCode).toBe(1)
  })
})
