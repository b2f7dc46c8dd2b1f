import type { Persona } from '../../config/persona.ts'
import type { WebResponse } from '../response.ts'
import type { WebServer } from '../server.ts'
import { apache } from '../servers/apache.ts'
import { applicationServer } from '../servers/application.ts'
import { iis } from '../servers/iis.ts'
import { jetty } from '../servers/jetty.ts'
import { lighttpd } from '../servers/lighttpd.ts'
import { nginx } from '../servers/nginx.ts'
import { REASONS } from '../servers/reasons.ts'
import { readTarget, type TargetRules } from '../wire/target.ts'
import type { Product } from './schema.ts'

/** Traversals reach the product instead of being refused before it: that is what its holes are. */
export const TARGET_RULES: TargetRules = {
  aboveRoot: 'clamp',
  encodedSlash: 'decode',
  nul: 'not-found',
  badPercent: 'keep',
  fragment: 'cut',
}

/** The web server that a product is served by. */
export function serverOfProduct({ server }: Product, { hostname, domain }: Persona): WebServer {
  const played = byKind(server.kind, server.header ?? '', `${hostname}.${domain}`)
  const { judgeHead } = applicationServer({ name: 'tolerant', order: [] })
  return {
    ...played,
    judgeHead,
    // `%00` stays in the target as sent; the path goes on behind it.
    readTarget: (target, method) =>
      method === 'CONNECT' ? played.readTarget(target, method) : readTarget(target.replaceAll('%00', ''), TARGET_RULES),
    limits: { ...played.limits, requestLine: 64 * 1024, headerLine: 64 * 1024, head: 192 * 1024 },
  }
}

function byKind(kind: Product['server']['kind'], header: string, hostname: string): WebServer {
  switch (kind) {
    case 'apache':
      return apache({ header, hostname, signature: false })
    case 'nginx':
      return nginx({ header })
    case 'iis':
      return iis({ header })
    case 'jetty':
      return jetty({ header })
    case 'lighttpd':
      return lighttpd({ header })
    case 'netty':
      // HTTP of Elasticsearch 2 to 7: two lines, and the version of the request.
      return applicationServer({
        name: 'netty',
        order: ['*', 'content-type', 'content-length', 'transfer-encoding'],
        echoesVersion: true,
        page: (status) => ({ status, headers: [['Content-Type', 'text/plain; charset=UTF-8']], body: '' }),
      })
    case 'tomcat':
      return applicationServer({
        name: 'tomcat',
        ...(header === '' ? {} : { server: header }),
        bareStatus: true,
        order: ['*', 'Server', 'Content-Type', 'Content-Length', 'Transfer-Encoding', 'Date', 'Keep-Alive', 'Connection'],
        keepAlive: 'keep-alive',
        page: tomcatPage,
      })
    case 'application':
      return applicationServer({
        name: 'product',
        order: ['Server', 'Date', 'Content-Type', 'Content-Length', 'Transfer-Encoding', 'Connection', '*'],
        ...(header === '' ? {} : { server: header }),
        page: (status) => ({
          status,
          headers: [['Content-Type', 'text/html']],
          body: `<html><head><title>${status}</title></head><body><h1>${status === 404 ? 'Not Found' : 'Error'}</h1></body></html>\n`,
        }),
      })
  }
}

/** What Tomcat says of a request that no application saw. */
function tomcatPage(status: number): WebResponse {
  const title = `HTTP Status ${status} – ${REASONS[status] ?? 'Unknown'}`
  const body = `<!doctype html><html lang="en"><head><title>${title}</title><style type="text/css">body {font-family:Tahoma,Arial,sans-serif;} h1, h2, h3, b {color:white;background-color:#525D76;} h1 {font-size:22px;} .line {height:1px;background-color:#525D76;border:none;}</style></head><body><h1>${title}</h1></body></html>`
  return {
    status,
    headers: [
      ['Content-Type', 'text/html;charset=utf-8'],
      ['Content-Language', 'en'],
    ],
    body,
  }
}
