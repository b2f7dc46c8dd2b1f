import { evidence } from '../../events/bytes.ts'
import { fillPage, html, isWebShell, pageFacts, phpOutput, runWebShell, type StaticFiles, type WebResponse } from '../../http/index.ts'
import { adminPage, fileName, saveEdited } from './admin.ts'
import { addressOf } from './blog.ts'
import { EXPLOITS } from './exploits/index.ts'
import { feed, opml, robots, sitemap } from './feeds.ts'
import { SiteFolder } from './folder.ts'
import { authorById, authorPage, categoryPage, entryPage, frontPage, homePage, notFound, searchPage } from './front.ts'
import { loginPage } from './login-page.ts'
import { ASSETS, PAGES } from './pages.ts'
import { restAnswer } from './rest.ts'
import { shownTo } from './shown-to.ts'
import { NO_CACHE, redirectBy, type SiteContext } from './site-context.ts'
import { xmlrpcAnswer } from './xmlrpc.ts'

/** Answers one request as the web server, PHP and WordPress together would. */
export async function wordpressAnswer(context: SiteContext, files: StaticFiles): Promise<WebResponse> {
  const { request, plugins, blog } = context
  noteProbe(context, files)
  for (const { slug, exploit } of EXPLOITS) {
    if (slug !== undefined && slug !== blog.theme.slug && !plugins.some((plugin) => plugin.slug === slug)) continue
    const answer = await exploit(context)
    if (answer) return answer
  }
  const uploaded = await uploadedFile(context)
  if (uploaded) return uploaded
  if (files.resolve(request.path) === request.path) return siteFile(context, files)
  return script(context) ?? folder(context, files) ?? rewritten(context)
}

function siteFile(context: SiteContext, files: StaticFiles): WebResponse {
  const answer = files.answer(context.request)
  return answer.body instanceof Buffer ? { ...answer, body: shownTo(context, answer.body, context.request.path) } : answer
}

/** What somebody put into the site: scripts run on the host, all else is handed out. */
async function uploadedFile({ request, folder, host, php }: SiteContext): Promise<WebResponse | undefined> {
  const { path } = request
  if (!/\.\w{1,8}$/.test(path)) return undefined
  const bytes = folder.read(path)
  if (!bytes) return undefined
  if (!/\.(php\d?|phtml|phar)$/i.test(path)) return { status: 200, headers: [['Content-Type', 'application/octet-stream']], body: bytes }
  const parent = SiteFolder.root + path.slice(0, path.lastIndexOf('/'))
  return isWebShell(bytes) ? runWebShell(bytes, request, host, parent) : html(Buffer.from(await phpOutput(bytes, php), 'latin1'))
}

/** Scripts that lie in the site's folder. */
function script(context: SiteContext): WebResponse | undefined {
  const { request, url } = context
  const { path } = request
  const [, admin] = /^\/wp-admin\/(?:network\/|user\/)?([\w-]{1,60}\.php)?$/.exec(path) ?? [undefined, undefined]
  if (path === '/wp-admin') return redirectBy(`${url}/wp-admin/`, 301)
  if (path === '/wp-admin/' || admin !== undefined) return adminScript(context, admin ?? 'index.php')
  switch (path) {
    case '/wp-login.php':
      return loginPage(context)
    case '/xmlrpc.php':
      return xmlrpcAnswer(context)
    case '/wp-cron.php':
      return html('', 200, NO_CACHE)
    case '/wp-links-opml.php':
      return opml(context)
    case '/wp-trackback.php':
      return {
        status: 200,
        headers: [['Content-Type', 'text/xml; charset=UTF-8']],
        body: '<?xml version="1.0" encoding="utf-8"?>\n<response>\n<error>1</error>\n<message>I really need an ID for this to work.</message>\n</response>',
        dynamic: true,
      }
    case '/wp-comments-post.php':
      return comment(context)
    case '/wp-signup.php':
      return redirectBy(`${url}/wp-login.php?action=register`, 302)
    case '/wp-activate.php':
      return redirectBy(`${url}/wp-login.php?action=register`, 302)
    case '/wp-mail.php':
      return notice(
        'WordPress &rsaquo; Error',
        '<div class="wp-die-message">This action has been disabled by the administrator.</div>',
        403,
      )
    // They call what nothing has loaded.
    case '/wp-includes/rss-functions.php':
    case '/wp-includes/functions.php':
    case `/wp-content/themes/${context.blog.theme.slug}/functions.php`:
      return html('', 500)
    case '/favicon.ico':
      return redirectBy(`${url}/wp-includes/images/w-logo-blue-white-bg.png`, 302)
    case '/wp-includes/version.php':
    case '/wp-config.php':
    case '/wp-load.php':
    case '/wp-blog-header.php':
    case '/wp-config-sample.php':
    case '/wp-content/':
    case '/wp-content/plugins/':
    case '/wp-content/themes/':
    case '/wp-content/index.php':
    case '/wp-content/plugins/index.php':
    case '/wp-content/themes/index.php':
      return html('')
    default:
      return undefined
  }
}

