import { createHash } from 'node:crypto'
import { evidence } from '../../events/bytes.ts'
import { escapeHtml, fillPage, redirect, type WebResponse } from '../../http/index.ts'
import { included } from './attacks/include.ts'
import { elementText, resolvedXml } from './attacks/xml.ts'
import type { ShopContext } from './shop-context.ts'
import { quoted } from './shop-database.ts'
import { shopNameOf } from './shop-name.ts'
import { productCard, productView, sessionLines, shopPage, TEXTS, table } from './view.ts'

type Page = (shop: ShopContext) => Promise<WebResponse>

const PRODUCT = 'id, name, description, price, stock'

/** The query of a page with a value of the request in it; whether an attack got through is noted. */
async function asked(shop: ShopContext, name: string, sql: string): ReturnType<ShopContext['database']['query']> {
  const attack = shop.attacks.find(({ input, rule }) => input.name === name && rule.class === 'sql')
  if (attack) shop.worked.add(attack)
  return shop.database.query(sql, attack !== undefined)
}

/** `/` and `/index.php`: the shelves, one product, or a text. */
export const front: Page = async (shop) => {
  const { query } = shop.request
  const id = query.get('id')
  if (id !== null) return product(shop, id, 'id')
  const name = query.get('page') ?? query.get('file')
  if (name !== null) return textPage(shop, name)
  const rows = await shop.database.query(`SELECT ${PRODUCT} FROM products ORDER BY id`)
  const hero = '<section class="hero"><h1>Made for bad weather</h1><p>Tents, ropes and lights that we carry ourselves.</p></section>'
  return shopPage(shop, 'Welcome', `${hero}<div class="grid">${rows.map(productCard).join('')}</div>`)
}

/** `/product.php?id=` */
export const productPage: Page = (shop) => product(shop, shop.request.query.get('id') ?? '0', 'id')

async function product(shop: ShopContext, id: string, name: string): Promise<WebResponse> {
  const [row] = await asked(shop, name, `SELECT ${PRODUCT} FROM products WHERE id = ${id}`)
  if (!row) return shopPage(shop, 'Not found', '<h1>This product is no longer sold</h1><p><a href="/">Back to the shop</a></p>')
  const comments = await shop.database.query(`SELECT author, comment FROM comments WHERE product_id = ${quoted(row.id ?? '')} ORDER BY id`)
  return shopPage(shop, row.name ?? '', productView(row, comments))
}

async function textPage(shop: ShopContext, name: string): Promise<WebResponse> {
  const known = TEXTS.get(name)
  if (known !== undefined) return shopPage(shop, 'Information', fillPage(known, { shop: shopNameOf(shop.lure.identity).full }))
  const { output, worked } = await included(name, shop)
  for (const attack of shop.attacks) if (worked && attack.input.place === 'query') shop.worked.add(attack)
  return shopPage(shop, 'Information', output)
}

/** `/category.php?cat=` */
export const category: Page = async (shop) => {
  const cat = shop.request.query.get('cat') ?? '1'
  const rows = await asked(shop, 'cat', `SELECT ${PRODUCT} FROM products WHERE category_id = '${cat}' ORDER BY price`)
  return shopPage(shop, 'Products', `<div class="grid">${rows.map(productCard).join('')}</div>`)
}

/** `/search.php?q=`: the words come back as they are. */
export const search: Page = async (shop) => {
  const words = shop.request.query.get('q') ?? ''
  const rows = await asked(shop, 'q', `SELECT ${PRODUCT} FROM products WHERE name LIKE '%${words}%' OR description LIKE '%${words}%'`)
  for (const attack of shop.attacks) if (attack.input.name === 'q' && attack.rule.class === 'xss') shop.worked.add(attack)
  const found = `<h2>${rows.length} results for ${words}</h2>`
  return shopPage(shop, 'Search', `${found}<div class="grid">${rows.map(productCard).join('')}</div>`)
}

