import { escapeHtml, fillPage, html, type WebResponse } from '../../http/index.ts'
import { addressOf, type BlogEntry, type BlogUser } from './blog.ts'
import { PAGES } from './pages.ts'
import { NO_CACHE, phpJson, redirectBy, type SiteContext } from './site-context.ts'

interface Shown {
  heading: string
  content: string
  bodyClass: string
  status?: number
  alternate?: string
  /** Name and address of the page's own feed. */
  feed?: { name: string; path: string }
  robots?: string
  headers?: readonly [string, string][]
}

/** A page of the blog as its visitors see it. */
export function frontPage(
  context: SiteContext,
  { heading, content, bodyClass, status = 200, alternate = '', feed, robots, headers = [] }: Shown,
): WebResponse {
  const { blog, url, plugins } = context
  const loaded = plugins.filter(({ active }) => active)
  const file = (slug: string, path: string, version: string): string => `${url}/wp-content/plugins/${slug}/${path}?ver=${version}`
  const body = fillPage(PAGES.front, {
    documentTitle: [heading === '' ? blog.title : heading, heading === '' ? blog.tagline : blog.title].map(escapeHtml).join(' &#8211; '),
    robots: robots ?? 'max-image-preview:large',
    title: blog.title,
    tagline: blog.tagline,
    url,
    version: blog.version,
    theme: blog.theme.slug,
    themeVersion: blog.theme.version,
    styles: loaded
      .flatMap(({ slug, css, version }) =>
        css ? [`<link rel='stylesheet' id='${slug}-css' href='${file(slug, css, version)}' media='all' />\n`] : [],
      )
      .join(''),
    scripts: loaded
      .flatMap(({ slug, js, version }) => (js ? [`<script src="${file(slug, js, version)}" id="${slug}-js"></script>\n`] : []))
      .concat(dataForScripts(context))
      .join(''),
    menu: [['/', 'Home'] as const, ...blog.pages.map((page) => [addressOf(page, true), page.title] as const)]
      .map(([path, name]) => `<li><a href="${url}${path}">${escapeHtml(name)}</a></li>`)
      .join(''),
    alternate,
    feed: feed
      ? `<link rel="alternate" type="application/rss+xml" title="${escapeHtml(blog.title)} &raquo; ${escapeHtml(feed.name)} Feed" href="${url}${feed.path}feed/" />\n`
      : '',
    bodyClass,
    content,
  })
  const link: [string, string] = ['Link', `<${url}/wp-json/>; rel="https://api.w.org/"`]
  return html(body, status, [...(status === 404 ? NO_CACHE : []), link, ...headers])
}

/** What a plug-in or theme hands to its scripts: attackers take its nonces from here. */
function dataForScripts({ blog, url, plugins, sessions, user }: SiteContext): string[] {
  const ajaxUrl = `${url}/wp-admin/admin-ajax.php`
  const script = (id: string, name: string, data: unknown): string =>
    `<script id="${id}-js-extra">\nvar ${name} = ${phpJson(data)};\n</script>\n`
  const found: string[] = []
  if (blog.theme.slug === 'bricks') {
    const data = {
      debug: '',
      locale: 'en_US',
      ajaxUrl,
      restApiUrl: `${url}/wp-json/bricks/v1/`,
      nonce: sessions.nonce(user, 'bricks-nonce'),
    }
    found.push(script('bricks-scripts', 'bricksData', data))
  }
  if (plugins.some(({ slug }) => slug === 'king-addons')) {
    const nonce = (action: string): string => sessions.nonce(user, `king_addons_${action}_action`)
    const data = {
      ajax_url: ajaxUrl,
      login_nonce: nonce('login'),
      register_nonce: nonce('register'),
      lostpassword_nonce: nonce('lostpassword'),
    }
    found.push(script('king-addons-login-register-form-script', 'king_addons_login_register_vars', data))
  }
  return found
}

export function homePage(context: SiteContext): WebResponse {
  return frontPage(context, { heading: '', bodyClass: 'home blog', content: listOf(context, context.blog.posts) })
}

export function notFound(context: SiteContext): WebResponse {
  const content = `<h1 class="wp-block-heading">Page not found</h1>\n<p>The page you are looking for doesn&#8217;t exist, or it has been moved. Please try searching using the form below.</p>\n${searchForm(context.url)}`
  return frontPage(context, { heading: 'Page not found', bodyClass: 'error404', content, status: 404 })
}

export function entryPage(context: SiteContext, entry: BlogEntry, isPage: boolean): WebResponse {
  const { url } = context
  const kind = isPage ? 'pages' : 'posts'
  const rest = `${url}/wp-json/wp/v2/${kind}/${entry.id}`
  const content = `<article class="wp-block-post">\n<h1 class="wp-block-post-title">${escapeHtml(entry.title)}</h1>\n${isPage ? '' : metaOf(context, entry)}<div class="entry-content">\n${paragraphsOf(entry)}</div>\n</article>\n${isPage ? '' : commentForm(url, entry)}`
  return frontPage(context, {
    heading: entry.title,
    bodyClass: isPage ? `page page-id-${entry.id}` : `single single-post postid-${entry.id} single-format-standard`,
    content,
    alternate: `<link rel="alternate" title="JSON" type="application/json" href="${rest}" />`,
    headers: [
      ['Link', `<${rest}>; rel="alternate"; title="JSON"; type="application/json"`],
      ['Link', `<${url}/?p=${entry.id}>; rel=shortlink`],
    ],
  })
}

