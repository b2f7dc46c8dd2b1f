import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import lure from '../../src/emulators/mysql/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'

const run = promisify(execFile)

let playing: Playing
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mysql-client-'))
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  const login = { policy: 'list', accept: [{ user: 'root', password: 'letmein' }] }
  playing = await play(lure, { persona: 'debian-web', identity, state, hosts, options: { login } })
})
afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

const at = (): string[] => ['-h127.0.0.1', `-P${playing.port()}`, '-uroot']
const ask = async (sql: string, ...args: string[]): Promise<string> =>
  (await run('mysql', [...at(), '-pletmein', '-N', '-B', ...args, '-e', sql])).stdout.trimEnd()

describe("MariaDB's own client", () => {
  it('logs in, in clear, over TLS and compressed', async () => {
    expect(await ask('select version()')).toBe('10.11.19-MariaDB-0+deb12u1')
    expect(await ask('status', '--ssl')).toContain('TLS_AES_256_GCM_SHA384')
    expect(await ask("select repeat('a', 200)", '--compress')).toBe('a'.repeat(200))
    await expect(run('mysql', [...at(), '-pwrong', '-e', 'select 1'])).rejects.toMatchObject({
      stderr: "ERROR 1045 (28000): Access denied for user 'root'@'127.0.0.1' (using password: YES)\n",
    })
  })

  it("reads the portal's data and the host's files", async () => {
    expect((await ask('show tables', 'tw_portal')).split('\n')).toContain('customers')
    expect(await ask("select number from customers where name = 'Harbour School'", 'tw_portal')).toBe('1107')
    expect(await ask("select load_file('/etc/hostname')")).toMatch(/^\w+/)
  })

  it('dumps a database that can be read back', async () => {
    const { stdout } = await run('mysqldump', [...at(), '-pletmein', 'tw_portal'])
    expect(stdout).toContain('CREATE TABLE `customers`')
    expect(stdout).toMatch(/-- Dump completed on /)
    const file = join(folder, 'dump.sql')
    writeFileSync(file, stdout)
    await ask('create database copy')
    await ask(`source ${file}`, 'copy')
    expect(await ask('select (select count(*) from copy.orders) = (select count(*) from tw_portal.orders)')).toBe('1')
  })

  it('runs a command on the simulated host through a library', async () => {
    await ask("select 0x7f454c46 into dumpfile '/var/lib/mysql/x.so'").catch(() => undefined)
    expect(playing.data('mysql.file-write')).toHaveLength(1)
  })
})

describe('those who guess', () => {
  it('hydra finds the password, and every try is written down once', async () => {
    const words = join(folder, 'words.txt')
    writeFileSync(words, 'a\nb\nletmein\n')
    const before = playing.data('login').length
    const { stdout } = await run('hydra', ['-l', 'root', '-P', words, '-t', '1', '-s', String(playing.port()), 'mysql://127.0.0.1'])
    expect(stdout).toMatch(/login: root\s+password: letmein/)
    expect(playing.data('login').slice(before)).toHaveLength(3)
  })

  it('ncrack finds it too', async () => {
    const words = join(folder, 'ncrack.txt')
    writeFileSync(words, 'c\nletmein\n')
    const { stdout } = await run('ncrack', ['--user', 'root', '-P', words, '-g', 'cl=1', `mysql://127.0.0.1:${playing.port()}`])
    expect(stdout).toMatch(/'root' 'letmein'/)
  })
})

describe('nmap', () => {
  it('names MariaDB and reads its greeting', async () => {
    const { stdout } = await run('nmap', ['-sV', '-Pn', '-n', '--script', 'mysql-info', `-p${playing.port()}`, '127.0.0.1'])
    expect(stdout).toMatch(/open\s+mysql\s+MySQL 5\.5\.5-10\.11\.19-MariaDB-0\+deb12u1/)
    expect(stdout).toContain('Auth Plugin Name: mysql_native_password')
  })
})
