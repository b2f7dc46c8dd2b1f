import { createHash } from 'node:crypto'
import { escapeHtml, type WebResponse } from '../../http/index.ts'
import { addressOf, type BlogEntry } from './blog.ts'
import { paragraphsOf } from './front.ts'
import type { SiteContext } from './site-context.ts'

/** The feed of a path: of posts or comments, in one of three formats; each tells the release as its generator. */
export function feed(context: SiteContext): WebResponse {
  const { path, query } = context.request
  const [, kind = query.get('feed') ?? ''] = /\/feed\/(rdf|atom)\/?$/.exec(path) ?? []
  if (path.startsWith('/comments/')) return commentsFeed(context)
  return kind === 'rdf' ? rdf(context) : kind === 'atom' ? atom(context) : rss(context)
}

/** RSS 2.0 of the newest posts. */
function rss({ blog, url }: SiteContext): WebResponse {
  const [newest] = blog.posts
  const built = rfc822(newest?.at ?? blog.installedAt)
  const body = `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"
	xmlns:content="http://purl.org/rss/1.0/modules/content/"
	xmlns:wfw="http://wellformedweb.org/CommentAPI/"
	xmlns:dc="http://purl.org/dc/elements/1.1/"
	xmlns:atom="http://www.w3.org/2005/Atom"
	xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"
	xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
	>

<channel>
	<title>${escapeHtml(blog.title)}</title>
	<atom:link href="${url}/feed/" rel="self" type="application/rss+xml" />
	<link>${url}</link>
	<description>${escapeHtml(blog.tagline)}</description>
	<lastBuildDate>${built}</lastBuildDate>
	<language>en-US</language>
	<sy:updatePeriod>
	hourly	</sy:updatePeriod>
	<sy:updateFrequency>
	1	</sy:updateFrequency>
	<generator>https://wordpress.org/?v=${blog.version}</generator>
${blog.posts.map((post) => itemOf(post, url, blog.categories[post.category]?.name ?? '')).join('')}	</channel>
</rss>
`
  const etag = `"${createHash('md5').update(body).digest('hex')}"`
  return xml(body, 'application/rss+xml', [
    ['Last-Modified', new Date(newest?.at ?? blog.installedAt).toUTCString()],
    ['ETag', etag],
    ['Link', `<${url}/wp-json/>; rel="https://api.w.org/"`],
  ])
}

/** Nobody has commented. */
function commentsFeed({ blog, url }: SiteContext): WebResponse {
  const built = rfc822(blog.installedAt)
  return xml(
    `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"\n\txmlns:content="http://purl.org/rss/1.0/modules/content/"\n\txmlns:dc="http://purl.org/dc/elements/1.1/"\n\txmlns:atom="http://www.w3.org/2005/Atom"\n\txmlns:sy="http://purl.org/rss/1.0/modules/syndication/"\n\t>\n<channel>\n\t<title>Comments for ${escapeHtml(blog.title)}</title>\n\t<atom:link href="${url}/comments/feed/" rel="self" type="application/rss+xml" />\n\t<link>${url}</link>\n\t<description>${escapeHtml(blog.tagline)}</description>\n\t<lastBuildDate>${built}</lastBuildDate>\n\t<sy:updatePeriod>\n\thourly\t</sy:updatePeriod>\n\t<sy:updateFrequency>\n\t1\t</sy:updateFrequency>\n\t<generator>https://wordpress.org/?v=${blog.version}</generator>\n</channel>\n</rss>\n`,
    'application/rss+xml',
  )
}

function rdf({ blog, url }: SiteContext): WebResponse {
  const links = blog.posts.map((post) => `\t\t\t\t\t<rdf:li rdf:resource="${url}${addressOf(post)}"/>\n`).join('')
  const items = blog.posts.map(
    (post) =>
      `<item rdf:about="${url}${addressOf(post)}">\n\t<title>${escapeHtml(post.title)}</title>\n\t<link>${url}${addressOf(post)}</link>\n\t<dc:creator><![CDATA[${post.author.name}]]></dc:creator>\n\t<dc:date>${iso(post.at)}</dc:date>\n\t<description><![CDATA[${post.text[0] ?? ''}]]></description>\n</item>\n`,
  )
  return xml(
    `<?xml version="1.0" encoding="UTF-8"?><rdf:RDF\n\txmlns="http://purl.org/rss/1.0/"\n\txmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"\n\txmlns:dc="http://purl.org/dc/elements/1.1/"\n\txmlns:sy="http://purl.org/rss/1.0/modules/syndication/"\n\txmlns:admin="http://webns.net/mvcb/"\n\t>\n<channel rdf:about="${url}">\n\t<title>${escapeHtml(blog.title)}</title>\n\t<link>${url}</link>\n\t<description>${escapeHtml(blog.tagline)}</description>\n\t<dc:date>${iso(blog.posts[0]?.at ?? blog.installedAt)}</dc:date>\n\t<admin:generatorAgent rdf:resource="https://wordpress.org/?v=${blog.version}" />\n\t<items>\n\t\t<rdf:Seq>\n${links}\t\t</rdf:Seq>\n\t</items>\n</channel>\n${items.join('')}</rdf:RDF>\n`,
    'application/rdf+xml',
  )
}

