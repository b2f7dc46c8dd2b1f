import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type Browser, ConsoleUnderTest, PASSWORD } from './console-under-test.ts'

let console: ConsoleUnderTest
let operator: Browser
let analyst: Browser
let viewer: Browser

beforeAll(async () => {
  console = await ConsoleUnderTest.open()
  const secret = console.accounts.openSetUp()
  expect(await ask(console.app, 'GET', `/set-up?secret=${secret}`)).toMatchObject({ body: { good: true } })
  operator = await console.browser('ada', 'operator')
  analyst = await console.browser('grace', 'analyst')
  viewer = await console.browser('joan', 'viewer')
})
afterAll(() => console.close())

/** Every call that the API offers, from its own description. */
async function calls(): Promise<{ method: 'GET' | 'POST' | 'PATCH' | 'DELETE'; path: string }[]> {
  const { paths } = (await operator.get('/openapi.json')).body as { paths: Record<string, Record<string, unknown>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase() as 'GET',
      path: path
        .replace('/api/v1', '')
        .replace('{id}', '0198d0a1')
        .replace('{sha256}', 'a'.repeat(64))
        .replace('{field}', 'input')
        .replace('{name}', 'nobody')
        .replace('{ip}', '192.0.2.1'),
    })),
  )
}

const OPEN = ['/set-up', '/login', '/me']

describe('the set-up link', () => {
  it('makes the first operator once', async () => {
    const fresh = await ConsoleUnderTest.open()
    const secret = fresh.accounts.openSetUp()
    const body = { secret, name: 'first', password: PASSWORD }
    const wrong = await ask(fresh.app, 'POST', '/set-up', {}, { ...body, secret: 'sundew_setup_guess' })
    expect(wrong.status).toBe(409)
    const made = await ask(fresh.app, 'POST', '/set-up', {}, body)
    expect(made.status).toBe(200)
    expect(made.headers['set-cookie']).toMatch(/^sundew_login=\S+; Path=\/; HttpOnly; SameSite=Strict$/)
    expect(fresh.accounts.list()).toMatchObject([{ name: 'first', role: 'operator' }])
    expect((await ask(fresh.app, 'POST', '/set-up', {}, { ...body, name: 'second' })).status).toBe(409)
    await fresh.close()
  })

  it('is good for nothing once there is an account', async () => {
    const secret = console.accounts.openSetUp()
    expect((await ask(console.app, 'GET', `/set-up?secret=${secret}`)).body).toEqual({ good: false })
    expect((await ask(console.app, 'POST', '/set-up', {}, { secret, name: 'intruder', password: PASSWORD })).status).toBe(409)
  })
})

describe('without a login', () => {
  it('nothing is answered but the door', async () => {
    for (const { method, path } of await calls()) {
      if (OPEN.includes(path)) continue
      expect({ method, path, status: (await ask(console.app, method, path)).status }).toEqual({ method, path, status: 401 })
    }
    expect((await ask(console.app, 'GET', '/me')).body).toEqual({})
  })

  it('a wrong password and a name that does not exist are refused alike', async () => {
    const [wrong, unknown] = await Promise.all([
      ask(console.app, 'POST', '/login', {}, { name: 'ada', password: 'wrong' }),
      ask(console.app, 'POST', '/login', {}, { name: 'nobody', password: 'wrong' }),
    ])
    expect(wrong).toMatchObject({ status: 401, text: unknown.text })
  })

  it('guessing is slowed down', async () => {
    const fresh = await ConsoleUnderTest.open()
    const statuses: number[] = []
    for (let n = 0; n < 11; n++) statuses.push((await ask(fresh.app, 'POST', '/login', {}, { name: 'ada' })).status)
    expect(statuses).toEqual([...Array<number>(10).fill(400), 429])
    await fresh.close()
  })
})

describe('roles', () => {
  it('let a viewer read and change nothing but what is their own', async () => {
    const own = ['/logout', '/me/password', '/tokens', '/tokens/0198d0a1']
    for (const { method, path } of await calls()) {
      if (method === 'GET' || OPEN.includes(path) || own.includes(path)) continue
      expect({ method, path, status: (await viewer.send(method, path, {})).status }).toEqual({ method, path, status: 403 })
    }
    expect((await viewer.get('/overview')).status).toBe(200)
    expect((await viewer.get('/accounts')).status).toBe(403)
    expect((await viewer.get(`/artifacts/${'a'.repeat(64)}/zip`)).status).toBe(403)
    expect((await viewer.get('/credentials/wordlist')).status).toBe(403)
  })

  it('let an analyst look closer, and not at accounts', async () => {
    expect((await analyst.get('/credentials/wordlist')).status).toBe(200)
    expect((await analyst.send('POST', '/doctor')).status).toBe(200)
    expect((await analyst.send('POST', '/accounts', { name: 'x', password: PASSWORD, role: 'operator' })).status).toBe(403)
    expect((await analyst.get('/audit')).status).toBe(403)
  })

  it('leave an operator always', async () => {
    expect((await operator.send('PATCH', '/accounts/ada', { role: 'viewer' })).status).toBe(409)
    expect((await operator.send('DELETE', '/accounts/ada')).status).toBe(409)
  })

  it('take effect at once', async () => {
    const temp = await console.browser('temp', 'analyst')
    expect((await temp.send('POST', '/doctor')).status).toBe(200)
    await operator.send('PATCH', '/accounts/temp', { role: 'viewer' })
    expect((await temp.send('POST', '/doctor')).status).toBe(403)
    await operator.send('DELETE', '/accounts/temp')
    expect((await temp.get('/overview')).status).toBe(401)
  })
})

