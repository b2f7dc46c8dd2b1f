import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Alerts } from '../../src/config/alerts.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { type Browser, ConsoleUnderTest } from './console-under-test.ts'

let virusTotal: Server
let console: ConsoleUnderTest
let viewer: Browser
let analyst: Browser
let sha256: string
const session = uuid7()
const alert = { rule: 'shell', group: '203.0.113.9', count: 1, sessions: [session], time: Date.now() }

beforeAll(async () => {
  virusTotal = createServer((_, response) => response.writeHead(404).end())
  await new Promise<void>((resolve) => virusTotal.listen(0, '127.0.0.1', resolve))
  console = await ConsoleUnderTest.open()
  console.settings.alerts = Alerts.parse({ rules: [{ name: 'shell', when: 'lure:ssh' }] })
  console.settings.lookups.virusTotal = { url: `http://127.0.0.1:${(virusTotal.address() as AddressInfo).port}`, key: '' }
  viewer = await console.browser('vera', 'viewer')
  analyst = await console.browser('ada', 'analyst')
  const visit = { session, lure: 'ssh', srcIp: '203.0.113.9' }
  const { session: _, ...none } = sampleEvent({ type: 'alert', data: alert })
  await console.keep([sampleEvent({ ...visit, type: 'session.open', data: {} }), none as ReturnType<typeof sampleEvent>])
  sha256 = console.stores.artifacts.put(Buffer.from('x')).sha256
})
afterAll(async () => {
  virusTotal.close()
  await console.close()
})

describe('alerts', () => {
  it('are listed with the rules that raise them', async () => {
    const { body } = await viewer.get('/alerts')
    expect(body).toMatchObject({ alerts: [alert], rules: [{ name: 'shell', when: 'lure:ssh', window: 3_600_000 }] })
  })

  it('show beforehand what a rule would have told', async () => {
    expect((await viewer.get('/alerts/shell/preview')).body).toMatchObject([{ rule: 'shell', group: '203.0.113.9', sessions: [session] }])
    expect((await viewer.get('/alerts/nothing/preview')).status).toBe(404)
  })
})

describe('a look-up of a hash', () => {
  it('needs a key, an analyst, and stands in the audit log', async () => {
    expect((await viewer.send('POST', `/artifacts/${sha256}/lookup`)).status).toBe(403)
    expect((await analyst.send('POST', `/artifacts/${sha256}/lookup`)).status).toBe(409)
    console.settings.lookups.virusTotal.key = 'k'
    expect((await analyst.send('POST', `/artifacts/${sha256}/lookup`)).body).toEqual({ known: false })
    expect(console.accounts.audits(5)).toMatchObject([{ account: 'ada', action: 'hash looked up', detail: sha256 }])
    virusTotal.close()
    virusTotal.closeAllConnections()
    expect((await analyst.send('POST', `/artifacts/${sha256}/lookup`)).status).toBe(502)
  })
})
