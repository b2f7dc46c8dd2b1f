import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigProblem } from '../../../src/config/problem.ts'
import { loadApi } from '../../../src/emulators/rest-api/load-api.ts'
import { ask } from '../../http/ask.ts'
import { api, file, folder, read, send } from './play-api.ts'

describe('files', () => {
  it('that are wrong are refused with line, key and cure', () => {
    const path = file(
      'wrong.yaml',
      'title: T\nresources:\n  things:\n    generate:\n      count: 3\n      fields: { a: nonsense }\nstile: x\n',
    )
    const problems = ((): readonly { line?: number; key: string; cure: string }[] => {
      try {
        loadApi(path)
        return []
      } catch (error) {
        return (error as ConfigProblem).problems
      }
    })()
    expect(problems).toMatchObject([
      { line: 6, key: 'resources.things.generate.fields.a', cure: expect.stringContaining('person') },
      { line: 7, key: 'stile' },
    ])
    expect(() => loadApi(join(folder, 'none.yml'))).toThrow(ConfigProblem)
  })

  it('of OpenAPI 3 below a common path, with schemas of parts and shared answers, become resources too', async () => {
    const json = (content: object): object => ({ responses: { 200: { content: { 'application/json': content } } } })
    const document = {
      openapi: '3.1.0',
      info: { title: 'Fleet' },
      paths: {
        '/api/v3/cars': { get: json({ schema: { type: 'array', items: { $ref: '#/components/schemas/Car' } } }), post: { responses: {} } },
        '/api/v3/cars/{id}': { get: json({ schema: { $ref: '#/components/schemas/Car' } }) },
        '/api/v3/cars/{id}/trips': { get: { responses: { 200: { $ref: '#/components/responses/Trips' } } } },
        '/api/v3/status': { get: json({ examples: { good: { value: { state: 'good' } } } }) },
      },
      components: {
        schemas: {
          Thing: { type: 'object', required: ['plate'], properties: { id: { type: 'integer' }, plate: { type: 'string' } } },
          Car: {
            allOf: [{ $ref: '#/components/schemas/Thing' }, { properties: { fuel: { oneOf: [{ type: 'string', enum: ['diesel'] }] } } }],
          },
        },
        responses: { Trips: { content: { 'application/json': { schema: { type: 'array', items: { type: 'integer' } } } } } },
      },
    }
    const p = await api({ api: file('fleet.json', JSON.stringify(document)) })
    const { data } = read<{ data: { plate: string; fuel: string }[] }>(await ask(p, 'GET', '/api/v3/cars?limit=2'))
    expect(data).toEqual([1, 2].map((id) => ({ id, plate: expect.any(String), fuel: 'diesel' })))
    expect((await ask(p, 'POST', '/api/v3/cars', send({ fuel: 'diesel' }))).status).toBe(422)
    const { id } = read<{ id: number }>(await ask(p, 'POST', '/api/v3/cars', send({ plate: 'B 1' })))
    expect(read(await ask(p, 'GET', `/api/v3/cars/${id}`))).toMatchObject({ plate: 'B 1' })
    expect(read(await ask(p, 'GET', '/api/v3/cars/1/trips'))).toEqual([1])
    expect(read(await ask(p, 'GET', '/api/v3/status'))).toEqual({ state: 'good' })
  })

  it('of OpenAPI 3 become resources with state and endpoints with examples', async () => {
    const document = {
      openapi: '3.0.3',
      info: { title: 'Pets', version: '1.2.0' },
      servers: [{ url: 'https://pets.example/v2' }],
      paths: {
        '/pets': {
          get: {
            responses: {
              200: { content: { 'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Pet' } } } } },
            },
          },
          post: { security: [{ bearer: [] }], responses: {} },
        },
        '/pets/{petId}': {
          get: { responses: { 200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } } } } },
        },
        '/store/inventory': { get: { responses: { 200: { content: { 'application/json': { example: { available: 7 } } } } } } },
      },
      components: {
        schemas: {
          Pet: {
            type: 'object',
            required: ['name'],
            properties: {
              id: { type: 'integer' },
              name: { type: 'string' },
              status: { type: 'string', enum: ['sold', 'free'] },
              owner: { $ref: '#/components/schemas/Pet' },
            },
          },
        },
      },
    }
    const p = await api({ api: file('pets.json', JSON.stringify(document)) })
    const { data } = read<{ data: { status: string }[] }>(await ask(p, 'GET', '/v2/pets'))
    expect(data).toHaveLength(20)
    expect(['sold', 'free']).toContain(data[0]?.status)
    expect((await ask(p, 'POST', '/v2/pets', send({ name: 'rex' }))).status).toBe(401)
    expect(read(await ask(p, 'GET', '/v2/store/inventory'))).toEqual({ available: 7 })
  })
})
