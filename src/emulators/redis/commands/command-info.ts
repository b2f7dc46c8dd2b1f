import { type Reply, simple } from '../codec.ts'
import { CommandError } from '../command-error.ts'
import { globMatches } from '../glob.ts'
import type { CommandTable } from '../handler.ts'
import { type CommandFacts, commandDocs, type Json, type Major } from '../release.ts'

/** COMMAND and its subcommands, from the table of the release. */
export const commandInfoCommands: CommandTable = {
  command: ({ profile }) => [...profile.release.commands.values()].map((facts) => describe(facts, profile.release.major)),
  'command|count': ({ profile }) => profile.release.commands.size,
  'command|info': ({ profile }, names) => {
    const chosen = names.length || profile.release.major < 7 ? names : [...profile.release.commands.keys()]
    return chosen.map((name) => {
      const facts = find(profile.release.commands, name)
      return facts ? describe(facts, profile.release.major) : null
    })
  },
  'command|docs': (_client, names) => {
    const docs = commandDocs()
    const chosen = names.length ? names.map((name) => name.toLowerCase()).filter((name) => name in docs) : Object.keys(docs)
    return { map: chosen.map((name): [Reply, Reply] => [name, documentation(docs[name] as Json)]) }
  },
  'command|list': ({ profile }, [filter, by, wanted]) => {
    const names = [...profile.release.commands.keys()]
    if (filter === undefined) return names
    if (!/^filterby$/i.test(filter) || wanted === undefined) throw new CommandError('ERR syntax error')
    if (/^pattern$/i.test(by)) return names.filter((name) => globMatches(wanted, name, true))
    if (/^module$/i.test(by)) return []
    return names.filter((name) => profile.release.commands.get(name)?.categories.includes(`@${wanted.toLowerCase()}`))
  },
  'command|getkeys': ({ profile }, words) => {
    const facts = profile.release.commands.get(words[0].toLowerCase())
    if (!facts) throw new CommandError('ERR Invalid command specified')
    const [first, last, step] = facts.keys
    if (first === 0) throw new CommandError('ERR The command has no key arguments')
    const fits = facts.arity >= 0 ? words.length === facts.arity : words.length >= -facts.arity
    if (!fits) throw new CommandError('ERR Invalid number of arguments specified for command')
    const end = last < 0 ? words.length + last : last
    return words.filter((_, i) => i >= first && i <= end && (i - first) % step === 0)
  },
  'command|getkeysandflags': ({ profile }, words) => {
    const facts = profile.release.commands.get(words[0].toLowerCase())
    if (!facts || facts.keys[0] === 0) throw new CommandError('ERR The command has no key arguments')
    return [[words[facts.keys[0]] ?? '', [simple(facts.flags.includes('write') ? 'RW' : 'RO'), simple('access')]]]
  },
  // The generic answer to every `X HELP` that has no handler of its own.
  help: ({ profile }, _args, name) => (profile.release.help[name.split('|')[0] as string] ?? []).map(simple),
}

function find(commands: ReadonlyMap<string, CommandFacts>, name: string): CommandFacts | undefined {
  const lower = name.toLowerCase()
  return commands.get(lower) ?? commands.get(lower.split('|')[0] as string)?.subcommands.get(lower)
}

/** A command as an array that grew with the releases: 6 elements, 7 with categories, 10 with tips, key specifications and subcommands. */
function describe({ name, arity, flags, keys, categories, tips, keySpecs, subcommands }: CommandFacts, major: Major): Reply {
  const basic: Reply[] = [name, arity, { set: flags.map(simple) }, ...keys]
  if (major === 5) return basic
  const classified = [...basic, { set: categories.map(simple) }]
  if (major === 6) return classified
  return [
    ...classified,
    { set: [...tips] },
    { set: keySpecs.map(specification) },
    [...subcommands.values()].map((facts) => describe(facts, major)),
  ]
}

/** Words in arrays are status replies here, everything else is a bulk string. */
function specification(spec: Json): Reply {
  if (typeof spec === 'string' || typeof spec === 'number') return spec
  if (Array.isArray(spec)) return { set: spec.map((flag) => simple(String(flag))) }
  return { map: Object.entries(spec).map(([key, value]): [Reply, Reply] => [key, specification(value)]) }
}

const FLAG_LISTS = new Set(['flags', 'doc_flags'])

function documentation(doc: Json): Reply {
  if (typeof doc === 'string' || typeof doc === 'number') return doc
  if (Array.isArray(doc)) return doc.map(documentation)
  return {
    map: Object.entries(doc).map(([key, value]): [Reply, Reply] => {
      const isFlags = FLAG_LISTS.has(key) && Array.isArray(value)
      return [key, isFlags ? { set: value.map((flag) => simple(String(flag))) } : documentation(value)]
    }),
  }
}
