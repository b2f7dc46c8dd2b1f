import { createHmac, createPublicKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import words from '../../../src/emulators/rest-api/facts/words.json' with { type: 'json' }
import type { Playing } from '../../harness.ts'
import { ask } from '../../http/ask.ts'
import { api, BASE, bearer, file, read, send } from './play-api.ts'

const login = async (p: Playing, username: string, password: string): Promise<string> =>
  read<{ token: string }>(await ask(p, 'POST', `${BASE}/auth/login`, send({ username, password }))).token
const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
const forge = (header: object, claims: object, key?: string): string => {
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signed}.${key === undefined ? '' : createHmac('sha256', key).update(signed).digest('base64url')}`
}
const tagsOf = (p: Playing, type: string): string[][] => p.events.filter((event) => event.type === type).map(({ tags = [] }) => tags)

describe('logins', () => {
  it('give a token that verifies, and say nothing of which part was wrong', async () => {
    const p = await api()
    const refused = await ask(p, 'POST', `${BASE}/auth/login`, send({ username: 'user', password: 'x' }))
    expect([refused.status, read(refused)]).toEqual([401, { error: 'Unauthorized', message: 'Invalid credentials' }])
    const token = await login(p, 'user', '123456')
    expect(claimsOf(token)).toMatchObject({
      iss: 'billing-api',
      sub: '1001',
      roles: ['user'],
      exp: (claimsOf(token).iat as number) + 7_200,
    })
    expect(read(await ask(p, 'GET', `${BASE}/users/me`, bearer(token)))).toMatchObject({
      id: 1001,
      username: 'user',
      roles: ['user'],
      name: 'Demo User',
    })
    const without = await ask(p, 'GET', `${BASE}/users/me`)
    expect([without.status, without.header('www-authenticate')]).toEqual([401, 'Bearer'])
    expect((await ask(p, 'GET', `${BASE}/users/me`, bearer('bad'))).status).toBe(401)
    expect(p.data('login')).toMatchObject([
      { username: 'user', password: 'x', accepted: false },
      { method: 'json', username: 'user', password: '123456', accepted: true },
    ])
    expect(p.data<{ making: string }>('rest-api.token').map(({ making }) => making)).toEqual(['issued', 'malformed'])
  })

  it.each([
    ['a body', { username: { $ne: null }, password: { $gt: '' } }, ''],
    ['names', { 'username[$ne]': 'x', password: 'y' }, ''],
    ['a query', { username: 'a', password: 'b' }, '?id[$gt]=0'],
  ])('with operators of a database in %s are refused, and known', async (_, fields, query) => {
    const p = await api()
    expect([400, 401]).toContain((await ask(p, 'POST', `${BASE}/auth/login${query}`, send(fields))).status)
    const event = await p.seen('rest-api.abuse')
    expect([event.data, event.tags]).toEqual([
      expect.objectContaining({ kind: 'operator-injection', detail: expect.stringContaining('$') }),
      ['note:nosql-injection', 'attack:T1190'],
    ])
  })

  it('of an account that a source made are its own, with roles that it gave itself', async () => {
    const p = await api()
    expect((await ask(p, 'POST', `${BASE}/auth/register`, send({ username: 'eve', password: 'pw', role: 'admin' }))).status).toBe(201)
    expect(claimsOf(await login(p, 'eve', 'pw'))).toMatchObject({ username: 'eve', roles: ['admin'] })
    expect(p.data('rest-api.abuse')).toMatchObject([
      { kind: 'mass-assignment', resource: 'register', detail: '["admin"]', succeeded: true },
    ])
    expect((await ask(p, 'POST', `${BASE}/auth/register`, send({ username: 'eve', password: 'pw' }))).status).toBe(409)
  })

  it('lock after as many wrong passwords as the file says', async () => {
    const p = await api({ api: file('lock.yaml', 'title: T\nauth: { lockout: 2, accounts: [{ username: a, password: b }] }\n') })
    for (const status of [401, 401, 423, 423])
      expect((await ask(p, 'POST', '/auth/login', send({ username: 'a', password: status === 423 ? 'b' : 'x' }))).status).toBe(status)
  })
})

describe('forged tokens', () => {
  const admin = { sub: '1', username: 'admin', roles: ['admin'] }

  it('without a signature are believed where the file says so, and recorded everywhere', async () => {
    const p = await api()
    const none = forge({ alg: 'nOnE' }, admin)
    expect((await ask(p, 'GET', `${BASE}/admin/config`, bearer(none))).status).toBe(401)
    expect(tagsOf(p, 'rest-api.token')).toEqual([expect.arrayContaining(['attack:T1606', 'cve:CVE-2015-9235', 'note:jwt-alg-none'])])
    await p.stop()
    const open = await api({
      api: file(
        'none.yaml',
        'title: T\nauth: { believes: [alg-none] }\nendpoints: [{ path: /admin, roles: [admin], body: { ok: true } }]\n',
      ),
    })
    expect(read(await ask(open, 'GET', '/admin', bearer(none)))).toEqual({ ok: true })
    expect(open.data('rest-api.token')).toMatchObject([{ making: 'alg-none', accepted: true, alg: 'nOnE' }])
  })

  it('with the weak secret that was cracked are believed and known', async () => {
    const p = await api()
    const issued = await login(p, 'user', '123456')
    const [signature, signed] = [issued.split('.')[2], issued.split('.').slice(0, 2).join('.')]
    const secret = words.secrets.find((word) => createHmac('sha256', word).update(signed).digest('base64url') === signature) as string
    expect(secret).toBeDefined()
    expect((await ask(p, 'GET', `${BASE}/admin/config`, bearer(forge({ alg: 'HS256' }, admin, secret)))).status).toBe(200)
    expect((await ask(p, 'GET', `${BASE}/admin/config`, bearer(forge({ alg: 'HS256' }, admin, 'other')))).status).toBe(401)
    expect((await ask(p, 'GET', `${BASE}/users/me`, bearer(forge({ alg: 'HS256' }, { ...admin, exp: 1 }, secret)))).status).toBe(401)
    expect(p.data<{ making: string }>('rest-api.token').map(({ making }) => making)).toEqual(['cracked', 'signature', 'expired'])
  })

  it('with the public key as secret are told from RS256’s own', async () => {
    const p = await api({
      api: file('rs.yaml', 'title: T\nauth: { algorithm: RS256, believes: [key-confusion], accounts: [{ username: a, password: b }] }\n'),
    })
    const { token } = read<{ token: string }>(await ask(p, 'POST', '/auth/login', send({ username: 'a', password: 'b' })))
    const { keys } = read<{ keys: [Record<string, string>] }>(await ask(p, 'GET', '/.well-known/jwks.json'))
    const pem = createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString()
    expect((await ask(p, 'GET', '/users/me', bearer(token))).status).toBe(200)
    expect((await ask(p, 'GET', '/users/me', bearer(forge({ alg: 'HS256' }, admin, pem)))).status).toBe(200)
    expect(p.data('rest-api.token')).toMatchObject([{ making: 'issued' }, { making: 'key-confusion', accepted: true }])
  }, 20_000)
})

describe('resources', () => {
  it('are filtered, sorted, paged, and known to who has them', async () => {
    const p = await api()
    const page = await ask(p, 'GET', `${BASE}/products?sort=-price&limit=5&page=2`)
    const { data, total } = read<{ data: { price: number }[]; total: number }>(page)
    expect([data.length, total, page.header('x-total-count')]).toEqual([5, 24, '24'])
    expect(data.map(({ price }) => price)).toEqual([...data.map(({ price }) => price)].sort((a, b) => b - a))
    expect(page.header('link')).toContain('rel="next"')
    const { total: active } = read<{ total: number }>(await ask(p, 'GET', `${BASE}/products?active=true`))
    expect(active).toBeLessThan(24)
    const one = await ask(p, 'GET', `${BASE}/products/3`)
    const again = await ask(p, 'GET', `${BASE}/products/3`, { headers: { 'If-None-Match': one.header('etag') ?? '' } })
    expect([one.status, again.status, again.body]).toEqual([200, 304, ''])
  })

  it('remember for a source what it made, changed and deleted', async () => {
    const p = await api()
    const token = await login(p, 'admin', 'admin123')
    const made = await ask(p, 'POST', `${BASE}/products`, send({ name: 'x', price: 3 }, token))
    const { id } = read<{ id: number }>(made)
    expect([made.status, made.header('location')]).toEqual([201, `${BASE}/products/${id}`])
    expect(read(await ask(p, 'GET', `${BASE}/products/${id}`))).toEqual({ name: 'x', price: 3, id })
    expect(read(await ask(p, 'PATCH', `${BASE}/products/${id}`, send({ price: 4 }, token)))).toEqual({ name: 'x', price: 4, id })
    const stale = await ask(p, 'PUT', `${BASE}/products/${id}`, {
      ...send({ name: 'y', price: 1 }, token),
      headers: { ...send(1, token).headers, 'If-Match': '"old"' },
    })
    expect(stale.status).toBe(412)
    expect((await ask(p, 'DELETE', `${BASE}/products/2`, bearer(token))).status).toBe(204)
    expect((await ask(p, 'GET', `${BASE}/products/2`)).status).toBe(404)
    expect(read<{ total: number }>(await ask(p, 'GET', `${BASE}/products`)).total).toBe(24)
    expect((await ask(p, 'POST', `${BASE}/products`, send({ price: 1 }, token))).status).toBe(422)
    expect(p.data<{ operation: string }>('rest-api.change').map(({ operation }) => operation)).toEqual(['create', 'update', 'delete'])
  })

  it('of others are had by their ids, and that is written down', async () => {
    const p = await api()
    const token = await login(p, 'user', '123456')
    const { data } = read<{ data: { id: number; accountId: number }[] }>(await ask(p, 'GET', `${BASE}/customers?limit=100`, bearer(token)))
    expect(new Set(data.map(({ accountId }) => accountId))).toEqual(new Set([1001]))
    const own = new Set(data.map(({ id }) => id))
    const other = [1, 2, 3, 4, 5, 6, 7, 8].find((id) => !own.has(id)) as number
    expect((await ask(p, 'GET', `${BASE}/customers/${other}`, bearer(token))).status).toBe(200)
    expect(p.data('rest-api.abuse')).toMatchObject([{ kind: 'object-access', resource: 'customers', succeeded: true }])
    expect((await ask(p, 'GET', `${BASE}/api-keys`, bearer(token))).status).toBe(403)
    expect(p.data('rest-api.abuse').at(-1)).toMatchObject({ kind: 'function-access', resource: 'api-keys' })
  })

  it('take fields that no client sets, and say that they were tried', async () => {
    const p = await api()
    const token = await login(p, 'user', '123456')
    const { verified, accountId } = read(await ask(p, 'POST', `${BASE}/payment-methods`, send({ card: '1', verified: true }, token)))
    expect([verified, accountId]).toEqual([true, 1001])
    expect(await p.seen('rest-api.abuse')).toMatchObject({
      tags: expect.arrayContaining(['note:mass-assignment']),
      data: { detail: '{"verified":true}' },
    })
  })

  it('show secrets that are the reader’s own, and none for marks that a client writes', async () => {
    const p = await api()
    const token = await login(p, 'admin', 'admin123')
    const { data } = read<{ data: { key: string }[] }>(await ask(p, 'GET', `${BASE}/api-keys`, bearer(token)))
    expect(data[0]?.key).toMatch(/^\w{32}$/)
    await ask(p, 'GET', `${BASE}/products?key=${data[0]?.key}`)
    expect((await p.seen('honeytoken.returned')).tags).toContain('canary:api-key')
    const mark = '{{honeytoken:password:root}}'
    const { id, name } = read(await ask(p, 'POST', `${BASE}/products`, send({ name: mark, price: 1 }, token)))
    expect([name, read(await ask(p, 'GET', `${BASE}/products/${id}`)).name]).toEqual([mark, mark])
    expect(read(await ask(p, 'POST', `${BASE}/auth/forgot-password`, send({ email: mark }))).message).toContain(mark)
  })
})

describe('the wire', () => {
  it('speaks as Express does: header lines, errors, methods', async () => {
    const p = await api()
    const nothing = await ask(p, 'GET', '/nope')
    expect([nothing.status, nothing.header('x-powered-by'), nothing.header('content-type')]).toEqual([
      404,
      'Express',
      'application/json; charset=utf-8',
    ])
    const wrong = await ask(p, 'DELETE', `${BASE}/products`)
    expect([wrong.status, wrong.header('allow')]).toEqual([405, 'GET, HEAD, POST'])
    expect((await ask(p, 'OPTIONS', `${BASE}/products/1`)).header('allow')).toBe('GET, HEAD, PUT, PATCH, DELETE')
    expect((await ask(p, 'HEAD', `${BASE}/health`)).status).toBe(200)
    expect((await ask(p, 'POST', `${BASE}/auth/login`, { body: Buffer.from([0xff, 0xfe]) })).status).toBe(400)
    expect((await ask(p, 'POST', `${BASE}/auth/login`, { body: '['.repeat(50_000) })).status).toBe(400)
    const described = read<{ paths: object }>(await ask(p, 'GET', '/openapi.json'))
    expect(Object.keys(described.paths)).toEqual(expect.arrayContaining(['/auth/login', '/customers/{id}', '/admin/config']))
    expect(p.data<{ method: string }>('rest-api.request').map(({ method }) => method)).toEqual([
      'GET',
      'DELETE',
      'OPTIONS',
      'HEAD',
      'POST',
      'POST',
      'GET',
    ])
  })

  it.each([
    ['express', '/api-docs/'],
    ['fastapi', '/docs'],
    ['spring', '/swagger-ui/index.html'],
    ['problem', '/swagger/index.html'],
  ])('shows its operations to people where programs of the style %s do', async (style, path) => {
    const p = await api({ api: file('style.yaml', `title: T <1>\nstyle: ${style}\n`) })
    const page = await ask(p, 'GET', path)
    expect([page.status, page.header('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.body).toMatch(
      /<title>Swagger UI<\/title>[\s\S]*T &lt;1&gt;[\s\S]*POST<\/span><span class="opblock-summary-path">\/auth\/login/,
    )
    if (path.endsWith('/')) expect((await ask(p, 'GET', path.slice(0, -1))).header('location')).toBe(path)
  })

  it.each([
    ['problem', 'application/problem+json', { type: 'about:blank', title: 'Not Found', status: 404, instance: '/x' }],
    ['fastapi', 'application/json', { detail: expect.any(String) }],
    ['spring', 'application/json', { status: 404, error: 'Not Found', path: '/x' }],
  ])('has errors in the style of %s', async (style, type, body) => {
    const p = await api({ api: file('style.yaml', `title: T\nstyle: ${style}\n`) })
    const reply = await ask(p, 'GET', '/x')
    expect([reply.header('content-type'), read(reply)]).toEqual([type, expect.objectContaining(body)])
  })

  it('fills templates, waits as told and bounds requests', async () => {
    const p = await api({
      api: file(
        'small.yaml',
        "title: T\nrateLimit: 2\ndelay: [0, 0]\nendpoints:\n  - { method: POST, path: '/hi/{who}', status: 202, body: { to: '{{params.who}} {{body.a}} {{query.q}}' }, delay: [120, 150] }\n",
      ),
    })
    const startedAt = performance.now()
    const reply = await ask(p, 'POST', '/hi/eve?q=1', send({ a: 'b' }))
    expect([reply.status, read(reply), reply.header('x-ratelimit-remaining')]).toEqual([202, { to: 'eve b 1' }, '1'])
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(119)
    await ask(p, 'GET', '/x')
    const bounded = await ask(p, 'GET', '/x')
    expect([bounded.status, bounded.header('retry-after')]).toEqual([429, '60'])
  })
})
