import type { Interpreter } from './interpreter.ts'
import { Box, Code, number, PerlArray, PerlHash, Ref, text, type Value } from './value.ts'

/** `GetOptions('name|n=s' => \\$x, …)`: takes what it knows from @ARGV. False when something was wrong. */
export function getOptions(p: Interpreter, args: readonly Value[]): boolean {
  const known = new Map<string, { type: string; negatable: boolean; to: Value; name: string }>()
  for (let i = 0; i + 1 < args.length; i += 2) {
    const [, names = '', type = ''] = /^([\w|?-]+)([=:][sif]@?|[!+])?$/.exec(text(args[i])) ?? []
    for (const name of names.split('|'))
      known.set(name, { type, negatable: type === '!', to: args[i + 1], name: names.split('|')[0] as string })
  }
  const argv = p.machine.array('ARGV')
  const rest: Value[] = []
  let fine = true
  for (let at = 0; at < argv.items.length; at++) {
    const word = text(argv.items[at])
    if (word === '--') {
      rest.push(...argv.items.slice(at + 1))
      break
    }
    const [, given, glued] = /^--?([\w?-]+)(?:=([\s\S]*))?$/.exec(word) ?? []
    if (given === undefined) {
      rest.push(word)
      continue
    }
    const candidates = [...known.keys()].filter((name) => name.startsWith(given))
    const off = /^no-?(.+)$/.exec(given)?.[1]
    const option = known.get(given) ?? (candidates.length === 1 ? known.get(candidates[0] as string) : undefined)
    if (option) {
      const takes = /^[=:]/.test(option.type)
      const value = takes ? (glued ?? argv.items[++at]) : 1
      store(p, option.to, option.name, option.type.includes('i') ? number(value) : value, option.type)
    } else if (off !== undefined && known.get(off)?.negatable) store(p, known.get(off)?.to, off, 0, '!')
    else {
      fine = false
      void p.machine.warn(`Unknown option: ${given}\n`)
    }
  }
  argv.items = rest
  return fine
}

function store(p: Interpreter, to: Value, name: string, value: Value, type: string): void {
  if (!(to instanceof Ref)) return
  if (to.to instanceof Box) to.to.value = type === '+' ? number(to.to.value) + 1 : value
  else if (to.to instanceof PerlArray) to.to.items.push(value)
  else if (to.to instanceof PerlHash) to.to.map.set(name, value)
  else if (to.to instanceof Code) void p.machine.callCode(to.to, [name, value], false)
}
