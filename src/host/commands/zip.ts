import type { HostText } from '../command.ts'
import { baseName, gnuCommand, joinPath } from './gnu/command.ts'
import { localTime, zoneOf } from './gnu/strftime.ts'
import { statIfThere } from './gnu/tree.ts'
import { packEntry, readZip, writeZip } from './zip/codec.ts'

export default gnuCommand({
  name: 'zip',
  package: 'zip',
  usage: '[-options] [-b path] [-t mmddyyyy] [-n suffixes] [zipfile list] [-xi list]',
  trouble: 16,
  short: '0123456789rqjmuvxeyP:TFdgDX',
  long: { recurse: 'r', quiet: 'q', 'junk-paths': 'j', password: 'P', encrypt: 'e' },
  async run(process, options) {
    const [archive, ...names] = options.operands
    if (archive === undefined || names.length === 0) {
      await process.stdout.write(`\nzip error: Nothing to do! (try: zip -r ${archive ?? 'foo'} . -i ${archive ?? 'foo'})\n`)
      return 12
    }
    const path = /\.\w+$/.test(baseName(archive)) ? archive : `${archive}.zip`
    const old = statIfThere(process, path) ? readZip(process.files.read(path)) : []
    const entries = new Map(old.map((entry) => [entry.name, packEntry(entry.name, entry.content, entry.mode, entry.time)]))
    let added = 0
    const add = async (name: HostText): Promise<void> => {
      const pause = process.spend(10)
      if (pause) await pause
      const stat = statIfThere(process, name)
      if (!stat) {
        await process.stdout.write(`\tzip warning: name not matched: ${name}\n`)
        return
      }
      const inner = (options.has('j') ? baseName(name) : name.replace(/^(\.?\/)+/, '')).replace(/\/$/, '')
      const local = localTime(stat.mtime, zoneOf(process))
      const isFolder = stat.type === 'directory'
      if ((!isFolder || !options.has('j')) && inner !== '' && inner !== '.') {
        const entry = packEntry(
          isFolder ? `${inner}/` : inner,
          isFolder ? Buffer.alloc(0) : process.files.read(name),
          stat.mode,
          stat.mtime + local.offset * 60_000,
        )
        const share = entry.content.length ? Math.round((1 - entry.packed / entry.content.length) * 100) : 0
        const verb = entries.has(entry.name) ? 'updating' : '  adding'
        entries.set(entry.name, entry)
        added++
        if (!options.has('q'))
          await process.stdout.write(`${verb}: ${entry.name} (${entry.method === 8 ? 'deflated' : 'stored'} ${share}%)\n`)
      }
      if (isFolder && options.has('r')) for (const child of process.files.list(name)) await add(joinPath(name, child))
    }
    for (const name of names) await add(name)
    if (added === 0) {
      await process.stdout.write(`\nzip error: Nothing to do! (${path})\n`)
      return 12
    }
    await process.openOutput(path, 'truncate').write(writeZip([...entries.values()]))
    return 0
  },
})
