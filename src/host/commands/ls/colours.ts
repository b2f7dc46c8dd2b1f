import type { FileStat } from '../../contract.ts'

/** What ls paints without LS_COLORS (src/ls.c of coreutils 9.1): no colours by extension, links whatever they lead to. */
const BUILT_IN: Record<string, string> = {
  di: '01;34',
  ln: '01;36',
  pi: '33',
  so: '01;35',
  bd: '01;33',
  cd: '01;33',
  ex: '01;32',
  su: '37;41',
  sg: '30;43',
  st: '37;44',
  ow: '34;42',
  tw: '30;42',
}

/** The colours of one run of ls: LS_COLORS over the built-in ones. */
export class Palette {
  readonly #kinds = new Map(Object.entries(BUILT_IN))
  readonly #extensions: { suffix: string; colour: string }[] = []
  #used = false

  constructor(lsColors: string | undefined) {
    for (const part of (lsColors ?? '').split(':').slice(0, 500)) {
      const at = part.indexOf('=')
      if (at < 1) continue
      const [key, colour] = [part.slice(0, at), part.slice(at + 1)]
      if (!/^[\d;]*$/.test(colour)) continue
      if (key.startsWith('*')) this.#extensions.push({ suffix: key.slice(1).toLowerCase(), colour })
      else this.#kinds.set(key, colour)
    }
  }

  /** Whether links to nothing and targets have colours of their own, which needs a look at the target. */
  get looksThroughLinks(): boolean {
    return this.#kinds.has('or')
  }

  /** `target` is the stat of what a link leads to; undefined when it leads nowhere. */
  paint(text: string, name: string, stat: FileStat, target: FileStat | undefined): string {
    const colour = this.#colourOf(name, stat, target)
    if (!colour || /^0+$/.test(colour)) return text
    // The first colour of a run is preceded by a reset.
    const first = this.#used ? '' : '\x1b[0m'
    this.#used = true
    return `${first}\x1b[${colour}m${text}\x1b[0m`
  }

  #colourOf(name: string, stat: FileStat, target: FileStat | undefined): string | undefined {
    const kind = this.#kindOf(stat, target)
    if (kind !== 'fi') return this.#kinds.get(kind)
    const lower = name.toLowerCase()
    return this.#extensions.findLast(({ suffix }) => lower.endsWith(suffix))?.colour
  }

  #kindOf(stat: FileStat, target: FileStat | undefined): string {
    const { mode } = stat
    switch (stat.type) {
      case 'symlink':
        return target || !this.looksThroughLinks ? 'ln' : 'or'
      case 'directory':
        if ((mode & 0o1002) === 0o1002) return 'tw'
        return mode & 0o002 ? 'ow' : mode & 0o1000 ? 'st' : 'di'
      case 'fifo':
        return 'pi'
      case 'socket':
        return 'so'
      case 'block':
        return 'bd'
      case 'character':
        return 'cd'
      default:
        return mode & 0o4000 ? 'su' : mode & 0o2000 ? 'sg' : mode & 0o111 ? 'ex' : 'fi'
    }
  }
}
