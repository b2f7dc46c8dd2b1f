import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { interfaces } from '../world/network.ts'
import { blockDevices } from '../world/proc-system.ts'
import { systemdCommand } from './systemd/command.ts'

/** Character devices by major number: their subsystem. */
const SUBSYSTEMS: Record<number, string> = { 1: 'mem', 4: 'tty', 5: 'tty', 10: 'misc', 13: 'input', 136: 'tty', 251: 'rtc' }

export default systemdCommand({
  name: 'udevadm',
  package: 'udev',
  usage: '[--help] [--version] [--debug] COMMAND [COMMAND OPTIONS]',
  short: '+adeq:p:n:t:s:kuyRV',
  long: {
    'attribute-walk': 'a',
    query: 'q',
    path: 'p',
    name: 'n',
    'export-db': 'e',
    kernel: 'k',
    udev: 'u',
    'reload-rules': 'R',
    reload: 'R',
    timeout: 't',
    type: 't',
    'subsystem-match': 's',
    action: 'action=',
    'dry-run': 'dry-run',
    debug: 'd',
  },
  async run(process, options) {
    const { stdout, stderr } = process
    if (options.has('V')) {
      await stdout.write('252\n')
      return 0
    }
    const [verb, ...words] = options.operands
    switch (verb) {
      case undefined:
        await stderr.write('Command verb required.\n')
        return 1
      case 'info':
        return info(process, words)
      case 'monitor':
        await stdout.write(
          'monitor will print the received events for:\nUDEV - the event which udev sends out after rule processing\nKERNEL - the kernel uevent\n\n',
        )
        await process.sleep(24 * 3_600_000)
        return 0
      case 'settle':
        return 0
      case 'trigger':
      case 'control':
        if (process.uid === 0) return 0
        await stderr.write(verb === 'control' ? 'Failed to send reload request: Permission denied\n' : '')
        return 1
      case 'test':
      case 'test-builtin':
        return 0
      default:
        await stderr.write(`Unknown command verb ${verb}.\n`)
        return 1
    }
  },
})

interface Device {
  path: string
  /** Name below /dev; absent for what has no node. */
  node: string | undefined
  subsystem: string
  type?: string
  numbers?: { major: number; minor: number }
  mode?: number
  links: string[]
  properties: [string, string][]
}

async function info(process: Process, words: readonly string[]): Promise<number> {
  const value = (short: string, long: string): string | undefined => {
    const at = words.findIndex((word) => word === short || word === long)
    return at >= 0 ? words[at + 1] : words.find((word) => word.startsWith(`${long}=`))?.slice(long.length + 1)
  }
  const all = devices(process)
  if (words.includes('-e') || words.includes('--export-db')) {
    await process.stdout.write(all.map((device) => `${record(device)}\n`).join(''))
    return 0
  }
  const query = value('-q', '--query') ?? 'all'
  const wanted =
    value('-n', '--name') ??
    value('-p', '--path') ??
    words.findLast((word, i) => !word.startsWith('-') && !/^-[qrx]$/.test(words[i - 1] ?? ''))
  if (wanted === undefined) {
    await process.stderr.write('A device name or path is required\n')
    return 1
  }
  const device = find(process, all, wanted)
  if (!device) {
    await process.stderr.write(`Unknown device "${wanted}": No such device\n`)
    return 1
  }
  if (words.includes('-a') || words.includes('--attribute-walk')) {
    await process.stdout.write(
      `\nUdevadm info starts with the device specified by the devpath and then\nwalks up the chain of parent devices. It prints for every device\nfound, all possible attributes in the udev rules key format.\nA rule to match, can be composed by the attributes of the device\nand the attributes from one single parent device.\n\n  looking at device '${device.path}':\n    KERNEL=="${device.path.slice(device.path.lastIndexOf('/') + 1)}"\n    SUBSYSTEM=="${device.subsystem}"\n    DRIVER==""\n\n`,
    )
    return 0
  }
  const answers: Record<string, string> = {
    all: record(device),
    path: `${device.path}\n`,
    name: `${device.node ?? ''}\n`,
    symlink: `${device.links.join(' ')}\n`,
    property: device.properties.map(([name, text]) => `${name}=${text}\n`).join(''),
  }
  const answer = answers[query]
  if (answer === undefined) {
    await process.stderr.write('unknown query type\n')
    return 1
  }
  await process.stdout.write(query === 'all' ? `${answer}\n` : answer)
  return 0
}

