import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { gnuCommand } from './gnu/command.ts'
import { formatUci, parseUci, type UciSection } from './openwrt/uci-file.ts'

const FOLDER = '/etc/config'

export default gnuCommand({
  name: 'uci',
  package: 'uci',
  paths: ['/sbin/uci'],
  usage: '',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1).filter((word) => !/^-[qXnN]+$/.test(word))
    const quiet = process.argv.includes('-q')
    const [verb, argument = ''] = words
    const missing = async (): Promise<number> => {
      if (!quiet) await process.stderr.write('uci: Entry not found\n')
      return 1
    }
    switch (verb) {
      case 'show': {
        const [name] = argument.split('.')
        const files = name ? [name] : configNames(process)
        let shown = ''
        for (const file of files) {
          const sections = read(process, file)
          if (!sections) return missing()
          shown += lines(file, sections)
            .filter((line) => argument === '' || argument === file || line.startsWith(`${argument}.`) || line.startsWith(`${argument}=`))
            .join('')
        }
        if (shown === '') return missing()
        await process.stdout.write(shown)
        return 0
      }
      case 'get': {
        const value = lookUp(process, argument)
        if (value === undefined) return missing()
        await process.stdout.write(`${value}\n`)
        return 0
      }
      case 'set':
      case 'add_list': {
        const found = /^([\w-]+)\.([\w@[\]-]+)(?:\.([\w-]+))?=(.*)$/s.exec(argument)
        if (!found) {
          if (!quiet) await process.stderr.write('uci: Invalid argument\n')
          return 1
        }
        const [, file, section, option, value] = found as unknown as [string, string, string, string | undefined, string]
        const sections = read(process, file)
        if (!sections) return missing()
        const target = pick(sections, section)
        if (option === undefined) {
          if (target) target.type = value
          else sections.push({ type: value, name: section, options: new Map() })
        } else if (!target) return missing()
        else if (verb === 'add_list') target.options.set(option, [...list(target.options.get(option)), value])
        else target.options.set(option, value)
        process.files.write(`${FOLDER}/${file}`, Buffer.from(formatUci(sections)))
        return 0
      }
      case 'delete': {
        const [file = '', section = '', option] = argument.split('.')
        const sections = read(process, file)
        const target = sections && pick(sections, section)
        if (!sections || !target || (option !== undefined && !target.options.delete(option))) return missing()
        if (option === undefined) sections.splice(sections.indexOf(target), 1)
        process.files.write(`${FOLDER}/${file}`, Buffer.from(formatUci(sections)))
        return 0
      }
      case 'commit':
      case 'changes':
      case 'revert':
        return 0
      case 'export': {
        const sections = read(process, argument)
        if (!sections) return missing()
        await process.stdout.write(`package ${argument}\n${formatUci(sections)}`)
        return 0
      }
      default:
        await process.stderr.write(
          'Usage: uci [<options>] <command> [<arguments>]\n\nCommands:\n\tbatch\n\texport     [<config>]\n\timport     [<config>]\n\tchanges    [<config>]\n\tcommit     [<config>]\n\tadd        <config> <section-type>\n\tadd_list   <config>.<section>.<option>=<string>\n\tdel_list   <config>.<section>.<option>=<string>\n\tshow       [<config>[.<section>[.<option>]]]\n\tget        <config>.<section>[.<option>]\n\tset        <config>.<section>[.<option>]=<value>\n\tdelete     <config>[.<section>[[.<option>][=<id>]]]\n\trename     <config>.<section>[.<option>]=<name>\n\trevert     <config>[.<section>[.<option>]]\n\treorder    <config>.<section>=<position>\n\n',
        )
        return 255
    }
  },
})

function configNames(process: Process): string[] {
  try {
    return process.files.list(FOLDER).sort()
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return []
  }
}

function read(process: Process, file: string): UciSection[] | undefined {
  try {
    return parseUci(process.files.read(`${FOLDER}/${file}`).toString('utf8'))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return undefined
  }
}

function pick(sections: UciSection[], name: string): UciSection | undefined {
  const indexed = /^@([\w-]+)\[(-?\d+)\]$/.exec(name)
  if (!indexed) return sections.find((section) => section.name === name)
  return sections.filter((section) => section.type === indexed[1]).at(Number(indexed[2]))
}

function lookUp(process: Process, path: string): string | undefined {
  const [file = '', section = '', option] = path.split('.')
  const target = pick(read(process, file) ?? [], section)
  if (!target) return undefined
  if (option === undefined) return target.type
  const value = target.options.get(option)
  return Array.isArray(value) ? value.join(' ') : value
}

function list(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}

function lines(file: string, sections: readonly UciSection[]): string[] {
  const counts = new Map<string, number>()
  return sections.flatMap((section) => {
    const index = counts.get(section.type) ?? 0
    counts.set(section.type, index + 1)
    const key = `${file}.${section.name ?? `@${section.type}[${index}]`}`
    const options = [...section.options].map(
      ([name, value]) =>
        `${key}.${name}=${list(value)
          .map((one) => `'${one.replaceAll("'", "'\\''")}'`)
          .join(' ')}\n`,
    )
    return [`${key}=${section.type}\n`, ...options]
  })
}
