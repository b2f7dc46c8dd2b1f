import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { annotatorOf } from '../../src/analysis/annotator.ts'
import { Geo } from '../../src/analysis/geo.ts'
import { Identity } from '../../src/config/identity.ts'
import { loadPersona } from '../../src/config/personas.ts'
import { Settings } from '../../src/config/schema.ts'
import { type Console, startConsole } from '../../src/console/console.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { Lab } from '../../src/lab/lab.ts'
import { createEngine, type ModelEngine } from '../../src/llm/engine.ts'
import { openStores, type Stores } from '../../src/store/open.ts'
import { trafficOf } from '../console/traffic.ts'
import { ListRecorder } from '../host/harness.ts'
import { type FakeModelServer, fakeModelServer, shellText } from '../llm/fake-model-server.ts'
import { sampleEvent } from '../store/sample-events.ts'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const PASSWORD = 'correct horse battery'
/** Pictures for the documentation are made when this says where. */
const PICTURES = process.env.SUNDEW_PICTURES
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** What an attacker could type so that it runs in the console. */
const HOSTILE = '<img src=x onerror=console.error("hacked")>\u001b[2J\u202e'

const GIVEN_AWAY = "Sure! Here's the output of nginx:\nnginx version: nginx/1.22.1\n"
const RIGHT = 'nginx version: nginx/1.22.1\n'

const folder = mkdtempSync(join(tmpdir(), 'sundew-lab-pages-'))
const session = uuid7()
let server: FakeModelServer & AsyncDisposable
let browser: Browser
let stores: Stores
let operators: Console
let lab: Lab
let engine: ModelEngine
let settings: Settings
const log = pino({ level: 'silent' })
const persona = (name: string) => loadPersona(settings.prompts, name, Identity.open(folder))

beforeAll(async () => {
  if (!existsSync('src/console/web/dist/index.html')) throw new Error('the pages are not built: npm run prepare')
  // The model keeps silent about itself once the prompt asks it to.
  server = await fakeModelServer({
    script: (asked) => shellText(asked.system.includes('Start with the output itself') ? RIGHT : 'nginx: as you asked, version 1.22.1\n'),
  })
  cpSync('prompts/debian-web', join(folder, 'prompts', 'debian-web'), { recursive: true })
  settings = Settings.parse({
    data: folder,
    prompts: join(folder, 'prompts'),
    console: { port: 0 },
    llm: { model: 'small', backends: [{ kind: 'ollama', url: server.url, concurrency: 2 }] },
  })
  const geo = Geo.open(join(folder, 'geo'))
  stores = openStores(settings, log, annotatorOf(geo))
  const now = Date.now()
  for (const events of trafficOf({ seed: 3, sessions: 120, since: now - 20 * 3_600_000, until: now - 600_000 })) keep(...events)
  keep(...recordedSession())
  await stores.events.flush()
  const identity = Identity.open(folder)
  lab = new Lab({ settings, identity, log, state: stores.state, store: () => stores.events, persona })
  engine = createEngine({ settings: settings.llm, state: stores.state, log })
  operators = await startConsole({
    settings,
    lab,
    store: () => stores.events,
    artifacts: stores.artifacts,
    state: stores.state,
    geo,
    feed: { subscribe: () => () => undefined },
    doctor: async () => [],
    personas: () => [persona('debian-web')],
    log,
  })
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
})

afterAll(async () => {
  await browser?.close()
  await operators?.close()
  engine?.close()
  await stores?.close()
  await server?.close()
  rmSync(folder, { recursive: true, force: true })
})

function keep(...events: SundewEvent[]): void {
  for (const event of events) stores.events.append(event)
}

