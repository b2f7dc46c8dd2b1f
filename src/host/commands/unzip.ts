import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { dirName, gnuCommand, joinPath } from './gnu/command.ts'
import { globMatch } from './gnu/glob.ts'
import { localTime, strftime } from './gnu/strftime.ts'
import { makeFolders, statIfThere } from './gnu/tree.ts'
import { readZip, type ZipEntry, ZipError } from './zip/codec.ts'

export default gnuCommand({
  name: 'unzip',
  package: 'unzip',
  usage: '[-Z] [-cflptTuvz[abjnoqsCDKLMUVWX$/:^]] file[.zip] [file(s) ...]  [-x files(s) ...] [-d exdir]',
  trouble: 10,
  rawArguments: true,
  short: '',
  async run(process) {
    const request = parse(process.argv.slice(1))
    if (!request.archive) {
      await process.stdout.write(
        'UnZip 6.00 of 20 April 2009, by Debian. Original by Info-ZIP.\n\nUsage: unzip [-Z] [-opts[modifiers]] file[.zip] [list] [-x xlist] [-d exdir]\n',
      )
      return 10
    }
    const path = [request.archive, `${request.archive}.zip`, `${request.archive}.ZIP`].find(
      (candidate) => statIfThere(process, candidate)?.type === 'file',
    )
    if (path === undefined) {
      await process.stderr.write(`unzip:  cannot find or open ${request.archive}, ${request.archive}.zip or ${request.archive}.ZIP.\n`)
      return 9
    }
    let entries: ZipEntry[]
    try {
      entries = readZip(Buffer.from(await process.openInput(path).all(64 * 1024 * 1024)))
    } catch (error) {
      if (!(error instanceof ZipError)) throw error
      await process.stderr.write(
        `${request.flags.includes('q') ? '' : `Archive:  ${path}\n`}  End-of-central-directory signature not found.  Either this file is not\n  a zipfile, or it constitutes one disk of a multi-part archive.  In the\n  latter case the central directory and zipfile comment will be found on\n  the last disk(s) of this archive.\nunzip:  cannot find zipfile directory in one of ${path} or\n        ${path}.zip, and cannot find ${path}.ZIP, period.\n`,
      )
      return 9
    }
    const wanted = entries.filter(
      (entry) =>
        (request.members.length === 0 || request.members.some((pattern) => globMatch(pattern, entry.name))) &&
        !request.without.some((pattern) => globMatch(pattern, entry.name)),
    )
    return act(process, path, wanted, request)
  },
})

interface Request {
  flags: string
  archive: HostText | undefined
  members: HostText[]
  without: HostText[]
  folder: HostText | undefined
}

function parse(words: readonly HostText[]): Request {
  const request: Request = { flags: '', archive: undefined, members: [], without: [], folder: undefined }
  let into: HostText[] = request.members
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === '-d') request.folder = words[++i]
    else if (word.startsWith('-d') && word.length > 2) request.folder = word.slice(2)
    else if (word === '-x') into = request.without
    else if (word === '-P') i++
    else if (word.startsWith('-') && word.length > 1) request.flags += word.slice(1)
    else if (request.archive === undefined) request.archive = word
    else into.push(word)
  }
  return request
}

async function act(process: Process, path: HostText, entries: readonly ZipEntry[], request: Request): Promise<number> {
  const { flags } = request
  const quiet = flags.includes('q')
  if (flags.includes('p')) {
    for (const entry of entries) if (!entry.isFolder) await process.stdout.write(entry.content)
    return 0
  }
  if (flags.includes('l') || flags.includes('v')) return list(process, path, entries)
  if (!quiet) await process.stdout.write(`Archive:  ${path}\n`)
  if (flags.includes('t')) {
    for (const entry of entries) if (!quiet) await process.stdout.write(`    testing: ${entry.name.padEnd(22)}  OK\n`)
    await process.stdout.write(`No errors detected in compressed data of ${path}.\n`)
    return 0
  }
  let all = flags.includes('o')
  for (const entry of entries) {
    const pause = process.spend(5)
    if (pause) await pause
    const clean = entry.name
      .split('/')
      .filter((part) => part !== '..' && part !== '')
      .join('/')
    const inner = flags.includes('j') ? (clean.split('/').at(-1) as string) : clean
    if (inner === '' || (entry.isFolder && flags.includes('j'))) continue
    const target = request.folder === undefined ? inner : joinPath(request.folder, inner)
    if (!entry.isFolder && statIfThere(process, target) && !all) {
      if (flags.includes('n')) continue
      await process.stderr.write(`replace ${target}? [y]es, [n]o, [A]ll, [N]one, [r]ename: `)
      const answer = await process.stdin.line()
      if (answer === undefined) {
        await process.stderr.write(' NULL\n(EOF or read error, treating as "[N]one" ...)\n')
        return 0
      }
      if (answer.startsWith('A')) all = true
      else if (answer.startsWith('N')) return 0
      else if (!answer.startsWith('y')) continue
    }
    try {
      await extract(process, entry, target, quiet)
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await process.stderr.write(`error:  cannot create ${target}\n        ${error.message}\n`)
      return 50
    }
  }
  return 0
}

async function extract(process: Process, entry: ZipEntry, target: HostText, quiet: boolean): Promise<void> {
  const isNew = !statIfThere(process, target)
  makeFolders(process, entry.isFolder ? target : dirName(target), 0o755)
  if (entry.isFolder) {
    if (!quiet && isNew) await process.stdout.write(`   creating: ${target}/\n`)
    return
  }
  if (!quiet) await process.stdout.write(`${entry.method === 8 ? '  inflating' : ' extracting'}: ${target.padEnd(22)}  \n`)
  await process.openOutput(target, 'truncate').write(entry.content)
  process.files.chmod(target, entry.mode)
}

async function list(process: Process, path: HostText, entries: readonly ZipEntry[]): Promise<number> {
  const rows = entries.map(
    (entry) => `${String(entry.content.length).padStart(9)}  ${strftime('%Y-%m-%d %H:%M', localTime(entry.time, 'UTC'))}   ${entry.name}\n`,
  )
  const total = entries.reduce((sum, entry) => sum + entry.content.length, 0)
  await process.stdout.write(
    `Archive:  ${path}\n  Length      Date    Time    Name\n---------  ---------- -----   ----\n${rows.join('')}---------                     -------\n${String(total).padStart(9)}                     ${entries.length} file${entries.length === 1 ? '' : 's'}\n`,
  )
  return 0
}
