import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Settings } from '../../src/config/schema.ts'
import { checkList, type Item } from '../../src/install/check-list.ts'
import { destinationsOf } from '../../src/install/destinations.ts'
import { type Facts, readFacts, sshPortsOf } from '../../src/install/facts.ts'
import { sundew } from '../cli/run-sundew.ts'
import { tempFolder } from '../store/temp-folder.ts'

const GIB = 1024 ** 3
const PORTS = [
  { lure: 'ssh', transport: 'tcp', host: '0.0.0.0', port: 22 },
  { lure: 'ntp', transport: 'udp', host: '0.0.0.0', port: 123 },
] as const

/** A machine on which all is well. */
const WELL: Facts = {
  nodeVersion: '26.10.0',
  nodePath: '/opt/sundew/node_modules/node/bin/node',
  project: '/opt/sundew',
  hostName: 'trap',
  user: { uid: 1000, name: 'sundew' },
  ports: PORTS,
  sshPorts: [22022],
  data: { path: '/var/lib/sundew', exists: { uid: 1000, mode: 0o700 }, isWritable: true, freeBytes: 100 * GIB },
  memory: { bytes: 16 * GIB, freeBytes: 8 * GIB },
  files: 65536,
  clock: 'chrony',
  model: [{ ok: true, what: 'http://127.0.0.1:11434 has qwen3:4b-instruct', cure: '' }],
  console: { hasAccounts: true, hasPages: true },
  service: { hasSystemd: true, hasUnit: true, isEnabled: true, hasDocker: false, isContainer: false },
  egressRule: '/etc/nftables.conf',
}

const settings = (over: Record<string, unknown> = {}): Settings => Settings.parse(over)

function items(over: Partial<Facts> = {}, given = settings()): Item[] {
  return checkList({ ...WELL, ...over }, given, destinationsOf(given))
}

/** The lines that are not as they should be. */
const troubles = (over: Partial<Facts>, given?: Settings): Item[] => items(over, given).filter(({ state }) => state !== 'ok')

