import { createHash } from 'node:crypto'
import type { WebResponse } from '../../http/index.ts'
import { addressOf, type BlogEntry, type BlogUser } from './blog.ts'
import { makeAccount, signIn } from './desk.ts'
import { paragraphsOf } from './front.ts'
import { restIndex } from './rest-index.ts'
import { phpJson, type SiteContext } from './site-context.ts'

/** The REST API below `/wp-json`. @param route such as `/wp/v2/users/1` */
export function restAnswer(context: SiteContext, route: string): WebResponse {
  const basic = context.request.basicCredentials()
  const signedIn = basic ? signIn(context, 'basic', basic.username, basic.password) : undefined
  const user = typeof signedIn === 'object' ? signedIn : context.user
  const { method } = context.request
  if (route === '/' || route === '') return reply(context, restIndex(context), { allow: 'GET' })
  const [, collection = '', rest = ''] = /^\/wp\/v2\/([a-z-]{1,40})\/?([^/]{0,64})\/?$/.exec(route) ?? []
  if (route.startsWith('/oembed/1.0/embed')) return oembed(context)
  const answer = Object.hasOwn(COLLECTIONS, collection) ? COLLECTIONS[collection] : undefined
  if (!answer) return failure(context, 404, 'rest_no_route', 'No route was found matching the URL and request method.', undefined)
  if (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS') return write(context, collection, user)
  return answer(context, rest, user)
}

type Collection = (context: SiteContext, id: string, user: BlogUser | undefined) => WebResponse

const COLLECTIONS: Readonly<Record<string, Collection>> = {
  users: (context, id, user) => {
    const { blog, visit } = context
    if (id === 'me')
      return user
        ? reply(context, userShape(context, user))
        : failure(context, 401, 'rest_not_logged_in', 'You are not currently logged in.')
    if (id === '') {
      visit.record('wordpress.probe', { kind: 'user', name: '*', found: true }, ['attack:T1589.001'])
      return listed(
        context,
        blog.users.map((one) => userShape(context, one)),
      )
    }
    const found = blog.users.find((one) => String(one.id) === id)
    return found ? reply(context, userShape(context, found)) : failure(context, 404, 'rest_user_invalid_id', 'Invalid user ID.')
  },
  posts: (context, id) => entries(context, context.blog.posts, id, false),
  pages: (context, id) => entries(context, context.blog.pages, id, true),
  categories: (context, id) => {
    const shapes = context.blog.categories.map(({ id: number, name, slug }) => ({
      id: number,
      count: context.blog.posts.filter(({ category }) => category + 1 === number).length,
      description: '',
      link: `${context.url}/category/${slug}/`,
      name,
      slug,
      taxonomy: 'category',
      parent: 0,
      meta: [],
    }))
    if (id === '') return listed(context, shapes)
    const found = shapes.find((one) => String(one.id) === id)
    return found ? reply(context, found) : failure(context, 404, 'rest_term_invalid', 'Term does not exist.')
  },
  tags: (context) => listed(context, []),
  comments: (context) => listed(context, []),
  media: (context) => listed(context, []),
  search: (context) =>
    listed(
      context,
      context.blog.posts
        .slice(0, 5)
        .map((post) => ({ id: post.id, title: post.title, url: context.url + addressOf(post), type: 'post', subtype: 'post' })),
    ),
  types: (context) =>
    reply(context, {
      post: { description: '', hierarchical: false, name: 'Posts', slug: 'post', rest_base: 'posts', rest_namespace: 'wp/v2' },
      page: { description: '', hierarchical: true, name: 'Pages', slug: 'page', rest_base: 'pages', rest_namespace: 'wp/v2' },
    }),
  statuses: (context) =>
    reply(context, { publish: { name: 'Published', public: true, queryable: true, slug: 'publish', date_floating: false } }),
  taxonomies: (context) =>
    reply(context, {
      category: { name: 'Categories', slug: 'category', rest_base: 'categories', rest_namespace: 'wp/v2' },
      post_tag: { name: 'Tags', slug: 'post_tag', rest_base: 'tags', rest_namespace: 'wp/v2' },
    }),
  settings: (context, _, user) => {
    if (user?.id !== 1) return failure(context, 401, 'rest_forbidden', 'Sorry, you are not allowed to do that.')
    const { blog, url } = context
    return reply(context, {
      title: blog.title,
      description: blog.tagline,
      url,
      email: user.email,
      timezone: '',
      date_format: 'F j, Y',
      language: '',
      posts_per_page: 10,
      default_role: 'subscriber',
    })
  },
  plugins: (context, _, user) =>
    user?.id === 1
      ? listed(
          context,
          context.plugins.map(({ slug, name, version, active }) => ({
            plugin: `${slug}/${slug}`,
            status: active ? 'active' : 'inactive',
            name,
            version,
          })),
        )
      : failure(context, 401, 'rest_cannot_view_plugins', 'Sorry, you are not allowed to manage plugins for this site.'),
  themes: (context, _, user) =>
    user
      ? listed(
          context,
          context.blog.themes.map(({ slug, version }, n) => ({ stylesheet: slug, status: n === 0 ? 'active' : 'inactive', version })),
        )
      : failure(context, 401, 'rest_cannot_view_themes', 'Sorry, you are not allowed to view themes.'),
}

function write(context: SiteContext, collection: string, user: BlogUser | undefined): WebResponse {
  if (!user) {
    const verb = collection === 'users' ? 'create new users' : 'create posts as this user'
    return failure(
      context,
      401,
      collection === 'users' ? 'rest_cannot_create_user' : 'rest_cannot_create',
      `Sorry, you are not allowed to ${verb}.`,
    )
  }
  const given = context.request.json()
  const fields = (typeof given === 'object' && given !== null ? given : Object.fromEntries(context.request.form())) as Record<
    string,
    unknown
  >
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '')
  if (collection === 'users' && user.id === 1 && text('username') !== '' && text('password') !== '') {
    const made = makeAccount(context, text('username'), text('password'), text('email'))
    return reply(
      context,
      { ...userShape(context, made), username: made.login, email: made.email, roles: fields.roles ?? ['subscriber'] },
      { status: 201 },
    )
  }
  return reply(
    context,
    { id: 240, date: new Date().toISOString().slice(0, 19), status: 'publish', ...fields, author: user.id },
    { status: 201 },
  )
}

