import type { Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import type { Candidate } from '../../world/packages.ts'
import { resolve } from '../net/target.ts'

/** One line of sources.list. */
export interface Source {
  url: string
  host: string
  suite: string
  components: string[]
}

export function sources(process: Process): Source[] {
  const files = ['/etc/apt/sources.list']
  const { files: disk } = process.world
  try {
    files.push(
      ...disk
        .list('/etc/apt/sources.list.d')
        .filter((name) => name.endsWith('.list'))
        .map((name) => `/etc/apt/sources.list.d/${name}`),
    )
  } catch (error) {
    if (!(error instanceof HostError)) throw error
  }
  const found: Source[] = []
  for (const file of files) {
    try {
      for (const line of disk.read(file).toString('utf8').split('\n')) {
        const words = line
          .replace(/\[[^\]]*\]/, '')
          .trim()
          .split(/\s+/)
        const host = /^https?:\/\/([^/]+)/.exec(words[1] ?? '')?.[1]
        if (words[0] === 'deb' && host && words[2])
          found.push({ url: (words[1] as string).replace(/\/$/, ''), host, suite: words[2], components: words.slice(3) })
      }
    } catch (error) {
      if (!(error instanceof HostError)) throw error
    }
  }
  return found
}

/** Whether the archive can be reached; without egress its name cannot be looked up. */
export async function archiveReachable(process: Process, host: string): Promise<boolean> {
  return 'address' in (await resolve(process, host))
}

/** `apt update`: one line a suite, paced like a far mirror. Gives how many failed. */
export async function updateLists(process: Process): Promise<{ failed: Source[]; total: number }> {
  const all = sources(process)
  const failed: Source[] = []
  let number = 0
  for (const source of all) {
    number++
    if (await archiveReachable(process, source.host)) {
      await process.sleep(180)
      await process.stdout.write(`Hit:${number} ${source.url} ${source.suite} InRelease\n`)
    } else {
      await process.sleep(900)
      failed.push(source)
      await process.stdout.write(`Err:${number} ${source.url} ${source.suite} InRelease\n  Temporary failure resolving '${source.host}'\n`)
    }
  }
  return { failed, total: all.length }
}

/** `1,234 kB`, `36.2 MB` as apt writes sizes (powers of a thousand). */
export function aptSize(kib: number): string {
  const bytes = kib * 1024
  if (bytes < 10_000) return `${Math.round(bytes).toLocaleString('en-US')} B`
  if (bytes < 10_000_000) return `${Math.round(bytes / 1000).toLocaleString('en-US')} kB`
  return `${(bytes / 1e6).toFixed(1)} MB`
}

export function poolPath(entry: Candidate, architecture: string): string {
  const letter = entry.name.startsWith('lib') ? entry.name.slice(0, 4) : entry.name[0]
  return `pool/main/${letter}/${entry.name}/${entry.name}_${entry.version.replace(/^\d+:/, '')}_${architecture}.deb`
}
