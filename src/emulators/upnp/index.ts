/**
 * A home router's MiniUPnPd that listens to the Internet too.
 *
 *   attacker: M-SEARCH ssdp:all, over UDP, from a victim's     us: one datagram of the thirteen, if the governor lets it out
 *             address
 *   scanner:  GET /rootDesc.xml                                us: an Internet gateway, its services and paths
 *   attacker: AddPortMapping 4450 → 192.168.1.20:445           us: done, and listed from then on           → upnp.mapping
 *   attacker: SUBSCRIBE, CALLBACK: <http://victim/>            us: a subscription; nobody is ever called   → CVE-2020-12695
 *
 * ssdp.ts is the search, description.ts the documents, soap.ts the actions; services.json is what the services can do.
 */
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { pageFacts, serveHttp, type WebRequest, type WebResponse, type WebServer, webEvents } from '../../http/index.ts'
import { defineLure } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import { BY_CONTROL_PATH, BY_EVENT_PATH, rootDescription, serviceDescription } from './description.ts'
import { type Gateway, gatewayOf } from './gateway.ts'
import { answerToNoRequest, miniUpnpServer } from './server.ts'
import { encodeOutcome, Mappings, parseCall, perform } from './soap.ts'
import { answerSearch, parseSearch } from './ssdp.ts'

const SOURCES = 1000
const XML = 'text/xml; charset="utf-8"'
const HTTP_PORT = 5000
const END_OF_HEAD = Buffer.from('\r\n\r\n')
const LONGEST_HEAD = 8192
const HEAD_MS = 30_000
/** Bytes that the WAN side takes in a second, on average. */
const BYTES_PER_SECOND = 41_000

const upnpEvents = {
  ...webEvents('upnp'),
  'upnp.search': z.object({
    target: Evidence,
    man: Evidence.optional(),
    maxWait: Evidence.optional(),
    answered: z.boolean(),
    /** Bytes that a device without a governor would have sent. */
    potentialBytes: z.number(),
  }),
  'upnp.action': z.object({ service: Evidence, action: Evidence, arguments: z.record(z.string(), Evidence), error: z.number().optional() }),
  'upnp.mapping': z.object({
    externalPort: Evidence,
    protocol: Evidence,
    internalClient: Evidence,
    internalPort: Evidence,
    description: Evidence,
  }),
  'upnp.subscribe': z.object({ path: Evidence, callback: Evidence }),
  'upnp.malformed': z.object({ message: Evidence }),
}
type UpnpEvents = typeof upnpEvents

interface Room {
  gateway: Gateway
  server: WebServer
  vendor: string
  /** Where the description is, for answers over UDP. */
  location: (localIp: string) => string
  mappings: LRUCache<string, Mappings>
  lanAddress: string
}

export default defineLure({
  name: 'upnp',
  standsFor: ['Ddospot', 'Dionaea'],
  about: 'MiniUPnPd 2.3 of a home router, SSDP and its services',
  profiles: ['tarpit'],
  persona: 'openwrt-router',
  ports: [
    { transport: 'udp', port: 1900, role: 'ssdp', group: '239.255.255.250' },
    { transport: 'tcp', port: HTTP_PORT, alternate: 5431, role: 'description' },
  ],
  options: z.strictObject({
    /** Address of the router's outer side, as GetExternalIPAddress tells it; the address that was reached, unless given. */
    externalAddress: z.ipv4().optional(),
  }),
  events: upnpEvents,

  start({ identity, persona, options, ports }): Room {
    const lanAddress = persona.network.interfaces[0]?.address.split('/')[0] ?? '192.168.1.1'
    const gateway = gatewayOf(identity, persona, options.externalAddress ?? '')
    const port = ports.find(({ declared }) => declared.role === 'description')?.port ?? HTTP_PORT
    return {
      gateway,
      server: miniUpnpServer(gateway.server),
      vendor: gateway.server.split('/')[0] ?? 'Linux',
      location: (localIp) => `http://${isAny(localIp) ? lanAddress : localIp}:${port}/rootDesc.xml`,
      mappings: new LRUCache({ max: SOURCES }),
      lanAddress,
    }
  },

  answer(datagram, { room }) {
    const search = parseSearch(datagram.bytes)
    if (!search) {
      datagram.asksFor('malformed', 0)
      datagram.record('upnp.malformed', { message: evidence(datagram.bytes.subarray(0, 512)) })
      return undefined
    }
    const found = answerSearch(search, room.gateway, room.location(datagram.local.ip))
    datagram.asksFor(search.target === 'ssdp:all' ? 'ssdp:all' : 'search', found?.potential ?? 0)
    datagram.record(
      'upnp.search',
      {
        target: evidence(search.target),
        answered: found !== undefined,
        potentialBytes: found?.potential ?? 0,
        ...(search.man === undefined ? {} : { man: evidence(search.man) }),
        ...(search.maxWait === undefined ? {} : { maxWait: evidence(search.maxWait) }),
      },
      search.target === 'ssdp:all' ? ['attack:T1498.002'] : ['attack:T1046'],
    )
    return found?.answer
  },

  async serve(visit, { room }) {
    const head = await visit.until(END_OF_HEAD, LONGEST_HEAD, { within: HEAD_MS })
    const [line = ''] = head.toString('latin1').split('\r\n')
    if (!/^[A-Z]{1,20} \S{1,2000} HTTP\/1\.[01]$/.test(line)) {
      visit.record('upnp.malformed', { message: evidence(head.subarray(0, 512)) })
      return visit.write(answerToNoRequest(line, room.gateway.server))
    }
    visit.unread(head)
    await serveHttp(visit, { name: 'upnp', server: room.server, site: (request) => answerRequest(request, visit, room) })
  },
})

