import { png } from '../../http/images/png.ts'
import { escapeHtml, pageFacts, type WebResponse } from '../../http/index.ts'
import { isDone } from './job.ts'
import type { SiteContext } from './site.ts'

/** Pixels of its pictures, by path. */
const ICONS: Readonly<Record<string, number>> = { '/icon-sm.png': 48, '/icon.png': 128, '/icon-lg.png': 512 }
const METHODS = 'GET, HEAD, OPTIONS, POST'
const STYLE =
  'body{font-family:sans-serif;margin:0}nav{background:#222;padding:8px 20px}nav a{color:#ccc;margin-right:18px;text-decoration:none}main{padding:0 20px}img{float:left;margin:0 18px 18px 0}table{clear:both;border-collapse:collapse}td,th{border:1px solid #ccc;padding:4px 10px;text-align:left}'

/** The web pages of a printer by itself: its state, its paper, its toner, and its pictures. */
export function devicePage(context: SiteContext): WebResponse {
  const { request, server } = context
  const refused = (status: number): WebResponse => ({ ...server.page(status, pageFacts(request)), close: true })
  if (request.method === 'OPTIONS') return { status: 200, headers: [['Allow', METHODS]], body: chunks('') }
  if (request.method !== 'GET' && request.method !== 'HEAD') return refused(request.method === 'PUT' ? 403 : 400)
  const size = Object.hasOwn(ICONS, request.path) ? ICONS[request.path] : undefined
  if (size !== undefined) return { status: 200, headers: [['Content-Type', 'image/png']], body: png('printer', size, size) }
  const content = contentOf(context)
  if (content === undefined) return refused(404)
  return { status: 200, headers: [['Content-Type', 'text/html; charset=utf-8']], body: chunks(content) }
}

/** Pages go out in chunks. */
async function* chunks(body: string): AsyncGenerator<Buffer> {
  if (body !== '') yield Buffer.from(body)
}

function contentOf({ request, spooler }: SiteContext): string | undefined {
  const [queue] = spooler.queues.values()
  if (!queue) return undefined
  const now = Date.now()
  const jobs = spooler.jobsOf(queue.name)
  switch (request.path) {
    case '/': {
      const waiting = jobs.filter((job) => !isDone(job, now)).length
      const state = spooler.isPrinting(queue, now) ? 'Printing' : 'Idle'
      const rows = jobs.map(({ id, name, user }) => `<tr><td>${id}</td><td>${escapeHtml(name)}</td><td>${escapeHtml(user)}</td></tr>`)
      const list = `<table><thead><tr><th>Job #</th><th>Name</th><th>Owner</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
      return frame(
        queue.name,
        `<h1><img src="/icon.png" width="64" height="64" alt="">${escapeHtml(queue.name)}</h1><p>${state}, ${waiting} job(s).</p>${list}`,
      )
    }
    case '/media':
      return frame(
        queue.name,
        '<h1>Media</h1><table><tr><th>Main</th><td>na_letter_8.5x11in, stationery</td></tr><tr><th>By-pass tray</th><td>na_number-10_4.125x9.5in, envelope</td></tr></table>',
      )
    case '/supplies':
      return frame(
        queue.name,
        '<h1>Supplies</h1><table><tr><th>Toner Waste Tank</th><td></td></tr><tr><th>Black Toner</th><td></td></tr></table>',
      )
    default:
      return undefined
  }
}

function frame(name: string, content: string): string {
  return `<!doctype html>\n<html>\n<head>\n<title>${escapeHtml(name)}</title>\n<link rel="shortcut icon" href="/icon.png" type="image/png">\n<meta name="viewport" content="width=device-width">\n<style>${STYLE}</style>\n</head>\n<body>\n<nav><a href="/">Status</a><a href="/supplies">Supplies</a><a href="/media">Media</a></nav>\n<main>${content}</main>\n</body>\n</html>\n`
}
