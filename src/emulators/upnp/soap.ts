/** The actions of a gateway: what attackers call to open ports to the inside, or to make a proxy of it. */
import { escapeHtml } from '../../http/index.ts'
import { SERVICES } from './description.ts'
import type { Gateway } from './gateway.ts'

/** Mappings that one source may have. */
const MOST_MAPPINGS = 64
const LONGEST_ARGUMENT = 256
const MOST_ARGUMENTS = 16

export interface Call {
  action: string
  /** `urn:schemas-upnp-org:service:WANIPConnection:1`. */
  service: string
  arguments: ReadonlyMap<string, string>
}

export interface Mapping {
  remoteHost: string
  externalPort: string
  protocol: string
  internalPort: string
  internalClient: string
  description: string
  leaseSeconds: string
}

/** What an action gives back, or its error of UPnP Device Architecture §3.2.2. */
export type Outcome = { result: Record<string, string> } | { error: number; description: string }

/** The port mappings of one source, in the order that it made them. */
export class Mappings {
  readonly #all: Mapping[] = []

  get size(): number {
    return this.#all.length
  }

  at(index: number): Mapping | undefined {
    return this.#all[index]
  }

  find(port: string, protocol: string): Mapping | undefined {
    return this.#all.find((one) => one.externalPort === port && one.protocol === protocol)
  }

