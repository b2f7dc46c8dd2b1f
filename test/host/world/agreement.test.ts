import { describe, expect, it } from 'vitest'
import { makeHost, type TestHost } from '../harness.ts'

/** Every view of the machine has to tell the same story: an attacker who compares two of them must find no seam. */
const PERSONAS = ['debian-web', 'hospital-integration', 'ubuntu-gpu']

async function lines(host: TestHost, command: string): Promise<string[]> {
  const { stdout } = await host.run(command, { user: 'root' })
  return stdout.split('\n').filter((line) => line !== '')
}

async function text(host: TestHost, command: string): Promise<string> {
  return (await host.run(command, { user: 'root' })).stdout.trim()
}

/** Numbers that move while one looks: equal up to a share. */
function near(a: number, b: number, share = 0.02): void {
  expect(Math.abs(a - b)).toBeLessThanOrEqual(Math.max(2, share * Math.max(a, b)))
}

describe.each(PERSONAS)('%s', (name) => {
  const host = makeHost(name)

  it('free is /proc/meminfo', async () => {
    const free = (await text(host, 'free | sed -n 2p')).split(/\s+/).map(Number)
    const meminfo = new Map((await lines(host, 'cat /proc/meminfo')).map((line) => [line.split(':')[0], Number(line.split(/\s+/)[1])]))
    expect(free[1]).toBe(meminfo.get('MemTotal'))
    near(free[3] as number, meminfo.get('MemFree') as number)
    near(free[6] as number, meminfo.get('MemAvailable') as number)
    expect(await text(host, "free -m | awk '/Swap/{print $2}'")).toBe(String(Math.floor((meminfo.get('SwapTotal') as number) / 1024)))
    const vmstat = (await text(host, 'vmstat | tail -1')).split(/\s+/).map(Number)
    near(vmstat[3] as number, meminfo.get('MemFree') as number)
  })

  it('nproc, lscpu, /proc/cpuinfo, /sys and /proc/stat count the same processors', async () => {
    const count = await text(host, 'nproc')
    expect(await text(host, 'grep -c ^processor /proc/cpuinfo')).toBe(count)
    expect(await text(host, "lscpu | awk '/^CPU\\(s\\):/{print $2}'")).toBe(count)
    expect(await text(host, "grep -c '^cpu[0-9]' /proc/stat")).toBe(count)
    expect(await text(host, 'getconf _NPROCESSORS_ONLN')).toBe(count)
    expect(await text(host, "lscpu | sed -n 's/^ *Model name: *//p'")).toBe(
      await text(host, "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1"),
    )
  })

  it('df, mount, /proc/mounts and lsblk know the same file systems', async () => {
    const mounts = await lines(host, 'cat /proc/mounts')
    expect(await lines(host, "mount | awk '{print $1, $3, $5}'")).toEqual(mounts.map((line) => line.split(' ').slice(0, 3).join(' ')))
    for (const row of await lines(host, "df | tail -n +2 | awk '{print $1, $6}'"))
      expect(mounts.some((line) => line.startsWith(`${row} `))).toBe(true)
    const root = await text(host, "df / | tail -1 | awk '{print $1}'")
    expect(await text(host, 'awk \'$2 == "/"{print $1}\' /proc/mounts')).toBe(root)
    const [size, used, available] = (await text(host, "df / | tail -1 | awk '{print $2, $3, $4}'")).split(' ').map(Number)
    expect((used as number) + (available as number)).toBeLessThanOrEqual(size as number)
    expect(await text(host, "df -h / | tail -1 | awk '{print $5}'")).toBe(await text(host, "df / | tail -1 | awk '{print $5}'"))
  })

  it('findmnt is /proc/mounts as a tree', async () => {
    const mounts = (await lines(host, 'cat /proc/mounts')).map((line) => line.split(' ').slice(0, 4).join(' '))
    expect((await lines(host, 'findmnt -rn -o SOURCE,TARGET,FSTYPE,OPTIONS')).sort()).toEqual([...mounts].sort())
    expect(await lines(host, 'findmnt -n')).toHaveLength(mounts.length)
    expect(await text(host, 'findmnt -n -o SOURCE /')).toBe(await text(host, "df / | awk 'NR == 2{print $1}'"))
    expect((await host.run('findmnt /nope', { user: 'root' })).exitCode).toBe(1)
  })

  it('getcap finds ping until somebody writes to it; pwdx is the link in /proc', async () => {
    expect(await text(host, 'getcap -r /usr/bin 2>/dev/null')).toBe('/usr/bin/ping cap_net_raw=ep')
    expect(await text(host, 'cp /usr/bin/ping /tmp/p; getcap /tmp/p; rm /tmp/p')).toBe('')
    expect(await text(makeHost(name), 'printf x >> /usr/bin/ping; getcap /usr/bin/ping')).toBe('')
    const sshd = await text(host, 'pgrep -o sshd')
    expect(await text(host, `pwdx ${sshd}`)).toBe(`${sshd}: ${await text(host, `readlink /proc/${sshd}/cwd`)}`)
  })

  it('writing a file shows in df', async () => {
    const used = async () => Number(await text(host, "df -k / | tail -1 | awk '{print $3}'"))
    const before = await used()
    await host.run('dd if=/dev/zero of=/root/big bs=1M count=8 2>/dev/null', { user: 'root' })
    near((await used()) - before, 8192)
    expect(await text(host, 'du -k /root/big')).toBe('8192\t/root/big')
    await host.run('rm /root/big', { user: 'root' })
    near(await used(), before, 0.001)
  })

  it('ps, /proc and pgrep have the same processes', async () => {
    const shown = await lines(host, 'ps -eo pid= | tr -d " " | sort -n | head -40')
    const folders = await lines(host, "ls /proc | grep '^[0-9]*$' | sort -n | head -40")
    expect(folders).toEqual(shown)
    for (const pid of shown.slice(0, 3)) expect(await text(host, `cat /proc/${pid}/comm`)).toBe(await text(host, `ps -o comm= -p ${pid}`))
    const sshd = await text(host, 'pgrep -o sshd')
    expect((await text(host, 'pidof sshd')).split(' ')).toContain(sshd)
    expect(await text(host, `tr '\\0' ' ' < /proc/${sshd}/cmdline`)).toBe(await text(host, `ps -o args= -p ${sshd}`))
    expect(await text(host, `awk '/^PPid/{print $2}' /proc/${sshd}/status`)).toBe(await text(host, `ps -o ppid= -p ${sshd}`))
    expect(await text(host, `awk '/^VmRSS/{print $2}' /proc/${sshd}/status`)).toBe(await text(host, `ps -o rss= -p ${sshd}`))
  })

  it('ss, /proc/net/tcp and ps agree on who listens', async () => {
    for (const line of await lines(host, "ss -Htlnp4 | sed -n 's/.*:\\([0-9]*\\) .*pid=\\([0-9]*\\),.*/\\1 \\2/p'")) {
      const [port, pid] = line.split(' ') as [string, string]
      const hex = Number(port).toString(16).toUpperCase().padStart(4, '0')
      expect(await text(host, `grep -c ':${hex} 00000000:0000 0A' /proc/net/tcp`)).not.toBe('0')
      expect(await text(host, `ps -o pid= -p ${pid}`)).toBe(pid)
    }
  })

  it('ip, hostname -I and /proc/net name the same addresses', async () => {
    const addresses = await lines(host, 'ip -4 -o addr | awk \'$2 != "lo"{print $4}\' | cut -d/ -f1')
    expect((await text(host, 'hostname -I')).split(' ').filter((one) => !one.includes(':'))).toEqual(addresses)
    const interfaces = await lines(host, "ip -o link | awk -F': ' '{print $2}'")
    expect(await lines(host, 'awk -F: \'NR > 2{gsub(/ /, "", $1); print $1}\' /proc/net/dev')).toEqual(interfaces)
    expect(await lines(host, 'ls /sys/class/net')).toEqual([...interfaces].sort())
    const [first] = interfaces.filter((one) => one !== 'lo')
    expect(await text(host, `cat /sys/class/net/${first}/address`)).toBe(
      await text(host, `ip link show ${first} | awk '/link\\/ether/{print $2}'`),
    )
    const gateway = await text(host, "ip route | awk '/^default/{print $3}'")
    const hex = await text(host, 'awk \'$2 == "00000000"{print $3}\' /proc/net/route')
    expect(
      (hex.match(/../g) as string[])
        .reverse()
        .map((byte) => Number.parseInt(byte, 16))
        .join('.'),
    ).toBe(gateway)
  })

  it('uptime, /proc/uptime, w, who -b and systemctl agree on the boot', async () => {
    const seconds = Number((await text(host, 'cat /proc/uptime')).split(' ')[0])
    expect(await text(host, 'uptime')).toContain(`up ${Math.floor(seconds / 86_400)} days`)
    expect(await text(host, 'w -h >/dev/null; w | head -1')).toContain(`up ${Math.floor(seconds / 86_400)} days`)
    const booted = Number(await text(host, "awk '/^btime/{print $2}' /proc/stat"))
    near(booted, Date.now() / 1000 - seconds, 0.0001)
    expect(await text(host, 'uptime -s')).toBe(await text(host, `date -d @${booted} '+%F %T'`))
    expect(await text(host, 'who -b')).toContain(await text(host, `date -d @${booted} '+%F %H:%M'`))
    const load = (await text(host, 'cat /proc/loadavg')).split(' ').slice(0, 3).join(', ')
    expect(await text(host, 'uptime')).toContain(load.slice(0, 3))
  })

  it('uname, /proc/version, os-release and hostnamectl agree', async () => {
    const release = await text(host, 'uname -r')
    expect(await text(host, 'cat /proc/version')).toContain(`Linux version ${release} `)
    expect(await text(host, 'cat /proc/sys/kernel/osrelease')).toBe(release)
    expect(await text(host, 'hostnamectl | grep Kernel')).toContain(release)
    expect(await text(host, 'ls /lib/modules')).toBe(release)
    expect(await text(host, 'hostname')).toBe(await text(host, 'cat /etc/hostname'))
    expect(await text(host, 'uname -n')).toBe(await text(host, 'hostname'))
  })

  it('dpkg, its database and apt agree on what is installed', async () => {
    const count = await text(host, "grep -c '^Status: install ok installed' /var/lib/dpkg/status")
    expect(await text(host, "dpkg -l | grep -c '^ii'")).toBe(count)
    expect(await text(host, "dpkg-query -W -f '${Package}\\n' | wc -l")).toBe(count)
    expect(await text(host, 'dpkg -S /bin/bash')).toBe('bash: /bin/bash')
  })

  it('systemctl, ps and the pid files tell of one service', async () => {
    const main = await text(host, 'systemctl show -p MainPID --value ssh')
    expect(await text(host, `cat /proc/${main}/comm`)).toBe('sshd')
    expect(await text(host, 'systemctl status ssh | grep "Main PID"')).toContain(main)
    expect(await text(host, 'systemctl is-active ssh cron')).toBe('active\nactive')
    await host.run('systemctl stop cron', { user: 'root' })
    expect(await text(host, 'pgrep -c -x cron')).toBe('0')
    await host.run('systemctl start cron', { user: 'root' })
    expect(await text(host, 'pgrep -c -x cron')).toBe('1')
  })

  it('computed file systems have inodes and link counts of their kind, and sshd gives a command pipes', async () => {
    expect(await text(host, 'stat -c %i:%a /proc /sys /dev/pts')).toBe('1:555\n1:555\n1:755')
    const inodes = (await lines(host, 'stat -c %i /proc/1 /proc/2 /proc/cpuinfo /proc/uptime /sys/class /proc/sys/kernel')).map(Number)
    expect(new Set(inodes).size).toBe(inodes.length)
    expect(await text(host, 'stat -c %i /proc/cpuinfo')).toBe(String(inodes[2]))
    expect(await text(host, 'readlink /proc/self/fd/0; [ -p /dev/stdin ] && [ ! -S /dev/stdin ] && [ ! -t 0 ] && echo piped')).toMatch(
      /^pipe:\[\d+\]\npiped$/,
    )
    expect(await text(host, 'ls -l /proc/$$/fd | cut -c1-10 | tail -n 3')).toBe('lr-x------\nl-wx------\nl-wx------')
  })

  it('homes hold what /etc/skel has and belong to their users', async () => {
    expect(await text(host, 'find /home -mindepth 1 -user root')).toBe('')
    expect(
      await text(
        host,
        'for h in /home/*; do u=${h##*/}; for f in .bash_logout .profile; do cmp /etc/skel/$f $h/$f; done; test -f $h/.bashrc || echo $u; done',
      ),
    ).toBe('')
    expect(await text(host, 'stat -c %a /root/.bash_history /home/*/.bash_history | sort -u')).toBe('600')
  })

  it('the login shows in who, w, last and wtmp', async () => {
    expect(await text(host, 'last -n 3 | head -1')).not.toBe('')
    expect(await text(host, 'last -x reboot 2>/dev/null | tail -1; lastb | tail -1')).not.toBe('')
  })
})

describe('openwrt-router', () => {
  const host = makeHost('openwrt-router')

  it('agrees with itself as a BusyBox system', async () => {
    expect(await text(host, "free | awk '/Mem/{print $2}'")).toBe(await text(host, "awk '/MemTotal/{print $2}' /proc/meminfo"))
    expect(await text(host, 'uci get network.lan.ipaddr')).toBe(
      await text(host, "ifconfig br-lan | sed -n 's/.*inet addr:\\([0-9.]*\\).*/\\1/p'"),
    )
    expect(await text(host, 'cat /proc/sys/kernel/hostname')).toBe(await text(host, 'uci get system.@system[0].hostname'))
    expect(await lines(host, "mount | awk '{print $3}'")).toEqual(await lines(host, "awk '{print $2}' /proc/mounts"))
    expect(await text(host, "ps | grep -c '[d]ropbear'")).toBe('1')
    expect((await host.run('busybox ECCHI')).stderr).toBe('ECCHI: applet not found\n')
  })
})
