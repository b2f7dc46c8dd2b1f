import type { Host } from '../../host/contract.ts'
import { html, type PhpFacts, type WebRequest, type WebResponse, type WebServer } from '../../http/index.ts'
import type { VisitContext } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { Blog, BlogUser } from './blog.ts'
import type { WordPressEvents } from './events.ts'
import type { SiteFolder } from './folder.ts'
import type { Members } from './members.ts'
import type { WordPressOptions } from './options.ts'
import type { Plugin } from './plugin-list.ts'
import type { Sessions } from './visitor.ts'

/** All that a page needs to answer one request. */
export interface SiteContext {
  request: WebRequest
  visit: Visit<WordPressEvents>
  server: WebServer
  lure: VisitContext<WordPressOptions, unknown>
  host: Host
  blog: Blog
  plugins: readonly Plugin[]
  sessions: Sessions
  members: Members
  folder: SiteFolder
  php: PhpFacts
  /** `http://host`, as the client reached it. */
  url: string
  /** Who is signed in. */
  user: BlogUser | undefined
}

/** Headers of pages that nobody shall keep. */
export const NO_CACHE: [string, string][] = [
  ['Expires', 'Wed, 11 Jan 1984 05:00:00 GMT'],
  ['Cache-Control', 'no-cache, must-revalidate, max-age=0, no-store, private'],
]

export function redirectBy(location: string, status: 301 | 302 = 302, headers: readonly [string, string][] = []): WebResponse {
  return html('', status, [...headers, ['X-Redirect-By', 'WordPress'], ['Location', location]])
}

/** JSON as PHP writes it: slashes and what is not ASCII are escaped. */
export function phpJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null')
    .replaceAll('/', '\\/')
    .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A script of the dashboard that there is not. */
export function notFoundInAdmin(): WebResponse {
  return { status: 404, headers: [['Content-Type', 'text/html; charset=UTF-8']], body: 'File not found.\n', dynamic: true }
}
