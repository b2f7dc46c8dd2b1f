import { createHmac } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AlertDestination, AlertRule, Alerts } from '../../src/config/alerts.ts'
import { Settings } from '../../src/config/schema.ts'
import smtp from '../../src/emulators/smtp/index.ts'
import { EventBus } from '../../src/events/bus.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import type { Alert } from '../../src/outputs/alerts/counter.ts'
import { SourceLists } from '../../src/outputs/alerts/ignore.ts'
import { requestOf } from '../../src/outputs/alerts/message.ts'
import { Messenger, sendAlert } from '../../src/outputs/alerts/messenger.ts'
import { previewOf } from '../../src/outputs/alerts/preview.ts'
import { AlertWatch } from '../../src/outputs/alerts/watch.ts'
import { openStores, type Stores } from '../../src/store/open.ts'
import { FakeHosts } from '../fake-hosts.ts'
import { MemoryState, play } from '../harness.ts'

const log = pino({ level: 'silent' })
const rule = (given: Record<string, unknown>) => AlertRule.parse({ name: 'r', when: 'lure:ssh', ...given })
const alert: Alert = { rule: 'shell', group: '203.0.113.7', count: 2, sessions: ['a', 'b'], time: Date.now() }

describe('a rule', () => {
  let folder: string
  let stores: Stores
  let bus: EventBus
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sundew-alerts-'))
    stores = openStores(Settings.parse({ data: folder }), log)
    bus = new EventBus('here')
    bus.subscribe((event) => stores.events.append(event))
  })
  afterEach(async () => {
    await stores.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function visit(srcIp: string, inputs: string[], tags: string[] = [], time = Date.now()): Promise<void> {
    const session = uuid7()
    const base = {
      session,
      lure: 'ssh',
      standsFor: ['Cowrie'],
      srcIp,
      srcPort: 1,
      dstPort: 22,
      transport: 'tcp' as const,
      persona: 'p',
      tags,
      time,
    }
    bus.publish({ ...base, type: 'session.open', data: {} })
    for (const input of inputs)
      bus.publish({ ...base, type: 'turn', data: { kind: 'shell', input, output: '', source: 'static', durationMs: 1, detail: {} } })
    await stores.events.flush()
  }

  function watch(...rules: AlertRule[]): { watch: AlertWatch; told: Alert[] } {
    const told: Alert[] = []
    return { told, watch: new AlertWatch({ rules, bus, store: stores.events, log, judgedAfterMs: 1, tell: (one) => told.push(one) }) }
  }

  it('tells of what the sessions page would show, once a source and cool-down, and writes it down', async () => {
    const { watch: watching, told } = watch(rule({ when: 'input:wget', count: 2 }))
    await visit('203.0.113.7', ['uname -a'])
    await visit('203.0.113.7', ['wget http://x/a'])
    await watching.judge(Date.now() + 10)
    expect(told).toEqual([])
    await visit('203.0.113.7', ['wget http://x/b'])
    await visit('203.0.113.8', ['wget http://x/b'])
    await visit('203.0.113.7', ['wget http://x/c'])
    await watching.judge(Date.now() + 10)
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ rule: 'r', group: '203.0.113.7', count: 2 })
    await watching.close()
    await stores.events.flush()
    const [kept] = await stores.events.events({ type: 'alert' })
    expect(kept?.data).toEqual(told[0])
  })

  it('counts together what it is told to, within its window', async () => {
    const { watch: watching, told } = watch(rule({ group: 'all', count: 3, window: '1h' }), rule({ name: 'n', group: 'network', count: 2 }))
    for (const ip of ['198.51.100.1', '198.51.100.2', '203.0.113.1']) await visit(ip, [])
    await watching.close()
    expect(told.map(({ rule: name, group, count }) => [name, group, count]).sort()).toEqual([
      ['n', expect.stringContaining('198.51.100'), 2],
      ['r', 'all', 3],
    ])
  })

  it('is not raised by sources that were set aside', async () => {
    const { watch: watching, told } = watch(rule({}))
    await visit('198.51.100.9', [], ['ignored:own-scan'])
    await watching.close()
    expect(told).toEqual([])
  })

  it('shows beforehand what it would have told in the last days', async () => {
    for (let day = 6; day >= 0; day--) {
      for (const n of [1, 2]) await visit('203.0.113.7', ['id', `echo ${n}`], [], Date.now() - day * 86_400_000)
    }
    const period = { since: Date.now() - 7 * 86_400_000, until: Date.now() + 1 }
    const would = await previewOf(rule({ when: 'turns > 1', count: 2, window: '1h', coolDown: '12h' }), stores.events, period)
    expect(would).toHaveLength(7)
    expect(await previewOf(rule({ when: 'turns > 1', count: 3 }), stores.events, period)).toEqual([])
  })
})

describe('the rules in sundew.yaml', () => {
  it('name destinations that exist, and spans that mean something', () => {
    expect(Alerts.safeParse({ rules: [{ name: 'x', when: 'lure:ssh', to: ['nobody'] }] }).error?.issues[0]).toMatchObject({
      path: ['rules', 0, 'to', 0],
      message: 'there is no destination "nobody"',
    })
    expect(rule({ window: '10m' }).window).toBe(600_000)
    expect(AlertRule.safeParse({ name: 'x', when: 'a', window: '10 minutes' }).success).toBe(false)
  })
})

