import type { HostText, Process } from '../../command.ts'
import { type FileStat, HostError } from '../../contract.ts'
import { isBzip2, unpackBzip2 } from '../compression/bzip2-decoder.ts'
import { packBzip2 } from '../compression/bzip2-encoder.ts'
import { CorruptData, carryOut, type Work } from '../compression/work.ts'
import { isXz, packXz, unpackXz } from '../compression/xz.ts'
import { accountsOf, groupName, userName } from '../gnu/accounts.ts'
import { complain, dirName, gnuCommand, joinPath } from '../gnu/command.ts'
import { globMatch } from '../gnu/glob.ts'
import { CompressionError, compress, decompress, isGzip } from '../gnu/gzip.ts'
import { modeString } from '../gnu/mode.ts'
import { OptionError, type Options, parseOptions } from '../gnu/options.ts'
import { localTime, strftime, zoneOf } from '../gnu/strftime.ts'
import { statIfThere } from '../gnu/tree.ts'
import { type Member, readTar, TarError, writeTar } from './codec.ts'

const SHORT = 'cxtruAvf:zjJZC:pPkmhOSWwoB:b:T:X:K:N:aI:'
const LONG: Record<string, string> = {
  create: 'c',
  extract: 'x',
  get: 'x',
  list: 't',
  append: 'r',
  update: 'u',
  verbose: 'v',
  file: 'f',
  gzip: 'z',
  gunzip: 'z',
  bzip2: 'j',
  xz: 'J',
  directory: 'C',
  'preserve-permissions': 'p',
  'absolute-names': 'P',
  'keep-old-files': 'k',
  touch: 'm',
  dereference: 'h',
  'to-stdout': 'O',
  'strip-components': 'strip-components=',
  exclude: 'exclude=',
  'no-same-owner': 'o',
  'same-owner': 'same-owner',
  overwrite: 'overwrite',
  owner: 'owner=',
  group: 'group=',
  'files-from': 'T',
  'exclude-from': 'X',
  'auto-compress': 'a',
  'numeric-owner': 'numeric-owner',
  'no-recursion': 'no-recursion',
  'remove-files': 'remove-files',
  wildcards: 'wildcards',
  transform: 'transform=',
  'use-compress-program': 'I',
  'one-file-system': 'one-file-system',
  warning: 'warning=',
  'skip-old-files': 'skip-old-files',
  'no-same-permissions': 'no-same-permissions',
}
const TYPES: Record<Member['type'], FileStat['type']> = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  link: 'file',
  fifo: 'fifo',
  character: 'character',
  block: 'block',
}

const VERSION =
  'tar (GNU tar) 1.34\nCopyright (C) 2021 Free Software Foundation, Inc.\nLicense GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.\nThis is free software: you are free to change and redistribute it.\nThere is NO WARRANTY, to the extent permitted by law.\n\nWritten by John Gilmore and Jay Fenlason.'

export const tarCommand = gnuCommand({
  name: 'tar',
  package: 'tar',
  usage: '[OPTION...] [FILE]...',
  version: VERSION,
  trouble: 2,
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    if (words[0] === '--version') {
      await process.stdout.write(`${VERSION}\n`)
      return 0
    }
    try {
      return await new Tar(process, parseOptions(bundled(words), { short: SHORT, long: LONG })).run()
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      await process.stderr.write(`tar: ${error.message}\nTry 'tar --help' or 'tar --usage' for more information.\n`)
      return 64
    }
  },
})

/** The old style without a dash: letters first, their values after them in order. */
function bundled(words: string[]): string[] {
  const [first, ...rest] = words
  if (first === undefined || first.startsWith('-') || first === '') return words
  const options: string[] = []
  for (const letter of first) {
    options.push(`-${letter}`)
    if (!new RegExp(`${letter}:`).test(SHORT)) continue
    const value = rest.shift()
    if (value === undefined) throw new OptionError(`Old option '${letter}' requires an argument.`)
    options.push(value)
  }
  return [...options, ...rest]
}

class Tar {
  readonly #process: Process
  readonly #options: Options
  readonly #file: HostText | undefined
  #folder = ''
  #status = 0
  /** Inode of the archive that is being written. */
  #archive: number | undefined

