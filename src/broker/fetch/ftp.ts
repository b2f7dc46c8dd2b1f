import { isIPv6 } from 'node:net'
import { Failure } from '../refusal.ts'
import { pathOf } from '../target.ts'
import { ANONYMOUS_PASSWORD } from './agents.ts'
import type { Errand, Fetched } from './errand.ts'
import { Wire } from './wire.ts'

const LONGEST_LINE = 4_096
const MOST_LINES = 200
/** Below it no server opens a data connection, and other services listen. */
const FIRST_DATA_PORT = 1024

/** RETR over a passive data connection (RFC 959, RFC 2428), as anonymous. What a URL says of users and passwords is left out. */
export async function fetchFtp({ target, agent, router, meter, signal }: Errand): Promise<Fetched> {
  const path = pathOf(target)
  if (path === '' || path.endsWith('/')) throw new Failure('a folder, no file')
  const route = await router.route(target, signal)
  const control = await Wire.open(route, { meter, signal })
  let data: Wire | undefined
  try {
    await demand(control, /^220/)
    const user = await command(control, 'USER anonymous', /^(230|331)/)
    if (user.startsWith('331')) await command(control, `PASS ${ANONYMOUS_PASSWORD[agent]}`, /^230/)
    await command(control, 'TYPE I', /^200/)
    const port = isIPv6(route.address)
      ? extendedPort(await command(control, 'EPSV', /^229/))
      : passivePort(await command(control, 'PASV', /^227/))
    if (port < FIRST_DATA_PORT || port > 65535) throw new Failure(`a data connection to port ${port}`)
    // To the judged address, whatever address the server names.
    data = await Wire.open({ address: route.address, port }, { meter, signal })
    await command(control, `RETR ${path}`, /^1\d\d/)
    return { files: [{ url: target.url.href, bytes: await data.rest() }] }
  } finally {
    data?.close()
    control.close()
  }
}

function command(control: Wire, line: string, wanted: RegExp): Promise<string> {
  control.write(`${line}\r\n`)
  return demand(control, wanted)
}

/** The last line of a reply. @throws {Failure} when it is another reply */
async function demand(control: Wire, wanted: RegExp): Promise<string> {
  for (let lines = 0; lines < MOST_LINES; lines++) {
    const line = await control.line(LONGEST_LINE)
    if (!/^\d{3}( |$)/.test(line)) continue
    if (!wanted.test(line)) throw new Failure(`answered ${line.slice(0, 3)}`)
    return line
  }
  throw new Failure('a reply without an end')
}

/** `227 Entering Passive Mode (192,0,2,1,195,80)` */
function passivePort(line: string): number {
  const [, high, low] = /\d{1,3},\d{1,3},\d{1,3},\d{1,3},(\d{1,3}),(\d{1,3})/.exec(line) ?? []
  return Number(high ?? 0) * 256 + Number(low ?? 0)
}

/** `229 Entering Extended Passive Mode (|||50000|)` */
function extendedPort(line: string): number {
  return Number(/\(\|\|\|(\d{1,5})\|\)/.exec(line)?.[1] ?? 0)
}
