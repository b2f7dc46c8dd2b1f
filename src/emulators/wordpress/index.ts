/**
 * WordPress with an easy password and plug-ins that should have been updated.
 *
 *   attacker: GET /wp-json/wp/v2/users · /?author=1       us: the names                    → wordpress.probe
 *   attacker: POST /xmlrpc.php system.multicall × 500     us: 500 faults 403               → 500 logins
 *   attacker: POST /wp-login.php admin:welcome1           us: 302 /wp-admin/ with cookies  → login accepted
 *   attacker: POST /wp-admin/update.php (zip)             us: Plugin installed             → artifact, wordpress.upload
 *   attacker: GET /wp-content/plugins/x/x.php?cmd=id      us: uid=33(www-data) …           → the host runs it
 *
 * site.ts finds the page for a path, a file a theme answers; exploits/ are the holes of plug-ins and themes; pages/, assets/ and
 * facts/ are what it all says.
 */

import type { Persona } from '../../config/persona.ts'
import { apache, introduce, SessionLinks, StaticFiles, serveHttp, serverOf, type WebRequest, type WebServer } from '../../http/index.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import { Blog } from './blog.ts'
import { type WordPressEvents, wordpressEvents } from './events.ts'
import { SiteFolder } from './folder.ts'
import { Members } from './members.ts'
import { Options, type WordPressOptions } from './options.ts'
import { installedPlugins, type Plugin } from './plugin-list.ts'
import { wordpressAnswer } from './site.ts'
import type { SiteContext } from './site-context.ts'
import { siteFiles } from './site-files.ts'
import { Sessions } from './visitor.ts'

interface Room {
  blog: Blog
  plugins: readonly Plugin[]
  sessions: Sessions
  server: WebServer
  files: StaticFiles
  links: SessionLinks
}

type Context = VisitContext<WordPressOptions, Room>

export default defineLure({
  name: 'wordpress',
  standsFor: ['Wordpot'],
  about: 'WordPress with an easy password and old plug-ins',
  profiles: ['standard', 'web'],
  ports: [{ transport: 'tcp', port: 8080, alternate: 8082 }],
  options: Options,
  events: wordpressEvents,
  joinsSessions: true,

  start({ options, identity, persona }): Room {
    const blog = new Blog(persona, identity, options)
    const plugins = installedPlugins(options.vulnerable)
    const server = phpServer(persona)
    const modified = (path: string): number => blog.installedAt + (path.length % 7) * 1000
    return {
      blog,
      plugins,
      sessions: new Sessions(blog, identity),
      server,
      files: new StaticFiles({ server, files: siteFiles(blog, plugins, identity), modified }),
      links: new SessionLinks([`wordpress_logged_in_${blog.cookieHash}`]),
    }
  },

  async serve(visit, context) {
    const { server, files, links } = context.room
    await serveHttp(visit, {
      name: 'wordpress',
      server,
      site: (request) => wordpressAnswer(contextOf(request, visit, context), files),
      onFirst: (request) => introduce(visit, request, links),
    })
  },
})

/** The persona's server, where it is one that WordPress runs under. */
function phpServer(persona: Persona): WebServer {
  const { web, hostname, domain } = persona
  if (web?.server === 'nginx' || web?.server === 'apache') return serverOf(persona)
  return apache({ header: 'Apache/2.4.62 (Debian)', hostname: `${hostname}.${domain}` })
}

function contextOf(request: WebRequest, visit: Visit<WordPressEvents>, lure: Context): SiteContext {
  const { persona, room, host } = lure
  const { blog, plugins, sessions, server } = room
  const { kernel } = persona.os
  const members = new Members(lure.state, visit.source.ip, blog)
  return {
    request,
    visit,
    server,
    lure,
    host,
    blog,
    plugins,
    sessions,
    members,
    folder: new SiteFolder(host),
    php: { version: '8.2.29', uname: `Linux ${persona.hostname} ${kernel.release} ${kernel.version} ${kernel.machine}` },
    url: `${request.scheme}://${hostOf(request)}`,
    user: sessions.of(request, (login) => members.user(login)),
  }
}

/** The name that a client used, when it is one that may stand in a page. */
function hostOf({ host, local }: WebRequest): string {
  return /^[\w.:[\]-]{1,255}$/.test(host) ? host : `${local.ip}:${local.port}`
}
