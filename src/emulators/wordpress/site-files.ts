import type { Identity } from '../../config/identity.ts'
import { jpeg } from '../../http/images/jpeg.ts'
import { png } from '../../http/images/png.ts'
import type { Blog } from './blog.ts'
import { ASSETS, PAGES } from './pages.ts'
import type { Plugin } from './plugin-list.ts'
import type { SiteContext } from './site-context.ts'
import type { Theme } from './theme-list.ts'

/** Files of the site that its server hands out without asking PHP, by path. */
export function siteFiles(blog: Blog, plugins: readonly Plugin[], identity: Identity): Map<string, Buffer> {
  const files: [path: string, text: string][] = [
    ['/readme.html', PAGES.readme],
    ['/license.txt', ASSETS.license],
    ['/wp-admin/images/wordpress-logo.svg', ASSETS.logo],
    ['/wp-admin/css/login.min.css', ASSETS.login],
    ['/wp-admin/css/forms.min.css', '.form-table{border-collapse:collapse;width:100%}\n'],
    ['/wp-admin/css/l10n.min.css', 'body.rtl{direction:rtl}\n'],
    ['/wp-admin/css/install.css', 'body{background:#f0f0f1;font-family:sans-serif}\n'],
    ['/wp-includes/css/dashicons.min.css', '.dashicons{display:inline-block;width:20px;height:20px}\n'],
    ['/wp-includes/css/buttons.min.css', '.wp-core-ui .button{cursor:pointer;display:inline-block}\n'],
    [
      '/wp-includes/css/dist/block-library/style.min.css',
      '.wp-block-group{box-sizing:border-box}.has-text-align-center{text-align:center}\n',
    ],
    ['/wp-includes/js/jquery/jquery.min.js', ASSETS.jquery],
    ['/wp-includes/js/wp-emoji-release.min.js', '/* Emoji for browsers that draw none. */\n'],
    ...blog.themes.flatMap(themeFiles),
    ...plugins.flatMap(pluginFiles),
    [identity.pick('wordpress/backup', BACKUPS), wpConfig(blog)],
  ]
  const month = new Date(blog.installedAt).toISOString().slice(0, 7).replace('-', '/')
  return new Map([
    ...files.map(([path, text]): [string, Buffer] => [path, Buffer.from(text)]),
    ['/wp-includes/images/w-logo-blue-white-bg.png', png('w-logo', 80, 80)],
    [`/wp-content/uploads/${month}/team.jpg`, jpeg(blog.title, 320, 180)],
  ])
}

function themeFiles(theme: Theme): [string, string][] {
  const { slug, name, requires, version } = theme
  const base = `/wp-content/themes/${slug}`
  const readme = `=== ${name} ===\nContributors: wordpressdotorg\nRequires at least: ${requires}\nTested up to: 6.8\nStable tag: ${version}\nLicense: GPLv2 or later\n`
  // Themes that are sold come without one.
  return [[`${base}/style.css`, themeStyle(theme)], ...(theme.vulnerable ? [] : [[`${base}/readme.txt`, readme] as [string, string]])]
}

function themeStyle({ slug, name, version, requires, author, about }: Theme): string {
  return `/*\nTheme Name: ${name}\nAuthor: ${author}\nDescription: ${about}\nRequires at least: ${requires}\nTested up to: 6.8\nRequires PHP: 7.2\nVersion: ${version}\nLicense: GNU General Public License v2 or later\nText Domain: ${slug}\n*/\n${ASSETS.style}`
}

function pluginFiles({ slug, name, version, requires, author, about, css, js }: Plugin): [string, string][] {
  const base = `/wp-content/plugins/${slug}`
  const readme = `=== ${name} ===\nContributors: ${author.toLowerCase().replace(/[^a-z0-9]/g, '')}\nRequires at least: ${requires}\nTested up to: 6.8\nStable tag: ${version}\nLicense: GPLv2 or later\n\n${about}\n\n== Changelog ==\n\n= ${version} =\n* Fixes and small improvements.\n`
  const files: [string, string][] = [[`${base}/readme.txt`, readme]]
  if (css) files.push([`${base}/${css}`, `/* ${name} ${version} */\n.${slug}{display:block}\n`])
  if (js) files.push([`${base}/${js}`, `/* ${name} ${version} */\n`])
  return files
}

/** One copy of the configuration that somebody forgot; which one differs from site to site. */
const BACKUPS = ['/wp-config.php.bak', '/wp-config.php~', '/wp-config.php.save', '/wp-config.php.old', '/wp-config.txt', '/wp-config.bak']

const KEYS = ['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT']

/** `wp-config.php`, with marks where each visitor is shown secrets of its own. */
export function wpConfig(blog: Blog): string {
  const define = (name: string, value: string): string => `define( '${name}', '${value}' );\n`
  return `<?php
/** Settings of ${blog.title.replaceAll('*/', '')} */

// ** Database settings ** //
${define('DB_NAME', 'wordpress')}${define('DB_USER', 'wp_site')}${define('DB_PASSWORD', '{{honeytoken:password:wp_site}}')}${define('DB_HOST', 'localhost')}${define('DB_CHARSET', 'utf8mb4')}${define('DB_COLLATE', '')}
${KEYS.map((name) => define(name, `{{honeytoken:wordpress-salt:${name.toLowerCase()}}}`)).join('')}
$table_prefix = 'wp_';

define( 'WP_DEBUG', false );

if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
`
}

/** Source of a theme or plug-in file as the editor shows it, where nobody has changed it. */
export function themeFile({ blog, plugins }: SiteContext, path: string): string | undefined {
  const theme = blog.themes.find(({ slug }) => path === `/wp-content/themes/${slug}/style.css`)
  if (theme) return themeStyle(theme)
  const plugin = plugins.find(({ slug }) => path === `/wp-content/plugins/${slug}/${slug}.php`)
  if (plugin) return `<?php\n/*\nPlugin Name: ${plugin.name}\nVersion: ${plugin.version}\nAuthor: ${plugin.author}\n*/\n`
  return path.endsWith('.php') ? '<?php\n' : undefined
}
