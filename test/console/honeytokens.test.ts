import { afterAll, beforeAll, expect, it } from 'vitest'
import { uuid7 } from '../../src/events/uuid7.ts'
import { HoneytokenMint } from '../../src/host/honeytokens/mint.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { type Browser, ConsoleUnderTest } from './console-under-test.ts'

let console: ConsoleUnderTest
let browser: Browser

beforeAll(async () => {
  console = await ConsoleUnderTest.open()
  browser = await console.browser('vera', 'viewer')
})

afterAll(() => console.close())

it('honeytokens are listed with whom they were shown to, and where they came back', async () => {
  const mint = HoneytokenMint.of({ identity: console.identity, state: console.stores.state })
  const place = { kind: 'password', name: 'wp_site', owner: 'debian-web', place: '/wp-config.php.bak' } as const
  mint.mint(place, '203.0.113.8', 1_000)
  const value = mint.mint(place, '203.0.113.9', 2_000)
  const returned = { ...place, value, mintedFor: '203.0.113.9', mintedAt: 2_000, how: 'login', field: 'password', seenIn: uuid7() }
  await console.keep([sampleEvent({ session: uuid7(), srcIp: '198.51.100.23', type: 'honeytoken.returned', data: returned })])
  const { body } = await browser.get('/honeytokens')
  expect(body).toMatchObject({
    minted: 2,
    newest: [{ ...place, value, mintedFor: '203.0.113.9' }, { mintedFor: '203.0.113.8' }],
    returns: [{ secret: value, how: 'login', mintedFor: '203.0.113.9', usedBy: ['198.51.100.23'] }],
  })
})