function find(process: Process, all: readonly Device[], wanted: string): Device | undefined {
  const path = wanted.replace(/^\/sys/, '').replace(/^\/class\/(net|block)\//, '/')
  const name = wanted.replace(/^\/dev\//, '')
  const known = all.find(
    (device) =>
      device.node === name ||
      device.path === path ||
      (device.path.endsWith(`/${path.slice(path.lastIndexOf('/') + 1)}`) && wanted.startsWith('/sys/')),
  )
  if (known || wanted.startsWith('/sys/')) return known
  try {
    const stat = process.files.stat(`/dev/${name}`)
    if (!stat.device) return undefined
    const subsystem = SUBSYSTEMS[stat.device.major] ?? 'misc'
    const devpath = `/devices/virtual/${subsystem}/${name}`
    return {
      path: devpath,
      node: name,
      subsystem,
      numbers: stat.device,
      links: [],
      properties: [
        ['DEVPATH', devpath],
        ['DEVNAME', `/dev/${name}`],
        ...(stat.mode === 0o600 ? [] : ([['DEVMODE', `0${stat.mode.toString(8)}`]] as [string, string][])),
        ['MAJOR', String(stat.device.major)],
        ['MINOR', String(stat.device.minor)],
        ['SUBSYSTEM', subsystem],
      ],
    }
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return undefined
  }
}

function devices({ world }: Process): Device[] {
  const blocks = blockDevices(world).map((block): Device => {
    const disk = block.parent ?? block.name
    const letter = disk.charCodeAt(disk.length - 1) - 97
    const path = `/devices/pci0000:00/0000:00:0${(letter + 10).toString(16)}.0/virtio${letter + 1}/block/${disk}${block.parent ? `/${block.name}` : ''}`
    return {
      path,
      node: block.name,
      subsystem: 'block',
      type: block.parent ? 'partition' : 'disk',
      numbers: { major: block.major, minor: block.minor },
      links: [
        `disk/by-path/virtio-pci-0000:00:0${(letter + 10).toString(16)}.0${block.parent ? `-part${/\d+$/.exec(block.name)?.[0]}` : ''}`,
      ],
      properties: [
        ['DEVPATH', path],
        ['DEVNAME', `/dev/${block.name}`],
        ['DEVTYPE', block.parent ? 'partition' : 'disk'],
        ['MAJOR', String(block.major)],
        ['MINOR', String(block.minor)],
        ['SUBSYSTEM', 'block'],
        ['TAGS', ':systemd:'],
      ],
    }
  })
  const links = interfaces(world).map((link): Device => {
    const path = link.loopback ? '/devices/virtual/net/lo' : `/devices/pci0000:00/0000:00:12.0/virtio0/net/${link.name}`
    return {
      path,
      node: undefined,
      subsystem: 'net',
      links: [],
      properties: [
        ['DEVPATH', path],
        ['SUBSYSTEM', 'net'],
        ['INTERFACE', link.name],
        ['IFINDEX', String(link.index)],
        ...(link.loopback
          ? []
          : ([
              ['ID_NET_NAMING_SCHEME', 'v252'],
              ['ID_NET_NAME_MAC', `enx${link.mac.replaceAll(':', '')}`],
              ['ID_NET_DRIVER', 'virtio_net'],
              ['ID_NET_LINK_FILE', '/usr/lib/systemd/network/99-default.link'],
              ['ID_NET_NAME', link.name],
            ] as [string, string][])),
        ['TAGS', ':systemd:'],
      ],
    }
  })
  return [...blocks, ...links]
}

function record({ path, node, subsystem, type, numbers, links, properties }: Device): string {
  const lines = [
    `P: ${path}`,
    `M: ${path.slice(path.lastIndexOf('/') + 1)}`,
    ...(/\d+$/.test(path) && subsystem === 'block' ? [`R: ${/\d+$/.exec(path)?.[0]}`] : []),
    `U: ${subsystem}`,
    ...(type ? [`T: ${type}`] : []),
    ...(numbers ? [`D: ${subsystem === 'block' ? 'b' : 'c'} ${numbers.major}:${numbers.minor}`] : []),
    ...(subsystem === 'net' ? [`I: ${properties.find(([name]) => name === 'IFINDEX')?.[1]}`] : []),
    ...(node === undefined ? [] : [`N: ${node}`, 'L: 0']),
    ...links.map((link) => `S: ${link}`),
    ...properties.map(([name, value]) => `E: ${name}=${value}`),
  ]
  return lines.map((line) => `${line}\n`).join('')
}
