import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Verdict, virusTotal } from '../../analysis/virus-total.ts'
import { loadSettings } from '../../config/load.ts'
import type { Settings } from '../../config/schema.ts'
import { type ArtifactFolder, openArtifactStore } from '../../store/artifacts.ts'
import { UsageProblem } from '../cli.ts'
import { humanBytes } from '../duration.ts'
import { jsonLine } from '../json-line.ts'
import { type Column, table } from '../table.ts'
import type { Arguments, Output, Verb } from '../verb.ts'
import { limitOption } from '../with-store.ts'

const columns: Column[] = [
  { title: 'SHA-256' },
  { title: 'SIZE', align: 'right' },
  { title: 'TYPE', max: 40 },
  { title: 'FIRST SEEN (UTC)' },
]

export const artifacts: Verb = {
  name: 'artifacts',
  summary: 'captured files: list, hashes, bytes, and what VirusTotal knows of a hash',
  usage: 'ls | hashes | get SHA256 FILE | lookup SHA256',
  examples: [
    'sundew artifacts ls',
    'sundew artifacts hashes > known.txt',
    'sundew artifacts get 9f86d0… sample.bin',
    'sundew artifacts lookup 9f86d0…',
  ],
  options: { limit: { type: 'string' } },
  about: { limit: 'ls: how many (default 50)' },
  async run(given, output) {
    const [what = 'ls', hash, file] = given.words
    const { settings } = loadSettings(given)
    const folder = openArtifactStore(join(settings.data, 'artifacts'))
    switch (what) {
      case 'ls':
        list(folder, given, output)
        return 0
      case 'hashes':
        for (const { sha256 } of folder.list()) output.line(`${sha256}  ${sha256}`)
        return 0
      case 'get': {
        if (!file) throw new UsageProblem('say get SHA256 FILE')
        const bytes = folder.get(knownAs(folder, hash))
        if (!bytes) throw new UsageProblem(`the content of ${hash} was not kept here`)
        // Not to be run by a careless double click.
        writeFileSync(file, bytes, { mode: 0o400, flag: 'wx' })
        output.line(
          given.json ? jsonLine({ file, bytes: bytes.length }) : `${humanBytes(bytes.length)} in ${file}: live malware, handle it so`,
        )
        return 0
      }
      case 'lookup': {
        const verdict = await virusTotal(knownAs(folder, hash), keyOf(settings))
        output.line(given.json ? jsonLine(verdict) : words(verdict))
        return 0
      }
      default:
        throw new UsageProblem('say ls, hashes, get SHA256 FILE or lookup SHA256')
    }
  },
}

function list(folder: ArtifactFolder, given: Arguments, output: Output): void {
  const found = folder.list(limitOption(given, 50))
  if (given.json) output.line(jsonLine(found))
  else if (found.length === 0) output.line('no files yet')
  else {
    const rows = found.map((one) => [
      one.sha256,
      humanBytes(one.size),
      one.magic,
      new Date(one.firstSeen).toISOString().slice(0, 16).replace('T', ' '),
    ])
    output.line(table(columns, rows))
  }
}

/** The hash that begins so. */
function knownAs(folder: ArtifactFolder, beginning: string | undefined): string {
  if (!beginning || !/^[0-9a-f]{6,64}$/.test(beginning)) throw new UsageProblem('say which SHA256, or at least its first six digits')
  const found = folder.list().filter(({ sha256 }) => sha256.startsWith(beginning))
  const [only] = found
  if (!only) throw new UsageProblem(`there is no file ${beginning}`)
  if (found.length > 1) throw new UsageProblem(`${found.length} files begin with ${beginning}`)
  return only.sha256
}

function keyOf({ lookups }: Settings): Settings['lookups']['virusTotal'] {
  if (lookups.virusTotal.key) return lookups.virusTotal
  throw new UsageProblem('VirusTotal is not asked without a key: set lookups.virusTotal.key, or SUNDEW_VIRUSTOTAL_KEY')
}

function words(verdict: Verdict): string {
  if (!verdict.known) return 'VirusTotal has never seen it'
  return `${verdict.malicious} of ${verdict.engines} engines call it malicious${verdict.label ? ` (${verdict.label})` : ''}\n${verdict.page}`
}
