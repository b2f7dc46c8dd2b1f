import { expect, it } from 'vitest'
import { makeHost } from '../harness.ts'

it('apt installs a package that dpkg, the shell and apt know afterwards, and removes it again', { timeout: 30_000 }, async () => {
  const { run, host } = makeHost()
  const installed = await run('apt-get install -y net-tools')
  if (host.persona.egress === 'unreachable') {
    expect(installed.exitCode).toBe(100)
    expect(installed.stderr).toContain('E: Unable to fetch some archives')
  } else {
    expect(installed.stdout).toContain('Setting up net-tools')
    expect((await run('dpkg -s net-tools | head -2; netstat -V | head -1')).stdout).toContain('install ok installed')
    await run('apt-get remove -y net-tools')
    expect((await run('netstat')).exitCode).toBe(127)
  }
  expect((await run('apt-get install -y no-such-package')).stderr).toBe('E: Unable to locate package no-such-package\n')
  expect((await run('su -s /bin/sh -c "apt-get install bc" nobody')).exitCode).toBe(100)
})

it('dpkg knows whose a file is', async () => {
  const { run } = makeHost()
  expect((await run('dpkg -S /bin/ls')).stdout).toBe('coreutils: /bin/ls\n')
  expect((await run('dpkg -S /nope')).stderr).toBe('dpkg-query: no path found matching pattern /nope\n')
  expect((await run('dpkg -l bash | tail -1')).stdout).toMatch(/^ii {2}bash +5\.2\.15-2\+b\d+ +amd64 +GNU Bourne Again SHell\n$/)
})

it('apt-mark, apt list and dpkg agree on what was asked for and what is held', async () => {
  const { run } = makeHost()
  const manual = (await run('apt-mark showmanual')).stdout
  expect(manual.split('\n')).toEqual(expect.arrayContaining(['nginx', 'openssh-server', 'fail2ban']))
  expect((await run("apt list --manual-installed 2>/dev/null | sed -n 's#/.*##p'")).stdout).toBe(manual)
  expect(
    (await run('apt-mark auto nginx; apt-mark auto nginx; apt list nginx 2>/dev/null | tail -1; apt show nginx 2>/dev/null | grep Manual'))
      .stdout,
  ).toMatch(
    /^nginx set to automatically installed\.\nnginx was already set to automatically installed\.\nnginx\/stable,now \S+ amd64 \[installed,automatic\]\nAPT-Manual-Installed: no\n$/,
  )
  expect((await run('apt-mark hold curl; apt-mark showhold; dpkg --get-selections curl; dpkg -l curl | tail -1 | cut -c1-3')).stdout).toBe(
    'curl set on hold.\ncurl\ncurl\t\t\t\t\t\thold\nhi \n',
  )
  expect((await run('apt-mark hold curl', { user: 'maris' })).exitCode).toBe(100)
})

it('opkg on a router', { timeout: 20_000 }, async () => {
  const { run } = makeHost('openwrt-router')
  expect((await run('opkg list-installed | grep -c .')).stdout).not.toBe('0\n')
  expect((await run('opkg info busybox | head -2')).stdout).toBe('Package: busybox\nVersion: 1.35.0-5\n')
})
