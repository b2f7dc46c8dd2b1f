/**
 * The web core: what every lure stands on that speaks HTTP.
 *
 * A lure says which server is seen on the wire and what stands behind it; the core reads requests with bounds, puts
 * answers on the wire as that server would, and records each request and answer.
 *
 * - `serveHttp(visit, { name, server, site })` plays one connection; `webEvents(name)` declares what it records.
 * - `nginx`, `apache`, `lighttpd`, `uhttpd`, `iis`, `jetty` are servers; `applicationServer` is for a product that serves
 *   itself and has header lines of its own; `serverOf(persona)` is the persona's.
 * - A site is a function from request to answer. One with many paths lets Fastify route them: `fastifySite`.
 * - `StaticFiles` is a document root; `server.page(404, pageFacts(request))` is the server's own error page.
 *
 * @example
 * import { nginx, html, serveHttp, webEvents, type Site } from '../../http/index.ts'
 *
 * const site: Site = (request) => {
 *   if (request.path === '/login.php' && request.method === 'POST') {
 *     const username = request.form().get('user') ?? ''
 *     request.visit.login({ method: 'form', username, password: request.form().get('pass') ?? '', accepted: false })
 *     return html('<p>Wrong password.</p>', 200, [['Set-Cookie', 'SID=1; path=/']])
 *   }
 *   if (request.path === '/') return html('<h1>It works</h1>')
 *   return server.page(404, pageFacts(request))
 * }
 * const server = nginx({ header: 'nginx/1.22.1' })
 *
 * export default defineLure({
 *   name: 'example', standsFor: [], about: 'a login page', profiles: ['web'],
 *   ports: [{ transport: 'tcp', port: 80 }, { transport: 'tcp', port: 443, tls: true }],
 *   options: z.strictObject({}),
 *   events: webEvents('example'),
 *   serve: (visit) => serveHttp(visit, { name: 'example', server, site }),
 * })
 */

export { evalPhp, type PhpMachine, runPhp } from '../host/php/script.ts'
export { type Exchange, recordExchange, WebRequestEvent, webEvents } from './exchange.ts'
export { type FastifySite, fastifySite } from './fastify-site.ts'
export { fillPage } from './fill-page.ts'
export { type HeaderLine, HeaderList } from './headers.ts'
export { escapeHtml } from './html.ts'
export { introduce } from './introduce.ts'
export type { Part } from './multipart.ts'
export { pageFacts, WebRequest } from './request.ts'
export { html, json, redirect, text, type WebResponse } from './response.ts'
export { type HttpOptions, type Site, serveHttp } from './serve.ts'
export type { FileRules, GzipRules, Outgoing, PageFacts, Refusal, WebServer, WireLimits } from './server.ts'
export { type ApacheOptions, apache } from './servers/apache.ts'
export { type ApplicationServerOptions, applicationServer } from './servers/application.ts'
export { type GoServerOptions, goServer } from './servers/go.ts'
export { type IisOptions, iis } from './servers/iis.ts'
export { type JettyOptions, jetty } from './servers/jetty.ts'
export { type LighttpdOptions, lighttpd } from './servers/lighttpd.ts'
export { type NginxOptions, nginx } from './servers/nginx.ts'
export { REASONS } from './servers/reasons.ts'
export { serverOf } from './servers/server-of.ts'
export { uhttpd } from './servers/uhttpd.ts'
export { SessionLinks } from './session-links.ts'
export { type PhpFacts, phpOutput } from './site/php-output.ts'
export { type FileTree, StaticFiles, type StaticFilesOptions } from './site/static-files.ts'
export { isWebShell, runWebShell } from './site/web-shell.ts'
export { acceptsGzip } from './wire/accepts-gzip.ts'
export { httpDate } from './wire/http-date.ts'
export { endOfHead, parseRequestHead, type RequestHead } from './wire/request-head.ts'