function recordedSession(): SundewEvent[] {
  const at = { session, lure: 'ssh', persona: 'debian-web', srcIp: '203.0.113.66', dstPort: 22 }
  const turn = (input: string, output: string, source: string) =>
    sampleEvent({
      ...at,
      type: 'turn',
      data: {
        kind: 'shell',
        input,
        output,
        source,
        exitCode: 0,
        durationMs: 900,
        detail: { cwd: '/root', user: 'root', tty: 'pts/0' },
        ...(source === 'static'
          ? {}
          : {
              generation: {
                persona: 'debian-web',
                promptVersion: 'old',
                model: 'small',
                totalMs: 900,
                firstTokenMs: 200,
                guard: ['preamble'],
                question: { kind: 'shell', key: input },
              },
            }),
      },
    })
  return [
    sampleEvent({ ...at, type: 'session.open', data: {} }),
    sampleEvent({ ...at, type: 'login', data: { method: 'password', username: 'root', password: 'tarnholt', accepted: true } }),
    turn('cd /var/www', '', 'static'),
    turn(`echo '${HOSTILE}'`, HOSTILE, 'static'),
    turn('qshape active', GIVEN_AWAY + HOSTILE, 'llm'),
  ]
}

async function openTab(): Promise<{ page: Page; troubles: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  const troubles: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => troubles.push(`${page.url()}: ${error.message}`))
  return { page, troubles }
}

/** Serious and critical faults of the page as it stands. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const found = (await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, impact, nodes }) => nodes.slice(0, 4).map(({ target, failureSummary }) => ({ id, impact, target: target.join(' '), why: failureSummary }))))`,
  )) as { id: string; impact: string; target: string; why: string }[]
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, target, why }) => `${new URL(page.url()).pathname} ${id}: ${target}: ${why.replaceAll('\n', ' ')}`)
}

async function picture(page: Page, name: string): Promise<void> {
  if (!PICTURES) return
  mkdirSync(PICTURES, { recursive: true })
  await page.screenshot({ path: join(PICTURES, `${name}.png`) })
}

/** What the next attacker gets who types a command. */
async function nextAttacker(command: string): Promise<string> {
  const hosts = createHosts({ identity: Identity.open(folder), engine, state: stores.state })
  const host = hosts.of(lab.deck.play(persona('debian-web'), '198.51.100.99'), '198.51.100.99')
  const recorder = new ListRecorder()
  const { stdout } = await host.run({
    command,
    user: 'root',
    remote: { ip: '198.51.100.99', port: 40_000 },
    local: { ip: '10.20.0.14', port: 22 },
    via: 'sshd',
    recorder,
  })
  hosts.close()
  return stdout.toString()
}

