import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { loadAverages, memory, uptimeSeconds } from '../world/hardware.ts'
import { gnuCommand } from './gnu/command.ts'

const OBJECTS = [
  'dhcp',
  'dnsmasq',
  'file',
  'iwinfo',
  'log',
  'luci',
  'luci-rpc',
  'network',
  'network.device',
  'network.interface',
  'network.interface.lan',
  'network.interface.loopback',
  'network.interface.wan',
  'network.wireless',
  'rpc-sys',
  'service',
  'session',
  'system',
  'uci',
]
/** Loads as `ubus call system info` gives them: fixed point of 16 bits. */
const LOAD_UNIT = 65_536

export default gnuCommand({
  name: 'ubus',
  package: 'ubus',
  paths: ['/bin/ubus'],
  usage: '',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1).filter((word) => !/^-[SvR]+$/.test(word))
    const [verb, object, method] = words
    if (verb === 'list') {
      await process.stdout.write(
        OBJECTS.filter((name) => object === undefined || name === object)
          .map((name) => `${name}\n`)
          .join(''),
      )
      return 0
    }
    if (verb !== 'call' || object === undefined || method === undefined) {
      await process.stderr.write(
        'Usage: ubus [<options>] <command> [arguments...]\nOptions:\n -s <socket>:\t\tSet the unix domain socket to connect to\n -t <timeout>:\t\tSet the timeout (in seconds) for a command to complete\n -S:\t\t\tUse simplified output (for scripts)\n -v:\t\t\tMore verbose output\n\nCommands:\n - list [<path>]\t\t\tList objects\n - call <path> <method> [<message>]\tCall an object method\n',
      )
      return 1
    }
    const answer =
      `${object} ${method}` === 'system board' ? board(process) : `${object} ${method}` === 'system info' ? info(process) : undefined
    if (answer === undefined) {
      await process.stderr.write(OBJECTS.includes(object) ? 'Command failed: Method not found\n' : 'Command failed: Not found\n')
      return OBJECTS.includes(object) ? 3 : 4
    }
    await process.stdout.write(`${JSON.stringify(answer, null, '\t')}\n`)
    return 0
  },
})

function board({ world }: Process): unknown {
  const { os, hardware } = world.persona
  return {
    kernel: os.kernel.release,
    hostname: world.hostname,
    system: `${hardware.cpu.vendor} ${hardware.cpu.model}`,
    model: hardware.product,
    rootfs_type: 'squashfs',
    release: release(world.files.read.bind(world.files)) ?? { distribution: os.name, version: os.version },
  }
}

function release(read: (path: string) => Buffer): Record<string, string> | undefined {
  let text: string
  try {
    text = read('/etc/openwrt_release').toString('utf8')
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return undefined
  }
  const field = (name: string): string => new RegExp(`^DISTRIB_${name}=['"]?(.*?)['"]?$`, 'm').exec(text)?.[1] ?? ''
  return {
    distribution: field('ID'),
    version: field('RELEASE'),
    revision: field('REVISION'),
    target: field('TARGET'),
    description: field('DESCRIPTION'),
  }
}

function info({ world }: Process): unknown {
  const { total, free, shared, buffers, available, cached } = memory(world)
  const bytes = (kib: number): number => kib * 1024
  return {
    localtime: Math.floor(world.now() / 1000),
    uptime: Math.floor(uptimeSeconds(world)),
    load: loadAverages(world).map((load) => Math.round(load * LOAD_UNIT)),
    memory: {
      total: bytes(total),
      free: bytes(free),
      shared: bytes(shared),
      buffered: bytes(buffers),
      available: bytes(available),
      cached: bytes(cached),
    },
    swap: { total: 0, free: 0 },
  }
}
