import type { Process } from '../command.ts'
import type { ProcessInfo } from '../process/list.ts'
import { gnuCommand } from './gnu/command.ts'

/** Exit status when a process is not there or not one's own (pmap.c). */
const NO_SUCH_PROCESS = 42
const NOT_OWN = 1
const USAGE = `
Usage:
 pmap [options] PID [PID ...]

Options:
 -x, --extended              show details
 -X                          show even more details
            WARNING: format changes according to /proc/PID/smaps
 -XX                         show everything the kernel provides
 -c, --read-rc               read the default rc
 -C, --read-rc-from=<file>   read the rc from file
 -n, --create-rc             create new default rc
 -N, --create-rc-to=<file>   create new rc to file
            NOTE: pid arguments are not allowed with -n, -N
 -d, --device                show the device format
 -q, --quiet                 do not display header and footer
 -p, --show-path             show path in the mapping
 -A, --range=<low>[,<high>]  limit results to the given range

 -h, --help     display this help and exit
 -V, --version  output version information and exit

For more details see pmap(1).
`

interface Mapping {
  address: bigint
  kib: number
  rights: string
  offset: string
  device: string
  /** Path, or what stands in brackets; empty without a file. */
  name: string
}

export default gnuCommand({
  name: 'pmap',
  package: 'procps',
  usage: '[options] PID [PID ...]',
  applet: false,
  short: 'xXrdqcC:nN:pA:hV',
  long: { extended: 'x', device: 'd', quiet: 'q', 'show-path': 'p', range: 'A', 'read-rc': 'c', 'create-rc': 'n' },
  async run(process, options) {
    const pids = options.operands
    if (pids.length === 0 || pids.some((word) => !/^\d{1,10}$/.test(word))) {
      await process.stderr.write(USAGE)
      return 1
    }
    const how = {
      extended: options.has('x', 'X'),
      device: options.has('d'),
      quiet: options.has('q'),
      path: options.has('p'),
    }
    let status = NO_SUCH_PROCESS
    for (const pid of pids) {
      const info = process.world.processes.get(Number(pid))
      if (!info) continue
      const command = info.argv.length === 0 ? `[${info.comm}]` : info.argv.join(' ')
      await process.stdout.write(`${info.pid}:   ${command}\n`)
      if (process.uid !== 0 && process.uid !== info.uid) {
        status = NOT_OWN
        continue
      }
      status = 0
      await process.stdout.write(table(info, mappings(process, info), how))
    }
    return status
  },
})

function mappings(process: Process, info: ProcessInfo): Mapping[] {
  const text = process.world.files.read(`/proc/${info.pid}/maps`).toString('latin1')
  return text.split('\n').flatMap((line) => {
    const [, from, to, rights, offset, device, name] = /^([0-9a-f]+)-([0-9a-f]+) (\S+) (\S+) (\S+) \d+\s*(.*)$/.exec(line) ?? []
    if (from === undefined || to === undefined) return []
    const address = BigInt(`0x${from}`)
    const kib = Number((BigInt(`0x${to}`) - address) >> 10n)
    return [{ address, kib, rights: rights as string, offset: offset as string, device: device as string, name: name ?? '' }]
  })
}

function table(
  info: ProcessInfo,
  maps: readonly Mapping[],
  how: { extended: boolean; device: boolean; quiet: boolean; path: boolean },
): string {
  const total = maps.reduce((sum, { kib }) => sum + kib, 0)
  const address = ({ address: at }: Mapping): string => at.toString(16).padStart(16, '0')
  const rights = ({ rights: text }: Mapping): string => `${text.slice(0, 3)}${text[3] === 's' ? 's' : '-'}-`
  const name = (map: Mapping): string => nameOf(map, how.path)
  if (how.extended) {
    const resident = residentParts(info, maps)
    const dirty = maps.map((map, i) => (map.rights[1] === 'w' ? (resident[i] as number) : 0))
    const sum = (values: readonly number[]): string => String(values.reduce((a, b) => a + b, 0)).padStart(7)
    const row = (map: Mapping, i: number): string =>
      `${address(map)} ${String(map.kib).padStart(7)} ${String(resident[i]).padStart(7)} ${String(dirty[i]).padStart(7)} ${rights(map)} ${name(map)}\n`
    const footer = `---------------- ------- ------- ------- \ntotal kB         ${String(total).padStart(7)} ${sum(resident)} ${sum(dirty)}\n`
    return `${how.quiet ? '' : 'Address           Kbytes     RSS   Dirty Mode  Mapping\n'}${maps.map(row).join('')}${how.quiet ? '' : footer}`
  }
  if (how.device) {
    const row = (map: Mapping): string =>
      `${address(map)} ${String(map.kib).padStart(7)} ${rights(map)} ${map.offset.padStart(16, '0')} ${deviceOf(map)} ${name(map)}\n`
    const writable = maps.filter((map) => map.rights[1] === 'w' && map.rights[3] === 'p').reduce((sum, { kib }) => sum + kib, 0)
    const footer = `mapped: ${total}K    writeable/private: ${writable}K    shared: 0K\n`
    return `${how.quiet ? '' : 'Address           Kbytes Mode  Offset           Device    Mapping\n'}${maps.map(row).join('')}${how.quiet ? '' : footer}`
  }
  const rows = maps.map((map) => `${address(map)} ${String(map.kib).padStart(6)}K ${rights(map)} ${name(map)}\n`)
  return `${rows.join('')}${how.quiet ? '' : ` total ${String(total).padStart(16)}K\n`}`
}

function nameOf({ name }: Mapping, withPath: boolean): string {
  if (name === '[stack]') return '  [ stack ]'
  if (name === '' || name.startsWith('[')) return '  [ anon ]'
  return withPath ? name : name.slice(name.lastIndexOf('/') + 1)
}

function deviceOf({ device }: Mapping): string {
  const [major = '0', minor = '0'] = device.split(':')
  return `${major.padStart(3, '0')}:${minor.padStart(5, '0')}`
}

/** What ps says is resident, spread over the mappings by their size. */
function residentParts(info: ProcessInfo, maps: readonly Mapping[]): number[] {
  const total = maps.reduce((sum, { kib }) => sum + kib, 0)
  const parts = maps.map(({ kib }) => Math.min(kib, Math.floor((kib * info.rssKiB) / Math.max(1, total) / 4) * 4))
  let rest = Math.min(info.rssKiB, total) - parts.reduce((sum, part) => sum + part, 0)
  for (const [i, { kib }] of maps.entries()) {
    const more = Math.min(rest, kib - (parts[i] as number))
    parts[i] = (parts[i] as number) + more
    rest -= more
  }
  return parts
}
