import { readFileSync } from 'node:fs'
import { escapeHtml, fillPage } from '../../http/index.ts'
import { isDone, JOB_STATE, type Job, stateOf } from './job.ts'
import type { Queue } from './queue.ts'
import type { Spooler } from './spooler.ts'

const FRAME = readFileSync(new URL('./pages/frame.html', import.meta.url), 'utf8')
export const STYLE = readFileSync(new URL('./assets/cups.css', import.meta.url))

const MENU: readonly [path: string, name: string][] = [
  ['/', 'Home'],
  ['/admin', 'Administration'],
  ['/classes/', 'Classes'],
  ['/help/', 'Help'],
  ['/jobs/', 'Jobs'],
  ['/printers/', 'Printers'],
]

/** What the pages are about. */
export interface WebFacts {
  version: string
  hostname: string
  spooler: Spooler
}

/** The page of a path of the web interface; undefined = there is none. */
export function webPage(facts: WebFacts, path: string): string | undefined {
  const { spooler } = facts
  const [, name] = /^\/printers\/([^/]{1,255})$/.exec(path) ?? []
  if (name !== undefined) {
    const queue = spooler.queues.get(name)
    return queue && frame(facts, '/printers/', queue.name, queuePage(spooler, queue))
  }
  switch (path) {
    case '/':
    case '/index.html':
      return frame(facts, '/', 'Home', HOME)
    case '/admin':
    case '/admin/':
      return frame(facts, '/admin', 'Administration', ADMIN)
    case '/classes':
    case '/classes/':
      return frame(facts, '/classes/', 'Classes', '<h1>Classes</h1>\n<p>No classes.</p>')
    case '/help':
    case '/help/':
      return frame(
        facts,
        '/help/',
        'Online Help',
        '<h1>Online Help</h1>\n<ul><li>Printers and classes</li><li>Jobs</li><li>Command-line tools</li></ul>',
      )
    case '/jobs':
    case '/jobs/':
      return frame(
        facts,
        '/jobs/',
        'Jobs',
        `<h1>Jobs</h1>\n${jobTable([...spooler.jobs.values()].filter((job) => !isDone(job, Date.now())))}`,
      )
    case '/printers':
    case '/printers/':
      return frame(facts, '/printers/', 'Printers', `<h1>Printers</h1>\n${queueTable([...spooler.queues.values()])}`)
    default:
      return undefined
  }
}

function frame({ version, hostname }: WebFacts, active: string, title: string, content: string): string {
  const menu = MENU.map(([path, name]) => `<li><a${path === active ? ' class="active"' : ''} href="${path}">${name}</a></li>`).join('')
  return fillPage(FRAME, { title, version, host: hostname, menu, content })
}

const HOME = `<h1>Print server</h1>
<p>Queues of this server are listed under <a href="/printers/">Printers</a>; what waits for them under <a href="/jobs/">Jobs</a>.</p>
<h2>For users</h2>
<p><a href="/help/">Printing from the command line</a></p>
<h2>For administrators</h2>
<p><a href="/admin">Adding printers and classes</a></p>`

const ADMIN = `<h1>Administration</h1>
<h2>Printers</h2>
<form action="/admin/" method="post"><input type="hidden" name="OP" value="find-new-printers"><input type="submit" value="Find New Printers"></form>
<form action="/admin/" method="post"><input type="hidden" name="OP" value="add-printer"><input type="submit" value="Add Printer"></form>
<p><a href="/printers/">Manage Printers</a></p>
<h2>Server</h2>
<p>Share printers connected to this system: yes. Allow printing from the Internet: yes. Allow remote administration: yes.</p>`

function queueTable(queues: readonly Queue[]): string {
  const rows = queues.map(({ name, info, location, makeAndModel, isStopped }) => [
    `<a href="/printers/${encodeURIComponent(name)}">${escapeHtml(name)}</a>`,
    escapeHtml(info),
    escapeHtml(location),
    escapeHtml(makeAndModel),
    isStopped ? 'Paused' : 'Idle',
  ])
  return table(['Queue Name', 'Description', 'Location', 'Make and Model', 'Status'], rows)
}

function queuePage(spooler: Spooler, { name, info, location, makeAndModel, deviceUri, isAccepting, isStopped, isShared }: Queue): string {
  const facts: [string, string][] = [
    ['Description', info],
    ['Location', location],
    ['Driver', makeAndModel],
    ['Connection', deviceUri],
    ['Defaults', 'job-sheets=none, none media=iso_a4_210x297mm'],
  ]
  const state = `${isStopped ? 'Paused' : 'Idle'}, ${isAccepting ? 'Accepting' : 'Rejecting'} Jobs, ${isShared ? 'Shared' : 'Not Shared'}`
  const now = Date.now()
  return `<h1>${escapeHtml(name)} (${state})</h1>\n${table(
    ['', ''],
    facts.map(([key, value]) => [key, escapeHtml(value)]),
  )}\n<h2>Jobs</h2>\n${jobTable(spooler.jobsOf(name).filter((job) => !isDone(job, now)))}`
}

function jobTable(jobs: readonly Job[]): string {
  if (jobs.length === 0) return '<p>No jobs.</p>'
  const now = Date.now()
  const words: Readonly<Record<number, string>> = {
    [JOB_STATE.pending]: 'pending',
    [JOB_STATE.held]: 'held',
    [JOB_STATE.processing]: 'processing',
  }
  return table(
    ['ID', 'Name', 'User', 'Size', 'Pages', 'State'],
    jobs.map((job) => [
      `${escapeHtml(job.queue)}-${job.id}`,
      escapeHtml(job.name),
      escapeHtml(job.user),
      `${Math.ceil(job.bytes / 1024)}k`,
      String(job.pages),
      words[stateOf(job, now)] ?? 'completed',
    ]),
  )
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string): string => `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`
  return `<table class="list"><thead>${line(heads, 'th')}</thead><tbody>${rows.map((row) => line(row, 'td')).join('\n')}</tbody></table>`
}
