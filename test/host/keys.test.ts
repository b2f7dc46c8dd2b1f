import { describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { loadPersona } from '../../src/config/personas.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { fingerprint, kindOf, randomArt, readKey } from '../../src/host/keys/key-files.ts'
import { hostKeysOf } from '../../src/ssh/host-keys.ts'
import { ListRecorder, MemoryState, makeHost, noModel } from './harness.ts'

/** A key of OpenSSH 9.2, and what its `ssh-keygen -lv` printed of it. */
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGcZbxMvG8Tvzs3zLRErxQ/pwGb6CCAP2G9OT4XlInPI x'
const DRAWN = `SHA256:hgPxPflth+seuEMzH160bN8fzPauk9856Q+FAX6Mm9g
+--[ED25519 256]--+
|    .       .    |
|     o . . . +   |
|    . . +   o +  |
|     . . o + =.o |
|      o S o Eoo..|
|       o  +o.oB. |
|         ..=o+.Bo|
|          .oo.++B|
|          .oo oB@|
+----[SHA256]-----+
`

describe('host keys in the file system', () => {
  it('are those that the daemon presents', async () => {
    const identity = new Identity(Buffer.alloc(32, 9))
    const persona = loadPersona('prompts', 'debian-web', identity)
    const keys = hostKeysOf(identity, persona.name, ['ecdsa-sha2-nistp256', 'ssh-ed25519'])
    const hosts = createHosts({ identity, engine: noModel, state: new MemoryState() })
    const ip = '203.0.113.9'
    const where = { remote: { ip, port: 50_000 }, local: { ip: '10.20.0.14', port: 22 }, via: 'sshd' }
    const run = async (command: string): Promise<string> =>
      (await hosts.of(persona, ip).run({ user: 'root', command, ...where, recorder: new ListRecorder() })).stdout.toString()
    for (const [type, file] of [
      ['ecdsa-sha2-nistp256', 'ssh_host_ecdsa_key'],
      ['ssh-ed25519', 'ssh_host_ed25519_key'],
    ] as const) {
      const { blob } = keys.find((key) => key.type === type) as { blob: Buffer }
      const { name, bits } = kindOf(blob)
      const line = `${bits} ${fingerprint(blob)} root@${persona.hostname} (${name})\n`
      expect(await run(`ssh-keygen -lf /etc/ssh/${file}; ssh-keygen -lf /etc/ssh/${file}.pub`)).toBe(line + line)
      expect(await run(`ssh-keygen -yf /etc/ssh/${file} | diff - /etc/ssh/${file}.pub && stat -c %a /etc/ssh/${file}`)).toBe('600\n')
    }
  })
})

describe('ssh-keygen', () => {
  it('makes a pair whose public line is the private key’s', async () => {
    const { run } = makeHost()
    const made = await run("ssh-keygen -t ed25519 -N '' -C me -f /tmp/k; ssh-keygen -yf /tmp/k; cat /tmp/k.pub; stat -c %a /tmp/k")
    expect(made.stdout).toMatch(/^Generating public\/private ed25519 key pair\.\nYour identification has been saved in \/tmp\/k\n/)
    expect(made.stdout).toMatch(/(ssh-ed25519 \S+ me)\n\1\n600\n$/)
    expect(made.stdout).toContain('+--[ED25519 256]--+\n')
  })

  it('draws the picture that the real one drew of a key', () => {
    const real = readKey(KEY)
    expect(real && `${fingerprint(real.blob)}\n${randomArt(real.blob)}`).toBe(DRAWN)
  })
})

describe('chage', () => {
  it('reads and changes the ages of /etc/shadow', async () => {
    const { run } = makeHost()
    const { stdout } = await run('chage -M 90 -E 2030-01-31 root; chage -l root | tail -4; cut -d: -f5,8 /etc/shadow | head -1')
    expect(stdout).toBe(
      'Account expires\t\t\t\t\t\t: Jan 31, 2030\nMinimum number of days between password change\t\t: 0\n' +
        'Maximum number of days between password change\t\t: 90\nNumber of days of warning before password expires\t: 7\n90:21945\n',
    )
    expect((await run('chage -l nobody2')).stderr).toBe("chage: user 'nobody2' does not exist in /etc/passwd\n")
  })
})

describe('chattr', () => {
  it('+i keeps root from changing, moving and removing a file, +a from all but appending', async () => {
    const { run } = makeHost()
    const { stdout, stderr } = await run(
      'cd /tmp; echo a > f; chattr +i f; echo b > f; rm -f f; mv f g; chmod 600 f; lsattr f; chattr -i f; chattr +a f; echo c >> f; echo d > f; cat f; lsattr f; chattr -a f; rm f; ls f',
    )
    expect(stdout).toBe('----i---------e------- f\na\nc\n-----a--------e------- f\n')
    expect(stderr).toBe(
      'bash: line 1: f: Operation not permitted\n' +
        "rm: cannot remove 'f': Operation not permitted\n" +
        "mv: cannot move 'f' to 'g': Operation not permitted\n" +
        "chmod: changing permissions of 'f': Operation not permitted\n" +
        'bash: line 1: f: Operation not permitted\n' +
        "ls: cannot access 'f': No such file or directory\n",
    )
  })
})