describe('a messenger', () => {
  let server: Server
  let url: string
  let answers: number[]
  const came: { path: string; headers: Record<string, unknown>; body: string }[] = []
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      came.push({ path: request.url ?? '', headers: request.headers, body })
      const status = answers.shift() ?? 200
      if (status === 0) request.socket.destroy()
      else response.writeHead(status).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  beforeEach(() => {
    came.length = 0
    answers = []
  })
  afterAll(() => server.close())

  async function until(condition: () => boolean): Promise<void> {
    for (let n = 0; n < 400 && !condition(); n++) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(condition()).toBe(true)
  }

  it('tries again until it is taken, and after a restart', async () => {
    const destinations = [AlertDestination.parse({ name: 'hook', kind: 'webhook', url: `${url}/in`, secret: 's' })]
    const state = new MemoryState()
    answers = [500, 0, 429, 503, 503, 503, 503]
    const first = new Messenger({ destinations, state, sensor: 'here', log, firstRetryMs: 1 })
    first.tell(alert, ['hook'])
    await until(() => came.length >= 3)
    await first.close()
    expect(first.waiting).toBe(1)
    answers = []
    came.length = 0
    const second = new Messenger({ destinations, state, sensor: 'here', log, firstRetryMs: 1 })
    await until(() => second.waiting === 0)
    await second.close()
    expect(came).toHaveLength(1)
    expect(JSON.parse(came[0]!.body)).toMatchObject({ ...alert, sensor: 'here' })
    const signature = `sha256=${createHmac('sha256', 's').update(came[0]!.body).digest('hex')}`
    expect(came[0]!.headers['x-sundew-signature']).toBe(signature)
    expect([...state.entries('alert-delivery')]).toEqual([])
  })

  it('speaks to each service as it wants, and makes an attacker’s text harmless', async () => {
    const hostile = { ...alert, group: '<!channel>\n@everyone \x1b[31m' }
    process.env.TEST_HOOK = `${url}/slack`
    const of = (given: Record<string, unknown>) => requestOf(AlertDestination.parse({ name: 'x', ...given }) as never, hostile, 'here')
    const slack = of({ kind: 'slack', url: { env: 'TEST_HOOK' } })
    expect(slack.url).toBe(`${url}/slack`)
    expect(JSON.parse(slack.body).text).toContain('&lt;!channel&gt;')
    expect(slack.body).not.toContain('\\u001b')
    expect(JSON.parse(of({ kind: 'discord', url: `${url}/d` }).body).allowed_mentions).toEqual({ parse: [] })
    const telegram = of({ kind: 'telegram', token: '1:t', chat: 5, url })
    expect(telegram.url).toBe(`${url}/bot1:t/sendMessage`)
    expect(JSON.parse(telegram.body)).toMatchObject({ chat_id: 5 })
    expect(of({ kind: 'ntfy', url: `${url}/topic`, token: 'tk' }).headers.authorization).toBe('Bearer tk')
    expect(of({ kind: 'ntfy', url: `${url}/topic` }).body).not.toContain('\n')
    delete process.env.TEST_HOOK
  })

  it('sends mail', async () => {
    const receiver = await play(smtp, { persona: 'debian-web', hosts: new FakeHosts() })
    const to = 'root@tarnholt-weir.internal'
    const destination = AlertDestination.parse({
      name: 'm',
      kind: 'mail',
      host: '127.0.0.1',
      insecure: true,
      port: receiver.port(),
      from: 'sundew@example.org',
      to: [to],
    })
    await sendAlert(destination, alert, 'here')
    const [mail] = receiver.artifacts.kept.values()
    expect(String(mail)).toMatch(/Subject: Sundew: shell\r?\n[\s\S]*here: shell: 2 sessions of 203\.0\.113\.7/)
    await receiver.stop()
  })
})

describe('lists of sources', () => {
  it('tag what the operator set aside, and mass scanners by their lists', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sundew-lists-'))
    mkdirSync(join(folder, 'scanners'))
    writeFileSync(join(folder, 'scanners', 'census.txt'), '# a list\n192.0.2.0/25\nnot an address\n2001:db8::/48 # v6\n')
    const wrong: number[] = []
    const lists = new SourceLists([{ source: '198.51.100.0/24', tag: 'own-scan' }], join(folder, 'scanners'), (_, line) => wrong.push(line))
    const tags = (srcIp: string) => lists.tags({ srcIp } as Parameters<typeof lists.tags>[0])
    expect(tags('198.51.100.77')).toEqual(['ignored:own-scan'])
    expect(tags('192.0.2.9')).toEqual(['scanner:census'])
    expect(tags('2001:db8::1')).toEqual(['scanner:census'])
    expect(tags('192.0.2.200')).toEqual([])
    expect(wrong).toEqual([3])
    rmSync(folder, { recursive: true })
  })
})
