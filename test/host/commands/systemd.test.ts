import { describe, expect, it } from 'vitest'
import { makeHost } from '../harness.ts'

describe("systemd's programs agree with the machine", () => {
  const { run, host } = makeHost()

  it('systemd-analyze sums up a boot whose units systemctl lists', async () => {
    const time = (await run('systemd-analyze')).stdout
    const [, kernel, userspace, total] =
      /^Startup finished in ([\d.]+)s \(kernel\) \+ ([\d.]+)s \(userspace\) = ([\d.]+)s \nmulti-user\.target reached after [\d.]+s in userspace\.\n$/.exec(
        time,
      ) ?? []
    expect(Number(kernel) + Number(userspace)).toBeCloseTo(Number(total), 2)
    const blamed = (await run('systemd-analyze blame')).stdout
    for (const { unit } of host.persona.services) expect(blamed).toContain(` ${unit}.service\n`)
    expect((await run('systemd-analyze critical-chain')).stdout).toContain('multi-user.target @')
    expect(
      await run("printf '[Unit]\\nFoo=1\\n[Service]\\nExecStart=/nope\\n' > /tmp/a.service; systemd-analyze verify /tmp/a.service"),
    ).toEqual({
      stdout: '',
      stderr:
        "/tmp/a.service:2: Unknown key 'Foo' in section [Unit], ignoring.\na.service: Command /nope is not executable: No such file or directory\n",
      exitCode: 1,
    })
    expect(await run('systemd-analyze foo')).toEqual({ stdout: '', stderr: 'Unknown command verb foo.\n', exitCode: 1 })
  })

  it('systemd-run starts what ps shows, and the journal knows it', async () => {
    expect((await run('systemd-run --unit=miner sleep 4711')).stderr).toBe('Running as unit: miner.service\n')
    expect((await run('pgrep -af "sleep 4711"')).stdout).toMatch(/^\d+ sleep 4711\n$/)
    expect((await run('journalctl -u miner --no-pager | tail -1')).stdout).toContain('Started miner.service - sleep 4711.')
    expect((await run('systemd-run nosuch')).stderr).toBe('Failed to find executable nosuch: No such file or directory\n')
    expect((await run('systemd-run -q --scope id -u')).stdout).toBe('0\n')
    expect((await run('systemd-run true', { user: 'maris' })).stderr).toBe(
      'Failed to start transient service unit: Interactive authentication required.\n',
    )
  })

  it('systemd-cgls and systemd-cgtop show the processes of the services', async () => {
    const pid = (await run('pidof -s cron')).stdout.trim()
    expect((await run('export LC_ALL=C; systemd-cgls')).stdout).toContain(`| |-cron.service\n| | \`-${pid} /usr/sbin/cron -f\n`)
    expect((await run('systemd-cgls -u cron')).stdout).toContain(`${pid} /usr/sbin/cron -f\n`)
    expect((await run('systemd-cgtop')).stdout).toMatch(/^\/ +\d+ +- +[\d.]+[MG] +- +-\nsystem.slice /)
  })

  it('systemd-cat writes to the journal', async () => {
    await run('echo from a pipe | systemd-cat -t job; systemd-cat -t job2 echo from a command')
    expect((await run('journalctl -t job --no-pager | tail -1')).stdout).toContain(': from a pipe\n')
    expect((await run('journalctl -t job2 --no-pager | tail -1')).stdout).toContain(': from a command\n')
  })

  it('networkctl, resolvectl and udevadm show the links and disks of ip and lsblk', async () => {
    const links = (await run('networkctl --no-legend 2>/dev/null')).stdout
    expect(
      links
        .trimEnd()
        .split('\n')
        .map((line) => line.trim().split(/ +/)[1]),
    ).toEqual(
      (await run('ls /sys/class/net')).stdout
        .trimEnd()
        .split('\n')
        .sort((a) => (a === 'lo' ? -1 : 1)),
    )
    const address = /inet ([\d.]+)/.exec((await run('ip -4 addr show ens18')).stdout)?.[1]
    expect((await run('networkctl status ens18')).stdout).toContain(`Address: ${address}\n`)
    expect((await run('networkctl')).stderr).toBe('WARNING: systemd-networkd is not running, output will be incomplete.\n\n')
    expect((await run('udevadm info -q property -n vda1')).stdout).toContain('MAJOR=254\nMINOR=1\n')
    expect((await run('udevadm info /dev/nope')).stderr).toBe('Unknown device "/dev/nope": No such device\n')
    expect((await run('busctl --no-legend --acquired')).stdout).toMatch(/org\.freedesktop\.login1 +\d+ systemd-logind +root/)
    expect((await run('localectl')).stdout).toContain('System Locale: LANG=en_GB.UTF-8\n')
    const ubuntu = makeHost('ubuntu-gpu')
    const servers = (await ubuntu.run('resolvectl dns')).stdout
    for (const server of ubuntu.persona.network.dns) expect(servers).toContain(` ${server}`)
  })

  it.each([
    'resolvectl',
    'coredumpctl',
    'machinectl',
    'tcpdump',
    'ethtool',
    'nmap',
    'masscan',
    'node',
    'npm',
    'pip',
    'pip3',
    'gem',
    'cargo',
    'go',
    'whois',
    'mtr',
    'arping',
    'ncat',
    'deborphan',
    'add-apt-repository',
    'msgfmt',
    'apache2ctl',
    'strace',
    'gdb',
  ])('a plain Debian server has no %s', async (name) => {
    expect(await run(name)).toEqual({ stdout: '', stderr: `bash: line 1: ${name}: command not found\n`, exitCode: 127 })
  })
})
