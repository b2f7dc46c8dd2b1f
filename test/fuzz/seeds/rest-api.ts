import { fileURLToPath } from 'node:url'
import { httpRequest } from '../http-request.ts'

/** An API that does not wait. */
export const options = { api: fileURLToPath(new URL('../rest-api.yaml', import.meta.url)) }

const json = (method: string, target: string, body: unknown, token = ''): Buffer =>
  httpRequest(method, target, JSON.stringify(body), {
    'Content-Type': 'application/json',
    ...(token === '' ? {} : { Authorization: `Bearer ${token}` }),
  })
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const none = `${part({ alg: 'none' })}.${part({ sub: '1', roles: ['admin'] })}.`

export default [
  httpRequest('GET', '/api/things?sort=-price&limit=5&page=2&q=a&fields=id,name'),
  httpRequest('GET', '/api/things/3'),
  json('POST', '/api/auth/login', { username: 'user', password: '123456' }),
  json('POST', '/api/auth/register', { username: 'eve', password: 'x', role: 'admin' }),
  json('POST', '/api/things', { name: 'x', price: 1, locked: true }, none),
  json('PATCH', '/api/things/2', { name: '{{honeytoken:password:root}}' }, none),
  json('PUT', '/api/things/2', { name: 'y' }, none),
  json('DELETE', '/api/things/4', {}, none),
  json('GET', '/api/users/me', {}, none),
  json('POST', '/api/echo/7?q=1', { name: 'a', deep: [[[{}]]] }),
  httpRequest('OPTIONS', '/api/things'),
  httpRequest('GET', '/openapi.json'),
  httpRequest('GET', '/.well-known/jwks.json'),
]