function atom({ blog, url }: SiteContext): WebResponse {
  const entries = blog.posts.map(
    (post) =>
      `\t<entry>\n\t\t<author>\n\t\t\t<name>${escapeHtml(post.author.name)}</name>\n\t\t</author>\n\t\t<title type="html"><![CDATA[${post.title}]]></title>\n\t\t<link rel="alternate" type="text/html" href="${url}${addressOf(post)}" />\n\t\t<id>${url}/?p=${post.id}</id>\n\t\t<updated>${iso(post.at)}</updated>\n\t\t<published>${iso(post.at)}</published>\n\t\t<summary type="html"><![CDATA[${post.text[0] ?? ''}]]></summary>\n\t</entry>\n`,
  )
  return xml(
    `<?xml version="1.0" encoding="UTF-8"?><feed\n\txmlns="http://www.w3.org/2005/Atom"\n\txml:lang="en-US"\n\t>\n\t<title type="text">${escapeHtml(blog.title)}</title>\n\t<subtitle type="text">${escapeHtml(blog.tagline)}</subtitle>\n\n\t<updated>${iso(blog.posts[0]?.at ?? blog.installedAt)}</updated>\n\n\t<link rel="alternate" type="text/html" href="${url}" />\n\t<id>${url}/feed/atom/</id>\n\t<link rel="self" type="application/atom+xml" href="${url}/feed/atom/" />\n\n\t<generator uri="https://wordpress.org/" version="${blog.version}">WordPress</generator>\n${entries.join('')}</feed>\n`,
    'application/atom+xml',
  )
}

function iso(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

function itemOf(post: BlogEntry, url: string, category: string): string {
  const link = `${url}${addressOf(post)}`
  return `	<item>
		<title>${escapeHtml(post.title)}</title>
		<link>${link}</link>
					<comments>${link}#respond</comments>
		
		<dc:creator><![CDATA[${post.author.name}]]></dc:creator>
		<pubDate>${rfc822(post.at)}</pubDate>
				<category><![CDATA[${category}]]></category>
		<guid isPermaLink="false">${url}/?p=${post.id}</guid>

					<description><![CDATA[${post.text[0] ?? ''}]]></description>
										<content:encoded><![CDATA[
${paragraphsOf(post)}]]></content:encoded>
					
					<wfw:commentRss>${link}feed/</wfw:commentRss>
			<slash:comments>0</slash:comments>
		
		
			</item>
`
}

export function robots({ url }: SiteContext): WebResponse {
  const body = `User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n\nSitemap: ${url}/wp-sitemap.xml\n`
  return {
    status: 200,
    headers: [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Link', `<${url}/wp-json/>; rel="https://api.w.org/"`],
    ],
    body,
    dynamic: true,
  }
}

const SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'

/** `/wp-sitemap.xml` and the lists that it names. */
export function sitemap({ blog, url }: SiteContext, name: string): WebResponse | undefined {
  const lists: Readonly<Record<string, () => string[]>> = {
    'posts-post': () => blog.posts.map((post) => addressOf(post)),
    'posts-page': () => blog.pages.map((page) => addressOf(page, true)),
    'taxonomies-category': () => blog.categories.map(({ slug }) => `/category/${slug}/`),
    users: () => blog.users.map(({ login }) => `/author/${login}/`),
  }
  if (name === '') {
    const entries = Object.keys(lists).map((list) => `<sitemap><loc>${url}/wp-sitemap-${list}-1.xml</loc></sitemap>`)
    return xml(
      `<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet type="text/xsl" href="${url}/wp-sitemap-index.xsl" ?>\n<sitemapindex ${SITEMAP}>${entries.join('')}</sitemapindex>\n`,
    )
  }
  const paths = Object.hasOwn(lists, name) ? lists[name]?.() : undefined
  if (!paths) return undefined
  const entries = paths.map((path) => `<url><loc>${url}${path}</loc></url>`)
  return xml(
    `<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet type="text/xsl" href="${url}/wp-sitemap.xsl" ?>\n<urlset ${SITEMAP}>${entries.join('')}</urlset>\n`,
  )
}

export function opml({ blog }: SiteContext): WebResponse {
  return xml(
    `<?xml version="1.0"?>\n<opml version="1.0">\n\t<head>\n\t\t<title>\n\t\tLinks for ${escapeHtml(blog.title)}\t\t</title>\n\t\t<dateCreated>${new Date().toUTCString()}</dateCreated>\n\t\t<!-- generator="WordPress/${blog.version}" -->\n\t</head>\n\t<body>\n</body>\n</opml>\n`,
    'text/xml',
  )
}

/** Really Simple Discovery: where the editing interfaces are. */
export function rsd({ url }: SiteContext): WebResponse {
  const apis = ['WordPress', 'Movable Type', 'MetaWeblog', 'Blogger'].map(
    (name, n) => `\t\t\t<api name="${name}" blogID="1" preferred="${n === 0}" apiLink="${url}/xmlrpc.php" />\n`,
  )
  return xml(
    `<?xml version="1.0" encoding="UTF-8"?><rsd version="1.0" xmlns="http://archipelago.phrasewise.com/rsd">\n\t<service>\n\t\t<engineName>WordPress</engineName>\n\t\t<engineLink>https://wordpress.org/</engineLink>\n\t\t<homePageLink>${url}</homePageLink>\n\t\t<apis>\n${apis.join('')}\t\t\t\t<api name="WP-API" blogID="1" preferred="false" apiLink="${url}/wp-json/" />\n\t\t\t</apis>\n\t</service>\n</rsd>\n\t`,
    'text/xml',
  )
}

export function xml(body: string, type = 'application/xml', headers: readonly [string, string][] = []): WebResponse {
  return { status: 200, headers: [['Content-Type', `${type}; charset=UTF-8`], ...headers], body, dynamic: true }
}

function rfc822(at: number): string {
  return new Date(at).toUTCString().replace('GMT', '+0000')
}