describe('the check-list of an installation', () => {
  it('has nothing to say about a machine on which all is well, and looks at all of it', () => {
    expect(items().filter(({ state, cure }) => state !== 'ok' || cure !== '')).toEqual([])
    expect(new Set(items().map(({ part }) => part))).toEqual(
      new Set(['node', 'user', 'ports', 'ssh', 'data', 'memory', 'files', 'clock', 'model', 'console', 'service', 'egress']),
    )
  })

  const noUnit = { ...WELL.service, hasUnit: false, isEnabled: false }
  it.each<[string, Partial<Facts>, Item['state'], RegExp, string]>([
    ['an old Node', { nodeVersion: '22.3.0' }, 'bad', /Node 22\.3\.0; 26 is needed/, 'cd /opt/sundew && npm ci'],
    [
      'root',
      { user: { uid: 0, name: 'root' }, data: { ...WELL.data, exists: { uid: 0, mode: 0o700 } } },
      'bad',
      /as root/,
      'useradd --system',
    ],
    [
      'a port that is taken',
      { ports: [{ ...PORTS[1], error: 'EADDRINUSE' }] },
      'bad',
      /^ntp udp 0\.0\.0\.0:123 is taken/,
      "sudo ss -lunp 'sport = :123'",
    ],
    ['an address of another machine', { ports: [{ ...PORTS[0], error: 'EADDRNOTAVAIL' }] }, 'bad', /no such address/, 'ip addr'],
    [
      'SSH on the port of a lure',
      { sshPorts: [22] },
      'bad',
      /your own SSH has port 22, which a lure/,
      "echo 'Port 22022' | sudo tee /etc/ssh/sshd_config.d/port.conf",
    ],
    ['SSH on 22 and no lure there', { sshPorts: [22], ports: [PORTS[1]] }, 'note', /meet it, and no lure/, 'ssh -p 22022 trap'],
    [
      'a data folder of another',
      { data: { ...WELL.data, exists: { uid: 7, mode: 0o700 } } },
      'bad',
      /another user \(7\)/,
      'sudo chown -R sundew /var/lib/sundew',
    ],
    [
      'a data folder that is read-only',
      { data: { ...WELL.data, isWritable: false } },
      'bad',
      /may not write/,
      'sudo chown -R sundew /var/lib/sundew',
    ],
    [
      'a data folder that all may read',
      { data: { ...WELL.data, exists: { uid: 1000, mode: 0o755 } } },
      'bad',
      /open to other users \(0755\)/,
      'chmod 0700 /var/lib/sundew',
    ],
    [
      'a data folder that cannot be made',
      { data: { path: '/srv/x', isWritable: false, freeBytes: 9 * GIB } },
      'bad',
      /not there yet, and sundew may not/,
      'sudo install -d -o sundew -m 0700 /srv/x',
    ],
    ['a small disk', { data: { ...WELL.data, freeBytes: 3 * GIB } }, 'bad', /3\.0 GiB free/, 'store: { retainGiB: 1 }'],
    ['little memory', { memory: { bytes: 0.4 * GIB, freeBytes: 0.1 * GIB } }, 'bad', /0\.4 GiB of memory/, 'SUNDEW_PROFILE=mini'],
    [
      'memory for the sensor, and a model beside it',
      { memory: { bytes: 2 * GIB, freeBytes: GIB } },
      'note',
      /wants 6 GiB/,
      'SUNDEW_OLLAMA_URL=',
    ],
    [
      'few files',
      { files: 1024, service: { ...WELL.service, hasUnit: true } },
      'note',
      /1024 files may be open; 4096 connections want 4608/,
      'sundew - nofile 65536',
    ],
    ['a clock that nobody holds', { clock: undefined as never }, 'bad', /holds the clock/, 'timedatectl set-ntp true'],
    ['no model', { model: [{ ok: false, what: 'it does not listen', cure: 'ollama serve' }] }, 'bad', /it does not listen/, 'ollama serve'],
    [
      'nobody who may use the console',
      { console: { hasAccounts: false, hasPages: true } },
      'note',
      /nobody has an account/,
      'user add NAME operator',
    ],
    ['no pages of the console', { console: { hasAccounts: true, hasPages: false } }, 'bad', /not built/, 'npm run prepare'],
    [
      'a unit that is off',
      { service: { ...WELL.service, isEnabled: false } },
      'bad',
      /not started with the machine/,
      'sudo systemctl enable --now sundew',
    ],
    [
      'nothing that starts it',
      { service: { ...noUnit, hasDocker: true } },
      'note',
      /nothing starts it/,
      'deploy/sundew.service /etc/systemd/system/',
    ],
    [
      'no firewall on the way out',
      { egressRule: undefined as never },
      'note',
      /model server 127\.0\.0\.1:11434; no firewall/,
      'meta skuid sundew tcp dport { 11434 } accept',
    ],
  ])('tells of %s, with the command', (_, facts, state, what, command) => {
    const [found, ...others] = troubles(facts)
    expect(found).toMatchObject({ state, what: expect.stringMatching(what) })
    expect(found?.cure).toContain(command)
    expect(others).toEqual([])
  })

  it('knows three ways to low ports, and that the service of systemd has the right', () => {
    const ports = PORTS.map((port) => ({ ...port, error: 'EACCES' }))
    const [found, ...others] = troubles({ ports, service: noUnit }).filter(({ part }) => part === 'ports')
    expect(others).toEqual([])
    expect(found).toMatchObject({ state: 'bad', what: 'sundew may not open 2 ports: 22, 123' })
    for (const way of [
      `setcap cap_net_bind_service=+ep ${WELL.nodePath}`,
      'ip_unprivileged_port_start=22',
      '/etc/authbind/byport/22',
      'redirect to :10022',
    ]) {
      expect(found?.cure).toContain(way)
    }
    expect(troubles({ ports })).toMatchObject([{ state: 'note', what: expect.stringContaining('the service of systemd has that right') }])
  })

  it('wants a console that is seen from elsewhere behind HTTPS', () => {
    const open = { host: '0.0.0.0' }
    expect(troubles({}, settings({ console: open }))).toMatchObject([
      { part: 'console', state: 'bad', cure: expect.stringContaining('ssh -L 64297:127.0.0.1:64297') },
    ])
    expect(troubles({}, settings({ console: { ...open, secureCookies: true } }))).toEqual([])
    expect(troubles({ console: { hasAccounts: false, hasPages: false } }, settings({ console: { enabled: false } }))).toEqual([])
  })

  it('asks no model server when the model is off, and leaves a container to its runtime', () => {
    expect(items({ model: [] }, settings({ llm: { enabled: false } })).find(({ part }) => part === 'model')?.what).toMatch(/switched off/)
    const service = { hasSystemd: false, hasUnit: false, isEnabled: false, hasDocker: false, isContainer: true }
    expect(troubles({ user: { uid: 0, name: 'root' }, clock: undefined as never, service })).toEqual([])
  })
})

