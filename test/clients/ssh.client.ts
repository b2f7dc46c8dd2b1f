import { type ExecFileException, execFile, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { createHosts } from '../../src/host/hosts.ts'
import http from '../../src/http/lure.ts'
import { daemonOf } from '../../src/ssh/daemons.ts'
import ssh from '../../src/ssh/index.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'

interface Ran {
  code: number
  stdout: string
  stderr: string
}

/** Runs a client to its end; a status other than 0 is an answer, not an error. */
function run(file: string, args: readonly string[], input?: Buffer | string, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024, timeout: 50_000, env: { ...process.env, ...env } } as const
    const child = execFile(file, args, options, (error: ExecFileException | null, stdout: Buffer, stderr: Buffer) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 255) : 0
      resolve({ code, stdout: stdout.toString('latin1'), stderr: stderr.toString('latin1') })
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

function has(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function hasParamiko(): boolean {
  try {
    execFileSync('/usr/bin/python3', ['-c', 'import paramiko'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A port that nobody listens on just now. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

let playing: Playing
let folder: string
let options: string[]

async function start(persona: string, data: string): Promise<Playing> {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  return play(ssh, { persona, identity, state, hosts, beside: [http], options: { delays: false }, settings: { data } })
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ssh-client-'))
  playing = await start('debian-web', join(folder, 'data'))
  options = optionsFor(join(folder, 'home'))
})

afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

function optionsFor(home: string): string[] {
  mkdirSync(home, { recursive: true })
  const settings = [
    'StrictHostKeyChecking=no',
    `UserKnownHostsFile=${join(home, 'known_hosts')}`,
    'LogLevel=ERROR',
    'GlobalKnownHostsFile=/dev/null',
  ]
  return settings.flatMap((setting) => ['-o', setting])
}

const HOST = 'root@127.0.0.1'
const port = (): string => String(playing.port())
/** ssh takes the first of several settings: those of a test come before those of all. */
const openssh = (args: string[], input?: Buffer | string): Promise<Ran> => {
  const at = args.indexOf(HOST)
  return run('sshpass', ['-p', 'x', 'ssh', '-p', port(), ...args.slice(0, at), ...options, ...args.slice(at)], input)
}
const command = (text: string, input?: Buffer | string): Promise<Ran> => openssh([HOST, text], input)
const copy = (program: 'scp' | 'sftp', args: string[], input?: string): Promise<Ran> =>
  run('sshpass', ['-p', 'x', program, ...options, '-o', 'BatchMode=no', '-P', port(), ...args], input)

describe('every algorithm that is offered works with OpenSSH', () => {
  const { kex, cipherIn, macIn, hostKey } = daemonOf('SSH-2.0-OpenSSH_9.2p1').offer
  const answers = async (...settings: string[]): Promise<void> => {
    // No memory of keys: another type than the known one would look like an attack.
    const ran = await openssh(['-o', 'UserKnownHostsFile=/dev/null', ...settings.flatMap((s) => ['-o', s]), HOST, 'echo works'])
    expect(ran).toEqual({ code: 0, stdout: 'works\n', stderr: '' })
  }

  it.each(kex.filter((name) => !name.startsWith('kex-strict')))('%s', (name) => answers(`KexAlgorithms=${name}`))
  it.each(cipherIn)('%s', (name) => answers(`Ciphers=${name}`))
  it.each(macIn)('%s', (name) => answers('Ciphers=aes128-ctr', `MACs=${name}`))
  it.each(hostKey)('%s', (name) => answers(`HostKeyAlgorithms=${name}`))

  it.each([
    ['chacha20-poly1305@openssh.com', 'hmac-sha1', 'no'],
    ['aes256-gcm@openssh.com', 'hmac-sha1', 'yes'],
    ['aes192-ctr', 'umac-128-etm@openssh.com', 'yes'],
    ['aes128-ctr', 'umac-64@openssh.com', 'no'],
  ])('two million bytes there and back over rekeying, %s %s, compression %s', async (cipher, mac, compression) => {
    const bytes = randomBytes(2_000_000)
    const settings = [`Ciphers=${cipher}`, `MACs=${mac}`, `Compression=${compression}`, 'RekeyLimit=200K'].flatMap((s) => ['-o', s])
    expect((await openssh([...settings, HOST, 'cat'], bytes)).stdout === bytes.toString('latin1')).toBe(true)
  })
})

describe('OpenSSH', () => {
  it('gets streams, status and error texts of the remote bash', async () => {
    expect(await command('echo out; echo err >&2; exit 7')).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' })
    expect(await command('nosuch')).toEqual({ code: 127, stdout: '', stderr: 'bash: line 1: nosuch: command not found\n' })
    expect(await command('cat', 'hi\n')).toMatchObject({ code: 0, stdout: 'hi\n' })
  })

  it('has a terminal that says logout', async () => {
    const { stdout, code } = await openssh(['-tt', HOST], 'nosuch\nexit\n')
    expect(stdout).toContain('-bash: nosuch: command not found\r\n')
    expect(stdout).toMatch(/logout\r\n$/)
    expect(code).toBe(127)
  })

  it('may forward its agent, and no X11 where xauth is missing', async () => {
    const agent = spawn('ssh-agent', ['-D', '-a', join(folder, 'agent')], { stdio: 'ignore' })
    const forwarding = { SSH_AUTH_SOCK: join(folder, 'agent'), DISPLAY: ':0' }
    const settings = ['-p', port(), ...options, '-A', '-X']
    const test = 'test -S $SSH_AUTH_SOCK && stat -c "%a %n" ${SSH_AUTH_SOCK%/*}; echo "[$DISPLAY]"'
    const got = await run('sshpass', ['-p', 'x', 'ssh', ...settings, '-o', 'ForwardX11Trusted=yes', HOST, test], '', forwarding)
    agent.kill()
    expect(got.stdout).toMatch(/^700 \/tmp\/ssh-\w{10}\n\[\]\n$/)
    expect((await command('ls /tmp')).stdout).not.toContain('ssh-')
    expect(playing.data('ssh.request')).toContainEqual({ name: 'auth-agent-req@openssh.com', accepted: true })
    expect(playing.data('ssh.request')).toContainEqual({ name: 'x11-req', accepted: false })
  })

  it('is told what may be tried', async () => {
    const none = await run('ssh', [...options, '-p', port(), '-o', 'PreferredAuthentications=none', HOST])
    expect(none.stderr).toBe('root@127.0.0.1: Permission denied (publickey,password).\r\n')
  })

  it('is refused a port that nobody listens on, and a subsystem that is not there', async () => {
    const tunnel = await openssh(['-o', 'LogLevel=INFO', '-W', '127.0.0.1:1', HOST])
    expect(tunnel.stderr).toContain('channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed\r\n')
    const subsystem = await openssh(['-s', HOST, 'foo'])
    expect(subsystem.stderr).toBe('subsystem request failed on channel 0\r\n')
  })

  it.each(['-L', '-D'])('%s leads curl to the web server of the persona, and nowhere else', async (way) => {
    const entry = await freePort()
    const to = way === '-L' ? `${entry}:localhost:80` : String(entry)
    const tunnel = spawn('sshpass', ['-p', 'x', 'ssh', '-p', port(), ...options, '-N', way, to, HOST])
    const target =
      way === '-L' ? [`http://127.0.0.1:${entry}/robots.txt`] : ['-x', `socks5h://127.0.0.1:${entry}`, 'http://example.net/robots.txt']
    const got = await run('curl', ['-s', '-i', '--retry', '20', '--retry-delay', '1', '--retry-all-errors', '-m', '20', ...target])
    tunnel.kill()
    expect(got.stdout).toMatch(/^HTTP\/1\.1 \d{3} [\s\S]*Server: nginx/)
    const host = way === '-L' ? 'localhost' : 'example.net'
    expect(playing.data('ssh.forward')).toContainEqual(expect.objectContaining({ host, port: 80, accepted: true, lure: 'http' }))
    expect(playing.events.some(({ type, lure }) => type === 'http.request' && lure === 'http')).toBe(true)
  })

  it('may forward ports back, keeps its connection alive, and learns all host keys by proof', async () => {
    const settings = ['ServerAliveInterval=1', 'UpdateHostKeys=yes', 'ExitOnForwardFailure=yes'].flatMap((s) => ['-o', s])
    const kept = await openssh([...settings, '-R', '9000:localhost:80', HOST, 'sleep 2.5; echo alive'])
    expect(kept).toEqual({ code: 0, stdout: 'alive\n', stderr: '' })
    const known = readFileSync(join(folder, 'home', 'known_hosts'), 'utf8')
    for (const type of ['ssh-rsa', 'ecdsa-sha2-nistp256', 'ssh-ed25519']) expect(known).toContain(type)
  })

  it('runs several sessions over one connection', async () => {
    const control = join(folder, 'mux')
    const shared = ['-o', 'ControlMaster=auto', '-o', `ControlPath=${control}`, '-o', 'ControlPersist=5']
    const master = await openssh([...shared, HOST, 'echo first'])
    expect(master.stdout).toBe('first\n')
    const later = await Promise.all([1, 2, 3].map((n) => openssh([...shared, HOST, `sleep 0.2; echo ${n}`])))
    expect(later.map((ran) => ran.stdout)).toEqual(['1\n', '2\n', '3\n'])
    await openssh(['-O', 'exit', ...shared, HOST])
  })
})

describe('files', () => {
  it('go up and come down by scp, with both protocols, alone and in trees', async () => {
    const tree = join(folder, 'tree')
    mkdirSync(join(tree, 'a'), { recursive: true })
    writeFileSync(join(tree, 'a', 'data'), randomBytes(300_000))
    for (const protocol of ['-O', '-s']) {
      expect((await copy('scp', [protocol, '-r', '-p', tree, `${HOST}:/tmp/tree${protocol}`])).code).toBe(0)
      const back = join(folder, `back${protocol}`)
      expect((await copy('scp', [protocol, '-r', `${HOST}:/tmp/tree${protocol}`, back])).code).toBe(0)
      expect(readFileSync(join(back, 'a', 'data'))).toEqual(readFileSync(join(tree, 'a', 'data')))
      expect((await copy('scp', [protocol, `${HOST}:/nope`, folder])).stderr.trim()).toBe('scp: /nope: No such file or directory')
    }
  })

  it('are handled by sftp, and the shell agrees', async () => {
    const local = join(folder, 'payload')
    writeFileSync(local, randomBytes(100_000))
    const batch = [
      'cd /tmp',
      `put ${local} p`,
      'chmod 600 p',
      'ln -s p link',
      'rename p q',
      'ls -l q',
      'df',
      'mkdir d',
      `get q ${local}.back`,
    ]
    const { stdout, code } = await copy('sftp', ['-b', '-', HOST], `${batch.join('\n')}\n`)
    expect(code).toBe(0)
    expect(stdout).toMatch(/-rw------- .* root .* 100000 /)
    expect(readFileSync(`${local}.back`)).toEqual(readFileSync(local))
    const shell = await command('stat -c "%a %s %F" /tmp/q; readlink /tmp/link; test -d /tmp/d && echo directory')
    expect(shell.stdout).toBe('600 100000 regular file\np\ndirectory\n')
    expect(playing.data('artifact').some((artifact) => artifact.how === 'sftp' && artifact.size === 100_000)).toBe(true)
  })

  it('a key that ssh-copy-id leaves behind opens the door', async () => {
    const key = join(folder, 'key')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    const home = join(folder, 'home')
    mkdirSync(join(home, '.ssh'), { recursive: true })
    const copied = await run('sshpass', ['-p', 'x', 'ssh-copy-id', ...options, '-p', port(), '-i', `${key}.pub`, HOST], undefined, {
      HOME: home,
    })
    expect(copied.stdout + copied.stderr).toContain('Number of key(s) added: 1')
    const byKey = await run('ssh', [
      ...options,
      '-p',
      port(),
      '-i',
      key,
      '-o',
      'IdentitiesOnly=yes',
      '-o',
      'PasswordAuthentication=no',
      HOST,
      'whoami',
    ])
    expect(byKey).toEqual({ code: 0, stdout: 'root\n', stderr: '' })
  })
})

describe('other clients', () => {
  it('ssh-keyscan sees the same three keys every time', async () => {
    const scan = async (): Promise<string[]> =>
      (await run('ssh-keyscan', ['-t', 'rsa,ecdsa,ed25519', '-p', port(), '127.0.0.1'])).stdout.split('\n').filter(Boolean).sort()
    const keys = await scan()
    expect(keys).toHaveLength(3)
    expect(await scan()).toEqual(keys)
  })

  it.skipIf(!has('nmap'))('nmap takes it for the real one', async () => {
    const { stdout } = await run('nmap', ['-n', '-Pn', '-sV', '--script', 'ssh2-enum-algos,ssh-auth-methods', '-p', port(), '127.0.0.1'])
    expect(stdout).toContain('OpenSSH 9.2p1 Debian 2+deb12u10 (protocol 2.0)')
    expect(stdout).toMatch(/kex_algorithms: \(12\)[\s\S]*server_host_key_algorithms: \(4\)[\s\S]*mac_algorithms: \(10\)/)
    expect(stdout).toMatch(/publickey\s+\|_ {4}password/)
  })

  it.skipIf(!has('dbclient'))('dbclient runs a command', async () => {
    const ran = await run('dbclient', ['-y', '-y', '-p', port(), HOST, 'echo out; exit 3'], undefined, {
      DROPBEAR_PASSWORD: 'x',
      HOME: folder,
    })
    expect(ran).toMatchObject({ code: 3, stdout: 'out\n' })
  })

  it.skipIf(!has('plink'))('plink runs a command', async () => {
    const scanned = (await run('ssh-keyscan', ['-t', 'ed25519', '-p', port(), '127.0.0.1'])).stdout.split(' ')[2]!.trim()
    const digest = execFileSync('openssl', ['dgst', '-sha256', '-binary'], { input: Buffer.from(scanned, 'base64') })
    const fingerprint = `SHA256:${digest.toString('base64').replace(/=+$/, '')}`
    const ran = await run(
      'plink',
      ['-batch', '-ssh', '-P', port(), '-l', 'root', '-pw', 'x', '-hostkey', fingerprint, '127.0.0.1', 'echo out; exit 3'],
      '',
      { HOME: folder },
    )
    expect(ran).toMatchObject({ code: 3, stdout: 'out\n' })
  })

  it.skipIf(!hasParamiko())('paramiko runs a command, opens a terminal and moves files', async () => {
    const script = `
import paramiko, sys
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
client.connect('127.0.0.1', int(sys.argv[1]), 'root', 'x', look_for_keys=False, allow_agent=False)
_, out, err = client.exec_command('echo out; echo err >&2; exit 3')
print(out.read(), err.read(), out.channel.recv_exit_status())
sftp = client.open_sftp()
with sftp.open('/tmp/paramiko', 'wb') as f: f.write(b'x' * 70000)
print(sftp.stat('/tmp/paramiko').st_size, 'paramiko' in sftp.listdir('/tmp'))
shell = client.invoke_shell('xterm', 90, 30)
shell.send('echo $COLUMNS; exit 4\\n')
print(shell.recv_exit_status())
client.close()
`
    const { stdout, stderr } = await run('/usr/bin/python3', ['-W', 'ignore', '-c', script, port()])
    expect({ stdout, stderr }).toEqual({ stdout: "b'out\\n' b'err\\n' 3\n70000 True\n4\n", stderr: '' })
  })
})

describe('the router', () => {
  it('is reached over dropbear by OpenSSH and dbclient', async () => {
    const router = await start('openwrt-router', join(folder, 'router'))
    const home = optionsFor(join(folder, 'router-home'))
    const ran = await run('sshpass', ['-p', 'x', 'ssh', ...home, '-p', String(router.port()), HOST, 'echo works'])
    expect(ran).toEqual({ code: 0, stdout: 'works\n', stderr: '' })
    if (has('dbclient')) {
      const other = await run('dbclient', ['-y', '-y', '-p', String(router.port()), HOST, 'echo works'], undefined, {
        DROPBEAR_PASSWORD: 'x',
        HOME: folder,
      })
      expect(other.stdout).toBe('works\n')
    }
    await router.stop()
  })
})
