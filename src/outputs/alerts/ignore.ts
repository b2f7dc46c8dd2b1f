import { readdirSync, readFileSync } from 'node:fs'
import { BlockList, isIPv6 } from 'node:net'
import { join } from 'node:path'
import type { Alerts } from '../../config/alerts.ts'
import type { SundewEvent } from '../../events/schema.ts'

/**
 * Tags events by where they come from: `ignored:<tag>` for sources that the operator has set aside, `scanner:<list>` for those of
 * `<data>/scanners/<list>.txt`, a line an address or network (`#` begins a comment), as mass scanners publish theirs.
 */
export class SourceLists {
  readonly #lists: { tag: string; addresses: BlockList }[] = []

  /** @param onProblem told of lines that are no address */
  constructor(ignore: Alerts['ignore'], folder: string, onProblem: (file: string, line: number) => void = () => undefined) {
    for (const { source, tag } of ignore) this.#add(`ignored:${tag}`, [source])
    for (const file of filesIn(folder)) {
      const path = join(folder, file)
      const entries = readFileSync(path, 'utf8')
        .split('\n')
        .map((line) => line.replace(/#.*/, '').trim())
      this.#add(`scanner:${file.slice(0, -4)}`, entries, (n) => onProblem(path, n + 1))
    }
  }

  tags({ srcIp }: SundewEvent): string[] {
    if (srcIp === undefined || this.#lists.length === 0) return []
    const family = isIPv6(srcIp) ? 'ipv6' : 'ipv4'
    return this.#lists.filter(({ addresses }) => addresses.check(srcIp, family)).map(({ tag }) => tag)
  }

  #add(tag: string, entries: readonly string[], onProblem: (index: number) => void = () => undefined): void {
    const known = this.#lists.find((list) => list.tag === tag)
    const addresses = known?.addresses ?? new BlockList()
    for (const [n, entry] of entries.entries()) {
      if (entry === '') continue
      const [address = '', prefix] = entry.split('/')
      const family = address.includes(':') ? 'ipv6' : 'ipv4'
      try {
        if (prefix === undefined) addresses.addAddress(address, family)
        else addresses.addSubnet(address, Number(prefix), family)
      } catch {
        onProblem(n)
      }
    }
    if (!known) this.#lists.push({ tag, addresses })
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((file) => /^[A-Za-z0-9_.-]{1,64}\.txt$/.test(file))
  } catch {
    // No folder: no lists.
    return []
  }
}
