import { afterAll, beforeAll, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { plantOf } from '../../src/host/plant/plant.ts'
import httpLure from '../../src/http/lure.ts'
import { MemoryState, type Playing, play } from '../harness.ts'
import { MemoryHosts } from './memory-hosts.ts'

const shared = { identity: new Identity(Buffer.alloc(32, 21)), state: new MemoryState(), prompts: 'prompts' }
const plant = plantOf({ ...shared, persona: { plant: 'substation' } })
let station: Playing
let url: string

beforeAll(async () => {
  station = await play(httpLure, { ...shared, persona: 'substation-gateway', hosts: new MemoryHosts() })
  url = `http://127.0.0.1:${station.port()}`
})
afterAll(() => station.stop())

const form = (fields: Record<string, string>): RequestInit => ({ method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) })
const rowOf = async (tag: string): Promise<string> => {
  const page = await (await fetch(`${url}/`)).text()
  return page.split('\n').find((line) => line.includes(`<td>${tag}</td>`)) ?? ''
}

it('shows the plant as it is now, with its site, and no mark', async () => {
  const answer = await fetch(`${url}/`)
  const page = await answer.text()
  expect(answer.headers.get('last-modified')).toBeNull()
  expect(page).not.toContain('#echo')
  expect(page).toContain(plant.design.site)
  expect(await rowOf('Frequency')).toMatch(/>\d\d\.\d\d Hz</)
  expect(await rowOf('Line 1')).toContain('>closed<')
  plant.write('L1_Q0_CMD', 0)
  await expect.poll(() => rowOf('Line 1'), { timeout: 5000 }).toContain('>open<')
})

it('lists the alarms that stand', async () => {
  expect(await (await fetch(`${url}/alarms/`)).text()).toContain('No alarms')
  plant.write('INTLK', 0)
  await expect.poll(async () => (await fetch(`${url}/alarms/`)).text(), { timeout: 9000 }).toContain('Interlocking off alarm</td><td>NEW')
})

it('commands the plant for who has signed in, and nobody else', async () => {
  const before = await fetch(`${url}/control/set`, form({ tag: 'F1_Q0_CMD', value: '0' }))
  expect([before.status, before.headers.get('location')]).toEqual([302, '/login/'])
  expect((await fetch(`${url}/control/`, { redirect: 'manual' })).status).toBe(302)
  expect(plant.read('F1_Q0_POS')).toBe(2)
  let cookie = ''
  for (let i = 0; i < 8 && !cookie; i++)
    cookie = (await fetch(`${url}/login/`, form({ user: 'operator', password: 'operator' }))).headers.get('set-cookie')?.split(';')[0] ?? ''
  const signedIn = { headers: { cookie } }
  expect(await (await fetch(`${url}/control/`, signedIn)).text()).toContain('<select name="tag">')
  const after = await fetch(`${url}/control/set`, { ...form({ tag: 'F1_Q0_CMD', value: '0' }), ...signedIn })
  expect([after.status, after.headers.get('location')]).toEqual([302, '/control/'])
  await expect.poll(() => plant.read('F1_Q0_POS'), { timeout: 5000 }).toBe(1)
  const strange = await fetch(`${url}/control/set`, { ...form({ tag: '__proto__', value: 'NaN' }), ...signedIn })
  expect(strange.status).toBe(302)
  expect(station.events.some(({ tags }) => tags?.includes('attack:T0855'))).toBe(true)
})