/** `/comment.php`: stored, and shown to who wrote it as it was written. */
export const comment: Page = async (shop) => {
  const form = shop.request.form()
  const id = form.get('product') ?? ''
  const [author, text] = [form.get('author') ?? '', form.get('comment') ?? '']
  if (shop.request.method === 'POST' && text !== '') {
    await shop.database.query(
      `INSERT INTO comments (product_id, author, comment) VALUES (${quoted(id)}, ${quoted(author.slice(0, 60))}, ${quoted(text.slice(0, 4_000))})`,
    )
    for (const attack of shop.attacks) if (attack.input.place === 'form' && attack.rule.class === 'xss') shop.worked.add(attack)
  }
  return redirect(`/index.php?id=${encodeURIComponent(id)}`, 302, sessionLines(shop))
}

/** `/cart.php` */
export const cart: Page = async (shop) => {
  const { request, visitor } = shop
  const form = request.form()
  const added = form.get('product')
  if (request.method === 'POST' && added !== null && visitor.cart.size < 50)
    visitor.cart.set(added.slice(0, 20), Math.min(99, (visitor.cart.get(added) ?? 0) + 1))
  if (request.method === 'POST' && form.get('order') !== null && visitor.cart.size > 0) return order(shop)
  const ids = [...visitor.cart.keys()].filter((id) => /^\d{1,9}$/.test(id))
  const rows = ids.length > 0 ? await shop.database.query(`SELECT id, name, price FROM products WHERE id IN (${ids.join(',')})`) : []
  const lines = rows.map(({ id, name, price }) => ({
    Product: escapeHtml(name ?? ''),
    Pieces: String(visitor.cart.get(id ?? '') ?? 0),
    Price: price ?? '',
  }))
  const total = rows.reduce((sum, { id, price }) => sum + Number(price) * (visitor.cart.get(id ?? '') ?? 0), 0)
  const checkout = `<form class="box" method="post" style="margin-top:20px"><p class="price">Total &euro; ${total.toFixed(2)}</p><label>Address <input name="address"></label><label>Card number <input name="card"></label><input type="hidden" name="order" value="1"><button class="button">Order</button></form>`
  return shopPage(shop, 'Cart', `<h1>Your cart</h1>${rows.length > 0 ? table(lines) + checkout : '<p>Your cart is empty.</p>'}`)
}

async function order(shop: ShopContext): Promise<WebResponse> {
  const { visitor, request, database } = shop
  const form = request.form()
  const user = visitor.user?.id ?? '0'
  const [address, card] = [form.get('address') ?? '', form.get('card') ?? '']
  await database.query(
    `INSERT INTO orders (user_id, total, address, card, status, created) VALUES (${quoted(user)}, 0, ${quoted(address.slice(0, 160))}, ${quoted(card.slice(0, 24))}, 'new', NOW())`,
  )
  visitor.cart.clear()
  return shopPage(shop, 'Thank you', '<h1>Thank you</h1><p>We have your order and send the bill by e-mail.</p>')
}

/** `/login.php`: name and password stand in the query as they come. */
export const login: Page = async (shop) => {
  const { request, visit, visitor } = shop
  const form = request.form()
  let wrong = ''
  if (request.method === 'POST') {
    const [name, password] = [form.get('username') ?? '', form.get('password') ?? '']
    const hash = createHash('md5').update(password).digest('hex')
    const [user] = await asked(shop, 'username', `SELECT id, username, role FROM users WHERE username = '${name}' AND password = '${hash}'`)
    visit.login({
      method: 'form',
      username: evidence(name.slice(0, 1_024)),
      password: evidence(password.slice(0, 1_024)),
      accepted: user !== undefined,
    })
    if (user) {
      visitor.user = { id: user.id ?? '0', name: user.username ?? '', role: user.role ?? 'customer' }
      return redirect(visitor.user.role === 'customer' ? '/account.php' : '/admin/', 302, sessionLines(shop))
    }
    wrong = '<div class="error">Wrong user name or password.</div>'
  }
  return shopPage(
    shop,
    'Sign in',
    `<h1>Sign in</h1>${wrong}<form class="box" method="post" action="/login.php"><label>User name <input name="username"></label><label>Password <input type="password" name="password"></label><button class="button">Sign in</button><p><a href="/register.php">Create an account</a></p></form>`,
  )
}

