import { describe, expect, it } from 'vitest'
import { makeHost } from '../harness.ts'

describe('nginx, sshd, fail2ban and the firewall', () => {
  const { run: runShared } = makeHost()

  it('nginx -t reads the files that are there, and says what is wrong with a line that somebody added', async () => {
    const { run } = makeHost()
    expect(await run('nginx -t')).toEqual({
      stdout: '',
      stderr:
        'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n',
      exitCode: 0,
    })
    const dump = (await run('nginx -T 2>/dev/null')).stdout
    expect(dump).toContain('# configuration file /etc/nginx/sites-enabled/tarnholt:\n')
    expect(dump).toContain('# configuration file /etc/nginx/mime.types:\n')
    await run('echo "foo bar;" > /etc/nginx/conf.d/x.conf')
    expect((await run('nginx -t')).stderr).toMatch(
      /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[emerg\] (\d+)#\1: unknown directive "foo" in \/etc\/nginx\/conf.d\/x.conf:1\nnginx: configuration file \/etc\/nginx\/nginx.conf test failed\n$/,
    )
    expect((await run('nginx -v')).stderr).toBe('nginx version: nginx/1.22.1\n')
    expect(
      (await run('nginx -s stop 2>/dev/null; rm /etc/nginx/conf.d/x.conf; nginx -s quit 2>/dev/null; systemctl is-active nginx')).stdout,
    ).toBe('inactive\n')
  })

  it.each([
    ['events { } http { server { listen 80 } }', 'unexpected "}" in'],
    ['events { } http { server { listen 80; }', 'unexpected end of file, expecting "}" in'],
    ['http { }', 'no "events" section in configuration'],
    ['events { } server { }', '"server" directive is not allowed here in'],
    ['events { worker_connections; }', 'invalid number of arguments in "worker_connections" directive in'],
    ['events { } http { server { listen 443 ssl; } }', 'no "ssl_certificate" is defined for the "listen ... ssl" directive in'],
    ['events { } include /nope/x.conf;', 'open() "/nope/x.conf" failed (2: No such file or directory) in'],
  ])('nginx refuses %s', async (text, said) => {
    const { stderr, exitCode } = await runShared(`echo '${text}' > /tmp/t.conf; nginx -t -c /tmp/t.conf`)
    expect(stderr).toContain(` ${said}`)
    expect(exitCode).toBe(1)
  })

  it('sshd -T agrees with sshd_config and the daemon with its own version', async () => {
    const { run } = makeHost()
    const settings = (await run('sshd -T')).stdout.split('\n')
    expect(settings).toEqual(
      expect.arrayContaining([
        'port 22',
        'permitrootlogin yes',
        'kbdinteractiveauthentication no',
        'acceptenv LC_*',
        'maxstartups 10:30:100',
      ]),
    )
    expect((await run('sshd -V')).stderr).toBe('OpenSSH_9.2, OpenSSL 3.0.22 25 Aug 2026\n')
    await run('echo "PermitRootLogin prohibit-password" > /etc/ssh/sshd_config.d/a.conf; echo Foo 1 >> /etc/ssh/sshd_config')
    expect(await run('sshd -t')).toEqual({
      stdout: '',
      stderr:
        '/etc/ssh/sshd_config: line 26: Bad configuration option: Foo\n/etc/ssh/sshd_config: terminating, 1 bad configuration options\n',
      exitCode: 255,
    })
    await run("sed -i '/^Foo/d' /etc/ssh/sshd_config")
    expect((await run('sshd -T | grep ^permitrootlogin')).stdout).toBe('permitrootlogin without-password\n')
  })

  it('an address that fail2ban bans stands in iptables and nft, and leaves them again', async () => {
    const { run } = makeHost()
    expect((await run('fail2ban-client status')).stdout).toBe('Status\n|- Number of jail:\t1\n`- Jail list:\tsshd\n')
    const failures = Number(/Total failed:\t(\d+)/.exec((await run('fail2ban-client status sshd')).stdout)?.[1])
    expect(failures).toBe(Number((await run('(cat /var/log/fail2ban.log{,.1}; zcat /var/log/fail2ban.log.*.gz) | grep -c Found')).stdout))
    expect((await run('fail2ban-client set sshd banip 203.0.113.9; fail2ban-client get sshd banip')).stdout).toBe('1\n203.0.113.9\n')
    expect((await run('iptables -S f2b-sshd')).stdout).toBe(
      '-N f2b-sshd\n-A f2b-sshd -s 203.0.113.9/32 -j REJECT --reject-with icmp-port-unreachable\n-A f2b-sshd -j RETURN\n',
    )
    expect((await run('nft list ruleset')).stdout).toBe(`# Warning: table ip filter is managed by iptables-nft, do not touch!
table ip filter {
	chain INPUT {
		type filter hook input priority filter; policy accept;
		meta l4proto tcp tcp dport 22 counter packets 0 bytes 0 jump f2b-sshd
	}

	chain f2b-sshd {
		ip saddr 203.0.113.9 counter packets 0 bytes 0 reject
		counter packets 0 bytes 0 return
	}
}
`)
    expect((await run('fail2ban-client unban 203.0.113.9; iptables -S f2b-sshd | wc -l')).stdout).toBe('1\n2\n')
    expect((await run('fail2ban-client status nope')).stdout).toBe("Sorry but the jail 'nope' does not exist\n")
    await run('systemctl stop fail2ban')
    expect((await run('fail2ban-client status')).stderr).toMatch(
      /ERROR {3}Failed to access socket path: .*fail2ban.sock. Is fail2ban running\?\n$/,
    )
  })

  it('iptables-save, iptables-restore and nft -f take what they gave', async () => {
    const { run } = makeHost()
    await run(
      'iptables -P INPUT DROP; iptables -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT; iptables -t nat -A POSTROUTING -o ens18 -j MASQUERADE',
    )
    const rules = (await run('iptables-save | grep -v "^#" | tee /tmp/rules')).stdout
    expect(rules).toContain('*nat\n')
    expect((await run('iptables -F; iptables-restore < /tmp/rules; iptables-save | grep -v "^#"')).stdout).toBe(rules)
    expect((await run('iptables -L INPUT -n')).stdout).toBe(
      'Chain INPUT (policy DROP)\ntarget     prot opt source               destination         \nACCEPT     0    --  0.0.0.0/0            0.0.0.0/0            state RELATED,ESTABLISHED\n',
    )
    expect((await run('echo foo | iptables-restore')).stderr).toBe('iptables-restore: line 1 failed\n')
    const made =
      "nft add table inet t; nft add chain inet t c '{ type filter hook input priority 0; }'; nft add rule inet t c tcp dport 22 drop"
    const listed = (await run(`nft flush ruleset; ${made}; nft list ruleset | tee /tmp/r`)).stdout
    expect(listed).toBe(
      'table inet t {\n\tchain c {\n\t\ttype filter hook input priority filter; policy accept;\n\t\ttcp dport 22 drop\n\t}\n}\n',
    )
    expect((await run('nft flush ruleset; nft -f /tmp/r; nft list ruleset')).stdout).toBe(listed)
    expect((await run('nft list table ip nope')).stderr).toBe('Error: No such file or directory\nlist table ip nope\n              ^^^^\n')
  })
})
