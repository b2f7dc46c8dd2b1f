import { isIP } from 'node:net'
import type { Endpoint, Visit } from './visit.ts'

const V2_SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

/**
 * Reads a PROXY protocol header, version 1 or 2, from the front of a connection that comes from a trusted proxy.
 * Source: HAProxy, "The PROXY protocol", §2.1 and §2.2.
 * @returns the client's endpoint, or undefined when the header is `UNKNOWN`/`LOCAL` or there is none
 */
export async function readProxyHeader(visit: Pick<Visit, 'peek' | 'exactly' | 'line'>): Promise<Endpoint | undefined> {
  const start = await visit.peek(12, { within: 3_000 })
  if (start.equals(V2_SIGNATURE)) return readVersion2(visit)
  if (start.subarray(0, 6).toString('latin1') === 'PROXY ') return readVersion1(visit)
  return undefined
}

async function readVersion1(visit: Pick<Visit, 'line'>): Promise<Endpoint | undefined> {
  const [, family, ip = '', , port] = (await visit.line(107, { within: 3_000 })).toString('latin1').split(' ')
  return (family === 'TCP4' || family === 'TCP6') && isIP(ip) ? { ip, port: Number(port) } : undefined
}

async function readVersion2(visit: Pick<Visit, 'exactly'>): Promise<Endpoint | undefined> {
  const head = await visit.exactly(16, { within: 3_000 })
  const body = await visit.exactly(head.readUInt16BE(14), { within: 3_000 })
  const isProxied = (head[12]! & 0x0f) === 1
  if (isProxied && head[13] === 0x11 && body.length >= 12) return { ip: body.subarray(0, 4).join('.'), port: body.readUInt16BE(8) }
  if (isProxied && head[13] === 0x21 && body.length >= 36) {
    const groups = Array.from({ length: 8 }, (_, i) => body.readUInt16BE(i * 2).toString(16))
    return { ip: groups.join(':'), port: body.readUInt16BE(32) }
  }
  return undefined
}
