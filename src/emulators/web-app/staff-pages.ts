import { posix } from 'node:path'
import { evidence } from '../../events/bytes.ts'
import { HostError } from '../../host/contract.ts'
import { escapeHtml, redirect, type WebResponse } from '../../http/index.ts'
import { fetched } from './attacks/fetch.ts'
import { included } from './attacks/include.ts'
import { runCommand } from './attacks/php.ts'
import { rendered } from './attacks/template.ts'
import { SHOP_ROOT, type ShopContext, WEB_USER } from './shop-context.ts'
import { shopNameOf } from './shop-name.ts'
import { sessionLines, shopPage, table } from './view.ts'

type Page = (shop: ShopContext) => Promise<WebResponse>

/** Where uploads lie below the site. */
export const UPLOADS = '/uploads/'
const WEB_ID = 33

/** A page that only staff sees; others are sent to the door. */
function forStaff(page: Page): Page {
  return async (shop) => {
    const { user } = shop.visitor
    if (!user || user.role === 'customer') return redirect('/login.php', 302, sessionLines(shop))
    shop.visit.record('web-app.admin', { user: user.name.slice(0, 128), page: evidence(shop.request.target.slice(0, 1_024)) })
    return page(shop)
  }
}

const MENU =
  '<p><a href="/admin/?view=orders">Orders</a> &middot; <a href="/admin/?view=users">Users</a> &middot; <a href="/admin/?view=settings">Settings</a> &middot; <a href="/admin/upload.php">Images</a> &middot; <a href="/admin/template.php">Newsletter</a> &middot; <a href="/export.php?table=orders">Export</a></p>'
const VIEWS: Readonly<Record<string, string>> = {
  orders: 'SELECT id, user_id, total, card, status, created FROM orders ORDER BY id DESC LIMIT 50',
  users: 'SELECT id, username, email, fullname, role FROM users ORDER BY id LIMIT 100',
  settings: 'SELECT name, value FROM settings',
}

/** `/admin/` */
export const admin: Page = forStaff(async (shop) => {
  const view = shop.request.query.get('view') ?? 'orders'
  const rows = await shop.database.query(VIEWS[view] ?? (VIEWS.orders as string))
  return shopPage(shop, 'Administration', `<h1>Administration</h1>${MENU}${table(rows)}`)
})

