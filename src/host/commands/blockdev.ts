import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { type BlockDevice, blockDevices } from '../world/proc-system.ts'
import { type BlockFile, blockFile } from './gnu/block-file.ts'
import { complain, Failure, gnuCommand, Usage } from './gnu/command.ts'

const SECTOR = 512
/** First sector of the first partition, as installers leave it. */
const FIRST_SECTOR = 2048

const QUESTIONS: Record<string, { asks: string; answer(file: BlockFile): number | undefined }> = {
  '--getsz': { asks: 'BLKGETSIZE64', answer: ({ size }) => Math.floor(size / SECTOR) },
  '--getsize': { asks: 'BLKGETSIZE', answer: ({ size, device }) => (device ? Math.floor(size / SECTOR) : undefined) },
  '--getsize64': { asks: 'BLKGETSIZE64', answer: ({ size, device }) => (device ? size : undefined) },
  '--getro': { asks: 'BLKROGET', answer: ({ device }) => device && 0 },
  '--getss': { asks: 'BLKSSZGET', answer: ({ device }) => device && SECTOR },
  '--getpbsz': { asks: 'BLKPBSZGET', answer: ({ device }) => device && SECTOR },
  '--getiomin': { asks: 'BLKIOMIN', answer: ({ device }) => device && SECTOR },
  '--getioopt': { asks: 'BLKIOOPT', answer: ({ device }) => device && 0 },
  '--getalignoff': { asks: 'BLKALIGNOFF', answer: ({ device }) => device && 0 },
  '--getmaxsect': { asks: 'BLKSECTGET', answer: ({ device }) => device && 2560 },
  '--getbsz': { asks: 'BLKBSZGET', answer: ({ device }) => device && 4096 },
  '--getra': { asks: 'BLKRAGET', answer: ({ device }) => device && 256 },
  '--getfra': { asks: 'BLKFRAGET', answer: ({ device }) => device && 256 },
}
const ORDERS: Record<string, number> = {
  '--setro': 0,
  '--setrw': 0,
  '--setbsz': 1,
  '--setra': 1,
  '--setfra': 1,
  '--flushbufs': 0,
  '--rereadpt': 0,
}

export default gnuCommand({
  name: 'blockdev',
  package: 'util-linux',
  paths: ['/usr/sbin/blockdev', '/sbin/blockdev'],
  usage: ['[-v|-q] commands devices', '--report [devices]'],
  about: '\nCall block device ioctls from the command line.',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    if (words.length === 0) throw new Usage('not enough arguments')
    if (words[0] === '--report') return report(process, words.slice(1))
    const questions: string[] = []
    const orders: string[] = []
    while (words[0]?.startsWith('-')) {
      const word = words.shift() as string
      if (QUESTIONS[word]) questions.push(word)
      else if (word in ORDERS) {
        orders.push(word)
        words.splice(0, ORDERS[word])
      } else if (word !== '-v' && word !== '-q') throw new Usage(`Unknown command: ${word}`)
    }
    if (words.length === 0) throw new Usage('no device specified')
    for (const name of words) {
      const file = open(process, name)
      for (const question of questions) {
        const known = QUESTIONS[question] as (typeof QUESTIONS)[string]
        const answer = known.answer(file)
        if (answer === undefined) {
          await complain(process, `ioctl error on ${known.asks}: Inappropriate ioctl for device`)
          return 1
        }
        await process.stdout.write(`${answer}\n`)
      }
      if (orders.includes('--rereadpt')) throw new Failure('ioctl error on BLKRRPART: Device or resource busy')
    }
    return 0
  },
})

function open(process: Process, name: HostText): BlockFile {
  try {
    const file = blockFile(process, name)
    if (!process.files.may('r', name)) throw new HostError('EACCES', 'Permission denied')
    return file ?? { size: 0 }
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    throw new Failure(`cannot open ${name}: ${error.message}`, 1, true)
  }
}

async function report(process: Process, names: readonly HostText[]): Promise<number> {
  const all = blockDevices(process.world)
  await process.stdout.write('RO    RA   SSZ   BSZ        StartSec            Size   Device\n')
  let next = FIRST_SECTOR
  let parent: string | undefined
  const starts = new Map<string, number>()
  for (const device of all) {
    if (device.parent !== parent) next = FIRST_SECTOR
    parent = device.parent ?? device.name
    starts.set(device.name, device.parent === undefined ? 0 : next)
    if (device.parent !== undefined) next += device.blocks * 2
  }
  const wanted = names.length > 0 ? names.map((name) => all.find((one) => `/dev/${one.name}` === name)) : all
  for (const device of wanted) {
    if (!device) continue
    if (!process.files.may('r', `/dev/${device.name}`)) throw new Failure(`cannot open /dev/${device.name}: Permission denied`, 1, true)
    await process.stdout.write(row(device, starts.get(device.name) ?? 0))
  }
  return 0
}

function row(device: BlockDevice, start: number): string {
  return `rw   256   512  4096 ${String(start).padStart(15)} ${String(device.blocks * 1024).padStart(15)}   /dev/${device.name}\n`
}
