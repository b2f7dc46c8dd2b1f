import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inOrder, ObjectsQuery, pageOf } from '../../src/console/api/taxii-pages.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import type { StixObject } from '../../src/outputs/iocs/stix.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { ask, ConsoleUnderTest } from './console-under-test.ts'

let console: ConsoleUnderTest
let headers: Record<string, string>
beforeAll(async () => {
  console = await ConsoleUnderTest.open()
  const operator = await console.browser('ada', 'operator')
  const { token } = (await operator.send('POST', '/tokens', { name: 'taxii', role: 'viewer' })).body as { token: string }
  headers = { authorization: `Basic ${Buffer.from(`anybody:${token}`).toString('base64')}` }
  const visit = { session: uuid7(), srcIp: '45.83.64.1', lure: 'ssh' }
  await console.keep([
    sampleEvent({ ...visit, type: 'session.open', data: {} }),
    sampleEvent({
      ...visit,
      type: 'login',
      data: { method: 'password', username: 'a', password: 'b', accepted: false },
      tags: ['attack:T1110'],
    }),
  ])
})
afterAll(() => console.close())

async function get(path: string, as = headers) {
  const answer = await ask(console.app, 'GET', path, as)
  return { ...answer, body: JSON.parse(answer.text) as unknown }
}

describe('the TAXII 2.1 server', () => {
  it('leads from discovery to the objects of its one collection, in pages', async () => {
    const discovery = await get('/taxii2/')
    expect(discovery.headers['content-type']).toBe('application/taxii+json;version=2.1')
    expect(discovery.body).toMatchObject({ api_roots: ['/api/v1/taxii2/root/'] })
    const { collections } = (await get('/taxii2/root/collections/')).body as { collections: { id: string; can_write: boolean }[] }
    expect(collections).toMatchObject([{ can_read: true, can_write: false }])
    const at = `/taxii2/root/collections/${collections[0]?.id}`
    const types: string[] = []
    for (let next: string | undefined = ''; next !== undefined; ) {
      const { body } = await get(`${at}/objects/?limit=3&next=${encodeURIComponent(next)}`)
      const page = body as { objects: { type: string }[]; next?: string; more: boolean }
      expect(page.more).toBe(page.next !== undefined)
      types.push(...page.objects.map(({ type }) => type))
      next = page.next
    }
    expect(types.sort()).toEqual([
      'attack-pattern',
      'identity',
      'indicator',
      'ipv4-addr',
      'observed-data',
      'relationship',
      'relationship',
      'sighting',
    ])
    const only = (await get(`${at}/objects/?match[type]=indicator`)).body as { objects: { pattern: string }[] }
    expect(only.objects).toMatchObject([{ pattern: "[ipv4-addr:value = '45.83.64.1']" }])
    const [indicator] = only.objects as unknown as { id: string; modified: string }[]
    expect((await get(`${at}/objects/${indicator?.id}/`)).body).toMatchObject({ more: false, objects: [indicator] })
    expect((await get(`${at}/objects/${indicator?.id}/versions/`)).body).toEqual({ more: false, versions: [indicator?.modified] })
    expect((await get(`${at}/objects/indicator--none/`)).status).toBe(404)
    const later = (await get(`${at}/manifest/?added_after=2099-01-01T00:00:00Z&match[type]=indicator`)).body as { objects: unknown[] }
    expect(later.objects).toEqual([])
    expect((await get('/taxii2/root/collections/other/objects/')).status).toBe(404)
  })

  it('is for those who have a token', async () => {
    expect((await get('/taxii2/', {})).status).toBe(401)
    expect((await get('/taxii2/', { authorization: `Basic ${Buffer.from('ada:wrong').toString('base64')}` })).status).toBe(401)
    expect((await get('/metrics', {})).status).toBe(401)
  })
})

describe('pages of TAXII', () => {
  const object = (name: string, second: number) => ({
    type: 'indicator',
    id: `indicator--${name}`,
    modified: new Date(second * 1000).toISOString(),
  })
  const page = (objects: StixObject[], over: Record<string, unknown> = {}) =>
    pageOf(inOrder(objects), ObjectsQuery.parse({ limit: 2, ...over }))

  it('lose none when one that was seen again moves to the end between two of them', () => {
    const objects = ['a', 'b', 'c', 'd'].map((name, i) => object(name, i))
    const first = page(objects)
    expect(first).toMatchObject({ more: true, page: [{ id: 'indicator--a' }, { id: 'indicator--b' }] })
    const later = [object('a', 9), ...objects.slice(1)]
    const second = page(later, { next: first.next })
    const third = page(later, { next: second.next })
    expect([...second.page, ...third.page].map(({ id }) => id)).toEqual(['indicator--c', 'indicator--d', 'indicator--a'])
    expect(third).toMatchObject({ more: false })
  })

  it('begin after a time, whatever digits of a second it is written with', () => {
    const objects = [object('a', 1), object('b', 2)]
    expect(page(objects, { added_after: '1970-01-01T00:00:01.000000Z' }).page).toEqual([objects[1]])
    expect(page(objects, { added_after: '1970-01-01T00:00:01Z' }).page).toEqual([objects[1]])
  })
})