  constructor(process: Process, options: Options) {
    this.#process = process
    this.#options = options
    const file = options.value('f')
    this.#file = file === '-' ? undefined : file
  }

  async run(): Promise<number> {
    const mode = this.#options.last('c', 'x', 't', 'r', 'u', 'A')
    if (!mode) {
      await complain(this.#process, `You must specify one of the '-Acdtrux', '--delete' or '--test-label' options`)
      await this.#process.stderr.write(`Try 'tar --help' or 'tar --usage' for more information.\n`)
      return 2
    }
    if (mode === 'c' && this.#options.operands.length === 0 && !this.#options.has('T')) {
      await complain(this.#process, 'Cowardly refusing to create an empty archive')
      await this.#process.stderr.write(`Try 'tar --help' or 'tar --usage' for more information.\n`)
      return 2
    }
    for (const folder of this.#options.values('C'))
      this.#folder = this.#folder === '' || folder.startsWith('/') ? folder : joinPath(this.#folder, folder)
    if (this.#folder !== '' && statIfThere(this.#process, this.#folder)?.type !== 'directory') {
      await complain(
        this.#process,
        `${this.#folder}: Cannot open: ${statIfThere(this.#process, this.#folder) ? 'Not a directory' : 'No such file or directory'}`,
      )
      return this.#fatal()
    }
    try {
      if (mode === 'c' || mode === 'r' || mode === 'u') await this.#create(mode !== 'c')
      else await this.#read(mode === 't')
    } catch (error) {
      if (error instanceof Ended) return 2
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await complain(this.#process, `${this.#file ?? '-'}: Cannot ${mode === 'c' ? 'write' : 'open'}: ${error.message}`)
      return this.#fatal()
    }
    if (this.#status === 2) await complain(this.#process, 'Exiting with failure status due to previous errors')
    return this.#status
  }

  async #fatal(): Promise<number> {
    await complain(this.#process, 'Error is not recoverable: exiting now')
    return 2
  }

  #inside(path: HostText): HostText {
    return this.#folder === '' || path.startsWith('/') ? path : joinPath(this.#folder, path)
  }

  #excluded(name: HostText): boolean {
    return this.#options
      .values('exclude')
      .some(
        (pattern) =>
          globMatch(pattern.replace(/\/$/, ''), name) ||
          globMatch(`*/${pattern}`, name) ||
          name.split('/').some((part) => globMatch(pattern, part)),
      )
  }

  /* ---- writing ---- */

  async #create(append: boolean): Promise<void> {
    const members = append ? await this.#present() : []
    const out = this.#file === undefined ? this.#process.stderr : this.#process.stdout
    // tar opens its archive before it looks at what goes into it, and knows it again there.
    if (this.#file !== undefined && !append) this.#process.openOutput(this.#file, 'truncate')
    this.#archive = this.#file === undefined ? undefined : statIfThere(this.#process, this.#file)?.inode
    let stripped = false
    for (const operand of await this.#names()) {
      if (operand.startsWith('/') && !this.#options.has('P') && !stripped) {
        stripped = true
        await complain(this.#process, `Removing leading \`/' from member names`)
      }
      await this.#add(operand.replace(/\/+$/, '') || '/', members, async (name) => {
        if (this.#options.has('v')) await out.write(`${name}\n`)
      })
    }
    const plain = writeTar(members)
    const name = this.#file ?? ''
    const guess = this.#options.has('a')
    if (this.#options.has('j') || (guess && /\.t?bz2?$/.test(name)))
      return this.#deliver(await carryOut(this.#process, packBzip2(plain, 9)))
    if (this.#options.has('J') || (guess && /\.t?xz$/.test(name))) return this.#deliver(await carryOut(this.#process, packXz(plain)))
    const packed = this.#options.has('z') || (this.#options.has('a') && /\.t?gz$/.test(this.#file ?? '')) ? compress(plain, 6) : plain
    await this.#process.spend(plain.length >> 6)
    await this.#deliver(packed)
  }

  /** What an archive that is to grow holds already. */
  async #present(): Promise<Member[]> {
    if (this.#file === undefined || !statIfThere(this.#process, this.#file)) return []
    const bytes = this.#process.files.read(this.#file)
    try {
      if (!isGzip(bytes) && !isBzip2(bytes) && !isXz(bytes)) return readTar(bytes)
      await complain(this.#process, 'Cannot update compressed archives')
    } catch (error) {
      if (!(error instanceof TarError)) throw error
      await complain(this.#process, error.message)
    }
    await this.#fatal()
    throw new Ended()
  }

  async #deliver(archive: Uint8Array): Promise<void> {
    if (this.#file === undefined) await this.#process.stdout.write(archive)
    else await this.#process.openOutput(this.#file, 'truncate').write(archive)
  }

  async #names(): Promise<HostText[]> {
    const list = this.#options.value('T')
    if (list === undefined) return [...this.#options.operands]
    const bytes = await (list === '-' ? this.#process.stdin : this.#process.openInput(list)).all()
    return [
      ...Buffer.from(bytes)
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== ''),
      ...this.#options.operands,
    ]
  }

  async #add(path: HostText, members: Member[], told: (name: string) => Promise<void>): Promise<void> {
    const pause = this.#process.spend(4)
    if (pause) await pause
    if (this.#excluded(path) || members.length > 20_000) return
    const real = this.#inside(path)
    let stat: FileStat
    try {
      stat = this.#options.has('h') ? this.#process.files.stat(real) : this.#process.files.lstat(real)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#status = 2
      await complain(this.#process, `${path}: Cannot stat: ${error.message}`)
      return
    }
    if (stat.type === 'file' && stat.inode === this.#archive) {
      await complain(this.#process, `${path}: file is the archive; not dumped`)
      return
    }
    if (stat.type === 'socket') {
      await complain(this.#process, `${path}: socket ignored`)
      return
    }
    let content: Buffer = Buffer.alloc(0)
    try {
      if (stat.type === 'file') content = this.#process.files.read(real)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#status = 2
      await complain(this.#process, `${path}: Cannot open: ${error.message}`)
      return
    }
    const isFolder = stat.type === 'directory'
    const shown = (this.#options.has('P') ? path : path.replace(/^\/+/, '') || '.') + (isFolder ? '/' : '')
    members.push({
      name: shown,
      type: stat.type,
      mode: stat.mode,
      uid: stat.uid,
      gid: stat.gid,
      user: userName(this.#process, stat.uid),
      group: groupName(this.#process, stat.gid),
      size: content.length,
      mtime: Math.floor(stat.mtime / 1000),
      target: stat.type === 'symlink' ? this.#process.files.readlink(real) : '',
      content,
    })
    await told(isFolder ? `${path === '/' ? '' : path}/` : path)
    if (!isFolder || this.#options.has('no-recursion')) return
    for (const name of this.#process.files.list(real)) await this.#add(joinPath(path, name), members, told)
  }

  /* ---- reading ---- */

  async #read(list: boolean): Promise<void> {
    let bytes: Buffer = Buffer.from(
      await (this.#file === undefined ? this.#process.stdin : this.#process.openInput(this.#file)).all(64 * 1024 * 1024),
    )
    let members: Member[]
    try {
      if (isGzip(bytes)) bytes = decompress(bytes)
      else if (isBzip2(bytes)) bytes = await unpacked(this.#process, unpackBzip2(bytes))
      else if (isXz(bytes)) bytes = await unpacked(this.#process, unpackXz(bytes))
      else if (this.#options.has('z')) throw new CompressionError('not in gzip format')
      await this.#process.spend(bytes.length >> 6)
      members = readTar(bytes)
    } catch (error) {
      this.#status = 2
      if (error instanceof CompressionError) {
        await this.#process.stderr.write(`\ngzip: stdin: ${error.message}\n`)
        await complain(this.#process, 'Child returned status 1')
        await complain(this.#process, 'Error is not recoverable: exiting now')
        throw new Ended()
      }
      if (!(error instanceof TarError)) throw error
      await complain(this.#process, error.message)
      return
    }
    for (const member of members) {
      const pause = this.#process.spend(4)
      if (pause) await pause
      if (!this.#wanted(member.name)) continue
      if (list) await this.#tell(member)
      else await this.#extract(member)
    }
    for (const name of this.#options.operands) {
      if (members.some((member) => matches(member.name, name))) continue
      this.#status = 2
      await complain(this.#process, `${name}: Not found in archive`)
    }
  }

  #wanted(name: string): boolean {
    const { operands } = this.#options
    return !this.#excluded(name) && (operands.length === 0 || operands.some((wanted) => matches(name, wanted)))
  }

  async #tell(member: Member): Promise<void> {
    const out = this.#options.has('O') ? this.#process.stderr : this.#process.stdout
    if (!this.#options.has('v')) return out.write(`${member.name}\n`)
    const owner =
      this.#options.has('numeric-owner') || member.user === '' ? `${member.uid}/${member.gid}` : `${member.user}/${member.group}`
    const size = String(member.size)
    const link = member.type === 'symlink' ? ` -> ${member.target}` : member.type === 'link' ? ` link to ${member.target}` : ''
    const mode =
      member.type === 'link'
        ? `h${modeString({ type: 'file', mode: member.mode }).slice(1)}`
        : modeString({ type: TYPES[member.type], mode: member.mode })
    const time = strftime('%Y-%m-%d %H:%M', localTime(member.mtime * 1000, zoneOf(this.#process)))
    await out.write(`${mode} ${owner}${size.padStart(Math.max(size.length + 1, 19 - owner.length))} ${time} ${member.name}${link}\n`)
  }

  async #extract(member: Member): Promise<void> {
    const depth = Number(this.#options.value('strip-components') ?? 0)
    const parts = member.name
      .replace(/^\/+/, '')
      .split('/')
      .filter((part) => part !== '')
    const name = (this.#options.has('P') && member.name.startsWith('/') && depth === 0 ? '/' : '') + parts.slice(depth).join('/')
    if (parts.length <= depth || parts.includes('..')) return
    if (this.#options.has('O')) {
      if (member.type === 'file') await this.#process.stdout.write(member.content)
      return
    }
    const path = this.#inside(name)
    try {
      await this.#make(member, path)
      if (this.#options.has('v')) await this.#process.stdout.write(`${member.name}\n`)
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      this.#status = 2
      await complain(this.#process, `${name}: Cannot ${member.type === 'directory' ? 'mkdir' : 'open'}: ${error.message}`)
    }
  }

  async #make(member: Member, path: HostText): Promise<void> {
    const { files } = this.#process
    this.#parents(path)
    const existing = statIfThere(this.#process, path, false)
    const mode = this.#process.uid === 0 || this.#options.has('p') ? member.mode : member.mode & ~this.#process.umask
    if (member.type === 'directory') {
      if (existing?.type !== 'directory') files.mkdir(path, 0o755)
      files.chmod(path, mode)
    } else {
      if (existing && this.#options.has('k')) throw new HostError('EEXIST', 'File exists')
      if (existing && existing.type !== 'directory') files.remove(path)
      if (member.type === 'symlink') files.symlink(member.target, path)
      else if (member.type === 'link') files.link(this.#inside(member.target), path)
      else if (member.type === 'file') {
        await this.#process.openOutput(path, 'truncate').write(member.content)
        files.chmod(path, mode)
      } else files.mknod(path, TYPES[member.type] as 'fifo', mode)
    }
    const keepsOwner = this.#process.uid === 0 && !this.#options.has('o')
    if (keepsOwner) {
      const accounts = accountsOf(this.#process)
      files.lchown(path, accounts.user(member.user)?.uid ?? member.uid, accounts.group(member.group)?.gid ?? member.gid)
      if (member.type !== 'symlink') files.chmod(path, mode)
    }
    if (member.type !== 'symlink' && !this.#options.has('m')) files.utimes(path, this.#process.world.now(), member.mtime * 1000)
  }

  #parents(path: HostText): void {
    const parent = dirName(path)
    if (parent === path || statIfThere(this.#process, parent)) return
    this.#parents(parent)
    this.#process.files.mkdir(parent, 0o755)
  }
}

/** All is said; the status is 2. */
class Ended extends Error {}

function matches(name: string, wanted: string): boolean {
  const bare = wanted.replace(/\/+$/, '')
  return name === wanted || name.replace(/\/+$/, '') === bare || name.startsWith(`${bare}/`) || globMatch(wanted, name)
}

async function unpacked(process: Process, work: Work<Buffer>): Promise<Buffer> {
  try {
    return await carryOut(process, work)
  } catch (error) {
    if (error instanceof CorruptData) throw new CompressionError(error.message)
    throw error
  }
}
