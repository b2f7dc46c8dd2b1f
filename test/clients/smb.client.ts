import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import epmap from '../../src/emulators/epmap/index.ts'
import smb from '../../src/emulators/smb/index.ts'
import { weakPasswords } from '../../src/emulators/smb/machine.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { nmapNames, type Ran, ran } from './ran.ts'

const identity = new Identity(Buffer.alloc(32, 7))
const state = new MemoryState()
const hosts = createHosts({ identity, engine: noEngine, state })
const [password = ''] = weakPasswords(identity)
const EXAMPLES = '/usr/share/doc/python3-impacket/examples'
/** Impacket's examples take no port but 139 and 445 on their command line; the code below does. */
const ANY_PORT = `
import argparse, runpy, sys
add = argparse._ActionsContainer.add_argument
def without_choices(self, *names, **more):
    if '-port' in names: more.pop('choices', None)
    return add(self, *names, **more)
argparse._ActionsContainer.add_argument = without_choices
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
`

let windows: Playing
let samba: Playing
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'smb-client-'))
  writeFileSync(join(folder, 'evil.exe'), Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200_000, 7)]))
  const login = { policy: 'list' }
  windows = await play(smb, { persona: 'debian-web', identity, state, hosts, options: { login } })
  samba = await play(smb, { persona: 'debian-web', identity, state, hosts, options: { shape: 'samba', login } })
})
afterAll(async () => {
  await windows.stop()
  await samba.stop()
  hosts.close()
  rmSync(folder, { recursive: true, force: true })
})

const smbclient = (playing: Playing, ...args: string[]): Promise<Ran> => ran('smbclient', ['-p', String(playing.port()), ...args])
const NT1 = ['-m', 'NT1', '--option=client min protocol=NT1']
const impacket = (script: string, args: string[], input?: string): Promise<Ran> =>
  ran('/usr/bin/python3', ['-c', ANY_PORT, `${EXAMPLES}/${script}.py`, '-port', String(windows.port()), ...args], input)
const administrator = `Administrator:${password}@127.0.0.1`

describe('smbclient', () => {
  it('lists the shares of Windows, over SMB1 too', async () => {
    for (const dialect of [[], NT1]) {
      const { stdout } = await smbclient(windows, '-N', '-L', '//127.0.0.1', ...dialect)
      expect(stdout).toMatch(/ADMIN\$ +Disk +Remote Admin/)
      expect(stdout).toMatch(/IPC\$ +IPC +Remote IPC/)
    }
  })

  it('lists the shares of Samba', async () => {
    const { stdout } = await smbclient(samba, '-N', '-L', '//127.0.0.1')
    expect(stdout).toMatch(/print\$ +Disk +Printer Drivers/)
    expect(stdout).toMatch(/backup +Disk +Nightly copies/)
    expect(stdout).toMatch(/IPC\$ +IPC +IPC Service \(Samba 4\.17\.12-Debian\)/)
  })

  it.each([
    ['SMB2_02', '2.0.2'],
    ['SMB2_10', '2.1.0'],
    ['SMB3_00', '3.0.0'],
    ['SMB3_02', '3.0.2'],
    ['SMB3_11', '3.1.1'],
  ])('puts, lists and gets a file in %s, signed', async (dialect, chosen) => {
    const back = join(folder, `back-${dialect}`)
    const script = `put ${folder}/evil.exe x.exe; ls; get x.exe ${back}; rename x.exe y.exe; mkdir d; rmdir d; del y.exe`
    const limits = ['-m', dialect, '--client-protection=sign']
    const { code, stdout, stderr } = await smbclient(samba, '//127.0.0.1/backup', '-U', 'maris%summer2024', ...limits, '-c', script)
    expect(code, stdout + stderr).toBe(0)
    expect(readFileSync(back)).toEqual(readFileSync(join(folder, 'evil.exe')))
    expect(samba.data('smb.negotiate').at(-1)).toMatchObject({ chosen })
    expect(samba.data('artifact').at(-1)).toMatchObject({ name: 'x.exe', size: 200_002 })
  })

  it.each(['SMB3_00', 'SMB3_11'])('does the same sealed, in %s', async (dialect) => {
    const limits = ['-m', dialect, '--client-protection=encrypt']
    const { code, stdout, stderr } = await smbclient(
      samba,
      '//127.0.0.1/backup',
      '-U',
      'maris%summer2024',
      ...limits,
      '-c',
      'ls; get README -',
    )
    expect(code, stdout + stderr).toBe(0)
    expect(stdout).toContain('.sql.gz')
  })

  it('does the same in SMB1 on drive C:', async () => {
    const back = join(folder, 'back-nt1')
    const script = `cd Windows; put ${folder}/evil.exe x.exe; ls; get x.exe ${back}; rename x.exe y.exe; del y.exe; get win.ini -`
    const { code, stdout } = await smbclient(windows, '//127.0.0.1/C$', '-U', `Administrator%${password}`, ...NT1, '-c', script)
    expect(code, stdout).toBe(0)
    expect(readFileSync(back)).toEqual(readFileSync(join(folder, 'evil.exe')))
  })

  it('with a wrong password leaves its hash, with the right one the password', async () => {
    const wrong = await smbclient(windows, '//127.0.0.1/C$', '-U', 'corp\\bob%Winter1999x', '-c', 'ls')
    expect(wrong.stdout + wrong.stderr).toContain('NT_STATUS_LOGON_FAILURE')
    expect(windows.data('login').at(-1)).toMatchObject({
      username: 'bob',
      accepted: false,
      hash: { mode: 5600, line: expect.stringMatching(/^bob::corp:/i) },
    })
    await smbclient(windows, '//127.0.0.1/C$', '-U', `Administrator%${password}`, '-c', 'ls')
    expect(windows.data('login').at(-1)).toMatchObject({ username: 'Administrator', password, accepted: true })
  })
})

