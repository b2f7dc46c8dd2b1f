import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import tcp from '../../src/emulators/tcp/index.ts'
import { FakeHosts } from '../fake-hosts.ts'
import { type Playing, play } from '../harness.ts'
import { nmapNames, ran } from './ran.ts'

let playing: Playing

beforeAll(async () => {
  const login = { policy: 'list', accept: [{ user: 'admin', password: 'amp111' }] }
  playing = await play(tcp, { ports: [5038, 2001, 2181], options: { login }, persona: 'debian-web', hosts: new FakeHosts() })
})
afterAll(() => playing.stop())

const nc = async (port: number, text: string): Promise<string> => (await ran('nc', ['-w', '2', '127.0.0.1', String(port)], text)).stdout

it('nc asks ZooKeeper in four letters', async () => {
  expect(await nc(2181, 'ruok')).toBe('imok')
  expect(await nc(2181, 'srvr')).toMatch(/\nMode: standalone\nNode count: \d+\n$/)
})

it('nc logs in to the console and leaves it', async () => {
  const said = await nc(2001, 'admin\nadmin\nadmin\namp111\nshow version\nexit\n')
  expect(said).toContain('% Login invalid')
  expect(said).toContain('WS-C2960-24TC-L')
  expect(playing.data('login').slice(-2)).toMatchObject([{ accepted: false }, { username: 'admin', password: 'amp111', accepted: true }])
})

it('hydra finds the password of the Asterisk Manager, and each try is one login', async () => {
  const before = playing.data('login').length
  const words = join(mkdtempSync(join(tmpdir(), 'tcp-client-')), 'words')
  writeFileSync(words, 'admin\n1234\namp111\n')
  const { stdout } = await ran('hydra', ['-I', '-l', 'admin', '-P', words, '-t', '1', '-s', '5038', '127.0.0.1', 'asterisk'])
  expect(stdout).toMatch(/login: admin {3}password: amp111/)
  expect(playing.data('login')).toHaveLength(before + 3)
})

it('nmap names ZooKeeper and the Asterisk Manager', async () => {
  const [zookeeper, asterisk] = await Promise.all([nmapNames(2181, '--version-all'), nmapNames(5038)])
  expect(zookeeper).toMatch(/^zookeeper Zookeeper 3\.4\.13-\S+ \(Built on 06\/29\/2018\)$/)
  expect(asterisk).toBe('asterisk Asterisk Call Manager 5.0.1')
}, 130_000)