export function authorPage(context: SiteContext, user: BlogUser): WebResponse {
  const posts = context.blog.posts.filter(({ author }) => author.id === user.id)
  const rest = `${context.url}/wp-json/wp/v2/users/${user.id}`
  return frontPage(context, {
    heading: user.name,
    bodyClass: `archive author author-${user.login} author-${user.id}`,
    feed: { name: `Posts by ${user.name}`, path: `/author/${user.login}/` },
    content: `<h1 class="wp-block-query-title">Author: <span>${escapeHtml(user.name)}</span></h1>\n${listOf(context, posts)}`,
    headers: [['Link', `<${rest}>; rel="alternate"; title="JSON"; type="application/json"`]],
  })
}

export function categoryPage(context: SiteContext, category: { id: number; name: string; slug: string }): WebResponse {
  const posts = context.blog.posts.filter((post) => post.category + 1 === category.id)
  return frontPage(context, {
    heading: category.name,
    bodyClass: `archive category category-${category.slug} category-${category.id}`,
    feed: { name: `${category.name} Category`, path: `/category/${category.slug}/` },
    content: `<h1 class="wp-block-query-title">Category: <span>${escapeHtml(category.name)}</span></h1>\n${listOf(context, posts)}`,
  })
}

export function searchPage(context: SiteContext, words: string): WebResponse {
  const wanted = words.slice(0, 200).toLowerCase()
  const found = context.blog.posts.filter(({ title, text }) => `${title} ${text.join(' ')}`.toLowerCase().includes(wanted))
  const shown =
    found.length > 0 ? listOf(context, found) : '<p>Sorry, but nothing was found. Please try a search with different keywords.</p>\n'
  const heading = `Search results for: “${words.slice(0, 200)}”`
  return frontPage(context, {
    heading: heading.replace('results', 'Results').replace(': ', ' '),
    bodyClass: `search search-${found.length > 0 ? 'results' : 'no-results'}`,
    robots: 'noindex, follow, max-image-preview:large',
    content: `<h1 class="wp-block-query-title">${escapeHtml(heading)}</h1>\n${searchForm(context.url)}${shown}`,
  })
}

/** `?author=N` leads to the archive of that user: how names are enumerated. */
export function authorById(context: SiteContext, number: string): WebResponse {
  const user = /^\d{1,9}$/.test(number) ? context.blog.users.find(({ id }) => id === Number(number)) : undefined
  context.visit.record('wordpress.probe', { kind: 'user', name: number.slice(0, 200), found: user !== undefined }, ['attack:T1589.001'])
  return user ? redirectBy(`${context.url}/author/${user.login}/`, 301) : notFound(context)
}

function listOf(context: SiteContext, posts: readonly BlogEntry[]): string {
  return posts
    .map((post) => {
      const link = `${context.url}${addressOf(post)}`
      return `<article class="wp-block-post post-${post.id} post type-post status-publish">\n<h2 class="wp-block-post-title"><a href="${link}">${escapeHtml(post.title)}</a></h2>\n${metaOf(context, post)}<p>${escapeHtml(post.text[0] ?? '')}</p>\n</article>\n`
    })
    .join('')
}

function metaOf({ url, blog }: SiteContext, { at, author, category }: BlogEntry): string {
  const day = new Date(at)
  const shown = day.toLocaleDateString('en-US', { year: 'numeric', month: 'long', day: 'numeric', timeZone: 'UTC' })
  const { slug, name } = blog.categories[category] as { slug: string; name: string }
  return `<p class="entry-meta"><time datetime="${day.toISOString().slice(0, 19)}+00:00">${shown}</time> &middot; by <a href="${url}/author/${author.login}/">${escapeHtml(author.name)}</a> in <a href="${url}/category/${slug}/" rel="tag">${escapeHtml(name)}</a></p>\n`
}

export function paragraphsOf({ text }: BlogEntry): string {
  return text.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>\n`).join('')
}

function searchForm(url: string): string {
  return `<form role="search" method="get" action="${url}/" class="wp-block-search"><input class="wp-block-search__input" type="search" name="s" value="" aria-label="Search" /> <button type="submit">Search</button></form>\n`
}

function commentForm(url: string, { id }: BlogEntry): string {
  return `<div id="respond" class="comment-respond">\n<h3 id="reply-title">Leave a Reply</h3>\n<form action="${url}/wp-comments-post.php" method="post" id="commentform" class="comment-form">\n<p><label for="comment">Comment *</label><textarea id="comment" name="comment" rows="5" required></textarea></p>\n<p><label for="author">Name *</label><input id="author" name="author" type="text" autocomplete="name" required /></p>\n<p><label for="email">Email *</label><input id="email" name="email" type="email" autocomplete="email" required /></p>\n<p><input name="submit" type="submit" class="submit" value="Post Comment" /><input type='hidden' name='comment_post_ID' value='${id}' /><input type='hidden' name='comment_parent' value='0' /></p>\n</form>\n</div>\n`
}
