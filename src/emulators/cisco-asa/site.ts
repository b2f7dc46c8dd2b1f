import { evidence } from '../../events/bytes.ts'
import type { WebResponse } from '../../http/index.ts'
import { anyConnectAnswer } from './anyconnect.ts'
import { holeAnswer, noteDefaultGroup, noteOverlong } from './holes.ts'
import { rewrittenAddress } from './rewriter.ts'
import { EXPIRED, goTo, LOGIN_COOKIES, notFound, page, type SiteContext, toLogin, xml } from './site-context.ts'

/** Answers one request as the appliance would. */
export function asaAnswer(context: SiteContext): WebResponse {
  const { request } = context
  if (request.method === 'CONNECT') return tunnel(context)
  if (request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'POST')
    return { status: 501, headers: [['Content-Type', 'text/html']], body: '', close: true }
  const isScanReply = request.method === 'POST' && request.body.includes('host-scan-reply')
  if (request.path === '/' || isScanReply) {
    const answer = anyConnectAnswer(context)
    if (answer) return answer
  }
  return holeAnswer(context) ?? portal(context) ?? management(context) ?? file(context)
}

function portal(context: SiteContext): WebResponse | undefined {
  const { request, files, sessions } = context
  const session = sessions.of(request.cookies.get('webvpn'))
  switch (request.path) {
    case '/':
      return request.method === 'POST' ? toLogin('/+webvpn+/index.html') : goTo('/+CSCOE+/logon.html', LOGIN_COOKIES)
    case '/+CSCOE+/logon.html':
      return request.method === 'POST' ? toLogin() : page(files.logon(request.query.get('a0')), LOGIN_COOKIES.slice(1))
    case '/webvpn.html':
    case '/+webvpn+/webvpn.html':
      return toLogin('/+CSCOE+/logon.html')
    case '/+webvpn+/index.html':
      noteOverlong(context)
      return request.method === 'POST' ? login(context) : legacyForm(context)
    case '/+CSCOE+/portal.html':
      if (session === undefined) return toLogin()
      context.visit.record('cisco-asa.session', { user: session })
      return page(files.portal(session))
    case '/+webvpn+/webvpn_logout.html':
    case '/+CSCOE+/logout.html':
      sessions.end(request.cookies.get('webvpn') ?? '')
      return page(files.logout(), LOGIN_COOKIES.slice(1))
    case '/CACHE/sdesktop/data.xml':
      return xml(
        `<?xml version="1.0" encoding="UTF-8"?>\n<data>\n<config>\n<location name="Default"/>\n</config>\n<hostscan>\n<field type="dropdown" name="lHostScanList0" value="'Process','av','ccSvcHst.exe'"/>\n</hostscan>\n</data>\n`,
      )
    default:
      if (request.path.startsWith('/+CSCO+')) return proxied(context, session)
      return /^\/\+CSCOE\+\/(?:files|session|user_dialog|sess_update|home)\b/.test(request.path) ? toLogin() : undefined
  }
}

/** What the portal fetches for its user inside: nothing there can be reached, and where it was meant to go is written down. */
function proxied({ request, visit, files }: SiteContext, session: string | undefined): WebResponse | undefined {
  const wanted = rewrittenAddress(request.path)
  if (!wanted) return undefined
  if (session === undefined) return toLogin()
  visit.record('cisco-asa.session', { user: session, wanted: evidence(wanted.address) }, ['attack:T1090'])
  return page(files.unreachable(wanted.server))
}

/** The form of the portal; whoever is refused goes back to it by script, with a number that says why. */
function login(context: SiteContext): WebResponse {
  const { request, signIn } = context
  const form = request.form()
  noteDefaultGroup(context, form.get('group_list') ?? '', form.get('tgroup') ?? '')
  const session = signIn('webvpn', form.get('username') ?? '', form.get('password') ?? '')
  if (session === undefined)
    return goTo('/+CSCOE+/logon.html?a0=15&a1=&a2=&a3=1&reason=1', [['Set-Cookie', `webvpn=; expires=${EXPIRED}; path=/; secure`]])
  return goTo('/+CSCOE+/portal.html', [
    ['Set-Cookie', `webvpn=${session}; path=/; secure; HttpOnly`],
    ['Set-Cookie', `webvpnlogin=; expires=${EXPIRED}; path=/; secure`],
  ])
}

