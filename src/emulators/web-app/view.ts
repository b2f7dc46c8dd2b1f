import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { escapeHtml, fillPage, type HeaderLine, html, type WebResponse } from '../../http/index.ts'
import type { ShopContext } from './shop-context.ts'
import type { ShopRow } from './shop-database.ts'
import { shopNameOf } from './shop-name.ts'
import { SESSION_COOKIE } from './visitors.ts'

const page = (name: string): string => readFileSync(new URL(`pages/${name}`, import.meta.url), 'utf8')
const layout = page('layout.html')

/** Pages that are texts, by name. */
export const TEXTS: ReadonlyMap<string, string> = new Map(['about.html', 'shipping.html', 'privacy.html'].map((name) => [name, page(name)]))
export const STYLE = page('shop.css')
const DRAWINGS = z.array(z.string()).parse(parse(page('drawings.yaml')))

/** What PHP sends with a page that has a session. */
const NO_CACHE: HeaderLine[] = [
  ['Expires', 'Thu, 19 Nov 1981 08:52:00 GMT'],
  ['Cache-Control', 'no-store, no-cache, must-revalidate'],
  ['Pragma', 'no-cache'],
]

/** Lines that set the session's cookie for who has none. */
export function sessionLines({ visitor }: ShopContext): HeaderLine[] {
  return [...(visitor.isNew ? [['Set-Cookie', `${SESSION_COOKIE}=${visitor.id}; path=/`] as HeaderLine] : []), ...NO_CACHE]
}

/** A page of the shop. `body` is HTML; what came from the database or the request is as safe in it as the page left it. */
export async function shopPage(shop: ShopContext, title: string, body: string, status = 200): Promise<WebResponse> {
  const { visitor, request, database } = shop
  const categories = await database.query('SELECT id, name FROM categories ORDER BY id')
  const pieces = [...visitor.cart.values()].reduce((sum, n) => sum + n, 0)
  const name = shopNameOf(shop.lure.identity)
  const text = fillPage(layout, {
    title,
    shop: name.full,
    brand: name.short.toUpperCase(),
    trade: name.trade.toLowerCase(),
    query: request.path === '/search.php' ? (request.query.get('q') ?? '') : '',
    account: visitor.user
      ? `<a href="/account.php">${escapeHtml(visitor.user.name)}</a> <a href="/logout.php">Sign out</a>`
      : '<a href="/login.php">Sign in</a>',
    cart: String(pieces),
    categories: categories.map(({ id, name }) => `<a href="/category.php?cat=${id}">${escapeHtml(name ?? '')}</a>`).join(''),
    notice: '',
    year: String(new Date().getFullYear()),
    body,
  })
  return html(text, status, sessionLines(shop))
}

export function productCard({ id, name, price }: ShopRow): string {
  return `<a class="card" href="/index.php?id=${escapeHtml(id ?? '')}">${picture(id ?? '')}<div><h3>${escapeHtml(name ?? '')}</h3><span class="price">&euro; ${escapeHtml(price ?? '')}</span></div></a>`
}

export function productView({ id, name, description, price, stock }: ShopRow, comments: readonly ShopRow[]): string {
  const said = comments.map(({ author, comment }) => `<div class="comment"><b>${author ?? ''}</b><p>${comment ?? ''}</p></div>`).join('')
  return `<div class="product">${picture(id ?? '')}<div><h1>${name ?? ''}</h1><p>${description ?? ''}</p><p class="price">&euro; ${price ?? ''}</p><p>${stock ?? ''} in stock</p>
<form method="post" action="/cart.php"><input type="hidden" name="product" value="${escapeHtml(id ?? '')}"><button class="buy">Add to cart</button></form></div></div>
<h2>Comments</h2>${said || '<p>Nobody has said anything yet.</p>'}
<form class="box" method="post" action="/comment.php" style="margin-top:20px"><input type="hidden" name="product" value="${escapeHtml(id ?? '')}"><label>Name <input name="author"></label><label>Comment <textarea name="comment" rows="3"></textarea></label><button class="button">Send</button></form>`
}

/** A picture of a product on a colour of its own; what somebody put into the table has hills. */
function picture(id: string): string {
  const hue = [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 47)
  const drawn = DRAWINGS[Number(id) - 1] ?? hills(hue)
  return `<svg viewBox="0 0 300 200" preserveAspectRatio="xMidYMid slice" aria-hidden="true"><rect width="300" height="200" fill="hsl(${(hue * 47) % 360},30%,90%)"/>${drawn}</svg>`
}

function hills(hue: number): string {
  return `<path d="M0 200 L70 ${90 + (hue % 30)} L130 150 L200 ${70 + (hue % 40)} L300 200Z" fill="hsl(${hue},34%,46%)"/><path d="M0 200 L110 140 L180 178 L250 132 L300 200Z" fill="hsl(${hue},38%,30%)"/>`
}

/** A table of rows with the names of their columns. */
export function table(rows: readonly ShopRow[]): string {
  const names = Object.keys(rows[0] ?? {})
  const head = names.map((name) => `<th>${escapeHtml(name)}</th>`).join('')
  const lines = rows.map((row) => `<tr>${names.map((name) => `<td>${row[name] ?? ''}</td>`).join('')}</tr>`)
  return `<table><tr>${head}</tr>\n${lines.join('\n')}</table>`
}