/** `/export.php?table=`: any table, for anybody. */
export const exported: Page = async (shop) => {
  const name = shop.request.query.get('table') ?? 'products'
  const attack = shop.attacks.find(({ input, rule }) => input.name === 'table' && rule.class === 'sql')
  if (attack) shop.worked.add(attack)
  const rows = await shop.database.query(`SELECT * FROM ${name}`, attack !== undefined)
  const names = Object.keys(rows[0] ?? {})
  const field = (text: string | null | undefined): string =>
    /[",\n]/.test(text ?? '') ? `"${(text ?? '').replaceAll('"', '""')}"` : (text ?? '')
  const body = [names.join(','), ...rows.map((row) => names.map((one) => field(row[one])).join(','))].join('\n')
  return {
    status: 200,
    headers: [
      ['Content-Type', 'text/csv; charset=utf-8'],
      ['Content-Disposition', 'attachment; filename="export.csv"'],
      ...sessionLines(shop),
    ],
    body: `${body}\n`,
    dynamic: true,
  }
}

/** `/admin/upload.php` and `/upload.php`: takes any file, and the server runs what ends in .php. */
export const upload: Page = async (shop) => {
  const { request, visit } = shop
  const part = request.multipart().find(({ filename }) => filename !== undefined && filename !== '')
  let said = ''
  if (request.method === 'POST' && part?.filename !== undefined) {
    const name = posix.basename(part.filename.replaceAll('\\', '/').replace(/\0.*$/s, '')).slice(0, 128)
    const { sha256 } = visit.capture(part.body, { how: 'web-app.upload', name: evidence(part.filename.slice(0, 512)) })
    const isKept = /^[\w][\w. ()-]*$/.test(name) && write(`${SHOP_ROOT}${UPLOADS}${name}`, part.body, shop)
    const tags = /\.(php\d?|phtml|phar)$/i.test(name) ? ['attack:T1505.003', 'attack:T1105'] : ['attack:T1105']
    visit.record(
      'web-app.upload',
      { name: evidence(part.filename.slice(0, 512)), path: `${UPLOADS}${name}`, sha256, bytes: part.body.length },
      tags,
    )
    said = isKept
      ? `<p>Saved as <a href="${UPLOADS}${encodeURIComponent(name)}">${escapeHtml(name)}</a></p>`
      : '<div class="error">The file could not be saved.</div>'
  }
  return shopPage(
    shop,
    'Upload',
    `<h1>Upload a picture</h1>${said}<form class="box" method="post" enctype="multipart/form-data"><label>File <input type="file" name="file"></label><button class="button">Upload</button></form>`,
  )
}

function write(path: string, bytes: Buffer, { host }: ShopContext): boolean {
  try {
    const files = host.files('root')
    let at = ''
    for (const part of posix.dirname(path).split('/').slice(1)) {
      at += `/${part}`
      if (exists(at, files)) continue
      files.mkdir(at, 0o755)
      files.chown(at, WEB_ID, WEB_ID)
    }
    host.files(WEB_USER).write(path, bytes, 0o644)
    return true
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

function exists(path: string, files: ReturnType<ShopContext['host']['files']>): boolean {
  try {
    files.stat(path)
    return true
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

/** `/admin/template.php`: a preview of the newsletter, rendered by Twig. */
export const template: Page = forStaff(async (shop) => {
  const text = shop.request.form().get('template') ?? 'Dear {{ customer }},\n\nthis month: {{ 3*4 }} new products.'
  const preview = await rendered(text.slice(0, 16_384), shop)
  for (const attack of shop.attacks) if (attack.input.name === 'template') shop.worked.add(attack)
  return shopPage(
    shop,
    'Newsletter',
    `<h1>Newsletter</h1><form class="box" method="post"><label>Template <textarea name="template" rows="6">${escapeHtml(text)}</textarea></label><button class="button">Preview</button></form><h2>Preview</h2><pre>${preview}</pre>`,
  )
})

const STAFF = [
  { Name: 'Maja Lindqvist', Department: 'Purchasing', Extension: '21' },
  { Name: 'Peter Osei', Department: 'Warehouse', Extension: '34' },
  { Name: 'Ruth Abel', Department: 'Accounts', Extension: '12' },
]

/** `/intranet/` */
export const intranet: Page = (shop) =>
  shopPage(
    shop,
    'Intranet',
    `<h1>Staff pages</h1><p><a href="/intranet/ping.php">Network test</a> &middot; <a href="/intranet/documents.php?file=welcome.txt">Documents</a> &middot; <a href="/intranet/preview.php">Link preview</a> &middot; <a href="/admin/">Administration</a></p>${table(STAFF)}`,
  )

/** `/intranet/ping.php?host=`: the address stands in a command line. */
export const ping: Page = async (shop) => {
  const host = shop.request.form().get('host') ?? shop.request.query.get('host')
  let output = ''
  if (host !== null) {
    for (const attack of shop.attacks) if (attack.input.name === 'host' && attack.rule.class === 'command') shop.worked.add(attack)
    output = `<pre>${escapeHtml(await runCommand(`ping -c 1 ${host.slice(0, 4_000)}`, shop))}</pre>`
  }
  return shopPage(
    shop,
    'Network test',
    `<h1>Network test</h1><form class="box" method="post" action="/intranet/ping.php"><label>Host <input name="host"></label><button class="button">Ping</button></form>${output}`,
  )
}

/** `/intranet/documents.php?file=` */
export const documents: Page = async (shop) => {
  const name = shop.request.query.get('file') ?? 'welcome.txt'
  if (name === 'welcome.txt') {
    return shopPage(
      shop,
      'Documents',
      `<pre>Welcome to ${shopNameOf(shop.lure.identity).short}!\n\nWarehouse door code and VPN access: ask Peter.\nThe admin pages of the shop are at /admin/.</pre>`,
    )
  }
  const { output, worked } = await included(name, shop)
  for (const attack of shop.attacks) if (worked && attack.input.name === 'file') shop.worked.add(attack)
  return shopPage(shop, 'Documents', `<pre>${output}</pre>`)
}

/** `/intranet/preview.php?url=`: shows what is behind a link, whoever's it is. */
export const preview: Page = async (shop) => {
  const url = shop.request.form().get('url') ?? shop.request.query.get('url')
  let output = ''
  if (url !== null) {
    const { text, worked } = fetched(url.slice(0, 2_048), shop)
    for (const attack of shop.attacks) if (worked && attack.input.name === 'url') shop.worked.add(attack)
    output = `<pre>${escapeHtml(text)}</pre>`
  }
  return shopPage(
    shop,
    'Link preview',
    `<h1>Link preview</h1><form class="box" method="post" action="/intranet/preview.php"><label>Address <input name="url"></label><button class="button">Show</button></form>${output}`,
  )
}
