import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import ftp from '../../src/emulators/ftp/index.ts'
import tftp from '../../src/emulators/tftp/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { nmapNames, ran } from './ran.ts'

const identity = new Identity(Buffer.alloc(32, 7))
const state = new MemoryState()
const hosts = createHosts({ identity, engine: noEngine, state })
const LOGIN = { policy: 'list', accept: [{ user: 'deploy', password: 'deploy123' }] }
const start = (options: Record<string, unknown> = {}): Promise<Playing> =>
  play(ftp, { persona: 'debian-web', identity, state, hosts, options: { login: LOGIN, delays: false, ...options } })

let p: Playing
let t: Playing
let folder: string
let payload: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ftp-client-'))
  payload = join(folder, 'payload')
  writeFileSync(payload, Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7) & 255)))
  writeFileSync(join(folder, 'p'), 'a\nb\ndeploy123\n')
  p = await start()
  t = await play(tftp, { persona: 'debian-web', identity, state, hosts, settings: { listen: { offset: 0 }, udp: { floodPackets: 1000 } } })
})
afterAll(async () => {
  await p.stop()
  await t.stop()
  hosts.close()
  rmSync(folder, { recursive: true, force: true })
})

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')
const lftp = (commands: string, user = 'deploy,deploy123') =>
  ran('lftp', [
    '-u',
    user,
    '-p',
    String(p.port()),
    '-e',
    `set ssl:verify-certificate no; set net:max-retries 1; ${commands}; bye`,
    '127.0.0.1',
  ])

describe('lftp', () => {
  it('lists and fetches the files of the persona', async () => {
    const { stdout, code } = await lftp(`set ftp:ssl-allow no; cls -1; get deploy.sh -o ${join(folder, 'got')}`)
    expect(code).toBe(0)
    expect(stdout).toContain('deploy.sh')
    expect(readFileSync(join(folder, 'got'), 'utf8')).toMatch(/^#!/)
  })

  it.each(['no', 'yes'])('uploads with ssl-protect-data %s, and the artifact is the file', async (protect) => {
    const { code, stderr } = await lftp(
      `set ftp:ssl-force ${protect === 'yes'}; set ftp:ssl-protect-data ${protect}; put ${payload} -o up-${protect}.bin; get up-${protect}.bin -o ${join(folder, `back-${protect}`)}`,
    )
    expect([code, stderr]).toEqual([0, ''])
    expect(p.data('ftp.upload').at(-1)).toMatchObject({ path: `/home/deploy/up-${protect}.bin`, sha256: sha256(payload), written: true })
    expect(sha256(join(folder, `back-${protect}`))).toBe(sha256(payload))
  })

  it('leaves a file as anonymous', async () => {
    const { code } = await lftp(`ls; put ${payload} -o x.bin`, 'anonymous,a@b')
    expect(code).toBe(0)
    expect(p.data('ftp.upload').at(-1)).toMatchObject({ path: '/x.bin', sha256: sha256(payload) })
  })
})

describe('other FTP clients', () => {
  it('curl lists, fetches a part and uploads, and exits 67 for a wrong password', async () => {
    const url = `ftp://127.0.0.1:${p.port()}`
    expect((await ran('curl', ['-sS', '-u', 'deploy:deploy123', `${url}/`])).stdout).toContain('deploy.sh')
    expect((await ran('curl', ['-sS', '-u', 'deploy:deploy123', '-r', '2-5', `${url}/deploy.sh`])).stdout).toHaveLength(4)
    expect((await ran('curl', ['-sS', '-u', 'deploy:deploy123', '-T', payload, `${url}/curl.bin`])).code).toBe(0)
    expect((await ran('curl', ['-sS', '--ssl-reqd', '-k', '-u', 'deploy:deploy123', `${url}/deploy.sh`])).stdout).toMatch(/^#!/)
    expect((await ran('curl', ['-sS', '-u', 'deploy:nope', `${url}/`])).code).toBe(67)
    expect(p.data('login').at(-1)).toMatchObject({ username: 'deploy', password: 'nope', accepted: false })
  })

  it('ftp talks the commands of a person', async () => {
    const { stdout } = await ran(
      'ftp',
      ['-n', '-v', '127.0.0.1', String(p.port())],
      'user deploy deploy123\nbinary\nls\npwd\nquote SITE HELP\nrename deploy.sh d.sh\nrename d.sh deploy.sh\nquit\n',
    )
    expect(stdout).toMatch(
      /230 Login successful\.[\s\S]*226 Directory send OK\.[\s\S]*Remote directory: \/home\/deploy[\s\S]*214 CHMOD UMASK HELP[\s\S]*250 Rename successful\./,
    )
  })

  it('hydra finds the weak password, and each of its tries is one login', async () => {
    const before = p.data('login').length
    const { stdout } = await ran('hydra', [
      '-I',
      '-t',
      '1',
      '-s',
      String(p.port()),
      '-l',
      'deploy',
      '-P',
      join(folder, 'p'),
      'ftp://127.0.0.1',
    ])
    expect(stdout).toMatch(/login: deploy +password: deploy123/)
    expect(
      p
        .data('login')
        .slice(before)
        .map(({ password }) => password),
    ).toEqual(['a', 'b', 'deploy123'])
  })

  it('nmap names vsftpd and Pure-FTPd, sees that anonymous users may write, and no bounce', { timeout: 240_000 }, async () => {
    expect(await nmapNames(p.port())).toMatch(/^ftp +vsftpd 3\.0\.3$/)
    const pure = await start({ product: 'pure-ftpd' })
    expect(await nmapNames(pure.port())).toMatch(/^ftp +Pure-FTPd$/)
    await pure.stop()
    const scripts = await ran(
      'nmap',
      ['-n', '-Pn', '-p', String(p.port()), '-sV', '--script', 'ftp-anon,ftp-bounce,ftp-syst', '127.0.0.1'],
      undefined,
      120_000,
    )
    expect(scripts.stdout).toContain('Anonymous FTP login allowed')
    expect(scripts.stdout).not.toMatch(/bounce working/)
  })
})

describe('TFTP clients', () => {
  it('tftp-hpa gets and puts', async () => {
    const got = join(folder, 'motd')
    await ran('tftp', ['-m', 'binary', '127.0.0.1', String(t.port()), '-c', 'get', 'running-config', got])
    expect(readFileSync(got, 'utf8')).toMatch(/^!\nversion 15\.0\n/)
    await ran('tftp', ['-m', 'binary', '127.0.0.1', String(t.port()), '-c', 'put', payload, 'mips'])
    expect((await t.seen('tftp.write')).data).toMatchObject({ filename: 'mips', size: 70_000, sha256: sha256(payload), complete: true })
    await ran('tftp', ['127.0.0.1', String(t.port()), '-c', 'get', 'nosuch', join(folder, 'none')])
    expect(existsSync(join(folder, 'none')) ? readFileSync(join(folder, 'none')).length : 0).toBe(0)
  })

  it('curl gets with options and puts', async () => {
    const { stdout, code } = await ran('curl', ['-sS', '--tftp-blksize', '1024', `tftp://127.0.0.1:${t.port()}/mips`])
    expect(code).toBe(0)
    expect(createHash('sha256').update(Buffer.from(stdout, 'latin1')).digest('hex')).toBe(sha256(payload))
    expect((await ran('curl', ['-sS', '-T', payload, `tftp://127.0.0.1:${t.port()}/curl`])).code).toBe(0)
    expect((await t.seen('tftp.write', 2)).data).toMatchObject({ filename: 'curl', sha256: sha256(payload) })
  })
})
