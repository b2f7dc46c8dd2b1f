/** The XML that a control point reads: the root device, and what each service can do. */
import { readFileSync } from 'node:fs'
import { escapeHtml } from '../../http/index.ts'
import type { Gateway } from './gateway.ts'

interface Variable {
  name: string
  type: string
  events?: boolean
  default?: string
  allowed?: string[]
  range?: [string, string]
}
interface Service {
  /** Name, direction and related variable of each argument. */
  actions: Record<string, [string, 'in' | 'out', string][]>
  variables: Variable[]
}

/** Actions and variables by the name of their document, from the UPnP forum's service definitions, as MiniUPnPd has them. */
export const SERVICES: Readonly<Record<string, Service>> = JSON.parse(readFileSync(new URL('./services.json', import.meta.url), 'utf8'))

const HEAD = '<?xml version="1.0"?>\r\n'
const TYPE = 'urn:schemas-upnp-org'

/** One service of a device: type and version, id, and the names of its document and of its paths. */
interface Offered {
  type: string
  id: string
  document: string
  path: string
}

const ROOT: readonly Offered[] = [
  { type: 'Layer3Forwarding:1', id: 'L3Forwarding1', document: 'L3F', path: 'L3F' },
  { type: 'DeviceProtection:1', id: 'DeviceProtection1', document: 'DP', path: 'DP' },
]
const WAN: readonly Offered[] = [{ type: 'WANCommonInterfaceConfig:1', id: 'WANCommonIFC1', document: 'WANCfg', path: 'CmnIfCfg' }]
const CONNECTION: readonly Offered[] = [
  { type: 'WANIPConnection:2', id: 'WANIPConn1', document: 'WANIPCn', path: 'IPConn' },
  { type: 'WANIPv6FirewallControl:1', id: 'WANIPv6Firewall1', document: 'WANIP6FC', path: 'IP6FCtl' },
]
/** Every service by the path that its actions are posted to. */
export const BY_CONTROL_PATH = new Map([...ROOT, ...WAN, ...CONNECTION].map((service) => [`/ctl/${service.path}`, service]))
export const BY_EVENT_PATH = new Set([...ROOT, ...WAN, ...CONNECTION].map(({ path }) => `/evt/${path}`))

export function rootDescription({ uuids, serial }: Gateway, vendor: string, address: string): string {
  const wan = {
    maker: 'MiniUPnP',
    makerUrl: 'http://miniupnp.free.fr/',
    modelUrl: 'http://miniupnp.free.fr/',
    number: '20221221',
    upc: true,
  }
  const own = { maker: vendor, makerUrl: `http://www.${vendor.toLowerCase()}.org/`, modelUrl: `http://www.${vendor.toLowerCase()}.org/` }
  const connection = device({
    ...wan,
    type: 'WANConnectionDevice:2',
    name: 'WANConnectionDevice',
    description: 'MiniUPnP daemon',
    model: 'MiniUPnPd',
    serial,
    uuid: uuids[2],
    services: CONNECTION,
  })
  const wanDevice = device({
    ...wan,
    type: 'WANDevice:2',
    name: 'WANDevice',
    description: 'WAN Device',
    model: 'WAN Device',
    serial,
    uuid: uuids[1],
    services: WAN,
    below: connection,
  })
  const root = device({
    ...own,
    type: 'InternetGatewayDevice:2',
    name: 'Router',
    description: `${vendor} router`,
    model: `${vendor} router`,
    number: '1',
    serial,
    uuid: uuids[0],
    services: ROOT,
    below: wanDevice,
    presentation: `http://${address}/`,
  })
  return `${HEAD}<root xmlns="${TYPE}:device-1-0" configId="1337">${SPEC}${root}</root>`
}

/** Undefined when there is no such document. */
export function serviceDescription(document: string): string | undefined {
  const service = Object.hasOwn(SERVICES, document) ? SERVICES[document] : undefined
  if (!service) return undefined
  const actions = Object.entries(service.actions).map(([name, given]) => {
    const list = given.map(
      ([argument, direction, variable]) =>
        `<argument><name>${argument}</name><direction>${direction}</direction><relatedStateVariable>${variable}</relatedStateVariable></argument>`,
    )
    return `<action><name>${name}</name>${list.length ? tag('argumentList', list.join('')) : ''}</action>`
  })
  const variables = service.variables.map(
    ({ name, type, events, default: value, allowed, range }) =>
      `<stateVariable sendEvents="${events ? 'yes' : 'no'}">${tag('name', name)}${tag('dataType', type)}` +
      (value === undefined ? '' : tag('defaultValue', value)) +
      (allowed ? tag('allowedValueList', allowed.map((one) => tag('allowedValue', one)).join('')) : '') +
      (range ? tag('allowedValueRange', tag('minimum', range[0]) + tag('maximum', range[1])) : '') +
      '</stateVariable>',
  )
  const body = SPEC + tag('actionList', actions.join('')) + tag('serviceStateTable', variables.join(''))
  return `${HEAD}<scpd xmlns="${TYPE}:service-1-0">${body}</scpd>`
}

const SPEC = '<specVersion><major>1</major><minor>1</minor></specVersion>'

interface Device {
  type: string
  name: string
  maker: string
  makerUrl: string
  description: string
  model: string
  modelUrl: string
  number: string
  serial: string
  uuid: string
  services: readonly Offered[]
  upc?: boolean
  below?: string
  presentation?: string
}

function device(of: Device): string {
  const services = of.services.map(
    ({ type, id, document, path }) =>
      `<service>${tag('serviceType', `${TYPE}:service:${type}`)}${tag('serviceId', `urn:upnp-org:serviceId:${id}`)}` +
      `${tag('SCPDURL', `/${document}.xml`)}${tag('controlURL', `/ctl/${path}`)}${tag('eventSubURL', `/evt/${path}`)}</service>`,
  )
  return tag(
    'device',
    tag('deviceType', `${TYPE}:device:${of.type}`) +
      tag('friendlyName', of.name) +
      tag('manufacturer', of.maker) +
      tag('manufacturerURL', of.makerUrl) +
      tag('modelDescription', of.description) +
      tag('modelName', of.model) +
      tag('modelNumber', of.number) +
      tag('modelURL', of.modelUrl) +
      tag('serialNumber', of.serial) +
      tag('UDN', `uuid:${of.uuid}`) +
      (of.upc ? tag('UPC', '000000000000') : '') +
      tag('serviceList', services.join('')) +
      (of.below ? tag('deviceList', of.below) : '') +
      (of.presentation ? tag('presentationURL', escapeHtml(of.presentation)) : ''),
  )
}

function tag(name: string, content: string): string {
  return `<${name}>${content}</${name}>`
}
