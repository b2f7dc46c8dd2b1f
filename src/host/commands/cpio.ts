import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { toBytes, toText } from '../text.ts'
import { CpioError, type Format, type Member, readCpio, writeCpio } from './cpio/codec.ts'
import { groupName, userName } from './gnu/accounts.ts'
import { complain, dirName, gnuCommand } from './gnu/command.ts'
import { globMatch } from './gnu/glob.ts'
import { modeString } from './gnu/mode.ts'
import { OptionError, type Options, parseOptions } from './gnu/options.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'
import { makeFolders, statIfThere } from './gnu/tree.ts'

const HINT = "Try 'cpio --help' or 'cpio --usage' for more information."
const BLOCK = 512
/** As much as an archive may have; what is longer is cut off. */
const LARGEST = 64 * 1024 * 1024
const FORMATS: readonly string[] = ['crc', 'newc', 'odc', 'bin']
const LONG: Record<string, string> = {
  create: 'o',
  extract: 'i',
  'pass-through': 'p',
  list: 't',
  format: 'H',
  verbose: 'v',
  'make-directories': 'd',
  unconditional: 'u',
  'preserve-modification-time': 'm',
  quiet: 'quiet',
  file: 'F',
  null: '0',
  nonmatching: 'f',
  'numeric-uid-gid': 'n',
  'no-absolute-filenames': 'no-absolute-filenames',
  dereference: 'L',
  link: 'l',
  directory: 'D',
  dot: 'V',
}

export default gnuCommand({
  name: 'cpio',
  package: 'cpio',
  usage: ['-o [OPTION]... [< name-list]', '-i [OPTION]... [pattern]...', '-p [OPTION]... destination-directory [< name-list]'],
  rawArguments: true,
  short: '',
  async run(process) {
    const refuse = async (text: string, status: number): Promise<number> => {
      await complain(process, text)
      await process.stderr.write(`${HINT}\n`)
      return status
    }
    let options: Options
    try {
      options = parseOptions(process.argv.slice(1), { short: 'oiptvduml0fnLcBaVSD:H:F:R:E:C:I:O:M:', long: LONG })
    } catch (error) {
      if (error instanceof OptionError) return refuse(error.message, 64)
      throw error
    }
    const modes = ['o', 'i', 'p'].filter((key) => options.has(key))
    if (modes.length > 1) return refuse('Mode already defined', 2)
    const mode = modes[0] ?? (options.has('t') ? 'i' : undefined)
    if (mode === undefined) return refuse('You must specify one of -oipt options.', 2)
    const format = options.has('c') ? 'odc' : (options.value('H') ?? 'bin').toLowerCase()
    if (!FORMATS.includes(format))
      return refuse(`invalid archive format \`${format}'; valid formats are:\ncrc newc odc bin ustar tar (all-caps also recognized)`, 2)
    const target = options.operands[0]
    if (mode === 'p' && target === undefined) return refuse('Not enough arguments', 2)
    const job = new Job(process, options)
    if (mode === 'o') await job.create(format as Format)
    else if (mode === 'p') await job.pass(target as string)
    else await job.extract()
    return job.status
  },
})

class Job {
  readonly #process: Process
  readonly #options: Options
  status = 0

  constructor(process: Process, options: Options) {
    this.#process = process
    this.#options = options
  }

  async create(format: Format): Promise<void> {
    const members = await this.#collect((name) => (this.#options.has('v') ? this.#process.stderr.write(`${name}\n`) : undefined))
    const archive = writeCpio(members, format)
    const file = this.#options.value('F') ?? this.#options.value('O')
    if (file === undefined) await this.#process.stdout.write(archive)
    else this.#process.files.write(file, archive)
    await this.#blocks(archive.length)
  }

