import { gzipSync } from 'node:zlib'
import type { Process } from '../../command.ts'
import { connect, noteIndicator, type Reach, resolve } from './target.ts'
import type { Target } from './url.ts'

/** What a download request met. */
export type Fetched =
  | { state: 'unresolved'; failure: 'unknown' | 'unreachable' }
  | { state: 'unconnected'; reach: Exclude<Reach, { state: 'open' }> }
  | { state: 'answered'; address: string; status: number; reason: string; headers: [string, string][]; body: Buffer }

const TYPES: Record<string, string> = {
  html: 'text/html',
  htm: 'text/html',
  css: 'text/css',
  js: 'application/javascript',
  json: 'application/json',
  txt: 'text/plain',
  png: 'image/png',
  jpg: 'image/jpeg',
  svg: 'image/svg+xml',
  ico: 'image/x-icon',
  xml: 'text/xml',
  sh: 'application/octet-stream',
  gz: 'application/gzip',
  tgz: 'application/gzip',
  zip: 'application/zip',
}

/** Asks for a URL without leaving the host: its own site for its own addresses, by the egress policy for the rest. Always recorded. */
export async function fetchTarget(
  process: Process,
  target: Target,
  how: string,
  told?: { resolved?: (address: string) => Promise<void>; connecting?: (address: string) => Promise<void> },
): Promise<Fetched> {
  noteIndicator(process, 'url', target.text, how)
  const found = await resolve(process, target.host)
  if ('failure' in found) return { state: 'unresolved', failure: found.failure }
  await told?.resolved?.(found.address)
  await told?.connecting?.(found.address)
  const reach = await connect(process, found.address, target.port)
  if (reach.state !== 'open') return { state: 'unconnected', reach }
  return reach.local ? ownAnswer(process, target, found.address) : foreignAnswer(process, target, found.address)
}

function httpDate(ms: number): string {
  return new Date(ms).toUTCString()
}

/** The persona's own web server, asked from inside. */
function ownAnswer(process: Process, target: Target, address: string): Fetched {
  const { persona } = process.world
  const path = decodePath(target.path.split('?')[0] as string)
  const candidates = path.endsWith('/') ? [`${path}index.html`, `${path}index.htm`] : [path]
  const page = candidates.map((name) => persona.site.get(name)).find((bytes) => bytes !== undefined)
  const server = persona.web?.header ?? ''
  const body = page ?? notFound(persona.web?.server ?? '', server)
  const headers: [string, string][] = [
    ...(server ? [['Server', server] as [string, string]] : []),
    ['Date', httpDate(process.world.now())],
    ['Content-Type', page ? (TYPES[extension(candidates[0] as string)] ?? 'application/octet-stream') : 'text/html'],
    ['Content-Length', String(body.length)],
    ['Connection', 'keep-alive'],
  ]
  return { state: 'answered', address, status: page ? 200 : 404, reason: page ? 'OK' : 'Not Found', headers, body }
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function notFound(kind: string, header: string): Buffer {
  if (kind === 'nginx')
    return Buffer.from(
      `<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>${header.split(' ')[0]}</center>\r\n</body>\r\n</html>\r\n`,
    )
  return Buffer.from(
    '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n',
  )
}

function extension(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return name.includes('.') ? (name.split('.').at(-1) as string).toLowerCase() : ''
}

/** A server somewhere that gave something: what it is fits the name, and stays the same for the URL. */
function foreignAnswer(process: Process, target: Target, address: string): Fetched {
  const body = inventedBody(process, target)
  const kind = extension(target.path.split('?')[0] as string)
  const headers: [string, string][] = [
    ['Server', 'nginx/1.18.0 (Ubuntu)'],
    ['Date', httpDate(process.world.now())],
    ['Content-Type', TYPES[kind] ?? (body[0] === 0x7f ? 'application/octet-stream' : 'text/html')],
    ['Content-Length', String(body.length)],
    [
      'Last-Modified',
      httpDate(process.world.now() - process.world.identity.integer(`age/${target.text.slice(0, 500)}`, 3_600_000, 40 * 86_400_000)),
    ],
    ['Connection', 'keep-alive'],
  ]
  return { state: 'answered', address, status: 200, reason: 'OK', headers, body }
}

function inventedBody(process: Process, target: Target): Buffer {
  const { identity, persona } = process.world
  const label = `body/${target.text.slice(0, 500)}`
  const kind = extension(target.path.split('?')[0] as string)
  if (/^(sh|txt|py|pl|php|html?|css|js|json|xml|asp)$/.test(kind) || target.path === '/')
    return Buffer.from(kind === 'sh' ? '#!/bin/sh\n' : '\n')
  if (/^(gz|tgz)$/.test(kind)) return gzipSync(Buffer.alloc(10_240))
  const size = identity.integer(label, 38_000, 140_000)
  const random = identity.random(label)
  const bytes = Buffer.alloc(size)
  for (let i = 64; i < size; i++) bytes[i] = random() < 0.3 ? 0 : Math.floor(random() * 256)
  elfHeader(persona.os.kernel.machine).copy(bytes)
  return bytes
}

/** An ELF header of the host's own kind (static executable), so that the file looks as a dropper expects. */
function elfHeader(machine: string): Buffer {
  const wide = machine === 'x86_64' || machine === 'aarch64'
  const numbers: Record<string, number> = { x86_64: 62, aarch64: 183, i686: 3, mips: 8, armv7l: 40 }
  const header = Buffer.alloc(wide ? 64 : 52)
  header.write('\x7fELF', 0, 'latin1')
  header.set([wide ? 2 : 1, 1, 1, 0], 4)
  header.writeUInt16LE(2, 16)
  header.writeUInt16LE(numbers[machine] ?? 62, 18)
  header.writeUInt32LE(1, 20)
  if (wide) header.writeBigUInt64LE(0x400078n, 24)
  else header.writeUInt32LE(0x400054, 24)
  return header
}

/** Bytes a second of the host's line, so that large files take their time. */
export function lineSpeed(process: Process): number {
  return process.world.persona.os.family === 'openwrt' ? 1.1e6 : 11e6
}