describe('rpcclient', () => {
  it('reads server, shares, users, domain and SIDs', async () => {
    const commands =
      'srvinfo; netshareenumall; enumdomusers; querydominfo; lsaquery; querydispinfo; enumalsgroups builtin; lookupnames maris; queryuser 0x3e8'
    const { stdout } = await ran('rpcclient', ['-p', String(windows.port()), '-U', '', '-N', '127.0.0.1', '-c', commands])
    expect(stdout).toMatch(/os version\s*:\s*6\.1/)
    expect(stdout).toContain('netname: ADMIN$')
    expect(stdout).toContain('user:[Administrator] rid:[0x1f4]')
    expect(stdout).toMatch(/Total Users:\s*4/)
    expect(stdout).toContain('Domain Name: WORKGROUP')
    expect(stdout).toContain('group:[Administrators] rid:[0x220]')
    expect(stdout).toMatch(/maris S-1-5-21-\d+-\d+-\d+-1000 \(User: 1\)/)
    expect(stdout).toMatch(/Full Name\s*:\s*Maris Fennick/)
  })

  it('hears from Samba what Samba says', async () => {
    const { stdout } = await ran('rpcclient', ['-p', String(samba.port()), '-U', '', '-N', '127.0.0.1', '-c', 'srvinfo; lsaquery'])
    expect(stdout).toContain('Wk Sv PrQ Unx NT SNT Samba 4.17.12-Debian')
    expect(stdout).toMatch(/server type\s*:\s*0x809a03/)
    expect(stdout).toContain('Domain Sid: (NULL SID)')
  })
})