function answerRequest(request: WebRequest, visit: Visit<UpnpEvents>, room: Room): WebResponse {
  const { method, path } = request
  const isControl = BY_CONTROL_PATH.has(path)
  if (method === 'GET')
    return isControl ? { ...room.server.page(405, pageFacts(request)), ...allowPost(request, room) } : document(request, room)
  if (method === 'POST') return isControl ? control(request, visit, room) : room.server.page(400, pageFacts(request))
  if (method === 'SUBSCRIBE' || method === 'UNSUBSCRIBE') return subscribe(request, visit)
  return room.server.page(501, pageFacts(request))
}

function allowPost(request: WebRequest, room: Room): Pick<WebResponse, 'headers'> {
  return { headers: [...(room.server.page(405, pageFacts(request)).headers ?? []), ['Allow', 'POST']] }
}

function document(request: WebRequest, { gateway, vendor, server, lanAddress }: Room): WebResponse {
  const { path } = request
  const address = isAny(request.local.ip) ? lanAddress : request.local.ip
  const body =
    path === '/rootDesc.xml' ? rootDescription(gateway, vendor, address) : serviceDescription(path.slice(1).replace(/\.xml$/, ''))
  if (body === undefined || !path.endsWith('.xml')) return server.page(404, pageFacts(request))
  return { status: 200, headers: [['Content-Type', XML]], body }
}

function control(request: WebRequest, visit: Visit<UpnpEvents>, room: Room): WebResponse {
  const service = BY_CONTROL_PATH.get(request.path)!
  const call = parseCall(request.headers.get('soapaction'), request.body.toString('utf8'))
  if (!call) return room.server.page(400, pageFacts(request))
  const mappings = room.mappings.get(visit.source.ip) ?? new Mappings()
  room.mappings.set(visit.source.ip, mappings)
  const gateway = { ...room.gateway, externalAddress: room.gateway.externalAddress || request.local.ip }
  const traffic = (Date.now() / 1000 - gateway.bootId) * BYTES_PER_SECOND
  const outcome = perform(call, service.document, gateway, mappings, traffic)
  record(visit, call, outcome)
  const { status, body } = encodeOutcome(call, outcome)
  return { status, headers: [['Content-Type', XML]], body }
}

function record(visit: Visit<UpnpEvents>, call: NonNullable<ReturnType<typeof parseCall>>, outcome: ReturnType<typeof perform>): void {
  const given = (name: string) => evidence(call.arguments.get(name) ?? '')
  visit.record('upnp.action', {
    service: evidence(call.service),
    action: evidence(call.action),
    arguments: Object.fromEntries([...call.arguments].map(([name, value]) => [name, evidence(value)])),
    ...('error' in outcome ? { error: outcome.error } : {}),
  })
  if (!call.action.startsWith('Add') || 'error' in outcome) return
  visit.record(
    'upnp.mapping',
    {
      externalPort: given('NewExternalPort'),
      protocol: given('NewProtocol'),
      internalClient: given('NewInternalClient'),
      internalPort: given('NewInternalPort'),
      description: given('NewPortMappingDescription'),
    },
    ['attack:T1090.001', 'attack:T1599.001'],
  )
}

/** Events would go to the callback; they never do. */
function subscribe(request: WebRequest, visit: Visit<UpnpEvents>): WebResponse {
  const callback = request.headers.get('callback')
  const empty = { headers: [['Content-Type', XML]] as const, body: '' }
  if (!BY_EVENT_PATH.has(request.path) || (!callback && !request.headers.get('sid'))) return { status: 412, ...empty }
  if (!callback) return { status: 200, ...empty }
  visit.record('upnp.subscribe', { path: evidence(request.path), callback: evidence(callback) }, ['cve:CVE-2020-12695'])
  visit.record('indicator', { kind: 'url', value: evidence(callback.replace(/[<>]/g, '')), how: 'upnp-callback' })
  const seconds = Number(/\d{1,6}/.exec(request.headers.get('timeout') ?? '')?.[0] ?? 1800)
  const sid = `uuid:${visit.session.slice(0, 8)}-3352-3883-2883-${visit.session.replaceAll('-', '').slice(-12)}`
  return {
    status: 200,
    headers: [
      ['Content-Type', XML],
      ['Timeout', `Second-${seconds}`],
      ['SID', sid],
    ],
    body: '',
  }
}

function isAny(ip: string): boolean {
  return ip === '0.0.0.0' || ip === '::'
}