/** A folder that lies there: the server shows no listing (`Options -Indexes`), whose files would be too few. */
function folder({ request, server }: SiteContext, files: StaticFiles): WebResponse | undefined {
  if (request.path === '/' || !files.has(request.path)) return undefined
  return request.path.endsWith('/') ? server.page(403, pageFacts(request)) : files.answer(request)
}

function adminScript(context: SiteContext, name: string): WebResponse {
  switch (name) {
    case 'admin-ajax.php':
      return ajax(context)
    case 'admin-post.php':
      return html('', 200, NO_CACHE)
    case 'install.php':
      return notice(
        'WordPress &rsaquo; Installation',
        '<h1>Already Installed</h1><p>You appear to have already installed WordPress. To reinstall please clear your old database tables first.</p><p class="step"><a href="../wp-login.php" class="button button-large">Log In</a></p>',
      )
    case 'setup-config.php':
      return notice(
        'WordPress &rsaquo; Error',
        '<div class="wp-die-message"><p>The file <code>wp-config.php</code> already exists. If you need to reset any of the configuration items in this file, please delete it first. You may try <a href="install.php">installing now</a>.</p></div>',
        409,
      )
    case 'upgrade.php':
      return notice('WordPress &rsaquo; Update', '<h1>No Update Required</h1><p>Your WordPress database is already up to date!</p>')
    case 'load-styles.php':
      return {
        status: 200,
        headers: [
          ['Content-Type', 'text/css; charset=UTF-8'],
          ['Cache-Control', 'public, max-age=31536000'],
        ],
        body: ASSETS.admin,
        dynamic: true,
      }
    case 'load-scripts.php':
      return {
        status: 200,
        headers: [
          ['Content-Type', 'application/javascript; charset=UTF-8'],
          ['Cache-Control', 'public, max-age=31536000'],
        ],
        body: ASSETS.jquery,
        dynamic: true,
      }
    default:
      return adminPage(context, name)
  }
}

/** `admin-ajax.php`: actions of nobody are `0`; the editor saves through it. */
function ajax(context: SiteContext): WebResponse {
  const { request, user, blog } = context
  const headers: [string, string][] = [
    ['X-Robots-Tag', 'noindex'],
    ['X-Content-Type-Options', 'nosniff'],
    ...NO_CACHE,
    ['X-Frame-Options', 'SAMEORIGIN'],
  ]
  const form = request.form()
  const action = form.get('action') ?? request.query.get('action')
  if (user && action === 'edit-theme-plugin-file' && form.has('newcontent')) {
    const theme = form.get('theme')
    const base = theme === null ? '/wp-content/plugins' : `/wp-content/themes/${fileName(theme || blog.theme.slug)}`
    saveEdited(context, `${base}/${fileName(form.get('file') ?? '')}`, Buffer.from(form.get('newcontent') ?? ''))
    return {
      status: 200,
      headers: [['Content-Type', 'application/json; charset=UTF-8'], ...headers],
      body: '{"success":true,"data":{"message":"File edited successfully."}}',
      dynamic: true,
    }
  }
  if (user && action === 'heartbeat')
    return {
      status: 200,
      headers: [['Content-Type', 'application/json; charset=UTF-8'], ...headers],
      body: '{"wp-auth-check":true,"server_time":0}',
      dynamic: true,
    }
  return html('0', 400, headers)
}

