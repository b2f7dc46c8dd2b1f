import type { Api } from './api.ts'

/** A method of a path. */
export interface Operation {
  summary: string
  security?: readonly Record<string, readonly string[]>[]
  parameters?: readonly unknown[]
  responses: Record<string, { description: string }>
}

/** The API's own description, as its program publishes it: what a scanner of APIs begins with. */
export function describeApi({ title, version, base, auth, resources, endpoints }: Api) {
  const paths: Record<string, Record<string, Operation>> = {}
  const add = (path: string, method: string, summary: string, isPublic: boolean, params: readonly string[] = []): void => {
    paths[path] ??= {}
    ;(paths[path] as Record<string, Operation>)[method.toLowerCase()] = {
      summary,
      ...(isPublic ? {} : { security: [{ bearerAuth: [] }] }),
      ...(params.length > 0
        ? { parameters: params.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })) }
        : {}),
      responses: { '200': { description: 'OK' } },
    }
  }
  add(auth.login, 'POST', 'Log in', true)
  if (auth.register !== undefined) add(auth.register, 'POST', 'Make an account', true)
  add(auth.me, 'GET', 'Who is logged in', false)
  for (const [name, { read, write }] of Object.entries(resources)) {
    const [mayRead, mayWrite] = [read.includes('public'), write.includes('public')]
    add(`/${name}`, 'GET', `List ${name}`, mayRead)
    add(`/${name}`, 'POST', `Create in ${name}`, mayWrite)
    add(`/${name}/{id}`, 'GET', `One of ${name}`, mayRead, ['id'])
    for (const method of ['PUT', 'PATCH', 'DELETE']) add(`/${name}/{id}`, method, `Change one of ${name}`, mayWrite, ['id'])
  }
  for (const { method, path, roles } of endpoints)
    add(
      path,
      method === 'ANY' ? 'GET' : method,
      path,
      roles.includes('public'),
      [...path.matchAll(/\{([\w-]+)\}/g)].map(([, name]) => name as string),
    )
  return {
    openapi: '3.0.3',
    info: { title, version },
    servers: [{ url: base === '' ? '/' : base }],
    paths,
    components: { securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
  }
}
