import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { cmdline } from '../../host/world/proc-system.ts'
import { bootTime } from '../../host/world/world.ts'
import { formatInZone } from '../../host/zone-time.ts'
import type { StateStore } from '../../store/contract.ts'
import { Device, engineIdOf } from './device.ts'

/** Enterprise number of Net-SNMP, and its own format of an engine's id: four random bytes, then the time of its first start. */
const NET_SNMP = 8072
const RANDOM = 0x80
/** Seconds of a boot until the agent runs. */
const BOOT_S = 9

/** The Linux machine of the persona, by Net-SNMP's daemon. */
export class NetSnmp extends Device {
  readonly mib = 'net-snmp'
  readonly engineId: Buffer
  readonly #identity: Identity
  readonly #persona: Persona
  readonly #bootedAt: number

  constructor(identity: Identity, persona: Persona, store: StateStore) {
    super(identity, store)
    this.#identity = identity
    this.#persona = persona
    this.#bootedAt = bootTime(persona, identity, Date.now())
    const rest = Buffer.alloc(12)
    identity.bytes('snmp/engine', 4).copy(rest)
    rest.writeUInt32LE(Math.floor(this.#bootedAt / 1000) - identity.integer('snmp/installed', 86_400, 86_400 * 300), 4)
    this.engineId = engineIdOf(NET_SNMP, RANDOM, rest)
  }

  get upSeconds(): number {
    return Math.max(0, (Date.now() - this.#bootedAt) / 1000 - BOOT_S)
  }

  protected own(name: string): string | number | Buffer | undefined {
    const { hostname, os, services } = this.#persona
    switch (name) {
      case 'description':
        return `Linux ${hostname} ${os.kernel.release} ${os.kernel.version} ${os.kernel.machine}`
      // Of Debian's snmpd.conf, which hardly anybody changes.
      case 'contact':
        return 'Me <me@example.org>'
      case 'location':
        return 'Sitting on the Dock of the Bay'
      case 'name':
        return hostname
      case 'hostUptime':
        return Math.floor((Date.now() - this.#bootedAt) / 10) % 2 ** 32
      case 'date':
        return dateAndTime(Date.now(), this.#persona.timezone)
      case 'parameters':
        return cmdline({ persona: this.#persona, identity: this.#identity })
      case 'processes':
        return 80 + services.length + (Math.floor(Date.now() / 60_000) % 3)
      default:
        return undefined
    }
  }
}

/** DateAndTime of RFC 2579, in local time with its distance from UTC. */
function dateAndTime(at: number, zone: string): Buffer {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = formatInZone(at, zone, '%Y %m %d %H %M %S')
    .split(' ')
    .map(Number)
  const minutes = Math.round((Date.UTC(year, month - 1, day, hour, minute, second) - at) / 60_000)
  const east = Math.abs(minutes)
  return Buffer.from([
    year >> 8,
    year & 0xff,
    month,
    day,
    hour,
    minute,
    second,
    0,
    (minutes < 0 ? '-' : '+').charCodeAt(0),
    Math.floor(east / 60),
    east % 60,
  ])
}
