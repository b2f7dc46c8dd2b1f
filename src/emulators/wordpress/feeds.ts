import { createHash } from 'node:crypto'
import { escapeHtml, type WebResponse } from '../../http/index.ts'
import { addressOf, type BlogEntry } from './blog.ts'
import { paragraphsOf } from './front.ts'
import type { SiteContext } from './site-context.ts'

/** RSS 2.0 of the newest posts; `generator` tells the release. */
export function feed({ blog, url }: SiteContext): WebResponse {
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
