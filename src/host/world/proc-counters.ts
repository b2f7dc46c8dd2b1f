import type { World } from '../command.ts'
import { memory, processorCount, uptimeSeconds } from './hardware.ts'
import { interfaces, sockets } from './network.ts'

/** Counters of the kernel below /proc that grow with time and traffic. */

const IP =
  'Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates'
const ICMP =
  'InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos InEchoReps InTimestamps InTimestampReps InAddrMasks InAddrMaskReps OutMsgs OutErrors OutDestUnreachs OutTimeExcds OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps OutTimestamps OutTimestampReps OutAddrMasks OutAddrMaskReps'
const TCP =
  'RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors'
const UDP = 'InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors'
const IP_EXTENDED =
  'InNoRoutes InTruncatedPkts InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts InOctets OutOctets InMcastOctets OutMcastOctets InBcastOctets OutBcastOctets InCsumErrors InNoECTPkts InECT1Pkts InECT0Pkts InCEPkts ReasmOverlaps'
const TCP_EXTENDED =
  'SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts PruneCalled RcvPruned OfoPruned OutOfWindowIcmps LockDroppedIcmps ArpFilter TW TWRecycled TWKilled PAWSActive PAWSEstab DelayedACKs DelayedACKLocked DelayedACKLost ListenOverflows ListenDrops TCPHPHits TCPPureAcks TCPHPAcks'

/** /proc/net/snmp and /proc/net/netstat: a line of names and one of numbers for each protocol. */
export function netCounters(world: World, which: 'snmp' | 'netstat'): string {
  const sum = (side: 'received' | 'sent', key: 'packets' | 'bytes'): number =>
    interfaces(world).reduce((total, entry) => total + entry[side][key], 0)
  const [into, out] = [sum('received', 'packets'), sum('sent', 'packets')]
  const days = Math.floor(uptimeSeconds(world) / 86_400)
  const established = sockets(world).filter((socket) => socket.state === 'ESTAB').length
  const table = (name: string, names: string, values: Record<string, number>): string => {
    const keys = names.split(' ')
    return `${name}: ${names}\n${name}: ${keys.map((key) => values[key] ?? 0).join(' ')}\n`
  }
  if (which === 'netstat')
    return (
      table('TcpExt', TCP_EXTENDED, {
        TW: days * 911,
        TCPHPHits: Math.floor(into * 0.31),
        TCPPureAcks: Math.floor(into * 0.22),
        DelayedACKs: days * 402,
      }) + table('IpExt', IP_EXTENDED, { InOctets: sum('received', 'bytes'), OutOctets: sum('sent', 'bytes'), InNoECTPkts: into })
    )
  return (
    table('Ip', IP, { Forwarding: 2, DefaultTTL: 64, InReceives: into, InDelivers: into, OutRequests: out }) +
    table('Icmp', ICMP, {
      InMsgs: days * 61,
      InDestUnreachs: days * 19,
      InEchos: days * 42,
      OutMsgs: days * 63,
      OutDestUnreachs: days * 21,
      OutEchoReps: days * 42,
    }) +
    table('IcmpMsg', 'InType3 InType8 OutType0 OutType3', {
      InType3: days * 19,
      InType8: days * 42,
      OutType0: days * 42,
      OutType3: days * 21,
    }) +
    table('Tcp', TCP, {
      RtoAlgorithm: 1,
      RtoMin: 200,
      RtoMax: 120_000,
      MaxConn: -1,
      ActiveOpens: days * 730,
      PassiveOpens: days * 5120,
      AttemptFails: days * 37,
      EstabResets: days * 214,
      CurrEstab: established,
      InSegs: Math.floor(into * 0.93),
      OutSegs: Math.floor(out * 0.95),
      RetransSegs: days * 388,
      OutRsts: days * 509,
    }) +
    table('Udp', UDP, { InDatagrams: Math.floor(into * 0.05), NoPorts: days * 21, OutDatagrams: Math.floor(out * 0.05) }) +
    table('UdpLite', UDP, {})
  )
}

export function socketStatistics(world: World): string {
  const count = (transport: string): number =>
    sockets(world).filter((socket) => socket.transport === transport && socket.family === 4).length
  const tcp = count('tcp')
  return `sockets: used ${90 + world.processes.list().length}\nTCP: inuse ${tcp} orphan 0 tw 3 alloc ${tcp + 6} mem 2\nUDP: inuse ${count('udp')} mem 1\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n`
}

/** /proc/net/dev_mcast: the groups that every interface of Ethernet listens to. */
export function multicast(world: World): string {
  return interfaces(world)
    .filter((entry) => !entry.loopback)
    .flatMap((entry) =>
      ['333300000001', '01005e000001', `3333ff${entry.mac.replaceAll(':', '').slice(6)}`].map(
        (group) => `${String(entry.index).padEnd(4)} ${entry.name.padEnd(15)} 1     0     ${group}\n`,
      ),
    )
    .join('')
}

