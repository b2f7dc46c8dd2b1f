import { evidence } from '../../../events/bytes.ts'
import { fillHoneytokenText } from '../../../host/honeytokens/marked-seed.ts'
import { HoneytokenMint } from '../../../host/honeytokens/mint.ts'
import type { ShopContext } from '../shop-context.ts'
import { filteredFile } from './include.ts'

const ROLE = 'shop-web'
/** What the metadata service of the machine's cloud says below `/latest`, with secrets that tell on who uses them. */
const METADATA: Readonly<Record<string, string>> = {
  '': 'dynamic\nmeta-data\nuser-data',
  '/meta-data': 'ami-id\nhostname\niam/\ninstance-id\ninstance-type\nlocal-hostname\nlocal-ipv4\nplacement/\nsecurity-groups',
  '/meta-data/hostname': '{{hostname}}.eu-central-1.compute.internal',
  '/meta-data/local-hostname': '{{hostname}}.eu-central-1.compute.internal',
  '/meta-data/local-ipv4': '{{address}}',
  '/meta-data/instance-type': 't3.large',
  '/meta-data/security-groups': 'shop-web',
  '/meta-data/placement/region': 'eu-central-1',
  '/meta-data/iam': 'info\nsecurity-credentials/',
  '/meta-data/iam/security-credentials': ROLE,
  [`/meta-data/iam/security-credentials/${ROLE}`]:
    '{\n  "Code" : "Success",\n  "LastUpdated" : "{{now}}",\n  "Type" : "AWS-HMAC",\n  "AccessKeyId" : "{{honeytoken:aws-key-id:shop-web}}",\n  "SecretAccessKey" : "{{honeytoken:aws-secret:shop-web}}",\n  "Expiration" : "{{later}}"\n}',
  '/user-data': '#!/bin/bash\nmysql -h 127.0.0.1 -u shop -p{{honeytoken:password:shop}} shop < /root/shop.sql\n',
}
const SIX_HOURS = 6 * 3_600_000

/** What the page says of an address that it is told to get. Nothing is ever fetched. */
export function fetched(url: string, shop: ShopContext): { text: string; worked: boolean } {
  const [, scheme = '', host = '', port, path = ''] = /^([a-z]{2,10}):\/\/([^/:?#]{0,255})(?::(\d{1,5}))?([^?#]{0,1000})/i.exec(url) ?? []
  if (/^file$/i.test(scheme)) {
    const text = filteredFile(url, shop)
    return text === undefined ? failed(37, `Couldn't open file ${path}`) : { text, worked: true }
  }
  shop.visit.record('indicator', { kind: 'url', value: evidence(url), how: 'web-app.fetch' }, ['attack:T1190'])
  if (!/^https?$/i.test(scheme)) return failed(1, `Protocol "${scheme.slice(0, 20)}" not supported or disabled in libcurl`)
  if (host === '169.254.169.254' && (port === undefined || port === '80')) return metadata(path, shop)
  if (!/^(?:[\d.]+|localhost)$/i.test(host)) return failed(6, `Could not resolve host: ${host}`)
  return failed(7, `Failed to connect to ${host} port ${port ?? (/^https$/i.test(scheme) ? 443 : 80)} after 0 ms: Connection refused`)
}

function failed(code: number, words: string): { text: string; worked: boolean } {
  return { text: `cURL error ${code}: ${words}`, worked: false }
}

function metadata(path: string, { lure, visit }: ShopContext): { text: string; worked: boolean } {
  const [, below] = /^\/(?:latest|\d{4}-\d\d-\d\d)((?:\/[\w.-]{1,60}){0,8})\/?$/.exec(path) ?? []
  const text = below !== undefined && Object.hasOwn(METADATA, below) ? METADATA[below] : undefined
  if (path === '' || path === '/') return { text: '1.0\n2021-07-15\nlatest', worked: true }
  if (text === undefined) return { text: '404 - Not Found', worked: false }
  const { persona } = lure
  const facts: Record<string, string> = {
    hostname: persona.hostname,
    address: persona.network.interfaces[0]?.address.split('/', 1)[0] ?? '',
    now: `${new Date().toISOString().slice(0, 19)}Z`,
    later: `${new Date(Date.now() + SIX_HOURS).toISOString().slice(0, 19)}Z`,
  }
  const filled = text.replace(/\{\{(hostname|address|now|later)\}\}/g, (_, name: string) => facts[name] ?? '')
  return {
    text: fillHoneytokenText(filled, HoneytokenMint.of(lure), { owner: persona.name, place: `metadata${below}`, source: visit.source.ip }),
    worked: true,
  }
}