  add(mapping: Mapping): boolean {
    const known = this.#all.findIndex((one) => one.externalPort === mapping.externalPort && one.protocol === mapping.protocol)
    if (known >= 0) this.#all[known] = mapping
    else if (this.#all.length < MOST_MAPPINGS) this.#all.push(mapping)
    else return false
    return true
  }

  delete(port: string, protocol: string): void {
    const known = this.#all.findIndex((one) => one.externalPort === port && one.protocol === protocol)
    if (known >= 0) this.#all.splice(known, 1)
  }
}

/** Reads `SOAPAction: "type#Action"` and the flat elements of the body. Undefined without an action. */
export function parseCall(header: string | undefined, body: string): Call | undefined {
  const [service = '', action = ''] = (header ?? '').replaceAll('"', '').trim().split('#')
  if (!action) return undefined
  const found = new Map<string, string>()
  for (const piece of body.split('<')) {
    const end = piece.indexOf('>')
    const name = piece.slice(0, end)
    if (end < 1 || !/^New[A-Za-z0-9]{1,40}$/.test(name) || found.size >= MOST_ARGUMENTS) continue
    found.set(name, plain(piece.slice(end + 1).slice(0, LONGEST_ARGUMENT)))
  }
  return { action, service, arguments: found }
}

export function perform(call: Call, document: string, gateway: Gateway, mappings: Mappings, traffic: number): Outcome {
  const wanted = SERVICES[document]?.actions[call.action]
  const given = (name: string): string => call.arguments.get(name) ?? ''
  const connection = `uuid:${gateway.uuids[2]}:WANConnectionDevice:2,urn:upnp-org:serviceId:WANIPConn1`
  // MiniUPnPd answers this one for every service.
  if (call.action === 'GetDefaultConnectionService') return { result: { NewDefaultConnectionService: connection } }
  if (!wanted) return { error: 401, description: 'Invalid Action' }
  switch (call.action) {
    case 'GetExternalIPAddress':
      return { result: { NewExternalIPAddress: gateway.externalAddress } }
    case 'GetStatusInfo': {
      const uptime = String(Math.floor(Date.now() / 1000) - gateway.bootId)
      return { result: { NewConnectionStatus: 'Connected', NewLastConnectionError: 'ERROR_NONE', NewUptime: uptime } }
    }
    case 'GetConnectionTypeInfo':
      return { result: { NewConnectionType: 'IP_Routed', NewPossibleConnectionTypes: 'IP_Routed' } }
    case 'GetNATRSIPStatus':
      return { result: { NewRSIPAvailable: '0', NewNATEnabled: '1' } }
    case 'GetCommonLinkProperties':
      return {
        result: {
          NewWANAccessType: 'Cable',
          NewLayer1UpstreamMaxBitRate: '4200000',
          NewLayer1DownstreamMaxBitRate: '4200000',
          NewPhysicalLinkStatus: 'Up',
        },
      }
    case 'AddPortMapping':
    case 'AddAnyPortMapping':
      return addMapping(call, mappings)
    case 'DeletePortMapping':
      mappings.delete(given('NewExternalPort'), given('NewProtocol'))
      return { result: {} }
    case 'GetGenericPortMappingEntry': {
      const mapping = mappings.at(Number.parseInt(given('NewPortMappingIndex'), 10))
      if (!mapping) return { error: 713, description: 'SpecifiedArrayIndexInvalid' }
      const { remoteHost, externalPort, protocol } = mapping
      return { result: { NewRemoteHost: remoteHost, NewExternalPort: externalPort, NewProtocol: protocol, ...entryOf(mapping) } }
    }
    case 'GetSpecificPortMappingEntry': {
      const mapping = mappings.find(given('NewExternalPort'), given('NewProtocol'))
      return mapping ? { result: entryOf(mapping) } : { error: 714, description: 'NoSuchEntryInArray' }
    }
    default:
      return counted(call.action, traffic) ?? { error: 501, description: 'ActionFailed' }
  }
}

function addMapping({ action, arguments: given }: Call, mappings: Mappings): Outcome {
  const of = (name: string): string => given.get(name) ?? ''
  const mapping = {
    remoteHost: of('NewRemoteHost'),
    externalPort: of('NewExternalPort'),
    protocol: of('NewProtocol'),
    internalPort: of('NewInternalPort'),
    internalClient: of('NewInternalClient'),
    description: of('NewPortMappingDescription'),
    leaseSeconds: of('NewLeaseDuration') || '0',
  }
  if (!mapping.internalClient || !mapping.internalPort || !mapping.externalPort || !mapping.protocol) {
    return { error: 402, description: 'Invalid Args' }
  }
  if (!mappings.add(mapping)) return { error: 728, description: 'NoPortMapsAvailable' }
  return { result: action === 'AddAnyPortMapping' ? { NewReservedPort: mapping.externalPort } : {} }
}

function entryOf({ internalPort, internalClient, description, leaseSeconds }: Mapping): Record<string, string> {
  return {
    NewInternalPort: internalPort,
    NewInternalClient: internalClient,
    NewEnabled: '1',
    NewPortMappingDescription: description,
    NewLeaseDuration: leaseSeconds,
  }
}

/** The counters of WANCommonInterfaceConfig: they only grow. */
function counted(action: string, traffic: number): Outcome | undefined {
  const shares: Readonly<Record<string, number>> = {
    GetTotalBytesSent: 0.14,
    GetTotalBytesReceived: 1,
    GetTotalPacketsSent: 0.0005,
    GetTotalPacketsReceived: 0.0011,
  }
  const share = shares[action]
  if (share === undefined) return undefined
  return { result: { [action.replace('Get', 'New')]: String(Math.floor((traffic * share) % 2 ** 32)) } }
}

const ENVELOPE =
  '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'

export function encodeOutcome({ action, service }: Call, outcome: Outcome): { status: number; body: string } {
  if ('error' in outcome) {
    const detail = `<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>${outcome.error}</errorCode><errorDescription>${outcome.description}</errorDescription></UPnPError>`
    const fault = `<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>${detail}</detail></s:Fault>`
    return { status: 500, body: `${ENVELOPE}${fault}</s:Body></s:Envelope>` }
  }
  const values = Object.entries(outcome.result).map(([name, value]) => `<${name}>${escapeHtml(value)}</${name}>`)
  const answer = `<u:${action}Response xmlns:u="${escapeHtml(service)}">${values.join('')}</u:${action}Response>`
  return { status: 200, body: `<?xml version="1.0"?>\r\n${ENVELOPE}${answer}</s:Body></s:Envelope>\r\n` }
}

function plain(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}
