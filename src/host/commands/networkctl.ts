import type { Process } from '../command.ts'
import { type Interface, interfaces, routes } from '../world/network.ts'
import { Services } from '../world/services.ts'
import { pageAsSystemd } from './pager/less.ts'
import { columns, drawsLines, systemdCommand } from './systemd/command.ts'

export default systemdCommand({
  name: 'networkctl',
  usage: '[OPTIONS...] COMMAND',
  short: 'asln:',
  long: { all: 'a', stats: 's', full: 'l', lines: 'n', json: 'json=' },
  async run(process, options) {
    const [verb = 'list', ...names] = options.operands
    const all = interfaces(process.world)
    const managed = isManaged(process)
    const warns = async (): Promise<void> => {
      if (!managed) await process.stderr.write('WARNING: systemd-networkd is not running, output will be incomplete.\n\n')
    }
    const missing = names.find((name) => !all.some((link) => link.name === name || String(link.index) === name))
    switch (verb) {
      case 'list':
      case 'status': {
        await warns()
        if (missing !== undefined) {
          await process.stderr.write(`Interface "${missing}" not found.\n`)
          return 1
        }
        const chosen = names.length ? all.filter((link) => names.includes(link.name) || names.includes(String(link.index))) : all
        if (verb === 'list') await pageAsSystemd(process, list(chosen, managed, options.has('no-legend')))
        else if (names.length === 0 && !options.has('a')) await pageAsSystemd(process, overview(process, all, managed))
        else await pageAsSystemd(process, chosen.map((link) => status(process, link, managed)).join('\n'))
        return 0
      }
      case 'lldp':
        await warns()
        await process.stdout.write(
          'LINK CHASSIS-ID SYSTEM-NAME CAPS PORT-ID PORT-DESCRIPTION\n\nCapability Flags:\no - Other; p - Repeater;  b - Bridge; w - WLAN Access Point; r - Router;\nt - Telephone; d - DOCSIS cable device; a - Station; c - Customer VLAN;\ns - Service VLAN, m - Two-port MAC Relay (TPMR)\n\n0 neighbors listed.\n',
        )
        return 0
      case 'reload':
      case 'reconfigure':
      case 'renew':
      case 'forcerenew':
      case 'up':
      case 'down':
        if (managed || verb === 'up' || verb === 'down') return 0
        await process.stderr.write(
          verb === 'reload'
            ? 'Failed to reload network settings: Unit dbus-org.freedesktop.network1.service not found.\n'
            : `Failed to ${verb} interface ${names[0] ?? ''}: Unit dbus-org.freedesktop.network1.service not found.\n`,
        )
        return 1
      default:
        await process.stderr.write(`Unknown command verb ${verb}.\n`)
        return 1
    }
  },
})

function isManaged({ world }: Process): boolean {
  return Services.of(world).unit('systemd-networkd')?.state === 'active'
}

/** Operational state and setup of a link; what networkd does not manage has neither. */
function stateOf(link: Interface, managed: boolean): [string, string] {
  if (!managed) return ['n/a', 'unmanaged']
  if (link.loopback) return ['carrier', 'unmanaged']
  const setup = link.kind === 'bridge' ? 'unmanaged' : 'configured'
  return [link.up ? 'routable' : 'off', setup]
}

function list(links: readonly Interface[], managed: boolean, bare: boolean): string {
  const rows = links.map((link) => [String(link.index), link.name, link.loopback ? 'loopback' : link.kind, ...stateOf(link, managed)])
  const head = bare ? [] : [['IDX', 'LINK', 'TYPE', 'OPERATIONAL', 'SETUP']]
  const table = columns([...head, ...rows.map(([index = '', ...rest]) => [index.padStart(3), ...rest])])
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
  return bare ? table : `${table}\n${rows.length} links listed.\n`
}

function addressesOf(links: readonly Interface[], on: boolean): string[] {
  return links
    .filter((link) => !link.loopback)
    .flatMap((link) =>
      [link.address, ...link.ipv6.map(({ address }) => address)].map((address) => `${address}${on ? ` on ${link.name}` : ''}`),
    )
}

function rowsText(rows: readonly (readonly [string, string])[], width: number): string {
  return rows.map(([title, value]) => `${(title ? `${title}:` : '').padStart(width)} ${value}\n`).join('')
}

function many(title: string, values: readonly string[]): (readonly [string, string])[] {
  return values.map((value, i) => [i === 0 ? title : '', value] as const)
}

function servers({ world }: Process): string[] {
  return [...world.persona.network.dns]
}

function overview(process: Process, links: readonly Interface[], managed: boolean): string {
  const dot = drawsLines(process) ? '●' : '*'
  const gateway = routes(process.world).find((route) => route.to === 'default')
  const rows: (readonly [string, string])[] = [
    ['State', managed ? 'routable' : 'n/a'],
    ['Online state', managed ? 'online' : 'unknown'],
    ...many('Address', addressesOf(links, true)),
    ...(gateway?.via === undefined ? [] : [['Gateway', `${gateway.via} on ${gateway.device}`] as const]),
    ...(managed ? many('DNS', servers(process)) : []),
  ]
  const text = rowsText(rows, 15)
  return `${dot}${text.slice(1)}`
}

function status(process: Process, link: Interface, managed: boolean): string {
  const dot = drawsLines(process) ? '●' : '*'
  const { persona } = process.world
  const [operational, setup] = stateOf(link, managed)
  const gateway = routes(process.world).find((route) => route.to === 'default' && route.device === link.name)
  const virtual = persona.hardware.virtualization === 'kvm' && !link.loopback
  const rows: (readonly [string, string])[] = [
    ['Link File', link.loopback ? 'n/a' : '/usr/lib/systemd/network/99-default.link'],
    ['Network File', managed && !link.loopback ? `/run/systemd/network/10-netplan-${link.name}.network` : 'n/a'],
    ['State', `${operational} (${setup})`],
    ['Online state', managed ? 'online' : 'unknown'],
    ['Type', link.loopback ? 'loopback' : link.kind],
    ...(virtual
      ? ([
          ['Driver', 'virtio_net'],
          ['Vendor', 'Red Hat, Inc.'],
          ['Model', 'Virtio network device'],
        ] as const)
      : []),
    ...(link.loopback ? [] : [['Hardware Address', link.mac] as const]),
    ['MTU', `${link.mtu}${link.loopback ? '' : ' (min: 68, max: 65535)'}`],
    ['QDisc', link.queue],
    ['IPv6 Address Generation Mode', 'eui64'],
    ['Number of Queues (Tx/Rx)', '1/1'],
    ...many('Address', [link.address, ...link.ipv6.map(({ address }) => address)]),
    ...(gateway?.via === undefined ? [] : [['Gateway', gateway.via] as const]),
    ...(managed && !link.loopback ? many('DNS', servers(process)) : []),
  ]
  return `${dot} ${link.index}: ${link.name}\n${rowsText(rows, 31)}`
}