it('lists all that the settings let Sundew connect to', () => {
  const outputs = [
    { kind: 'tpot' },
    { kind: 'splunk', url: 'https://splunk:8088', token: 't' },
    { kind: 'loki', url: 'http://loki', enabled: false },
    { kind: 'syslog', name: 'siem', host: '2001:db8::1', port: 6514 },
    { kind: 'nats', servers: ['nats://bus', '192.0.2.5:5222'] },
    { kind: 'kafka', brokers: ['kafka:9092'] },
  ]
  const destinations = [
    { name: 'ops', kind: 'telegram', token: 't', chat: 1 },
    { name: 'mail', kind: 'mail', host: 'mx', from: 'a@example.org', to: ['b@example.org'] },
  ]
  const given = settings({ store: 'postgresql://sundew@db/sundew', outputs, alerts: { destinations } })
  expect(destinationsOf(given, 'nats://hive.example:4222').map(({ what, host, port }) => `${what} ${host} ${port}`)).toEqual([
    'model server 127.0.0.1 11434',
    'events db 5432',
    'hive hive.example 4222',
    'output splunk splunk 8088',
    'output siem 2001:db8::1 6514',
    'output nats bus 4222',
    'output nats 192.0.2.5 5222',
    'output kafka kafka 9092',
    'alerts ops api.telegram.org 443',
    'alerts mail mx 587',
  ])
})

describe('what is read of a machine', () => {
  it('finds the ports of OpenSSH in its files, and none without it', () => {
    const folder = tempFolder()
    expect(sshPortsOf(folder)).toBeUndefined()
    writeFileSync(join(folder, 'sshd_config'), '#Port 22\nPermitRootLogin no\n')
    expect(sshPortsOf(folder)).toEqual([22])
    mkdirSync(join(folder, 'sshd_config.d'))
    writeFileSync(join(folder, 'sshd_config.d', 'port.conf'), 'Port 22022\n')
    expect(sshPortsOf(folder)).toEqual([22022])
  })

  it('tries the ports of the plan, and makes no data folder', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void taken.close())
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    const folder = tempFolder()
    const tcp = { lure: 'ssh', transport: 'tcp', host: '127.0.0.1', port } as const
    const facts = await readFacts({
      data: join(folder, 'data'),
      project: process.cwd(),
      ports: [tcp, { ...tcp, transport: 'udp' }],
      model: [],
    })
    expect(facts.ports).toEqual([
      { ...tcp, error: 'EADDRINUSE' },
      { ...tcp, transport: 'udp' },
    ])
    expect(facts.data).toMatchObject({ path: join(folder, 'data'), isWritable: true })
    expect(facts.data.exists).toBeUndefined()
    expect(facts.memory.bytes).toBeGreaterThan(0)
  })
})

it('is printed by "sundew install", as lines or JSON, and says that nothing was changed', async () => {
  const folder = tempFolder()
  const config = join(folder, 'sundew.yaml')
  const data = join(folder, 'open-to-all')
  mkdirSync(data, { mode: 0o755 })
  writeFileSync(config, JSON.stringify({ data, prompts: join(process.cwd(), 'prompts'), profile: 'mini', llm: { enabled: false } }))
  const { code, out } = await sundew('install', '--config', config)
  expect(code).toBe(1)
  expect(out).toMatch(/^BAD {2}data {4}.* is open to other users \(0755\).*\n {13}chmod 0700 /m)
  expect(out).toMatch(/\nNothing was changed/)
  const json = JSON.parse((await sundew('install', '--json', '--config', config)).out) as Item[]
  expect(json.find(({ part }) => part === 'node')).toMatchObject({ state: 'ok', cure: '' })
})
