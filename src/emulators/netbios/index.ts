/**
 * The NetBIOS name service of a Windows machine or of Samba's nmbd; datagrams of the browser service are only listened to.
 *
 *   nmblookup -A: NBSTAT for *            us: its names, its workgroup, its MAC          → netbios.query
 *   nmblookup:    NB for PORTAL15<20>     us: its address                                → netbios.query
 *   attacker:     NBSTAT from a victim's  us: nothing that is larger, see the reply governor
 */
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { defineLure } from '../../sensor/lure.ts'
import { encodeAddress, encodeNodeStatus, type NameQuery, NB, NBSTAT, NetbiosError, parseQuery, type RegisteredName } from './codec.ts'

const NAME_SERVICE = 137
const KEPT_BYTES = 256
const QUERY = 0
const OPCODES: Readonly<Record<number, string>> = { 0: 'query', 5: 'registration', 6: 'release', 7: 'wait', 8: 'refresh' }

const netbiosEvents = {
  'netbios.query': z.object({ operation: z.string(), name: Evidence, suffix: z.number(), type: z.number(), answerBytes: z.number() }),
  'netbios.datagram': z.object({ port: z.number(), bytes: Evidence }),
}

interface Node {
  names: RegisteredName[]
  mac: Buffer
}

export default defineLure({
  name: 'netbios',
  standsFor: ['Dionaea', 'Honeypots'],
  about: 'NetBIOS name service of Windows or Samba',
  profiles: ['standard', 'llm', 'mini', 'tarpit', 'windows'],
  ports: [
    { transport: 'udp', port: NAME_SERVICE },
    { transport: 'udp', port: 138 },
  ],
  options: z.strictObject({
    /** As that of `smb`. */
    shape: z.enum(['windows', 'samba']).default('windows'),
  }),
  events: netbiosEvents,

  start({ persona, identity, options }): Node {
    const name = persona.hostname.slice(0, 15).toUpperCase()
    if (options.shape === 'samba') return { names: sambaNames(name), mac: Buffer.alloc(6) }
    const [card] = persona.network.interfaces
    // The label is that of the host's own card: `ip link` shows the same address.
    const mac = card ? identity.mac(`${persona.name}/mac/${card.name}`, card.oui).replaceAll(':', '') : '000000000000'
    return { names: windowsNames(name), mac: Buffer.from(mac, 'hex') }
  },

  answer(datagram, { port, room }) {
    const query = port.declared.port === NAME_SERVICE ? read(datagram.bytes) : undefined
    if (!query) {
      datagram.record('netbios.datagram', { port: port.declared.port, bytes: evidence(datagram.bytes.subarray(0, KEPT_BYTES)) })
      return undefined
    }
    const answer = answerTo(query, room, datagram.local.ip)
    datagram.record('netbios.query', {
      operation: OPCODES[query.opcode] ?? `opcode ${query.opcode}`,
      name: evidence(query.name),
      suffix: query.suffix,
      type: query.type,
      answerBytes: answer?.length ?? 0,
    })
    return answer
  },
})

function read(bytes: Buffer): NameQuery | undefined {
  try {
    return parseQuery(bytes)
  } catch (error) {
    if (error instanceof NetbiosError) return undefined
    throw error
  }
}

function answerTo(query: NameQuery, { names, mac }: Node, address: string): Buffer | undefined {
  if (query.isResponse || query.opcode !== QUERY) return undefined
  const known = names.find((one) => one.name === query.name.toUpperCase() && one.suffix === query.suffix)
  if (query.type === NBSTAT) return known || query.name === '*' ? encodeNodeStatus(query, names, mac) : undefined
  if (query.type === NB && known && !address.includes(':')) return encodeAddress(query, address, known.isGroup)
  return undefined
}

function windowsNames(name: string): RegisteredName[] {
  return [
    { name, suffix: 0x00, isGroup: false },
    { name: 'WORKGROUP', suffix: 0x00, isGroup: true },
    { name, suffix: 0x20, isGroup: false },
  ]
}

/** As nmbd 4.17 registers them while it is the master browser of its workgroup. */
function sambaNames(name: string): RegisteredName[] {
  return [
    { name, suffix: 0x00, isGroup: false },
    { name, suffix: 0x03, isGroup: false },
    { name, suffix: 0x20, isGroup: false },
    { name: '\x01\x02__MSBROWSE__\x02', suffix: 0x01, isGroup: true },
    { name: 'WORKGROUP', suffix: 0x00, isGroup: true },
    { name: 'WORKGROUP', suffix: 0x1d, isGroup: false },
    { name: 'WORKGROUP', suffix: 0x1e, isGroup: true },
  ]
}