const PROTOCOL_FLAGS = 'y  y  y  n  y  y  y  y  y  y  y  y  n  n  y  y  y  n'
/** Names and sizes of the protocols that a Debian kernel has from its start. */
const PROTOCOL_SIZES: readonly (readonly [name: string, size: number])[] = [
  ['AF_NETLINK', 1072],
  ['PACKET', 1472],
  ['MPTCPv6', 1776],
  ['PINGv6', 1184],
  ['RAWv6', 1184],
  ['UDPLITEv6', 1344],
  ['UDPv6', 1344],
  ['TCPv6', 2440],
  ['UNIX', 1088],
  ['UNIX-STREAM', 1088],
  ['MPTCP', 1632],
  ['UDP-Lite', 1152],
  ['PING', 976],
  ['RAW', 984],
  ['UDP', 1152],
  ['TCP', 2280],
  ['NETLINK', 1096],
]

export function protocols(): string {
  return `protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re bi br ha uh gp em\n${PROTOCOL_SIZES.map(
    ([name, size]) => `${name.padEnd(9)} ${String(size).padStart(4)}      0      -1   NI       0   yes  kernel      ${PROTOCOL_FLAGS}\n`,
  ).join('')}`
}

const SOFT_INTERRUPTS: readonly (readonly [name: string, perSecond: number])[] = [
  ['HI', 0.001],
  ['TIMER', 21],
  ['NET_TX', 0.02],
  ['NET_RX', 8.4],
  ['BLOCK', 1.9],
  ['IRQ_POLL', 0],
  ['TASKLET', 0.04],
  ['SCHED', 33],
  ['HRTIMER', 0.001],
  ['RCU', 27],
]

export function softInterrupts(world: World): string {
  const count = processorCount(world)
  const seconds = uptimeSeconds(world)
  const head = `${' '.repeat(20)}${Array.from({ length: count }, (_, i) => `CPU${i}`.padEnd(11)).join('')}\n`
  return (
    head +
    SOFT_INTERRUPTS.map(
      ([name, rate]) =>
        `${`${name}:`.padStart(12)} ${Array.from({ length: count }, (_, i) => String(Math.floor((seconds * rate * (10 - (i % 3))) / 10)).padStart(10)).join(' ')}\n`,
    ).join('')
  )
}

/** The zones of memory of a machine with one node. */
export function zones(world: World): string {
  const pages = Math.floor(memory(world).total / 4)
  const free = Math.floor(memory(world).free / 4)
  const zone = (name: string, present: number, part: number): string =>
    `Node 0, zone ${name.padStart(8)}\n  pages free     ${part}\n        boost    0\n        min      ${Math.floor(present / 620)}\n        low      ${Math.floor(present / 490)}\n        high     ${Math.floor(present / 410)}\n        spanned  ${present + 95}\n        present  ${present}\n        managed  ${present - Math.floor(present / 60)}\n        cma      0\n`
  const low = Math.min(782_336, pages)
  return (
    zone('DMA', 3998, 3840) +
    zone('DMA32', low, Math.min(free, Math.floor(low / 3))) +
    (pages > low ? zone('Normal', pages - low, Math.floor(free * 0.6)) : '')
  )
}

const SLABS: readonly (readonly [name: string, size: number, perSlab: number, share: number])[] = [
  ['ext4_inode_cache', 1176, 27, 0.31],
  ['dentry', 192, 21, 0.52],
  ['inode_cache', 640, 25, 0.11],
  ['buffer_head', 104, 39, 0.72],
  ['vm_area_struct', 200, 20, 0.12],
  ['filp', 256, 16, 0.05],
  ['task_struct', 9856, 3, 0.004],
  ['kmalloc-1k', 1024, 16, 0.02],
  ['kmalloc-64', 64, 64, 0.09],
]

export function slabs(world: World): string {
  const unit = memory(world).total / 64
  const rows = SLABS.map(([name, size, perSlab, share]) => {
    const count = Math.ceil((unit * share) / perSlab) * perSlab
    return `${name.padEnd(17)} ${String(count).padStart(6)} ${String(count).padStart(6)} ${String(size).padStart(6)} ${String(perSlab).padStart(4)} ${String(Math.max(1, Math.ceil((size * perSlab) / 4096))).padStart(4)} : tunables    0    0    0 : slabdata ${String(count / perSlab).padStart(6)} ${String(count / perSlab).padStart(6)}      0\n`
  })
  return `slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n${rows.join('')}`
}
