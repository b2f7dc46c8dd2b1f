import { evidence } from '../../events/bytes.ts'
import { readZip, ZipError } from '../../host/commands/zip/codec.ts'
import { escapeHtml, fillPage, html, type WebResponse } from '../../http/index.ts'
import type { BlogUser } from './blog.ts'
import { PAGES } from './pages.ts'
import { NO_CACHE, notFoundInAdmin, redirectBy, type SiteContext } from './site-context.ts'
import { themeFile } from './site-files.ts'

const MENU: readonly [file: string, name: string][] = [
  ['index.php', 'Dashboard'],
  ['edit.php', 'Posts'],
  ['upload.php', 'Media'],
  ['edit.php?post_type=page', 'Pages'],
  ['edit-comments.php', 'Comments'],
  ['themes.php', 'Appearance'],
  ['plugins.php', 'Plugins'],
  ['users.php', 'Users'],
  ['tools.php', 'Tools'],
  ['options-general.php', 'Settings'],
]

/** `/wp-admin/…` of somebody who has signed in; all others are sent to the login. */
export function adminPage(context: SiteContext, script: string): WebResponse {
  const { request, user, url, visit } = context
  if (!user) {
    const here = `${url}${request.target.startsWith('/') ? request.target.slice(0, 1000) : '/wp-admin/'}`
    return redirectBy(`${url}/wp-login.php?redirect_to=${encodeURIComponent(here)}&reauth=1`, 302, NO_CACHE)
  }
  visit.record('wordpress.admin', { user: user.login, page: evidence(request.target.slice(0, 2048)) })
  const answer = Object.hasOwn(SCREENS, script) ? SCREENS[script] : undefined
  return answer ? answer(context, user) : notFoundInAdmin()
}

type Screen = (context: SiteContext, user: BlogUser) => WebResponse

const SCREENS: Readonly<Record<string, Screen>> = {
  'index.php': (context, user) =>
    show(context, user, 'Dashboard', [
      box(
        'At a Glance',
        `<p>${context.blog.posts.length} Posts &middot; ${context.blog.pages.length} Pages &middot; 3 Comments</p><p>WordPress ${context.blog.version} running <a href="themes.php">${context.blog.theme.name}</a> theme.</p>`,
      ),
      box(
        'Activity',
        context.blog.posts
          .slice(0, 5)
          .map(({ at, title }) => `<p>${new Date(at).toISOString().slice(0, 10)} &mdash; ${escapeHtml(title)}</p>`)
          .join(''),
      ),
    ]),
  'edit.php': (context, user) => {
    const isPage = context.request.query.get('post_type') === 'page'
    const rows = (isPage ? context.blog.pages : context.blog.posts).map(({ id, title, author, at }) => [
      `<a href="post.php?post=${id}&amp;action=edit">${escapeHtml(title)}</a>`,
      escapeHtml(author.name),
      `Published<br />${day(at)}`,
    ])
    return show(context, user, isPage ? 'Pages' : 'Posts', [table(['Title', 'Author', 'Date'], rows)])
  },
  'users.php': (context, user) =>
    show(context, user, 'Users', [
      table(
        ['Username', 'Name', 'Email', 'Role'],
        context.blog.users.map(({ login, name, email, id }) => [login, escapeHtml(name), email, id === 1 ? 'Administrator' : 'Author']),
      ),
    ]),
  'plugins.php': (context, user) =>
    show(context, user, 'Plugins', [
      '<p><a href="plugin-install.php?tab=upload" class="button">Add Plugin</a></p>',
      table(
        ['Plugin', 'Description'],
        context.plugins.map(({ name, version, author, about, active }) => [
          `<strong>${escapeHtml(name)}</strong><br />${active ? 'Deactivate' : 'Activate | Delete'}`,
          `${escapeHtml(about)}<br />Version ${version} | By ${escapeHtml(author)}`,
        ]),
      ),
    ]),
  'themes.php': (context, user) =>
    show(context, user, 'Themes', [
      box(
        `Active: ${context.blog.theme.name}`,
        `<p>Version ${context.blog.theme.version}</p><p><a href="theme-editor.php">Theme File Editor</a></p>`,
      ),
    ]),
  'upload.php': (context, user) => show(context, user, 'Media Library', ['<p>No media files found.</p>']),
  'edit-comments.php': (context, user) => show(context, user, 'Comments', ['<p>No comments awaiting moderation.</p>']),
  'tools.php': (context, user) =>
    show(context, user, 'Tools', [box('Export', '<p><a href="export.php">Export</a> the content of this site.</p>')]),
  'options-general.php': (context, user) => show(context, user, 'General Settings', [settings(context)]),
  'profile.php': (context, user) => show(context, user, 'Profile', [table(['Username', 'Email'], [[user.login, user.email]])]),
  'theme-editor.php': (context, user) => editor(context, user, 'theme'),
  'plugin-editor.php': (context, user) => editor(context, user, 'plugin'),
  'plugin-install.php': (context, user) =>
    show(context, user, 'Add Plugins', [
      `<p>If you have a plugin in a .zip format, you may install or update it by uploading it here.</p><form method="post" enctype="multipart/form-data" class="wp-upload-form" action="${context.url}/wp-admin/update.php?action=upload-plugin">${nonceField(context, user, 'plugin-upload')}<label class="screen-reader-text" for="pluginzip">Plugin zip file</label><input type="file" id="pluginzip" name="pluginzip" accept=".zip" /><input type="submit" name="install-plugin-submit" id="install-plugin-submit" class="button" value="Install Now" /></form>`,
    ]),
  'update.php': install,
  'theme-install.php': (context, user) =>
    show(context, user, 'Add Themes', [
      '<p>An unexpected error occurred. Something may be wrong with WordPress.org or this server&#8217;s configuration.</p>',
    ]),
  'post-new.php': (context, user) =>
    show(context, user, 'Add Post', [
      `<form method="post" action="post.php">${nonceField(context, user, 'add-post')}<p><input name="post_title" size="60" /></p><textarea id="newcontent" name="content"></textarea><p><input type="submit" class="button button-primary" value="Publish" /></p></form>`,
    ]),
  'post.php': (context, user) =>
    context.request.method === 'POST'
      ? redirectBy(`${context.url}/wp-admin/edit.php`, 302, NO_CACHE)
      : show(context, user, 'Edit Post', ['<p>You need a newer browser to use this editor.</p>']),
  'media-new.php': (context, user) =>
    show(context, user, 'Upload New Media', [
      `<form enctype="multipart/form-data" method="post" action="media-new.php">${nonceField(context, user, 'media-form')}<input type="file" name="async-upload" /><input type="submit" class="button" value="Upload" /></form>`,
    ]),
}

