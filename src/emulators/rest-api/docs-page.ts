import { readFileSync } from 'node:fs'
import { escapeHtml, fillPage } from '../../http/index.ts'
import type { Api } from './api.ts'
import { describeApi } from './describe.ts'

const PAGE = readFileSync(new URL('./pages/docs.html', import.meta.url), 'utf8')

/** Where programs of a style show their API to people. */
const PATHS: Readonly<Record<Api['style'], string>> = {
  express: '/api-docs/',
  fastapi: '/docs',
  spring: '/swagger-ui/index.html',
  problem: '/swagger/index.html',
}

export function docsPath(style: Api['style']): string {
  return PATHS[style]
}

/** The operations of the API, in the colours of Swagger UI. */
export function docsPage(api: Api): string {
  const { paths } = describeApi(api)
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { summary, security }]) =>
        `<div class="opblock opblock-${method}"><span class="opblock-summary-method">${method.toUpperCase()}</span><span class="opblock-summary-path">${escapeHtml(path)}</span><span class="opblock-summary-description">${escapeHtml(summary)}</span>${security ? '<span class="lock" title="authorization needed">&#128274;</span>' : ''}</div>`,
    ),
  )
  return fillPage(PAGE, { title: api.title, version: api.version, base: api.base || '/', operations: operations.join('\n') })
}
