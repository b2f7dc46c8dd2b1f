import { once } from 'node:events'
import { type AddressInfo, createConnection, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { sampleEvent } from '../store/sample-events.ts'
import { ConsoleUnderTest } from './console-under-test.ts'

let console: ConsoleUnderTest
let port: number
let cookie: string

beforeAll(async () => {
  console = await ConsoleUnderTest.open()
  await console.browser('joan', 'viewer')
  cookie = `sundew_login=${console.accounts.logIn('joan')}`
  await console.app.listen({ host: '127.0.0.1', port: 0 })
  port = (console.app.server.address() as AddressInfo).port
})
afterAll(() => console.close())

/** A browser's EventSource at the level of bytes. */
async function listen(path: string): Promise<{ socket: Socket; until(mark: string): Promise<string> }> {
  const socket = createConnection({ host: '127.0.0.1', port })
  socket.setEncoding('utf8')
  let text = ''
  socket.on('data', (chunk: string) => {
    text += chunk
  })
  socket.write(`GET /api/v1${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}\r\n\r\n`)
  return {
    socket,
    async until(mark) {
      while (!text.includes(mark)) await once(socket, 'data')
      return text
    },
  }
}

it('events are told as they happen, each in one message whatever is in it', async () => {
  const stream = await listen('/live')
  const head = await stream.until('retry:')
  expect(head).toMatch(/^HTTP\/1\.1 200 OK/)
  expect(head.toLowerCase()).toContain('content-type: text/event-stream')
  expect(head).toContain('content-security-policy')
  const event = sampleEvent({ srcIp: '8.8.8.8', data: { args: ['a\n\ndata: forged', '\u2028'] }, tags: ['attack:T1105'] })
  for (const listener of console.listeners) listener(event)
  const text = await stream.until('event: seen')
  // Lines as an EventSource has them: U+2028 ends none.
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data:'))
  expect(lines).toHaveLength(1)
  const data: unknown = JSON.parse(lines[0]?.slice(6) ?? '')
  expect(data).toMatchObject({ id: event.id, type: 'redis.command', country: 'US', tags: ['attack:T1105'] })
  stream.socket.destroy()
})

it('a view of one lure hears of no other, and a view that is closed is forgotten', async () => {
  const stream = await listen('/live?lure=ssh')
  await stream.until('retry:')
  const before = console.listeners.size
  for (const listener of console.listeners) {
    listener(sampleEvent({ lure: 'redis' }))
    listener(sampleEvent({ lure: 'ssh', type: 'ssh.shell', data: {} }))
  }
  expect((await stream.until('event: seen')).includes('redis')).toBe(false)
  stream.socket.destroy()
  const deadline = Date.now() + 5_000
  while (console.listeners.size === before && Date.now() < deadline) await new Promise(setImmediate)
  expect(console.listeners.size).toBe(before - 1)
})

it('whoever is logged out hears no more', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const secret = console.accounts.logIn('joan')
  cookie = `sundew_login=${secret}`
  const stream = await listen('/live')
  await stream.until('retry:')
  vi.advanceTimersByTime(20_000)
  await stream.until('still here')
  console.accounts.logOut(secret)
  const ended = once(stream.socket, 'close')
  vi.advanceTimersByTime(20_000)
  await stream.until('\r\n0\r\n')
  stream.socket.destroy()
  await ended
  vi.useRealTimers()
})
