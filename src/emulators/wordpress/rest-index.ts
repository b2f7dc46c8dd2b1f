import routes from './facts/rest-routes.json' with { type: 'json' }
import type { SiteContext } from './site-context.ts'

/** What the REST API says of itself: who the site is, and every route. */
export function restIndex({ blog, url, plugins }: SiteContext): unknown {
  const has = (slug: string): boolean => plugins.some((plugin) => plugin.slug === slug && plugin.active)
  const namespaces = [
    'oembed/1.0',
    ...(has('contact-form-7') ? ['contact-form-7/v1'] : []),
    ...(has('wordpress-seo') ? ['yoast/v1'] : []),
    ...(has('really-simple-ssl') ? ['reallysimplessl/v1'] : []),
    ...(has('learnpress') ? ['learnpress/v1'] : []),
    ...(blog.theme.slug === 'bricks' ? ['bricks/v1'] : []),
    'wp/v2',
    'wp-site-health/v1',
    'wp-block-editor/v1',
  ]
  const shapes = Object.entries(routes as Record<string, string[]>).map(([route, methods]) => [
    route,
    {
      namespace: /^\/(oembed\/1\.0|wp\/v2)/.exec(route)?.[1] ?? '',
      methods,
      endpoints: [{ methods: [methods[0]], args: {} }],
      ...(route.includes('(') ? {} : { _links: { self: [{ href: `${url}/wp-json${route}` }] } }),
    },
  ])
  return {
    name: blog.title,
    description: blog.tagline,
    url,
    home: url,
    gmt_offset: '0',
    timezone_string: '',
    page_for_posts: 0,
    page_on_front: 0,
    show_on_front: 'posts',
    namespaces,
    authentication: { 'application-passwords': { endpoints: { authorization: `${url}/wp-admin/authorize-application.php` } } },
    routes: Object.fromEntries(shapes),
    site_logo: 0,
    site_icon: 0,
    site_icon_url: '',
    _links: { help: [{ href: 'https://developer.wordpress.org/rest-api/' }] },
  }
}
