/**
 * A print server that the Internet may use: CUPS 2.4 with the office printer behind it, and cups-browsed.
 *
 *   client:   POST /printers/X  Get-Printer-Attributes      us: 110 attributes of the queue
 *   attacker: POST /printers/X  Print-Job + document        us: job-id, processing; completed after a while  → artifact
 *   attacker: POST /admin/  CUPS-Add-Modify-Printer + PPD   us: successful-ok; the queue is there            → artifact
 *   attacker: udp "0 3 http://203.0.113.9:631/printers/x"   us: nothing; the address is never called         → CVE-2024-47176
 *
 * With `product: printer` it is the printer by itself, at /ipp/print, which passes the suites of IPP Everywhere.
 *
 * codec.ts is the message, service.ts its checks in CUPS's order, operations/ has a file a theme, spooler.ts is what one
 * source sees of queues and jobs, cups-server.ts, site.ts and device-pages.ts are the HTTP around it.
 */
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import { fillHoneytokenText } from '../../host/honeytokens/marked-seed.ts'
import { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import { serveHttp, type WebServer } from '../../http/index.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure } from '../../sensor/lure.ts'
import type { Datagram, Visit } from '../../sensor/visit.ts'
import { decodeBrowsePacket } from './browse-packet.ts'
import { cupsServer } from './cups-server.ts'
import { type IppEvents, ippEvents } from './events.ts'
import { PrintServer } from './print-server.ts'
import { ippAnswer } from './site.ts'
import type { Spooler } from './spooler.ts'

/** Sources whose jobs and queues are remembered, and for how long, milliseconds. */
const SOURCES = 1_000
const REMEMBERED = 24 * 3_600_000

interface Room {
  printServer: PrintServer
  server: WebServer
  spoolers: LRUCache<string, Spooler>
  installedAt: number
}

export default defineLure({
  name: 'ipp',
  standsFor: ['Ipphoney', 'Honeypots'],
  about: 'CUPS 2.4 that prints for everybody, and cups-browsed',
  profiles: ['standard'],
  ports: [
    { transport: 'tcp', port: 631, alternate: 6631 },
    { transport: 'udp', port: 631, alternate: 6631, role: 'browsing' },
  ],
  options: z.strictObject({
    /** A print server (CUPS and cups-browsed), or the office printer by itself, as IPP Everywhere (ippeveprinter). */
    product: z.enum(['cups', 'printer']).default('cups'),
    /** Release of CUPS; Debian 12 has 2.4.2. */
    version: z
      .string()
      .regex(/^2\.\d\.\d{1,2}$/, 'a release such as 2.4.2')
      .default('2.4.2'),
    /** Who may use the forms of /admin; the accounts of the host unless given. */
    login: LoginOptions,
  }),
  events: ippEvents,

  start({ identity, persona, options }): Room {
    return {
      printServer: new PrintServer(identity, persona),
      server: cupsServer(options),
      spoolers: new LRUCache({ max: SOURCES, ttl: REMEMBERED }),
      installedAt: Date.UTC(2025, 8, 7) + identity.integer('ipp/installed', 0, 86_400) * 1000,
    }
  },

  async serve(visit, context) {
    const { room, persona, options } = context
    const devicePath = options.product === 'printer' ? '/ipp/print' : undefined
    const { host, identity, state, loopback } = context
    const spooler = spoolerOf(room, visit.source.ip, options.product)
    const signIn = (user: string, password: string): boolean =>
      new LoginDesk(visit as Visit, { persona, host, identity, state, loopback, options }).password(
        'basic',
        Buffer.from(user),
        Buffer.from(password),
      )
    await serveHttp(visit, {
      name: 'ipp',
      server: room.server,
      site: (request) =>
        ippAnswer({
          request,
          visit,
          server: room.server,
          spooler,
          version: options.version,
          hostname: persona.hostname,
          installedAt: room.installedAt,
          devicePath,
          signIn,
          shown: (text, place) =>
            fillHoneytokenText(text, HoneytokenMint.of(context), { owner: persona.name, place, source: visit.source.ip }),
        }),
    })
  },

  answer(datagram) {
    if (datagram.fresh) noteBrowsing(datagram)
    return undefined
  },
})

function spoolerOf({ spoolers, printServer }: Room, ip: string, product: 'cups' | 'printer'): Spooler {
  let spooler = spoolers.get(ip)
  if (!spooler) {
    spooler = product === 'cups' ? printServer.spooler() : printServer.deviceSpooler()
    spoolers.set(ip, spooler)
  }
  return spooler
}

/** cups-browsed would ask the announced address for its attributes, and make a queue of the answer (CVE-2024-47176). */
function noteBrowsing(datagram: Datagram<IppEvents>): void {
  const packet = decodeBrowsePacket(datagram.bytes)
  if (!packet) {
    datagram.record('ipp.malformed', { reason: 'no browsing packet', bytes: evidence(datagram.bytes.subarray(0, 1024)) })
    return
  }
  const { type, state, uri, location, info, makeAndModel } = packet
  const text = (value: string | undefined) => (value === undefined ? undefined : evidence(Buffer.from(value, 'latin1')))
  datagram.record(
    'ipp.browse',
    {
      type,
      state,
      uri: evidence(Buffer.from(uri, 'latin1')),
      location: text(location),
      info: text(info),
      makeAndModel: text(makeAndModel),
    },
    ['cve:CVE-2024-47176', 'attack:T1190'],
  )
  datagram.record('indicator', { kind: 'url', value: evidence(Buffer.from(uri, 'latin1')), how: 'cups-browsed' })
}