function show({ blog, url, sessions, request }: SiteContext, user: BlogUser, heading: string, parts: readonly string[]): WebResponse {
  const script = request.path.slice(request.path.lastIndexOf('/') + 1) || 'index.php'
  const menu = MENU.map(
    ([file, name]) => `<li><a href="${url}/wp-admin/${file}"${file === script ? ' class="current"' : ''}>${name}</a></li>`,
  ).join('')
  const body = fillPage(PAGES.admin, {
    heading,
    title: blog.title,
    url,
    version: blog.version,
    branch: blog.version.split('.').slice(0, 2).join('-'),
    versionClass: blog.version.replaceAll('.', '-'),
    screen: script.replace('.php', ''),
    user: user.name,
    userId: String(user.id),
    now: String(Math.floor(Date.now() / 1000)),
    nonce: sessions.nonce(user, 'wp_rest'),
    menu,
    content: parts.join('\n'),
  })
  return html(body, 200, [...NO_CACHE, ['X-Frame-Options', 'SAMEORIGIN'], ['Referrer-Policy', 'strict-origin-when-cross-origin']])
}

function box(title: string, content: string): string {
  return `<div class="postbox"><h2>${escapeHtml(title)}</h2>${content}</div>`
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string): string => `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`
  return `<table class="wp-list-table widefat fixed striped"><thead>${line(heads, 'th')}</thead><tbody>${rows.map((row) => line(row, 'td')).join('\n')}</tbody></table>`
}

function settings({ blog, url }: SiteContext): string {
  const rows: [string, string][] = [
    ['Site Title', blog.title],
    ['Tagline', blog.tagline],
    ['WordPress Address (URL)', url],
    ['Administration Email Address', blog.users[0]?.email ?? ''],
  ]
  return table(
    ['Setting', 'Value'],
    rows.map(([name, value]) => [name, escapeHtml(value)]),
  )
}

function nonceField({ sessions, request }: SiteContext, user: BlogUser, action: string): string {
  return `<input type="hidden" id="_wpnonce" name="_wpnonce" value="${sessions.nonce(user, action)}" /><input type="hidden" name="_wp_http_referer" value="${escapeHtml(request.target.slice(0, 500))}" />`
}

