import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { ico } from '../../http/images/png.ts'
import { fillPage } from '../../http/index.ts'
import type { Build } from './build.ts'
import notices from './facts/notices.json' with { type: 'json' }

const page = (name: string): string => readFileSync(new URL(`./pages/${name}`, import.meta.url), 'utf8')
const asset = (name: string): Buffer => readFileSync(new URL(`./assets/${name}`, import.meta.url))
const LOGIN = page('login.html')
const LOGON_POINT = page('logon-point.html')
const LOGOUT = page('logout.html')
const PORTAL = page('portal.html')

/** What the pages show of their owner. */
export interface PageOwner {
  build: Build
  company: string
  /** The line below the form, as its administrator has worded it. */
  notice: string
}

export function pageOwner(build: Build, { facts, domain }: Persona, identity: Identity): PageOwner {
  const company = facts.company ?? domain
  return { build, company, notice: identity.pick('citrix/notice', notices).replace('{{company}}', company) }
}

/** Codes of the cookie NSC_VPNERR. */
const ERRORS: Readonly<Record<string, string>> = {
  '4001': 'Incorrect credentials. Try again.',
  '4002': 'You do not have permission to log on.',
}

/** The login page; `code` is the cookie that a refused login leaves. */
export function loginPage({ build, notice }: PageOwner, code = ''): string {
  const words = Object.hasOwn(ERRORS, code) ? ERRORS[code] : undefined
  return fillPage(LOGIN, { hash: build.hash, notice, error: words ? `<div class="error" id="feedbackArea">${words}</div>` : '' })
}

export function portalPage({ build }: PageOwner, user: string): string {
  return fillPage(PORTAL, { hash: build.hash, user })
}

/** Files of the appliance's Apache, all of the time of the build. */
export function applianceFiles(owner: PageOwner): Map<string, Buffer> {
  const { build, notice } = owner
  const logonPoint = (marker: string, product: string): Buffer =>
    Buffer.from(fillPage(LOGON_POINT, { hash: build.hash, notice, marker, product }))
  return new Map<string, Buffer>([
    ['/vpn/logout.html', Buffer.from(fillPage(LOGOUT, { hash: build.hash }))],
    ['/vpn/tmindex.html', logonPoint('_ctxstxt_NetscalerAAA', 'ADC')],
    ['/logon/LogonPoint/index.html', logonPoint('_ctxstxt_CitrixCopyright', 'Gateway')],
    ['/logon/LogonPoint/custom.html', logonPoint('_ctxstxt_CitrixCopyright', 'Gateway')],
    ['/logon/LogonPoint/tmindex.html', logonPoint('_ctxstxt_NetscalerAAA', 'ADC')],
    ['/logon/themes/Default/css/base.css', asset('base.css')],
    ['/logon/themes/Default/custom.css', asset('custom.css')],
    ['/logon/LogonPoint/custom/style.css', asset('custom.css')],
    ['/logon/LogonPoint/custom/strings.en.js', asset('strings.js')],
    ['/logon/LogonPoint/receiver/js/ctxs.core.min.js', asset('script.js')],
    ['/logon/LogonPoint/receiver/images/common/icon_vpn.ico', ico('gateway', 32)],
    ['/vpn/images/AccessGateway.ico', ico('gateway', 32)],
    ['/vpn/js/rdx.js', asset('script.js')],
    ['/vpn/login.js', asset('script.js')],
    ['/vpn/js/gateway_login_view.js', asset('script.js')],
    ['/vpn/js/rdx/core/lang/rdx_en.json.gz', datedGzip(asset('rdx_en.json'), build.stamp)],
    ['/vpn/pluginlist.xml', Buffer.from(pluginList(build))],
    ['/epa/scripts/win/nsepa_setup.exe', installer(build)],
  ])
}

/** RFC 1952 §2.3.1: bytes 4 to 7 are the time of the file. */
function datedGzip(content: Buffer, stamp: number): Buffer {
  const packed = gzipSync(content)
  packed.writeUInt32LE(stamp, 4)
  return packed
}

function pluginList({ dotted }: Build): string {
  const plugins = [
    ['Win-VPN', 'Citrix Gateway Plug-in', '/vpns/scripts/vista/AGEE_setup.exe'],
    ['Win-EPA', 'Endpoint Analysis Plug-in', '/epa/scripts/win/nsepa_setup.exe'],
    ['MAC-VPN', 'Citrix Gateway Plug-in', '/vpns/scripts/mac/Citrix_Access_Gateway.dmg'],
    ['MAC-EPA', 'Endpoint Analysis Plug-in', '/epa/scripts/mac/Citrix_Endpoint_Analysis.dmg'],
  ].map(([type, name, path]) => `\t\t<plugin name="${name}" type="${type}" version="${dotted}" path="${path}" />\n`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<repositories>\n\t<repository name="default" version="${dotted}">\n${plugins.join('')}\t</repository>\n</repositories>\n`
}

/** The beginning of a Windows program with its version as resource: scanners read no further. */
function installer({ dotted }: Build): Buffer {
  const bytes = Buffer.alloc(4096)
  bytes.write('MZ')
  bytes.writeUInt32LE(0x80, 0x3c)
  bytes.write('This program cannot be run in DOS mode.\r\r\n$', 0x4e)
  bytes.write('PE\0\0', 0x80)
  bytes.write('FileVersion\0\0', 0x400, 'utf16le')
  bytes.write(dotted, 0x41a, 'utf16le')
  return bytes
}