/** `/register.php` */
export const register: Page = async (shop) => {
  const form = shop.request.form()
  const [name, email, password] = [form.get('username') ?? '', form.get('email') ?? '', form.get('password') ?? '']
  if (shop.request.method === 'POST' && name !== '') {
    const hash = createHash('md5').update(password).digest('hex')
    shop.visit.login({
      method: 'registration',
      username: evidence(name.slice(0, 1_024)),
      password: evidence(password.slice(0, 1_024)),
      accepted: true,
    })
    await shop.database.query(
      `INSERT INTO users (username, email, password, fullname, role, created) VALUES (${quoted(name.slice(0, 60))}, ${quoted(email.slice(0, 120))}, '${hash}', ${quoted(name.slice(0, 60))}, 'customer', NOW())`,
    )
    return redirect('/login.php', 302, sessionLines(shop))
  }
  return shopPage(
    shop,
    'Create an account',
    '<h1>Create an account</h1><form class="box" method="post"><label>User name <input name="username"></label><label>E-mail <input name="email"></label><label>Password <input type="password" name="password"></label><button class="button">Create</button></form>',
  )
}

export const logout: Page = async (shop) => {
  shop.visitor.user = undefined
  return redirect('/', 302, sessionLines(shop))
}

/** `/account.php`: the orders of who is signed in, or of `?user=`, whom nobody checks. */
export const account: Page = async (shop) => {
  const { user } = shop.visitor
  if (!user) return redirect('/login.php', 302, sessionLines(shop))
  const of = shop.request.query.get('user') ?? user.id
  const rows = await asked(shop, 'user', `SELECT id, total, status, created FROM orders WHERE user_id = ${of}`)
  return shopPage(
    shop,
    'Your account',
    `<h1>${escapeHtml(user.name)}</h1><h2>Orders</h2>${rows.length > 0 ? table(rows) : '<p>No orders yet.</p>'}`,
  )
}

/** `/redirect.php?url=`: goes wherever it is told to. */
export const openRedirect: Page = async (shop) => {
  const url = shop.request.query.get('url') ?? '/'
  for (const attack of shop.attacks) if (attack.input.name === 'url') shop.worked.add(attack)
  if (/^(https?:)?\/\//i.test(url))
    shop.visit.record('indicator', { kind: 'url', value: evidence(url.slice(0, 2_048)), how: 'web-app.redirect' })
  return redirect(url.replace(/[\r\n].*$/s, '').slice(0, 2_048), 302, sessionLines(shop))
}

/** `/contact.php` */
export const contact: Page = (shop) =>
  shopPage(
    shop,
    'Contact',
    `<h1>Contact</h1>${shop.request.method === 'POST' ? `<p>Thank you, ${shop.request.form().get('name') ?? ''}. We answer within two days.</p>` : ''}<form class="box" method="post"><label>Name <input name="name"></label><label>E-mail <input name="email"></label><label>Message <textarea name="message" rows="4"></textarea></label><button class="button">Send</button></form>`,
  )

/** `/api/…`: products as JSON; XML is parsed with its entities. */
export const api: Page = async (shop) => {
  const { request } = shop
  const text = request.body.subarray(0, 256 * 1024).toString('utf8')
  if (/<[?!a-z]/i.test(text) && (/xml/i.test(request.header('content-type') ?? '') || text.trimStart().startsWith('<'))) {
    for (const attack of shop.attacks) if (attack.rule.class === 'xxe') shop.worked.add(attack)
    const document = resolvedXml(text, shop)
    const said = elementText(document, 'name') ?? elementText(document, 'search') ?? document.replace(/<[^>]{0,500}>/g, ' ').trim()
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<response><status>ok</status><message>No product named ${said}</message></response>\n`
    return { status: 200, headers: [['Content-Type', 'application/xml; charset=utf-8']], body, dynamic: true }
  }
  const id = request.query.get('id')
  const rows =
    id === null
      ? await shop.database.query(`SELECT ${PRODUCT} FROM products`)
      : await asked(shop, 'id', `SELECT ${PRODUCT} FROM products WHERE id = ${id}`)
  return {
    status: 200,
    headers: [['Content-Type', 'application/json; charset=utf-8']],
    body: JSON.stringify({ products: rows }),
    dynamic: true,
  }
}