/** The editor of theme and plug-in files; what is saved lies in the site's folder from then on. */
function editor(context: SiteContext, user: BlogUser, kind: 'theme' | 'plugin'): WebResponse {
  const { request, blog, plugins, url, sessions } = context
  const form = request.form()
  const isPost = request.method === 'POST'
  const file = fileName(
    (isPost ? form.get('file') : request.query.get('file')) ??
      (kind === 'theme' ? 'functions.php' : `${plugins[0]?.slug}/${plugins[0]?.slug}.php`),
  )
  const owner = kind === 'theme' ? (fileName(form.get('theme') ?? request.query.get('theme') ?? blog.theme.slug).split('/')[0] ?? '') : ''
  const path = kind === 'theme' ? `/wp-content/themes/${owner}/${file}` : `/wp-content/plugins/${file}`
  if (isPost && form.has('newcontent')) {
    saveEdited(context, path, Buffer.from(form.get('newcontent') ?? ''))
    return redirectBy(
      `${url}/wp-admin/${kind}-editor.php?file=${encodeURIComponent(file)}&${kind === 'theme' ? `theme=${owner}&` : ''}updated=true`,
      302,
      NO_CACHE,
    )
  }
  const content = context.folder.read(path)?.toString('utf8') ?? themeFile(context, path) ?? ''
  const saved = request.query.has('updated') ? '<div class="notice">File edited successfully.</div>' : ''
  const hidden = Object.entries({
    nonce: sessions.nonce(user, `edit-${kind}_${file}`),
    action: 'update',
    file,
    ...(kind === 'theme' ? { theme: owner } : { plugin: file }),
  })
  const fields = hidden.map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}" />`).join('')
  const files = (
    kind === 'theme'
      ? ['style.css', 'functions.php', 'index.php', '404.php', 'header.php', 'footer.php']
      : plugins.map(({ slug }) => `${slug}/${slug}.php`)
  ).map((name) => `<a href="${kind}-editor.php?file=${encodeURIComponent(name)}">${escapeHtml(name)}</a>`)
  return show(context, user, kind === 'theme' ? 'Edit Themes' : 'Edit Plugins', [
    saved,
    `<p>Selected file content: <strong>${escapeHtml(file)}</strong></p>`,
    `<form name="template" id="template" action="${kind}-editor.php" method="post">${fields}<textarea cols="70" rows="30" name="newcontent" id="newcontent">${escapeHtml(content)}</textarea><p class="submit"><input type="submit" name="submit" id="submit" class="button button-primary" value="Update File" /></p></form>`,
    `<p>${files.join(' &middot; ')}</p>`,
  ])
}

/** Saves what an editor sent, over the form or over admin-ajax. */
export function saveEdited({ folder, visit }: SiteContext, path: string, bytes: Buffer): void {
  const artifact = visit.capture(bytes, { how: 'wordpress.editor', name: evidence(path) })
  folder.write(path, bytes)
  visit.record('wordpress.upload', { path: evidence(path), by: 'editor', sha256: artifact.sha256 }, ['attack:T1505.003'])
}

/** A path of a form, without what leads out of its folder. */
export function fileName(given: string): string {
  return given
    .slice(0, 255)
    .split(/[/\\]/)
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .map((part) => part.replace(/[^\w.@+ -]/g, ''))
    .join('/')
}

const MOST_FILES = 500
const MOST_UNPACKED = 8 * 1024 * 1024

/** A plug-in or theme from a zip: kept, unpacked into the site, and served from there. */
function install(context: SiteContext, user: BlogUser): WebResponse {
  const { request } = context
  const action = request.query.get('action') ?? ''
  const part = request.multipart().find(({ name }) => name === 'pluginzip' || name === 'themezip')
  if (!/^upload-(plugin|theme)$/.test(action) || !part?.filename)
    return show(context, user, 'Upload Plugin', ['<p>Please select a file</p>'])
  const kind = action === 'upload-theme' ? 'theme' : 'plugin'
  const flaw = unpackInto(context, kind, part.filename, part.body)
  const name = escapeHtml(fileName(part.filename))
  const steps = flaw
    ? `<p>Unpacking the package&#8230;</p><p>The package could not be installed. ${flaw}</p>`
    : `<p>Unpacking the package&#8230;</p><p>Installing the ${kind}&#8230;</p><p>${kind === 'theme' ? 'Theme' : 'Plugin'} installed successfully.</p><p><a class="button button-primary" href="plugins.php?action=activate">Activate ${kind === 'theme' ? 'Theme' : 'Plugin'}</a></p>`
  return show(context, user, `Installing ${kind} from uploaded file: ${name}`, [steps])
}

/** @returns why it could not be installed */
function unpackInto({ folder, visit }: SiteContext, kind: string, zipName: string, bytes: Buffer): string | undefined {
  const base = `/wp-content/${kind}s`
  const { sha256 } = visit.capture(bytes, { how: `wordpress.${kind}`, name: evidence(zipName) })
  try {
    const entries = readZip(bytes)
      .filter(({ isFolder }) => !isFolder)
      .slice(0, MOST_FILES)
    if (entries.length === 0) return 'No valid plugins were found.'
    let total = 0
    for (const { name, content } of entries) {
      total += content.length
      if (total > MOST_UNPACKED) break
      folder.write(`${base}/${fileName(name)}`, content)
      if (name.endsWith('.php')) visit.capture(content, { how: `wordpress.${kind}-file`, name: evidence(name) })
    }
    visit.record('wordpress.upload', { path: evidence(`${base}/${fileName(entries[0]?.name ?? '')}`), by: kind, sha256 }, [
      'attack:T1505.003',
    ])
    return undefined
  } catch (error) {
    if (error instanceof ZipError || error instanceof RangeError)
      return 'PCLZIP_ERR_BAD_FORMAT (-10) : Unable to find End of Central Dir Record signature'
    throw error
  }
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10).replaceAll('-', '/')
}
