import { bogoMips, cpuIdentity, HYPERVISORS, processorCount } from '../world/hardware.ts'
import { VULNERABILITIES } from '../world/proc-sysfs.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'lscpu',
  package: 'util-linux',
  version: 'lscpu from util-linux 2.38.1',
  usage: '[options]',
  applet: false,
  short: 'aBbcCe::Jp::s:xyhV',
  long: { json: 'J', extended: 'e', parse: 'p', all: 'a', online: 'b' },
  async run(process, options) {
    const { world } = process
    const { cpu, virtualization } = world.persona.hardware
    const { family, model, stepping } = cpuIdentity(world)
    const count = processorCount(world)
    const amd = cpu.vendor === 'AuthenticAMD'
    if (options.has('p')) {
      await process.stdout.write(
        `# The following is the parsable format, which can be fed to other\n# programs. Each different item in every column has an unique ID\n# starting usually from zero.\n# CPU,Core,Socket,Node,,L1d,L1i,L2,L3\n${Array.from({ length: count }, (_, i) => `${i},${i % cpu.cores},0,0,,${i},${i},${i},0\n`).join('')}`,
      )
      return 0
    }
    if (options.has('e')) {
      await process.stdout.write(
        `CPU NODE SOCKET CORE L1d:L1i:L2:L3 ONLINE\n${Array.from({ length: count }, (_, i) => `${String(i).padStart(3)}    0      0 ${String(i % cpu.cores).padStart(4)} ${`${i}:${i}:${i}:0`.padEnd(13)}    yes\n`).join('')}`,
      )
      return 0
    }
    const cores = cpu.cores * cpu.sockets
    const size = (kib: number): string => (kib >= 1024 ? `${Number((kib / 1024).toFixed(1))} MiB` : `${kib} KiB`)
    const rows: [string, string][] = [
      ['Architecture:', world.persona.os.kernel.machine],
      ['  CPU op-mode(s):', '32-bit, 64-bit'],
      ['  Address sizes:', `${amd ? '48' : '46'} bits physical, 48 bits virtual`],
      ['  Byte Order:', 'Little Endian'],
      ['CPU(s):', String(count)],
      ['  On-line CPU(s) list:', count === 1 ? '0' : `0-${count - 1}`],
      ['Vendor ID:', cpu.vendor],
      [virtualization === 'none' ? '  Model name:' : '  Model name:', cpu.model],
      ['    CPU family:', String(family)],
      ['    Model:', String(model)],
      ['    Thread(s) per core:', String(cpu.threadsPerCore)],
      ['    Core(s) per socket:', String(cpu.cores)],
      ['    Socket(s):', String(cpu.sockets)],
      ['    Stepping:', String(stepping)],
      ['    BogoMIPS:', bogoMips(world)],
      ['    Flags:', cpu.flags],
    ]
    const hypervisor = HYPERVISORS[virtualization]
    rows.push(['Virtualization features:', ''])
    if (hypervisor) rows.push(['  Hypervisor vendor:', hypervisor.vendor], ['  Virtualization type:', 'full'])
    else rows.push(['  Virtualization:', amd ? 'AMD-V' : 'VT-x'])
    rows.push(
      ['Caches (sum of all):', ''],
      ['  L1d:', `${size(32 * cores)} (${cores} instance${cores === 1 ? '' : 's'})`],
      ['  L1i:', `${size(32 * cores)} (${cores} instance${cores === 1 ? '' : 's'})`],
      ['  L2:', `${size(cpu.cacheKiB * cores)} (${cores} instance${cores === 1 ? '' : 's'})`],
      ['  L3:', `${size((amd ? 32_768 : 16_384) * cpu.sockets)} (${cpu.sockets} instance${cpu.sockets === 1 ? '' : 's'})`],
      ['NUMA:', ''],
      ['  NUMA node(s):', '1'],
      ['  NUMA node0 CPU(s):', count === 1 ? '0' : `0-${count - 1}`],
      ['Vulnerabilities:', ''],
      ...Object.entries(VULNERABILITIES).map(([name, text]): [string, string] => [`  ${title(name)}:`, inOwnWords(text)]),
    )
    const shown = rows.filter(([name, value], i) => !(name === 'Virtualization features:' && value === '' && rows[i + 1] === undefined))
    const width = Math.max(...shown.map(([name]) => name.length)) + 1
    await process.stdout.write(shown.map(([name, value]) => `${name.padEnd(width)} ${value}\n`).join(''))
    return 0
  },
})

function title(name: string): string {
  return `${name[0]?.toUpperCase()}${name.slice(1).replaceAll('_', ' ')}`
}

/** lscpu puts the marks of a mitigation otherwise than the kernel. */
function inOwnWords(text: string): string {
  return text.startsWith('Mitigation') ? text.replace('Mitigation:', 'Mitigation;').replaceAll(', ', '; ').replaceAll(': ', ' ') : text
}