  /** Copies the named files into a folder. */
  async pass(folder: HostText): Promise<void> {
    let bytes = 0
    for (const member of await this.#collect(() => undefined)) {
      const path = `${folder}/${member.name}`
      if (!(await this.#make(member, path))) continue
      if (this.#options.has('v')) await this.#process.stderr.write(`${path}\n`)
      bytes += member.type === 'file' ? member.content.length : 0
    }
    await this.#blocks(bytes)
  }

  async extract(): Promise<void> {
    const options = this.#options
    const file = options.value('F') ?? options.value('I')
    let members: Member[] = []
    let size = 0
    try {
      const bytes = file === undefined ? Buffer.from(await this.#process.stdin.all(LARGEST)) : this.#process.files.read(file)
      const read = readCpio(bytes)
      members = read.members
      size = bytes.length
      if (read.junk > 0) await complain(this.#process, `warning: skipped ${read.junk} bytes of junk`)
    } catch (error) {
      if (error instanceof HostError) await complain(this.#process, `${file}: Cannot open: ${error.message}`)
      else if (error instanceof CpioError) await complain(this.#process, error.message)
      else throw error
      this.status = 2
      return
    }
    const patterns = options.operands
    for (const member of members) {
      const name = toText(Buffer.from(member.name, 'latin1'))
      const isAsked = patterns.length === 0 || patterns.some((pattern) => globMatch(pattern, name)) !== options.has('f')
      if (!isAsked) continue
      await this.#process.spend(1 + (member.content.length >> 10))
      if (options.has('t')) await this.#process.stdout.write(options.has('v') ? this.#line(member, name) : `${name}\n`)
      else {
        await this.#make(member, options.has('no-absolute-filenames') ? name.replace(/^\/+/, '') : name)
        if (options.has('v')) await this.#process.stderr.write(`${name}\n`)
      }
    }
    await this.#blocks(size)
  }

  /** The files that standard input names, in its order. */
  async #collect(told: (name: HostText) => Promise<void> | undefined): Promise<Member[]> {
    const { files } = this.#process
    const text = toText(Buffer.from(await this.#process.stdin.all(LARGEST)))
    const members: Member[] = []
    for (const name of text.split(this.#options.has('0') ? '\0' : '\n')) {
      if (name === '') continue
      await this.#process.spend(4)
      try {
        const stat = this.#options.has('L') ? files.stat(name) : files.lstat(name)
        const content = stat.type === 'file' ? files.read(name) : stat.type === 'symlink' ? toBytes(files.readlink(name)) : Buffer.alloc(0)
        const { type, mode, uid, gid, inode, links } = stat
        members.push({
          name: Buffer.from(toBytes(name)).toString('latin1'),
          type,
          mode,
          uid,
          gid,
          inode,
          links,
          mtime: Math.floor(stat.mtime / 1000),
          device: stat.device ?? { major: 0, minor: 0 },
          content: Buffer.from(content),
        })
        await told(name)
      } catch (error) {
        if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
        await complain(this.#process, `${name}: Cannot ${error.code === 'EACCES' ? 'open' : 'stat'}: ${error.message}`)
        this.status = 2
      }
    }
    return members
  }

  async #make(member: Member, path: HostText): Promise<boolean> {
    const { files } = this.#process
    const there = statIfThere(this.#process, path, false)
    const isOld = there && there.type !== 'directory' && Math.floor(there.mtime / 1000) >= member.mtime && !this.#options.has('u')
    if (isOld) {
      await complain(this.#process, `${path} not created: newer or same age version exists`)
      return false
    }
    try {
      if (this.#options.has('d')) makeFolders(this.#process, dirName(path))
      if (there && there.type !== 'directory') files.remove(path)
      if (member.type === 'directory') {
        if (!there) files.mkdir(path, member.mode)
      } else if (member.type === 'symlink') files.symlink(toText(member.content), path)
      else if (member.type === 'file') files.write(path, member.content, 0o600)
      else files.mknod(path, member.type, member.mode, member.device)
      if (this.#process.uid === 0) files.lchown(path, member.uid, member.gid)
      if (member.type === 'symlink') return true
      files.chmod(path, member.mode)
      if (this.#options.has('m')) files.utimes(path, this.#process.world.now(), member.mtime * 1000)
      return true
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      const verb = member.type === 'directory' ? 'mkdir' : 'open'
      const text = member.type === 'symlink' ? `${toText(member.content)}: Cannot create symlink to '${path}'` : `${path}: Cannot ${verb}`
      await complain(this.#process, `${text}: ${error.message}`)
      this.status = 2
      return false
    }
  }

  async #blocks(bytes: number): Promise<void> {
    if (this.#options.has('quiet')) return
    const count = Math.ceil(bytes / BLOCK)
    await this.#process.stderr.write(`${count} block${count === 1 ? '' : 's'}\n`)
  }

  #line(member: Member, name: HostText): string {
    const process = this.#process
    const isNumeric = this.#options.has('n')
    const user = isNumeric ? String(member.uid) : userName(process, member.uid)
    const group = isNumeric ? String(member.gid) : groupName(process, member.gid)
    const at = member.mtime * 1000
    const isRecent = Math.abs(process.world.now() - at) < 182 * 86_400_000
    const when = strftime(isRecent ? '%b %e %H:%M' : '%b %e  %Y', localTime(at, zoneOf(process)))
    const target = member.type === 'symlink' ? ` -> ${toText(member.content)}` : ''
    return `${modeString(member)} ${String(member.links).padStart(3)} ${user.padEnd(8)} ${group.padEnd(8)} ${String(member.content.length).padStart(8)} ${when} ${name}${target}\n`
  }
}
