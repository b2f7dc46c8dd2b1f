import { encodePrivate, type PrivatePacket } from './codec.ts'
import type { MonitoredClient, NtpServer } from './server-state.ts'

/** Implementation numbers: any, old and new xntpd. */
const IMPLEMENTATIONS = new Set([0, 2, 3])
export const REQUEST = { peerList: 0, monitorList: 20, monitorList1: 42 }
const ERROR = { implementation: 1, request: 2, format: 3, noData: 4, authorization: 7 }
/** Codes of requests that change something, and of those that list interfaces: ntpd wants a key for them. */
const NEEDS_KEY: readonly [from: number, to: number][] = [
  [10, 15],
  [17, 19],
  [21, 27],
  [44, 45],
]
/** PEER_INFO and PEER_STATS, which have to say of whom. */
const NEEDS_ITEMS = new Set([2, 3])

/**
 * Entries of monlist that one answer carries. A real server sends up to six hundred, six a packet: the attack. We send
 * the first packet and stop.
 */
const MONITOR_ITEMS = 6

/** Mode 7: what ntpdc asks, and what reflection attacks are made with. */
export function answerPrivate(request: PrivatePacket, server: NtpServer, asker: string, monlist: boolean): Buffer | undefined {
  if (request.isResponse || request.hasMore || request.error !== 0) return undefined
  if (!IMPLEMENTATIONS.has(request.implementation)) return reply(request, [], ERROR.implementation)
  if (request.implementation === 0) return reply(request, [], ERROR.request)
  if (NEEDS_KEY.some(([from, to]) => request.request >= from && request.request <= to)) return reply(request, [], ERROR.authorization)
  if (NEEDS_ITEMS.has(request.request) && request.items.length === 0) return reply(request, [], ERROR.format)
  if (request.request === REQUEST.peerList) return reply(request, peerItems(server))
  if (request.request === REQUEST.monitorList || request.request === REQUEST.monitorList1) {
    // ntpd 4.2.8 keeps the request and has nothing to say to it.
    if (!monlist) return reply(request, [], ERROR.noData)
    const clients = server.monitored(asker).slice(0, MONITOR_ITEMS)
    return reply(
      request,
      clients.map((client) => monitorItem(client, server.localAddress)),
    )
  }
  return reply(request, [], ERROR.request)
}

function reply({ version, implementation, request }: PrivatePacket, items: Buffer[], error = 0): Buffer {
  return encodePrivate({ isResponse: true, hasMore: false, version, sequence: 0, implementation, request, error, items })
}

/** struct info_peer_list of ntp_request.h: address, port, mode, flags, IPv6 part; 32 bytes. */
function peerItems(server: NtpServer): Buffer[] {
  return server.peers.map(({ address, status }) => {
    const item = Buffer.alloc(32)
    writeAddress(item, address, 0)
    item.writeUInt16BE(123, 4)
    item[6] = 3
    // INFO_FLAG_CONFIG, and INFO_FLAG_SYSPEER | SHORTLIST for those in use.
    item[7] = status === 0x96 ? 0x83 : 0x81
    return item
  })
}

/** struct info_monitor_1: intervals, restrictions, count, addresses, port, mode, version, IPv6 part; 72 bytes. */
function monitorItem({ address, port, mode, version, packets, firstAgo, lastAgo }: MonitoredClient, local: string): Buffer {
  const item = Buffer.alloc(72)
  item.writeUInt32BE(packets > 1 ? Math.floor((firstAgo - lastAgo) / (packets - 1)) : 0, 0)
  item.writeUInt32BE(lastAgo, 4)
  item.writeUInt32BE(0, 8)
  item.writeUInt32BE(packets, 12)
  writeAddress(item, address, 16)
  writeAddress(item, local, 20)
  item.writeUInt32BE(0, 24)
  item.writeUInt16BE(port, 28)
  item[30] = mode
  item[31] = version
  return item
}

function writeAddress(item: Buffer, address: string, at: number): void {
  // An IPv6 asker has no place in these four bytes.
  const parts = address.includes(':') ? [0, 0, 0, 0] : address.split('.').map(Number)
  for (const [i, part] of parts.entries()) item[at + i] = part
}
