import { readFileSync } from 'node:fs'
import { gif } from '../../http/images/gif.ts'
import { escapeHtml, fillPage } from '../../http/index.ts'
import type { Appliance } from './appliance.ts'

const file = (name: string): Buffer => readFileSync(new URL(`./pages/${name}`, import.meta.url))
const LOGON = file('logon.html').toString()
const PORTAL = file('portal.html').toString()
const LOGOUT = file('logout.html').toString()
const UNREACHABLE = file('unreachable.html').toString()

/** Messages by the number that a failed login hands to the page. */
const MESSAGES: Readonly<Record<string, string>> = {
  '8': 'Logout.',
  '15': 'Login failed.',
}

/** What anybody may fetch, by path. */
const OPEN = new Map<string, [type: string, bytes: Buffer]>([
  ['/+CSCOU+/portal.css', ['text/css', file('portal.css')]],
  ['/+CSCOE+/logon_custom.css', ['text/css', file('logon_custom.css')]],
  ['/+CSCOE+/win.js', ['text/javascript', file('win.js')]],
  ['/+CSCOE+/portal.js', ['text/javascript', file('portal.js')]],
  ['/+CSCOU+/csco_logo.gif', ['image/gif', gif('csco_logo', 72, 38)]],
])

/** What stands in a page as it lies on the appliance, where its answer has words of this install. */
const LUA: Readonly<Record<string, string>> = {
  message: 'HTMLEncode(GetLogonMessage())',
  groups: 'GetGroupOptions()',
  user: 'HTMLEncode(SESSION_USERNAME)',
  company: 'HTMLEncode(GetCustomization("portal", "company"))',
}

/** A page with the Lua that fills it in. */
function source(name: string): Buffer {
  return Buffer.from(
    fillPage(
      file(name)
        .toString()
        .replace(/\{\{\{?(\w{1,40})\}?\}\}/g, '<# OUT({{{$1}}}); #>'),
      LUA,
    ),
  )
}

/** What the appliance has below its web root; the Lua in it is not shown by its pages, but by CVE-2020-3452. */
const ROOT = new Map<string, Buffer>([
  ...[...OPEN].map(([path, [, bytes]]): [string, Buffer] => [path, bytes]),
  ['/+CSCOE+/portal_inc.lua', file('portal_inc.lua')],
  ['/+CSCOE+/include/common.lua', file('common.lua')],
  ['/+CSCOE+/include/browser_inc.lua', file('browser_inc.lua')],
  ['/+CSCOE+/logon.html', source('logon.html')],
  ['/+CSCOE+/portal.html', source('portal.html')],
  ['/+CSCOE+/session.js', file('session.js')],
  ['/+CSCOE+/session_password.html', file('session_password.html')],
  ['/+CSCOE+/user_dialog.html', file('user_dialog.html')],
  ['/+CSCOE+/sess_update.html', file('sess_update.html')],
  ['/+CSCOE+/blank.html', file('blank.html')],
  ['/+CSCOE+/logout.html', file('logout.html')],
])

/** Pages and files of the portal. */
export class PortalFiles {
  readonly #appliance: Appliance

  constructor(appliance: Appliance) {
    this.#appliance = appliance
  }

  /** @param code number of a message (`a0` of the address), if any */
  logon(code: string | null): string {
    const { groups } = this.#appliance
    const options = groups.map(
      ({ alias, group }, at) => `<option value="${escapeHtml(group)}"${at === 0 ? ' selected' : ''}>${escapeHtml(alias)}</option>`,
    )
    const message =
      (code !== null && Object.hasOwn(MESSAGES, code) ? MESSAGES[code] : undefined) ?? 'Please enter your username and password.'
    return fillPage(LOGON, { message, groups: options.join('') })
  }

  portal(user: string): string {
    return fillPage(PORTAL, { user, company: this.#appliance.company })
  }

  /** What the portal says of a server that it cannot reach for its user. */
  unreachable(server: string): string {
    return fillPage(UNREACHABLE, { server })
  }

  logout(): string {
    return LOGOUT
  }

  open(path: string): { type: string; bytes: Buffer } | undefined {
    const found = OPEN.get(path)
    return found && { type: found[0], bytes: found[1] }
  }

  /** A file below the web root as it lies there. @param path as a hole names it: without its slash, or with some */
  source(path: string): Buffer | undefined {
    return ROOT.get(`/${path.replace(/^\/+/, '')}`)
  }

  /** Names below a folder of the web root. */
  list(folder: string): string[] {
    const prefix = `/${folder.replace(/^\/+|\/+$/g, '')}/`.replace('//', '/')
    const names = [...ROOT.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length).split('/')[0] as string)
    return [...new Set(names)]
  }
}
