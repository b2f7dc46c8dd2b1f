import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { loops } from '../world/block-storage.ts'
import { type BlockDevice, blockDevices } from '../world/proc-system.ts'
import { blockFile, probeFile } from './gnu/block-file.ts'
import { gnuCommand } from './gnu/command.ts'

/** Nothing was found. */
const NOTHING = 2

export default gnuCommand({
  name: 'blkid',
  package: 'util-linux',
  paths: ['/usr/sbin/blkid'],
  version: 'blkid from util-linux 2.38.1  (libblkid 2.38.1, 04-Aug-2022)',
  usage: '[options] [<dev> ...]',
  trouble: 4,
  short: 'c:dghkL:lo:ps:t:U:Vi',
  long: { output: 'o', 'match-tag': 's', 'match-token': 't', label: 'L', uuid: 'U', probe: 'p', 'list-one': 'l' },
  async run(process, options) {
    const names = options.operands.length > 0 ? options.operands : devices(process)
    const wanted = token(options.value('t'), options.value('L'), options.value('U'))
    const only = options.values('s')
    let found = false
    for (const name of names) {
      const tags = await tagsOf(process, name)
      if (!tags || (wanted && tags.get(wanted[0]) !== wanted[1])) continue
      found = true
      if (options.has('L', 'U')) {
        await process.stdout.write(`${name}\n`)
        break
      }
      const shown = [...tags].filter(([tag]) => only.length === 0 || only.includes(tag))
      const form = options.value('o') ?? 'full'
      if (form === 'value') await process.stdout.write(shown.map(([, value]) => `${value}\n`).join(''))
      else if (form === 'export')
        await process.stdout.write(`DEVNAME=${name}\n${shown.map(([tag, value]) => `${tag}=${value}\n`).join('')}`)
      else if (form === 'device') await process.stdout.write(`${name}\n`)
      else await process.stdout.write(`${name}: ${shown.map(([tag, value]) => `${tag}="${value}"`).join(' ')}\n`)
    }
    return found ? 0 : NOTHING
  },
})

function token(text: string | undefined, label: string | undefined, uuid: string | undefined): [string, string] | undefined {
  if (label !== undefined) return ['LABEL', label]
  if (uuid !== undefined) return ['UUID', uuid]
  const at = text?.indexOf('=') ?? -1
  return text === undefined || at < 0 ? undefined : [text.slice(0, at), text.slice(at + 1).replace(/^"(.*)"$/, '$1')]
}

/** What it looks through by itself: the disks, then loop devices; only root may read them. */
function devices(process: Process): HostText[] {
  if (process.uid !== 0) return []
  return [
    ...blockDevices(process.world).map(({ name }) => `/dev/${name}`),
    ...loops(process.world).map(({ number }) => `/dev/loop${number}`),
  ].filter((name, i, all) => all.indexOf(name) === i)
}

async function tagsOf(process: Process, name: HostText): Promise<Map<string, string> | undefined> {
  try {
    if (!process.files.may('r', name)) return undefined
    const file = blockFile(process, name)
    if (file?.device?.fs) return deviceTags(process, file.device)
    const facts = file && (await probeFile(process, file))
    if (!facts) return undefined
    const tags = new Map<string, string>()
    if (facts.label !== '') tags.set('LABEL', facts.label)
    tags.set('UUID', facts.uuid)
    if (facts.blockSize !== undefined) tags.set('BLOCK_SIZE', String(facts.blockSize))
    return tags.set('TYPE', facts.type)
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

function deviceTags(process: Process, device: BlockDevice): Map<string, string> {
  const { identity, persona } = process.world
  const isFat = device.fs === 'vfat'
  const short =
    isFat &&
    identity
      .hex(`vfat/${device.name}`, 4)
      .toUpperCase()
      .replace(/^(....)/, '$1-')
  return new Map([
    ['UUID', short || identity.uuid(`${persona.name}/filesystem//dev/${device.name}`)],
    ['BLOCK_SIZE', isFat ? '512' : '4096'],
    ['TYPE', device.fs as string],
    ['PARTUUID', identity.uuid(`${persona.name}/partition/${device.name}`)],
  ])
}