function comment({ request, url, visit, blog }: SiteContext): WebResponse {
  if (request.method !== 'POST')
    return {
      status: 405,
      headers: [
        ['Allow', 'POST'],
        ['Content-Type', 'text/plain'],
      ],
      body: '',
      dynamic: true,
    }
  const text = request.form().get('comment') ?? ''
  if (text.trim() === '')
    return notice(
      'Comment Submission Failure',
      '<div class="wp-die-message"><p><strong>Error:</strong> Please type your comment text.</p></div>',
      200,
    )
  for (const [link] of text.slice(0, 64 * 1024).matchAll(/https?:\/\/[^\s"'<>\]]{3,500}/g))
    visit.record('indicator', { kind: 'url', value: evidence(link), how: 'comment' })
  const post = blog.posts.find(({ id }) => String(id) === request.form().get('comment_post_ID')) ?? blog.posts[0]
  return redirectBy(`${url}${post ? addressOf(post) : '/'}?unapproved=4&moderation-hash=#comment-4`, 302, NO_CACHE)
}

/** Paths that WordPress itself makes sense of. */
function rewritten(context: SiteContext): WebResponse {
  const { request, url } = context
  const { path, query } = request
  if (path === '/wp-json' || path.startsWith('/wp-json/')) return restAnswer(context, path.slice('/wp-json'.length) || '/')
  if (path === '/' || path === '/index.php') return front(context, query)
  if (path === '/robots.txt') return robots(context)
  const [, list] = /^\/wp-sitemap(?:-([a-z-]{1,40})-1)?\.xml$/.exec(path) ?? []
  if (path.startsWith('/wp-sitemap')) return sitemap(context, list ?? (path === '/wp-sitemap.xml' ? '' : '?')) ?? notFound(context)
  if (/^\/(?:(?:author|category)\/[\w-]{1,60}\/|comments\/)?feed(?:\/(?:rss2?|atom|rdf))?\/?$/.test(path)) return feed(context)
  const withSlash = path.endsWith('/') ? path : `${path}/`
  const answer = archive(context, withSlash)
  if (!answer) return shortcut(context) ?? notFound(context)
  return path === withSlash ? answer : redirectBy(url + withSlash, 301)
}

/** wp_redirect_admin_locations(): what people type who look for the dashboard. */
function shortcut({ request, url }: SiteContext): WebResponse | undefined {
  switch (request.path.replace(/\/$/, '')) {
    case '/admin':
    case '/dashboard':
      return redirectBy(`${url}/wp-admin/`, 302, NO_CACHE)
    case '/login':
    case '/login.php':
      return redirectBy(`${url}/wp-login.php`, 302, NO_CACHE)
    default:
      return undefined
  }
}

function front(context: SiteContext, query: URLSearchParams): WebResponse {
  const { blog, url } = context
  const route = query.get('rest_route')
  if (route !== null) return restAnswer(context, route)
  const author = query.get('author')
  if (author !== null) return authorById(context, author)
  if (query.get('feed') !== null) return redirectBy(`${url}/feed/`, 301)
  const search = query.get('s')
  if (search !== null) return searchPage(context, search)
  const id = query.get('p') ?? query.get('page_id')
  if (id !== null) {
    const post = blog.posts.find((entry) => String(entry.id) === String(Number.parseInt(id, 10)))
    const page = blog.pages.find((entry) => String(entry.id) === String(Number.parseInt(id, 10)))
    if (post) return redirectBy(url + addressOf(post), 301)
    return page ? redirectBy(url + addressOf(page, true), 301) : notFound(context)
  }
  return homePage(context)
}

function archive(context: SiteContext, path: string): WebResponse | undefined {
  const { blog } = context
  const post = blog.posts.find((entry) => addressOf(entry) === path)
  if (post) return entryPage(context, post, false)
  const page = blog.pages.find((entry) => addressOf(entry, true) === path)
  if (page) return entryPage(context, page, true)
  const [, kind, name] = /^\/(author|category)\/([\w-]{1,60})\/$/.exec(path) ?? []
  const author = kind === 'author' ? blog.users.find(({ login }) => login === name) : undefined
  if (kind === 'author') context.visit.record('wordpress.probe', { kind: 'user', name: name ?? '', found: author !== undefined })
  if (author) return authorPage(context, author)
  const category = kind === 'category' ? blog.categories.find(({ slug }) => slug === name) : undefined
  if (category) return categoryPage(context, category)
  const [, year, month] = /^\/(\d{4})\/(?:(\d\d)\/)?$/.exec(path) ?? []
  const wanted = [year, month].filter(Boolean).join('-')
  const found = wanted === '' ? [] : blog.posts.filter(({ at }) => new Date(at).toISOString().startsWith(wanted))
  return found.length > 0
    ? frontPage(context, { heading: wanted, bodyClass: 'archive date', content: found.map(({ title }) => `<p>${title}</p>`).join('') })
    : undefined
}

function notice(heading: string, content: string, status = 200): WebResponse {
  return html(fillPage(PAGES.notice, { heading: heading.replace('&rsaquo;', '›'), content }).replace('›', '&rsaquo;'), status, NO_CACHE)
}

/** Looks for plug-ins and themes by their folder, for scripts that resize pictures, and for what was left lying about. */
function noteProbe({ request, plugins, blog, visit }: SiteContext, files: StaticFiles): void {
  const { path } = request
  const [, kind, name] = /^\/wp-content\/(plugin|theme)s\/([^/]{1,200})/.exec(path) ?? []
  if (/(?:tim)?thumb\.php$|uploadify/i.test(path))
    visit.record('wordpress.probe', { kind: 'timthumb', name: evidence(request.target.slice(0, 2048)), found: false })
  else if (kind !== undefined && name !== undefined) {
    const found = kind === 'plugin' ? plugins.some(({ slug }) => slug === name) : blog.themes.some(({ slug }) => slug === name)
    visit.record('wordpress.probe', { kind: kind as 'plugin' | 'theme', name: evidence(name), found })
  } else if (/wp-config|debug\.log$|\.(bak|old|save|sql|zip|swp|env|git)\b/i.test(path)) {
    visit.record('wordpress.probe', { kind: 'file', name: evidence(path.slice(0, 1024)), found: files.resolve(path) !== undefined }, [
      'attack:T1595.003',
    ])
  }
}