it('a flaw is found in review, pinned, and mended in the prompt, which an experiment shows and production plays', {
  timeout: 180_000,
}, async () => {
  const { page, troubles } = await openTab()
  const seen: string[] = []
  await page.goto(operators.setUpLink as string)
  await page.fill('input[name=name]', 'ada')
  await page.fill('input[name=password]', PASSWORD)
  await page.click('button[type=submit]')
  await page.waitForSelector('.figures')

  // Find the session, replay it.
  await page.goto(`${operators.url}/sessions?q=${encodeURIComponent('src_ip:203.0.113.66')}`)
  await page.waitForSelector('.list-row .when')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.turn.from-llm')
  await page.keyboard.press('r')
  await page.waitForSelector('.terminal .ap-player')
  await page.keyboard.press('r')
  await page.waitForSelector('.transcript')

  // Mark and correct the turn, pin the correction.
  await page.click('.turn.from-llm button:has-text("judge")')
  await page.waitForSelector('.opinion')
  await page.keyboard.press('2')
  await page.keyboard.press('c')
  await page.fill('.opinion textarea[name=output]', RIGHT)
  await page.fill('.opinion input[name=comment]', 'speaks to the attacker')
  await picture(page, 'judge')
  seen.push(...(await faults(page)))
  await page.click('.opinion button:has-text("Pin it")')
  await page.waitForSelector('text=pinned: the next one who asks gets it')
  expect(await nextAttacker('qshape active')).toBe(RIGHT)
  expect(await page.locator('img[src="x"]').count()).toBe(0)
  await page.fill('.turn-desk input[name=dataset]', 'openings')
  await page.click('button:has-text("Put it in")')
  await page.waitForSelector('text=in the dataset openings')

  // The queue, by keyboard.
  await page.goto(`${operators.url}/review?rules=random,guard`)
  await page.waitForSelector('.opinion')
  await picture(page, 'review')
  seen.push(...(await faults(page)))
  await page.keyboard.press('j')
  await page.keyboard.press('1')
  await page.keyboard.press('a')
  await page.waitForSelector('text=saved')

  // Edit the prompt: a wrong variable is shown before it can be saved.
  await page.goto(`${operators.url}/prompts/debian-web`)
  await page.waitForSelector('.editor')
  const text = await page.inputValue('.editor')
  await page.fill('.editor', `${text}\n{{nonsense}}\n`)
  await page.waitForSelector('text=there is no such variable')
  await page.fill('.editor', `${text}\nStart with the output itself.\n`)
  await page.fill('input[name=message]', 'no preamble')
  await page.click('button:has-text("Save as a new version"):not([disabled])')
  await page.waitForSelector('text=saved as version 2')
  await page.waitForSelector('.diff-new')
  await picture(page, 'prompts')
  seen.push(...(await faults(page)))

  // The same turn by both, side by side.
  const turn = lab.datasets.get('openings').rows[0]?.turn.event
  await page.goto(`${operators.url}/playground?session=${session}&event=${turn}`)
  await page.waitForSelector('.columns select')
  await page.keyboard.press('a')
  await page.locator('.columns .said').nth(2).waitFor()
  await picture(page, 'playground')
  seen.push(...(await faults(page)))

  // An experiment over the dataset.
  await page.goto(`${operators.url}/datasets/openings`)
  await page.waitForSelector('input[name=prompts]')
  await page.fill('input[name=value]', 'as you asked')
  await page.selectOption('select[name=type]', 'not-contains')
  await page.click('button:has-text("Add")')
  await page.waitForSelector('text=not-contains as you asked')
  await picture(page, 'dataset')
  seen.push(...(await faults(page)))
  expect(await page.inputValue('input[name=prompts]')).toBe('@1 @2')
  await page.click('button:has-text("Run")')
  await page.waitForSelector('text=+1 improved', { timeout: 30_000 })
  await page.click('td.passed button')
  await page.waitForSelector('.experiment li.better')
  await picture(page, 'experiment')
  seen.push(...(await faults(page)))

  // Promote, and back.
  await page.goto(`${operators.url}/prompts/debian-web`)
  await page.click('.versions button:has-text("no preamble")')
  await page.click('button:has-text("Promote @2")')
  await page.waitForSelector('text=version 2 is production')
  expect(readFileSync(join(settings.prompts, 'debian-web', 'shell.md'), 'utf8')).toContain('Start with the output itself.')
  expect(await nextAttacker('qshape bounce')).toBe(RIGHT)
  await page.click('button:has-text("Roll back")')
  await page.waitForSelector('text=rolled back')
  expect(lab.library.labels('debian-web')).toMatchObject({ production: 1, files: 1 })

  for (const path of ['/prompts', '/datasets', '/experiments', '/playground', '/review?rules=guard']) {
    await page.goto(operators.url + path)
    await page.waitForSelector('.page-head')
    await page.waitForLoadState('networkidle').catch(() => undefined)
    seen.push(...(await faults(page)))
  }
  expect({ troubles, seen: [...new Set(seen)] }).toEqual({ troubles: [], seen: [] })
  await page.close()
})

it('no page of the console has a serious fault for those who cannot see or point', { timeout: 120_000 }, async () => {
  const { page } = await openTab()
  await page.goto(operators.url)
  await page.fill('input[name=name]', 'ada')
  await page.fill('input[name=password]', PASSWORD)
  await page.click('button[type=submit]')
  await page.waitForSelector('.figures')
  const seen: string[] = []
  const paths = [
    '/',
    '/live',
    '/sessions',
    `/sessions/${session}`,
    '/commands',
    '/requests',
    '/credentials',
    '/sources',
    '/sources/203.0.113.66',
    '/campaigns',
    '/alerts',
    '/artifacts',
    '/attack',
    '/recognised',
    '/sensors',
    '/health',
    '/settings',
  ]
  for (const theme of ['dark', 'light']) {
    for (const path of paths) {
      await page.goto(operators.url + path)
      await page.waitForSelector('.page-head')
      await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
      await page.waitForLoadState('networkidle').catch(() => undefined)
      seen.push(...(await faults(page)).map((fault) => `${theme} ${fault}`))
      if (theme === 'dark')
        await picture(page, path === '/' ? 'overview' : path.split('/').slice(1, 2).join('') + (path.split('/').length > 2 ? '-one' : ''))
    }
  }
  expect([...new Set(seen)]).toEqual([])
  await page.close()
})
