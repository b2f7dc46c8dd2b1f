import { evidence } from '../../events/bytes.ts'
import type { WebResponse } from '../../http/index.ts'
import type { Appliance } from './appliance.ts'
import { type ConfigAuth, escapeXml, readConfigAuth } from './config-auth.ts'
import { noteDefaultGroup } from './holes.ts'
import { EXPIRED, type SiteContext, xml } from './site-context.ts'

/** Ids of errors as the appliance's message catalogue has them. */
const ERRORS = { login: { id: 15, text: 'Login failed.' }, parse: { id: 98, text: 'VPN Server could not parse request.' } }

/**
 * The answer to an AnyConnect client: the form to `init`, the session or the form once more to `auth-reply`.
 * Undefined = the request is none of such a client.
 */
export function anyConnectAnswer(context: SiteContext): WebResponse | undefined {
  const { request, appliance } = context
  const asks = request.header('x-aggregate-auth') !== undefined && request.path === '/'
  if (request.method !== 'POST') return asks && request.method === 'GET' ? xml(authRequest(appliance)) : undefined
  const message = readConfigAuth(request.body)
  if (!message) return asks ? xml(failure(appliance, ERRORS.parse)) : undefined
  note(context, message)
  if (message.hostScanReplies.length > 0) return hostScan(context, message)
  if (message.type === 'init') return xml(authRequest(appliance, message))
  if (message.type === 'auth-reply') return signIn(context, message)
  if (message.type === 'logout') return xml(complete(appliance, ''))
  return xml(failure(appliance, ERRORS.parse))
}

/** CVE-2018-0101: freed twice when the element comes twice; what it brings is kept. */
function hostScan({ visit, appliance, request }: SiteContext, { hostScanReplies }: ConfigAuth): WebResponse {
  for (const reply of hostScanReplies.slice(0, 8))
    visit.record('cisco-asa.exploit', { step: 'host-scan-reply', detail: evidence(reply) }, ['cve:CVE-2018-0101', 'attack:T1190'])
  visit.capture(request.body, { how: 'cisco-asa.host-scan-reply' })
  return xml(failure(appliance, ERRORS.parse))
}

function signIn(context: SiteContext, message: ConfigAuth): WebResponse {
  const { appliance, signIn } = context
  const user = message.username ?? ''
  noteDefaultGroup(context, message.group ?? '', message.tunnelGroup ?? '', message.groupAccess?.split('/').at(-1) ?? '')
  const session = signIn('anyconnect', user, message.password ?? '')
  if (session === undefined) return xml(authRequest(appliance, message, ERRORS.login))
  return {
    ...xml(complete(appliance, session)),
    headers: [
      ['Content-Type', 'text/xml; charset=utf-8'],
      ['Cache-Control', 'no-store'],
      ['Pragma', 'no-cache'],
      ['Set-Cookie', `webvpn=${session}; path=/; secure`],
      ['Set-Cookie', `webvpnc=; expires=${EXPIRED}; path=/; secure`],
      ['X-Transcend-Version', '1'],
    ],
  }
}

function note({ visit }: SiteContext, message: ConfigAuth): void {
  const { type, version, deviceId, deviceType, platform, uniqueId, mac, group } = message
  const told = Object.entries({ version, deviceId, deviceType, platform, uniqueId, mac, group }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, evidence(value.slice(0, 512))] as const],
  )
  visit.record('cisco-asa.anyconnect', { type: evidence(type.slice(0, 64)), ...Object.fromEntries(told) })
}

function authRequest(appliance: Appliance, { group }: Partial<ConfigAuth> = {}, error?: { id: number; text: string }): string {
  const { groups, version, configHash, aggauthHandle } = appliance
  const chosen = groups.find((one) => one.alias === group || one.group === group) ?? groups[0]
  const options = groups.map(({ alias }) => `<option${alias === chosen.alias ? ' selected="true"' : ''}>${escapeXml(alias)}</option>`)
  return `<?xml version="1.0" encoding="UTF-8"?>
<config-auth client="vpn" type="auth-request" aggregate-auth-version="2">
<opaque is-for="sg">
<tunnel-group>${escapeXml(chosen.group)}</tunnel-group>
<group-alias>${escapeXml(chosen.alias)}</group-alias>
<aggauth-handle>${aggauthHandle}</aggauth-handle>
<config-hash>${configHash}</config-hash>
</opaque>
<auth id="main">
<title>Login</title>
<message>Please enter your username and password.</message>
<banner></banner>
${error ? `<error id="${error.id}" param1="" param2="">${error.text}</error>\n` : ''}<form>
<input type="text" name="username" label="Username:"></input>
<input type="password" name="password" label="Password:"></input>
<select name="group_list" label="GROUP:">
${options.join('\n')}
</select>
</form>
</auth>
<version who="sg">${version}</version>
</config-auth>
`
}

function complete({ version }: Appliance, session: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<config-auth client="vpn" type="complete" aggregate-auth-version="2">
<version who="sg">${version}</version>
${session === '' ? '' : `<session-id>${session.split('@')[1] ?? ''}</session-id>\n<session-token>${session}</session-token>\n`}<auth id="success">
<message id="0" param1="" param2=""></message>
</auth>
</config-auth>
`
}

function failure({ version }: Appliance, { id, text }: { id: number; text: string }): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<config-auth client="vpn" type="complete" aggregate-auth-version="2">
<version who="sg">${version}</version>
<error id="${id}" param1="" param2="">${text}</error>
</config-auth>
`
}
