import { describe, expect, it } from 'vitest'
import { makeHost } from '../harness.ts'
import { login } from '../typist.ts'

describe('processes and services', () => {
  it('kill, pkill and killall end what ps shows', async () => {
    const { run } = makeHost()
    const { stdout } = await run(
      'sleep 1000 & sleep 2000 & p=$!; kill $p; wait $p; echo $?; pkill -x sleep; echo $?; sleep 0.1; ps -eo comm | grep -c sleep',
    )
    expect(stdout).toBe('143\n0\n0\n')
    expect((await run('kill -0 999999')).stderr).toBe('bash: line 1: kill: (999999) - No such process\n')
    expect((await run('/bin/kill -l 9; killall nosuch')).stderr).toBe('nosuch: no process found\n')
  })

  it('each name of a shared binary is its own program', async () => {
    const { run } = makeHost()
    expect((await run('lsmod | head -1')).stdout).toBe('Module                  Size  Used by\n')
    expect((await run('iptables -A INPUT -p tcp --dport 22 -j DROP; iptables -S INPUT')).stdout).toBe(
      '-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j DROP\n',
    )
    expect((await run('which ls pkill')).stdout).toBe('/usr/bin/ls\n/usr/bin/pkill\n')
    expect((await run('pidof nosuch')).exitCode).toBe(1)
  })

  it('a stopped service frees its port', async () => {
    const { run } = makeHost()
    const before = (await run('ss -Htln | grep -c ":80 "')).stdout
    expect(before.trim()).not.toBe('0')
    await run('systemctl stop nginx')
    expect((await run('ss -Htln | grep -c ":80 "')).stdout).toBe('0\n')
    expect((await run('systemctl is-active nginx')).stdout).toBe('inactive\n')
    expect((await run('systemctl start nosuch')).stderr).toBe('Failed to start nosuch.service: Unit nosuch.service not found.\n')
  })

  it('crontab keeps what it is given', async () => {
    const { run } = makeHost()
    expect((await run('crontab -l', { user: 'root' })).exitCode).toBeTypeOf('number')
    await run('(crontab -l 2>/dev/null; echo "* * * * * /tmp/x") | crontab -')
    expect((await run('crontab -l | tail -1')).stdout).toBe('* * * * * /tmp/x\n')
    expect((await run('tail -1 /var/spool/cron/crontabs/root')).stdout).toBe('* * * * * /tmp/x\n')
    expect((await run('crontab -r; crontab -l')).stderr).toBe('no crontab for root\n')
  })

  it('ping says a line a second and its sums at ^C', async () => {
    const shell = await login()
    await shell.type('ping 127.0.0.1\r', /icmp_seq=2 .*\r\n$/s)
    expect(await shell.type('\x03', /# $/)).toMatch(
      /\^C\r\n--- 127\.0\.0\.1 ping statistics ---\r\n\d packets transmitted, \d received, 0% packet loss, time \d+ms\r\nrtt min/,
    )
  })

  it('top, vi and less leave by their own keys', async () => {
    const shell = await login('debian-web', 'xterm')
    await shell.type('top\r', /PID USER.*%CPU.*COMMAND/s)
    await shell.type('q', /# $/)
    await shell.type('vi /tmp/note\r', /New/)
    await shell.type('ihello\x1b', /hello/)
    await shell.type(':wq\r', /# $/)
    expect((await shell.test.run('cat /tmp/note')).stdout).toBe('hello\n')
    await shell.type('less /etc/passwd\r', /root:x:0:0/)
    await shell.type('q', /# $/)
  })
})
