import type { Process, World } from '../command.ts'
import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

/** What the cards of a machine do now. */
interface GpuState {
  index: number
  name: string
  uuid: string
  bus: string
  temperature: number
  watts: number
  limit: number
  used: number
  total: number
  load: number
  fan: number
  driver: string
  cuda: string
}

const FIELDS: Record<string, (gpu: GpuState, units: boolean) => string> = {
  index: (gpu) => String(gpu.index),
  name: (gpu) => gpu.name,
  gpu_name: (gpu) => gpu.name,
  uuid: (gpu) => gpu.uuid,
  gpu_uuid: (gpu) => gpu.uuid,
  driver_version: (gpu) => gpu.driver,
  count: (gpu) => String(gpu.index + 1),
  'memory.total': (gpu, units) => `${gpu.total}${units ? ' MiB' : ''}`,
  'memory.used': (gpu, units) => `${gpu.used}${units ? ' MiB' : ''}`,
  'memory.free': (gpu, units) => `${gpu.total - gpu.used}${units ? ' MiB' : ''}`,
  'utilization.gpu': (gpu, units) => `${gpu.load}${units ? ' %' : ''}`,
  'utilization.memory': (gpu, units) => `${Math.round(gpu.load / 3)}${units ? ' %' : ''}`,
  'temperature.gpu': (gpu) => String(gpu.temperature),
  'power.draw': (gpu, units) => `${gpu.watts.toFixed(2)}${units ? ' W' : ''}`,
  'power.limit': (gpu, units) => `${gpu.limit.toFixed(2)}${units ? ' W' : ''}`,
  'fan.speed': (gpu, units) => `${gpu.fan}${units ? ' %' : ''}`,
  pci: (gpu) => gpu.bus,
  'pci.bus_id': (gpu) => gpu.bus,
  pstate: (gpu) => (gpu.load > 0 ? 'P2' : 'P8'),
  compute_cap: () => '8.6',
}

export default gnuCommand({
  name: 'nvidia-smi',
  package: 'nvidia-utils-550-server',
  usage: '',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const gpus = states(process.world)
    const words = process.argv.slice(1)
    if (gpus.length === 0) {
      await process.stdout.write(
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n\n",
      )
      return 9
    }
    const [first] = words
    if (first === '-L' || first === '--list-gpus') {
      await process.stdout.write(gpus.map((gpu) => `GPU ${gpu.index}: ${gpu.name} (UUID: ${gpu.uuid})\n`).join(''))
      return 0
    }
    const query = words.find((word) => /^--query-(gpu|compute-apps)=/.test(word))
    if (query) return queried(process, gpus, query, words.find((word) => word.startsWith('--format='))?.slice(9) ?? '')
    if (first === '-q' || first === '--query') {
      await process.stdout.write(
        gpus
          .map(
            (gpu) =>
              `\nGPU ${gpu.bus}\n    Product Name                          : ${gpu.name}\n    GPU UUID                              : ${gpu.uuid}\n    FB Memory Usage\n        Total                             : ${gpu.total} MiB\n        Used                              : ${gpu.used} MiB\n`,
          )
          .join(''),
      )
      return 0
    }
    if (first !== undefined && !/^-(l|i|lms)|^--(loop|id)/.test(first)) {
      await process.stdout.write(`Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n\n`)
      return 2
    }
    await process.stdout.write(table(process, gpus))
    return 0
  },
})

function states(world: World): GpuState[] {
  return world.persona.hardware.gpus.map((gpu, index) => {
    const key = `${world.persona.name}/gpu/${index}`
    const hex = world.identity.hex(key, 16)
    const phase = world.identity.integer(`${key}/phase`, 0, 600)
    const wave = Math.sin((world.now() / 1000 + phase) / 53)
    return {
      index,
      name: gpu.model,
      uuid: `GPU-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`,
      bus: `00000000:${(0x21 + index * 0x20).toString(16).toUpperCase()}:00.0`,
      temperature: 34 + index * 2 + Math.round(wave * 2),
      watts: 21 + index * 2.4 + wave * 1.7,
      limit: 300,
      used: 11 + index * 4,
      total: gpu.memoryMiB,
      load: 0,
      fan: 30,
      driver: gpu.driver,
      cuda: gpu.cuda,
    }
  })
}

async function queried(process: Process, gpus: readonly GpuState[], query: string, format: string): Promise<number> {
  const names = query
    .slice(query.indexOf('=') + 1)
    .split(',')
    .map((name) => name.trim())
  const units = !format.includes('nounits')
  const wrong = names.find((name) => !FIELDS[name])
  if (query.startsWith('--query-gpu') && wrong !== undefined) {
    await process.stdout.write(`Field "${wrong}" is not a valid field to query.\n\n`)
    return 2
  }
  const withUnits: Record<string, string> = { memory: ' [MiB]', power: ' [W]', utilization: ' [%]', fan: ' [%]' }
  const title = (name: string): string => `${name}${units ? (withUnits[name.split('.')[0] as string] ?? '') : ''}`
  const head = format.includes('noheader') ? '' : `${names.map(title).join(', ')}\n`
  const rows = query.startsWith('--query-gpu') ? gpus.map((gpu) => `${names.map((name) => FIELDS[name]?.(gpu, units)).join(', ')}\n`) : []
  await process.stdout.write(head + rows.join(''))
  return 0
}

function table(process: Process, gpus: readonly GpuState[]): string {
  const { driver, cuda } = gpus[0] as GpuState
  const rule = '+-----------------------------------------+------------------------+----------------------+\n'
  const rows = gpus.map(
    (gpu) =>
      `|${`${String(gpu.index).padStart(4)}  ${gpu.name.padEnd(27)}On  `.padEnd(41)}|${`   ${gpu.bus} Off`.padEnd(24)}|${'                 Off'.padEnd(22)}|\n` +
      `|${` ${gpu.fan}%   ${gpu.temperature}C    P8`.padEnd(21)}${`${Math.round(gpu.watts)}W / ${gpu.limit}W`.padStart(19)} |${`${gpu.used}MiB / ${gpu.total}MiB`.padStart(23)} |${`${gpu.load}%      Default`.padStart(21)} |\n` +
      `|${' '.repeat(41)}|${' '.repeat(24)}|${'N/A'.padStart(21)} |\n${rule}`,
  )
  return `${strftime('%a %b %e %H:%M:%S %Y', localTime(process.world.now(), zoneOf(process)))}
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI ${driver.padEnd(22)} Driver Version: ${driver.padEnd(14)} CUDA Version: ${cuda.padEnd(9)}|
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
${rows.join('')}
+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI        PID   Type   Process name                              GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
|  No running processes found                                                             |
+-----------------------------------------------------------------------------------------+
`
}