function entries(context: SiteContext, all: readonly BlogEntry[], id: string, isPage: boolean): WebResponse {
  if (id !== '') {
    const found = all.find((entry) => String(entry.id) === id)
    return found ? reply(context, entryShape(context, found, isPage)) : failure(context, 404, 'rest_post_invalid_id', 'Invalid post ID.')
  }
  const { query } = context.request
  const size = Math.min(Math.max(Number(query.get('per_page') ?? 10) || 10, 1), 100)
  const page = Math.max(Number(query.get('page') ?? 1) || 1, 1)
  return listed(
    context,
    all.slice((page - 1) * size, page * size).map((entry) => entryShape(context, entry, isPage)),
    all.length,
    size,
  )
}

function userShape({ url }: SiteContext, { id, name, login, email }: BlogUser): Record<string, unknown> {
  const hash = createHash('sha256').update(email).digest('hex')
  const self = `${url}/wp-json/wp/v2/users`
  return {
    id,
    name,
    url: id === 1 ? url : '',
    description: '',
    link: `${url}/author/${login}/`,
    slug: login,
    avatar_urls: Object.fromEntries(
      [24, 48, 96].map((size) => [String(size), `https://secure.gravatar.com/avatar/${hash}?s=${size}&d=mm&r=g`]),
    ),
    meta: [],
    _links: { self: [{ href: `${self}/${id}` }], collection: [{ href: self }] },
  }
}

function entryShape({ url }: SiteContext, entry: BlogEntry, isPage: boolean): unknown {
  const kind = isPage ? 'page' : 'post'
  const at = new Date(entry.at).toISOString().slice(0, 19)
  const self = `${url}/wp-json/wp/v2/${kind}s`
  return {
    id: entry.id,
    date: at,
    date_gmt: at,
    guid: { rendered: `${url}/?${isPage ? 'page_id' : 'p'}=${entry.id}` },
    modified: at,
    modified_gmt: at,
    slug: entry.slug,
    status: 'publish',
    type: kind,
    link: url + addressOf(entry, isPage),
    title: { rendered: entry.title },
    content: { rendered: `\n${paragraphsOf(entry)}`, protected: false },
    excerpt: { rendered: `<p>${entry.text[0]}</p>\n`, protected: false },
    author: entry.author.id,
    featured_media: 0,
    ...(isPage ? { parent: 0, menu_order: 0 } : {}),
    comment_status: isPage ? 'closed' : 'open',
    ping_status: isPage ? 'closed' : 'open',
    template: '',
    ...(isPage ? {} : { sticky: false, format: 'standard' }),
    meta: { footnotes: '' },
    ...(isPage ? {} : { categories: [entry.category + 1], tags: [] }),
    _links: {
      self: [{ href: `${self}/${entry.id}` }],
      collection: [{ href: self }],
      about: [{ href: `${url}/wp-json/wp/v2/types/${kind}` }],
      author: [{ embeddable: true, href: `${url}/wp-json/wp/v2/users/${entry.author.id}` }],
      curies: [{ name: 'wp', href: 'https://api.w.org/{rel}', templated: true }],
    },
  }
}

function oembed(context: SiteContext): WebResponse {
  const { request, blog, url } = context
  const wanted = (request.query.get('url') ?? '').replace(url, '')
  const post = blog.posts.find((entry) => addressOf(entry) === wanted)
  if (!post) return failure(context, 404, 'oembed_invalid_url', 'Not Found')
  return reply(context, {
    version: '1.0',
    provider_name: blog.title,
    provider_url: url,
    author_name: post.author.name,
    author_url: `${url}/author/${post.author.login}/`,
    title: post.title,
    type: 'rich',
    width: 600,
    height: 338,
  })
}

function listed(context: SiteContext, shapes: readonly unknown[], total = shapes.length, size = 10): WebResponse {
  const headers: [string, string][] = [
    ['X-WP-Total', String(total)],
    ['X-WP-TotalPages', String(Math.ceil(total / size))],
  ]
  return reply(context, shapes, { headers, allow: 'GET' })
}

function failure(context: SiteContext, status: number, code: string, message: string, allow: string | undefined = 'GET'): WebResponse {
  return reply(context, { code, message, data: { status } }, { status, ...(allow ? { allow } : {}) })
}

/** Header lines in the order of WP_REST_Server. */
export function reply(
  { url }: SiteContext,
  value: unknown,
  more: { status?: number; headers?: [string, string][]; allow?: string } = {},
): WebResponse {
  return {
    status: more.status ?? 200,
    headers: [
      ['Content-Type', 'application/json; charset=UTF-8'],
      ['X-Robots-Tag', 'noindex'],
      ['Link', `<${url}/wp-json/>; rel="https://api.w.org/"`],
      ['X-Content-Type-Options', 'nosniff'],
      ['Access-Control-Expose-Headers', 'X-WP-Total, X-WP-TotalPages, Link'],
      ['Access-Control-Allow-Headers', 'Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type'],
      ...(more.headers ?? []),
      ...(more.allow ? [['Allow', more.allow] as [string, string]] : []),
      ['Vary', 'Origin'],
    ],
    body: phpJson(value),
    dynamic: true,
  }
}
