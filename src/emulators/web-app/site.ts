import { posix } from 'node:path'
import { isWebShell, pageFacts, runPhp, runWebShell, type WebRequest, type WebResponse, type WebServer } from '../../http/index.ts'
import { emulated, injectedHeaders } from './attacks/emulate.ts'
import { readFile } from './attacks/include.ts'
import { phpMachine } from './attacks/php.ts'
import type { Input } from './classify.ts'
import { SHOP_ROOT, type ShopContext } from './shop-context.ts'
import { DatabaseFailure } from './shop-database.ts'
import * as shopPages from './shop-pages.ts'
import * as staff from './staff-pages.ts'
import { STYLE } from './view.ts'

type Page = (shop: ShopContext) => Promise<WebResponse>

const PAGES: Readonly<Record<string, Page>> = {
  '/': shopPages.front,
  '/index.php': shopPages.front,
  // Names of an older shop, which its links from outside still use.
  '/index.html': shopPages.front,
  '/page': shopPages.front,
  '/page.php': shopPages.front,
  '/cgi-bin/ping.cgi': staff.ping,
  '/product.php': shopPages.productPage,
  '/category.php': shopPages.category,
  '/search.php': shopPages.search,
  '/comment.php': shopPages.comment,
  '/cart.php': shopPages.cart,
  '/login.php': shopPages.login,
  '/register.php': shopPages.register,
  '/logout.php': shopPages.logout,
  '/account.php': shopPages.account,
  '/redirect.php': shopPages.openRedirect,
  '/contact.php': shopPages.contact,
  '/api': shopPages.api,
  '/api/': shopPages.api,
  '/api/products': shopPages.api,
  '/export.php': staff.exported,
  '/upload.php': staff.upload,
  '/admin/': staff.admin,
  '/admin/index.php': staff.admin,
  '/admin/upload.php': staff.upload,
  '/admin/template.php': staff.template,
  '/intranet/': staff.intranet,
  '/intranet/ping.php': staff.ping,
  '/intranet/documents.php': staff.documents,
  '/intranet/preview.php': staff.preview,
}
/** Folders of the document root: without the slash they are moved, and their files are not listed. */
const FOLDERS = ['/admin', '/assets', '/intranet', '/uploads']
const ROBOTS = 'User-agent: *\nDisallow: /admin/\nDisallow: /intranet/\nDisallow: /export.php\nDisallow: /backup/\n'

/** The answer of the shop to a request: its page, what attacks in it lead to, or the server's own 404. */
export async function shopAnswer(shop: ShopContext, server: WebServer): Promise<WebResponse> {
  const { request } = shop
  const fixed = fixedFile(shop) ?? folder(request, server)
  if (fixed) return fixed
  const page = PAGES[request.path]
  if (!page) return (await uploaded(shop)) ?? server.page(404, pageFacts(request))
  const response = await pageOf(page, shop)
  return withEffects(response, shop)
}

async function pageOf(page: Page, shop: ShopContext): Promise<WebResponse> {
  try {
    return await page(shop)
  } catch (error) {
    if (!(error instanceof DatabaseFailure)) throw error
    return fatalError(error.message, shop)
  }
}

/** PHP 8 with errors shown, as a shop in development has them. */
function fatalError(message: string, { request }: ShopContext): WebResponse {
  const script = `${SHOP_ROOT}${request.path === '/' ? '/index.php' : request.path}`
  const body = `<br />\n<b>Fatal error</b>:  Uncaught mysqli_sql_exception: ${message} in ${script}:12\nStack trace:\n#0 ${script}(12): mysqli-&gt;query()\n#1 {main}\n  thrown in <b>${script}</b> on line <b>12</b><br />\n`
  return { status: 200, headers: [['Content-Type', 'text/html; charset=UTF-8']], body, dynamic: true }
}

/** Places that no page prints. */
const DEAF: ReadonlySet<Input['place']> = new Set(['header', 'path', 'upload', 'xml'])

/** What attacks that no page took up lead to: printed where the page's text begins, or header lines of their own. */
async function withEffects(response: WebResponse, shop: ShopContext): Promise<WebResponse> {
  let printed = ''
  const headers = [...(response.headers ?? [])]
  for (const attack of shop.attacks) {
    const { input, rule, value } = attack
    const lines = /[\r\n]/.test(value) && input.place !== 'form' ? injectedHeaders(value) : []
    if (lines.length > 0) shop.worked.add(attack)
    headers.push(...lines)
    if (shop.worked.has(attack) || rule.emulated === undefined || DEAF.has(input.place)) continue
    const effect = await emulated(attack, shop)
    if (!effect) continue
    if (effect.worked) shop.worked.add(attack)
    printed += effect.output
  }
  const body =
    typeof response.body === 'string' && printed !== ''
      ? response.body.replace('<main class="wide">', () => `<main class="wide">${printed}`)
      : response.body
  return { ...response, headers, ...(body === undefined ? {} : { body }) }
}

function fixedFile({ request, lure }: ShopContext): WebResponse | undefined {
  const modified = Date.UTC(2025, 2, 4) + lure.identity.integer('web-app/files', 0, 90 * 86_400) * 1000
  switch (request.path) {
    case '/assets/shop.css':
      return { status: 200, headers: [['Content-Type', 'text/css']], body: STYLE, file: { modified } }
    case '/robots.txt':
      return { status: 200, headers: [['Content-Type', 'text/plain']], body: ROBOTS, file: { modified } }
    default:
      return undefined
  }
}

function folder(request: WebRequest, server: WebServer): WebResponse | undefined {
  const { path } = request
  if (FOLDERS.includes(path)) return server.toFolder(`${path}/`, pageFacts(request))
  return FOLDERS.includes(path.slice(0, -1)) && !Object.hasOwn(PAGES, path) ? server.page(403, pageFacts(request)) : undefined
}

/** A file that this source has put below the site: what PHP is runs. */
async function uploaded(shop: ShopContext): Promise<WebResponse | undefined> {
  const { request, host } = shop
  const path = posix.join(SHOP_ROOT, request.path)
  if (!path.startsWith(`${SHOP_ROOT}${staff.UPLOADS}`)) return undefined
  const bytes = readFile(path, shop)
  if (!bytes) return undefined
  if (!/\.(php\d?|phtml|phar)$/i.test(path)) return { status: 200, headers: [['Content-Type', typeOf(path)]], body: bytes }
  if (isWebShell(bytes)) return runWebShell(bytes, request, host, posix.dirname(path))
  const body = await runPhp(bytes.toString('latin1'), phpMachine(shop))
  return { status: 200, headers: [['Content-Type', 'text/html; charset=UTF-8']], body: Buffer.from(body, 'latin1'), dynamic: true }
}

function typeOf(path: string): string {
  const types: Record<string, string> = {
    png: 'image/png',
    jpg: 'image/jpeg',
    gif: 'image/gif',
    txt: 'text/plain',
    html: 'text/html',
    svg: 'image/svg+xml',
  }
  return types[path.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'application/octet-stream'
}