describe('a change', () => {
  const body = { name: 'made-by-csrf', password: PASSWORD, role: 'operator' }

  it('from a browser needs the token of its login', async () => {
    for (const headers of [{}, { 'x-csrf-token': '' }, { 'x-csrf-token': viewer.csrf }]) {
      expect((await operator.send('POST', '/accounts', body, headers as Record<string, string>)).status).toBe(403)
    }
    expect(console.accounts.list().map(({ name }) => name)).not.toContain(body.name)
    expect((await operator.send('POST', '/accounts', body)).status).toBe(200)
  })

  it('is written into the audit log', async () => {
    const audit = (await operator.get('/audit')).body as { action: string; account: string; detail: string }[]
    expect(audit).toContainEqual(expect.objectContaining({ account: 'ada', action: 'account added', detail: 'made-by-csrf, operator' }))
    expect(audit).toContainEqual(expect.objectContaining({ account: 'nobody', action: 'login refused' }))
  })

  it('of the password logs other browsers out', async () => {
    const one = await console.browser('two-browsers', 'viewer')
    expect((await one.send('POST', '/me/password', { password: 'wrong', next: 'another long password' })).status).toBe(401)
    expect((await one.send('POST', '/me/password', { password: PASSWORD, next: 'short' })).status).toBe(400)
    expect((await one.send('POST', '/me/password', { password: PASSWORD, next: 'another long password' })).status).toBe(200)
    expect((await one.get('/overview')).status).toBe(401)
    expect(await console.accounts.isPasswordOf('two-browsers', 'another long password')).toBe(true)
  })
})

describe('API tokens', () => {
  it('speak for their account, without a CSRF token, until they are revoked', async () => {
    const { token, id } = (await operator.send('POST', '/tokens', { name: 'script', role: 'operator' })).body as {
      token: string
      id: number
    }
    const headers = { authorization: `Bearer ${token}` }
    expect((await ask(console.app, 'GET', '/me', headers)).body).toMatchObject({ caller: { account: 'ada', role: 'operator' } })
    expect((await ask(console.app, 'POST', '/accounts', headers, { name: 'by-token', password: PASSWORD, role: 'viewer' })).status).toBe(
      200,
    )
    expect((await operator.send('DELETE', `/tokens/${id}`)).status).toBe(200)
    expect((await ask(console.app, 'GET', '/overview', headers)).status).toBe(401)
  })

  it('may do no more than their account, also when that is given less later', async () => {
    expect((await viewer.send('POST', '/tokens', { name: 'more', role: 'operator' })).status).toBe(403)
    await console.accounts.add('demoted', PASSWORD, 'operator')
    const { token } = console.accounts.addToken('demoted', 'old', 'operator')
    console.accounts.setRole('demoted', 'viewer')
    expect(console.accounts.tokenOwner(token)).toEqual({ account: 'demoted', role: 'viewer' })
  })

  it('are seen and revoked by their owner and by operators alone', async () => {
    const { id } = console.accounts.addToken('ada', 'private', 'viewer')
    expect((await viewer.get('/tokens')).text).not.toContain('private')
    expect((await viewer.send('DELETE', `/tokens/${id}`)).status).toBe(404)
    expect((await operator.get('/tokens')).text).toContain('private')
  })
})

describe('the file of accounts', () => {
  it('holds neither passwords nor tokens nor logins', async () => {
    const { token } = console.accounts.addToken('ada', 'at rest', 'viewer')
    const login = console.accounts.logIn('ada')
    const bytes = ['console.db', 'console.db-wal'].map((name) => readFileSync(join(console.folder, name))).join('')
    for (const secret of [PASSWORD, token, login, token.split('_')[2] as string]) expect(bytes).not.toContain(secret)
    expect(bytes).toContain('scrypt:32768:8:3:')
  })
})

describe('every answer', () => {
  it('forbids scripts, styles and frames from elsewhere, and caching', async () => {
    const { headers } = await viewer.get('/overview')
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';script-src 'self' 'wasm-unsafe-eval';style-src 'self';img-src 'self';font-src 'self';connect-src 'self';worker-src 'self';frame-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none'",
    )
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
  })

  it('to a call that does not exist is 404, not a page', async () => {
    expect(await viewer.get('/nothing-here')).toMatchObject({ status: 404, body: { message: 'there is no such address' } })
  })
})
