import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { annotatorOf } from '../../src/analysis/annotator.ts'
import { Geo } from '../../src/analysis/geo.ts'
import { Identity } from '../../src/config/identity.ts'
import { loadPersona } from '../../src/config/personas.ts'
import { Settings } from '../../src/config/schema.ts'
import { type Console, startConsole } from '../../src/console/console.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { Lab } from '../../src/lab/lab.ts'
import { openStores, type Stores } from '../../src/store/open.ts'
import { FOREIGN, HOSTILE } from '../console/hostile.ts'
import { trafficOf } from '../console/traffic.ts'
import { sampleEvent } from '../store/sample-events.ts'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const PASSWORD = 'correct horse battery'

let browser: Browser
let operators: Console
let stores: Stores
const listeners = new Set<(event: SundewEvent) => void>()
const folder = mkdtempSync(join(tmpdir(), 'sundew-pages-'))
let hostileSession: string
let hostileFile: string

beforeAll(async () => {
  if (!existsSync('src/console/web/dist/index.html')) throw new Error('the pages are not built: npm run prepare')
  const log = pino({ level: 'silent' })
  const settings = Settings.parse({ data: folder, prompts: join(folder, 'prompts'), console: { port: 0 } })
  const geo = Geo.open(join(folder, 'geo'))
  stores = openStores(settings, log, annotatorOf(geo))
  const now = Date.now()
  for (const events of trafficOf({ seed: 3, sessions: 300, since: now - 20 * 3_600_000, until: now - 600_000 })) keep(...events)
  hostileSession = uuid7()
  hostileFile = stores.artifacts.put(Buffer.from(HOSTILE.join('\n'))).sha256
  keep(...hostileEvents(hostileSession))
  await stores.events.flush()
  cpSync('prompts/debian-web', join(folder, 'prompts', 'debian-web'), { recursive: true })
  const identity = Identity.open(folder)
  const persona = (name: string) => loadPersona(settings.prompts, name, identity)
  const lab = new Lab({ settings, identity, log, state: stores.state, store: () => stores.events, persona })
  operators = await startConsole({
    settings,
    lab,
    store: () => stores.events,
    artifacts: stores.artifacts,
    state: stores.state,
    geo,
    feed: {
      subscribe(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    doctor: async () => [{ part: 'store', ok: false, what: HOSTILE[0], cure: HOSTILE[1] }],
    personas: () => [persona('debian-web')],
    log,
  })
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
})

afterAll(async () => {
  await browser?.close()
  await operators?.close()
  await stores?.close()
  rmSync(folder, { recursive: true, force: true })
})

function keep(...events: SundewEvent[]): void {
  for (const event of events) stores.events.append(event)
}

/** Every field that an attacker or a model fills, filled with every string of the corpus. */
function* hostileEvents(session: string): Generator<SundewEvent> {
  const at = { session, lure: 'ssh', srcIp: '203.0.113.66', dstPort: 22, persona: 'debian-web' }
  yield sampleEvent({ ...at, type: 'session.open', data: {} })
  for (const text of HOSTILE) {
    const generation = { persona: text, promptVersion: text, model: text, guard: [text], trouble: text, totalMs: 5 }
    yield sampleEvent({ ...at, type: 'login', data: { method: text, username: text, password: text, accepted: true } })
    yield sampleEvent({ ...at, type: 'ssh.version', data: { version: text, accepted: true } })
    yield sampleEvent({ ...at, type: 'fingerprint', data: { kind: 'hassh', value: text } })
    yield sampleEvent({ ...at, type: 'indicator', data: { kind: 'url', value: text, how: text } })
    yield sampleEvent({
      ...at,
      type: 'turn',
      data: { kind: 'shell', input: text, output: text, stderr: text, source: 'llm', durationMs: 1, generation },
      tags: [`cve:${text.slice(0, 60)}`],
    })
    yield sampleEvent({
      ...at,
      type: 'turn',
      data: {
        kind: 'web',
        input: text,
        output: text,
        source: 'static',
        durationMs: 1,
        detail: { method: 'GET', target: `/${text}`, status: 200 },
      },
    })
    yield sampleEvent({ ...at, type: 'http.request', data: { headers: [['User-Agent', text]] } })
    yield sampleEvent({ ...at, type: 'redis.command', data: { args: [text] } })
    yield sampleEvent({
      ...at,
      type: 'artifact',
      data: {
        sha256: hostileFile,
        sha1: '0'.repeat(40),
        md5: '0'.repeat(32),
        size: 1,
        truncated: false,
        magic: text,
        name: text,
        url: text,
        how: text,
      },
    })
  }
}

/** A tab that notes whatever goes wrong in it. */
async function openTab(): Promise<{ page: Page; troubles: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  const troubles: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => troubles.push(`${page.url()}: ${error.message}`))
  page.on('dialog', (dialog) => {
    troubles.push(`${page.url()}: dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.addInitScript(`
    globalThis.hacked = () => console.error('a script of an attacker ran')
    addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`)
  return { page, troubles }
}

async function logIn(page: Page): Promise<void> {
  await page.goto(operators.url)
  await page.fill('input[name=name]', 'ada')
  await page.fill('input[name=password]', PASSWORD)
  await page.click('button[type=submit]')
  await page.waitForSelector('.figures')
}

describe('in Chromium', () => {
  it('the first operator comes by the link, finds a session, reads and replays it by keyboard', async () => {
    const { page, troubles } = await openTab()
    await page.goto(operators.setUpLink as string)
    await page.fill('input[name=name]', 'ada')
    await page.fill('input[name=password]', PASSWORD)
    await page.click('button[type=submit]')
    await page.waitForSelector('.figures')
    expect(await page.textContent('.figures')).toContain('sessions')

    await page.keyboard.press('g')
    await page.keyboard.press('s')
    await page.waitForSelector('.list-row .when')
    await page.keyboard.press('/')
    await page.keyboard.type('lure:telnet and turns > 3 and not src_ip:203.0.113.66')
    await page.keyboard.press('Enter')
    // By polling from outside: the page's own policy lets nobody evaluate text in it.
    await expect
      .poll(() => page.locator('.list-row .lure').allTextContents())
      .toSatisfy((names: string[]) => names.length > 0 && names.every((name) => name === 'telnet'))
    expect(page.url()).toContain('q=lure%3Atelnet')
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.turn.from-static')
    expect(await page.textContent('.transcript')).toContain('/bin/busybox QHTEL')
    expect(await page.locator('.timeline li').count()).toBeGreaterThan(3)

    await page.keyboard.press('r')
    await page.waitForSelector('.terminal .ap-player')
    await expect.poll(() => page.textContent('.terminal'), { timeout: 20_000 }).toContain('enable')
    await page.goBack()
    await page.waitForSelector('.list-row .when')
    await page.keyboard.press('?')
    expect(await page.textContent('dialog')).toContain('previous row')
    expect(troubles).toEqual([])
    await page.close()
  })

  it('a wrong query is explained where it is wrong', async () => {
    const { page } = await openTab()
    await logIn(page)
    await page.goto(`${operators.url}/sessions?q=${encodeURIComponent('lure:ssh and sorce:x')}`)
    await page.waitForSelector('.query-problem mark')
    expect(await page.textContent('.query-problem')).toContain('did you mean source?')
    await page.close()
  })

  it('nothing that an attacker or a model wrote is more than text, on any page', async () => {
    const { page, troubles } = await openTab()
    await logIn(page)
    const paths = [
      '/',
      '/live',
      '/sessions',
      `/sessions/${hostileSession}`,
      `/sessions/${hostileSession}?view=events`,
      `/sessions/${hostileSession}?view=replay`,
      '/commands',
      '/commands?field=answer',
      '/requests',
      '/requests?field=user_agent',
      '/credentials',
      '/credentials?field=password',
      '/sources',
      '/sources?field=hassh',
      '/sources?field=client',
      '/sources/203.0.113.66',
      '/campaigns',
      '/alerts',
      '/artifacts',
      `/artifacts/${hostileFile}`,
      '/attack',
      '/honeytokens',
      '/recognised',
      '/review?rules=guard,fallback,slow,new,random',
      '/prompts',
      '/prompts/debian-web',
      `/playground?session=${hostileSession}`,
      '/datasets',
      '/experiments',
      '/sensors',
      '/health',
      '/settings',
    ]
    for (const path of paths) {
      await page.goto(operators.url + path)
      await page.waitForSelector('.page-head')
      if (path === '/live') for (const event of hostileEvents(hostileSession)) for (const listener of listeners) listener(event)
      if (path === '/health') await page.click('text=Look for trouble')
      await page.waitForLoadState('networkidle').catch(() => undefined)
      await expect.poll(async () => (await page.textContent('main'))?.length).toBeGreaterThan(40)
      const foreign = await page.locator(FOREIGN).count()
      expect({ path, foreign, title: await page.title() }).toEqual({ path, foreign: 0, title: 'Sundew' })
      const raw = /[\u0000\u001b\u0085\u202e\u2066\u200b\ufeff]/u.exec((await page.textContent('main')) ?? '')?.[0]
      // The terminal's own text is what its emulator drew.
      if (!path.includes('replay')) expect({ path, raw }).toEqual({ path, raw: undefined })
    }
    await page.goto(`${operators.url}/sessions/${hostileSession}`)
    await page.waitForSelector('.transcript')
    const text = (await page.textContent('.transcript')) ?? ''
    for (const shown of [
      '<script>hacked()</script>',
      '"><img src=x onerror=hacked()>',
      '^[[2J^[]0;hacked^G',
      'safe\\u{202e}txt.exe\\u{2066}\\u{200b}',
      'null^@byte\\x85',
    ]) {
      expect(text).toContain(shown)
    }
    expect(troubles).toEqual([])
    await page.close()
  })

  it('a list of a hundred thousand rows scrolls to its end', async () => {
    const { page, troubles } = await openTab()
    await logIn(page)
    await page.route('**/api/v1/facts/input**', async (route) => {
      const asked = new URL(route.request().url()).searchParams
      const [offset, limit] = [Number(asked.get('offset') ?? 0), Number(asked.get('limit'))]
      const facts = Array.from({ length: Math.max(0, Math.min(limit, 100_000 - offset)) }, (_, n) => ({
        value: `command ${offset + n}`,
        count: 1,
        firstSeen: 1,
        lastSeen: 1,
        isNew: false,
      }))
      await route.fulfill({ json: { values: 100_000, count: 100_000, facts } })
    })
    await page.goto(`${operators.url}/commands`)
    await page.waitForSelector('text=command 0')
    await page.evaluate(`document.querySelector('.list-body').scrollTo(0, 1e9)`)
    await page.waitForSelector('text=command 99999')
    expect(await page.locator('.list-row').count()).toBeLessThan(120)
    expect(troubles).toEqual([])
    await page.close()
  })

  it('a phone shows the same without scrolling sideways', async () => {
    const { page, troubles } = await openTab()
    await page.setViewportSize({ width: 390, height: 844 })
    await logIn(page)
    for (const path of ['/', '/sessions', `/sessions/${hostileSession}`, '/commands', '/campaigns', '/alerts', '/health', '/settings']) {
      await page.goto(operators.url + path)
      await page.waitForSelector('main')
      await page.waitForLoadState('networkidle').catch(() => undefined)
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      expect({ path, overflow }).toEqual({ path, overflow: 0 })
    }
    await page.click('button[aria-label=menu]')
    await page.click('nav >> text=Live')
    await page.waitForSelector('.tail')
    expect(troubles).toEqual([])
    await page.close()
  })
})