describe('impacket', () => {
  it('dumps the users', async () => {
    const { stdout } = await impacket('samrdump', [administrator])
    expect(stdout).toContain('Received 4 entries.')
    expect(stdout).toContain('maris (1000)/FullName: Maris Fennick')
  })

  it('gets a prompt by smbexec, whose commands are kept and not run', async () => {
    const { stdout } = await impacket('smbexec', [administrator], 'whoami\nexit\n')
    expect(stdout).toContain('C:\\Windows\\system32>nt authority\\system')
    expect(windows.data('turn').at(-1)).toMatchObject({ kind: 'smb.service', input: 'whoami' })
    expect(windows.data('smb.service').at(-1)).toMatchObject({ action: 'delete', command: expect.stringContaining('echo whoami') })
  })

  it('leaves its service program by psexec', async () => {
    const args = [
      '-c',
      join(folder, 'evil.exe'),
      '-path',
      '\\',
      '-service-name',
      'Backdoor',
      '-remote-binary-name',
      'bd.exe',
      administrator,
    ]
    const before = windows.data('smb.upload').length
    const child = impacket('psexec', args, 'exit\n')
    const started = await windows.seen('smb.service', windows.data('smb.service').length + 2, 20_000)
    expect(started.data).toMatchObject({ action: 'start', name: 'Backdoor', command: '%systemroot%\\bd.exe' })
    expect(windows.data('smb.upload').slice(before)).toEqual(
      expect.arrayContaining([expect.objectContaining({ share: 'ADMIN$', path: 'bd.exe' })]),
    )
    await child
  })

  it('makes a service by svcctl alone', async () => {
    const { stdout } = await impacket('services', [administrator, 'create', '-name', 'w', '-display', 'w', '-path', 'C:\\Windows\\w.exe'])
    expect(stdout).toContain('Creating service w')
    expect(windows.data('smb.service').at(-1)).toMatchObject({ action: 'create', name: 'w', command: 'C:\\Windows\\w.exe' })
  })

  it('lists the endpoints', async () => {
    const playing = await play(epmap, { persona: 'debian-web', identity, hosts })
    const code = [
      'from impacket import uuid',
      'from impacket.dcerpc.v5 import transport, epm',
      `t = transport.DCERPCTransportFactory('ncacn_ip_tcp:127.0.0.1[${playing.port()}]')`,
      'd = t.get_dce_rpc(); d.connect()',
      "print(len(epm.hept_lookup(None, dce=d)), epm.hept_map('127.0.0.1', uuid.uuidtup_to_bin(('367abb81-9844-35f1-ad32-98f038001003', '2.0')), protocol='ncacn_ip_tcp', dce=d))",
    ]
    const { stdout, stderr } = await ran('/usr/bin/python3', ['-c', code.join('\n')])
    const named = await nmapNames(playing.port())
    await playing.stop()
    expect(stdout, stderr).toMatch(/^31 ncacn_ip_tcp:127\.0\.0\.1\[49\d{3}\]/)
    expect(named).toMatch(/^msrpc\s+Microsoft Windows RPC/)
  })
})

describe('nmap', () => {
  const scripts = async (playing: Playing, names: string): Promise<string> => {
    const port = String(playing.port())
    return (
      await ran('nmap', ['-n', '-Pn', '-p', port, '--script', names, '--script-args', `smbport=${port}`, '127.0.0.1'], undefined, 90_000)
    ).stdout
  }

  it('names Windows Server 2008 R2, and Samba', async () => {
    expect(await nmapNames(windows.port())).toMatch(/^microsoft-ds Microsoft Windows Server 2008 R2 microsoft-ds \(workgroup: WORKGROUP\)/)
    expect(await nmapNames(samba.port())).toMatch(/^netbios-ssn Samba smbd 4\.6\.2/)
  })

  it('finds Windows open to MS17-010, with a DoublePulsar in it', async () => {
    const stdout = await scripts(windows, 'smb-vuln-ms17-010,smb-double-pulsar-backdoor')
    expect(stdout.match(/State: VULNERABLE/g)).toHaveLength(2)
  })

  it('reads dialects, security modes, times, shares and users', async () => {
    const stdout = await scripts(windows, 'smb-protocols,smb-security-mode,smb2-security-mode,smb2-time,smb-enum-shares,smb-enum-users')
    for (const dialect of ['NT LM 0.12', '202', '210']) expect(stdout).toContain(dialect)
    expect(stdout).toContain('message_signing: disabled (dangerous, but default)')
    expect(stdout).toContain('Message signing enabled but not required')
    expect(stdout).toMatch(/start_date: 20/)
    expect(stdout).toContain('Comment: Remote Admin')
    expect(stdout).toContain('(RID: 500)')
    const ofSamba = await scripts(samba, 'smb-protocols,smb2-time')
    for (const fact of ['202', '210', '300', '302', '311', 'start_date: N/A']) expect(ofSamba).toContain(fact)
    expect(ofSamba).not.toContain('NT LM 0.12')
  })
})