/** What clients before AnyConnect ask for. */
function legacyForm({ appliance }: SiteContext): WebResponse {
  const options = appliance.groups.map(({ alias, group }) => `<option value="${group}">${alias}</option>`).join('\n')
  return xml(
    `<?xml version="1.0" encoding="UTF-8"?>\n<auth id="main">\n<title>SSL VPN Service</title>\n<message>Please enter your username and password.</message>\n<form method="post" action="/+webvpn+/index.html">\n<select name="group_list" label="GROUP:">\n${options}\n</select>\n<input type="text" name="username" label="USERNAME:" />\n<input type="password" name="password" label="PASSWORD:" />\n<input type="submit" name="Login" value="Login" />\n</form>\n</auth>\n`,
  )
}

/** ASDM: the page that starts it, and the commands that it runs for who knows a password. */
function management(context: SiteContext): WebResponse | undefined {
  const { request, appliance, show, signIn } = context
  if (request.path === '/admin' || request.path === '/admin/')
    return {
      status: 301,
      headers: [
        ['Content-Type', 'text/html'],
        ['Location', '/admin/public/index.html'],
      ],
      body: '',
    }
  if (request.path === '/admin/public/index.html')
    return page(
      `<html>\n<head><title>Cisco ASDM ${appliance.asdm}</title></head>\n<body>\n<h2>Cisco ASDM ${appliance.asdm}</h2>\n<p>Cisco ASDM ${appliance.asdm} provides an intuitive graphical user interface that makes it easy to set up, configure and manage your Cisco security appliances.</p>\n<p><a href="/admin/dm-launcher.msi">Install ASDM Launcher</a> <a href="/admin/public/asdm.jnlp">Run ASDM</a></p>\n</body>\n</html>\n`,
    )
  if (request.path === '/admin/version.prop')
    return {
      status: 200,
      headers: [['Content-Type', 'text/plain']],
      body: `asdm.version=${appliance.asdm}\nlauncher.version=1.8(0)\nasa.version=${appliance.version}\n`,
    }
  if (!request.path.startsWith('/admin/')) return undefined
  const given = request.basicCredentials()
  if (!given || signIn('basic', given.username, given.password) === undefined)
    return {
      status: 401,
      headers: [
        ['Content-Type', 'text/html'],
        ['WWW-Authenticate', 'Basic realm="Authentication"'],
      ],
      body: '',
    }
  const [, raw] = /^\/admin\/exec\/(.{1,400})$/.exec(request.path) ?? []
  if (raw === undefined) return notFound()
  const output = raw
    .split('/')
    .map((command) => show.run(command.replaceAll('+', ' '), request.source.ip))
    .join('')
  return {
    status: 200,
    headers: [
      ['Content-Type', 'text/plain'],
      ['Cache-Control', 'no-store'],
    ],
    body: output,
  }
}

/** The tunnel of AnyConnect: a session that is one gets as far as the pool of addresses. */
function tunnel({ request, sessions, visit }: SiteContext): WebResponse {
  const user = sessions.of(request.cookies.get('webvpn'))
  if (user === undefined)
    return { status: 401, reason: 'Unauthorized', headers: [['X-Reason', 'Cookie is not valid']], body: '', close: true }
  visit.record('cisco-asa.session', { user })
  return {
    status: 503,
    reason: 'Service Unavailable',
    headers: [['X-Reason', 'No address available for SVC connection']],
    body: '',
    close: true,
  }
}

function file({ request, files, sessions }: SiteContext): WebResponse {
  const found = sessions.hasDeleted(request.source.ip, request.path) ? undefined : files.open(request.path)
  if (!found) return notFound()
  return {
    status: 200,
    headers: [
      ['Content-Type', found.type],
      ['Cache-Control', 'max-age=0'],
    ],
    body: found.bytes,
  }
}
