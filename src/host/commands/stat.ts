import type { HostText, Process } from '../command.ts'
import type { FileStat } from '../contract.ts'
import { rawMode } from '../files/raw-mode.ts'
import { groupName, userName } from './gnu/accounts.ts'
import { attempt, complain, gnuCommand, Usage } from './gnu/command.ts'
import { modeString } from './gnu/mode.ts'
import { fileSystemOf, mountOf } from './gnu/mounted.ts'
import { quoted } from './gnu/quote.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'
import { blocksOf } from './ls/long.ts'

export default gnuCommand({
  name: 'stat',
  usage: '[OPTION]... FILE...',
  about: 'Display file or file system status.',
  authors: 'Michael Meskes',
  short: 'c:fLt',
  long: { format: 'c', printf: 'printf=', 'file-system': 'f', dereference: 'L', terse: 't', cached: 'cached=' },
  async run(process, options) {
    if (options.operands.length === 0) throw new Usage('missing operand')
    const printf = options.last('c', 'printf') === 'printf'
    const format = options.value('printf') ?? options.value('c')
    let status = 0
    for (const name of options.operands) {
      const fine = await attempt(
        async () => {
          if (options.has('f')) {
            process.files.stat(name)
            await process.stdout.write(fileSystemText(process, name, format, printf))
            return
          }
          const stat = options.has('L') ? process.files.stat(name) : process.files.lstat(name)
          const view = new View(process, name, stat)
          const terse = '%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o'
          const text = options.has('t')
            ? `${view.format(terse)}\n`
            : format === undefined
              ? view.standard()
              : printf
                ? escapes(view.format(format))
                : `${view.format(format)}\n`
          await process.stdout.write(text)
        },
        (error) =>
          complain(
            process,
            options.has('f')
              ? `cannot read file system information for ${quoted(name)}: ${error.message}`
              : `cannot statx ${quoted(name)}: ${error.message}`,
          ),
      )
      if (!fine) status = 1
    }
    return status
  },
})

const KINDS: Record<FileStat['type'], string> = {
  file: 'regular file',
  directory: 'directory',
  symlink: 'symbolic link',
  character: 'character special file',
  block: 'block special file',
  fifo: 'fifo',
  socket: 'socket',
}

class View {
  readonly #process: Process
  readonly #name: HostText
  readonly #stat: FileStat
  readonly #zone: string

  constructor(process: Process, name: HostText, stat: FileStat) {
    this.#process = process
    this.#name = name
    this.#stat = stat
    this.#zone = zoneOf(process)
  }

  /** The block of lines that plain `stat FILE` prints. */
  standard(): string {
    const device = this.#stat.device
      ? `Device: %Hd,%Ld\tInode: %-10i  Links: %-5h Device type: %Hr,%Lr\n`
      : 'Device: %Hd,%Ld\tInode: %-10i  Links: %h\n'
    return this.format(
      `  File: ${this.#named(quotedName).replaceAll('%', '%%')}\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n${device}Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z\n Birth: %w\n`,
    )
  }

  format(text: string): string {
    return text.replace(
      /%([-#+ 0']*)(\d{0,4})(?:\.(\d{1,4}))?([HL]?[a-zA-Z%])/g,
      (whole, flags: string, width: string, precision: string | undefined, kind: string) => {
        if (kind === '%') return '%'
        const value = this.#field(kind)
        if (value === undefined) return kind.length > 1 ? (this.#field(kind.slice(1)) ?? whole) : '?'
        const cut = precision === undefined || !/[A-Za-z]/.test(kind) ? value : value.slice(0, Number(precision))
        const size = Number(width || 0)
        return flags.includes('-') ? cut.padEnd(size) : cut.padStart(size, flags.includes('0') && /^\d/.test(cut) ? '0' : ' ')
      },
    )
  }

  #named(quote: (name: HostText) => string): string {
    return this.#stat.type === 'symlink' ? `${quote(this.#name)} -> ${quote(this.#process.files.readlink(this.#name))}` : quote(this.#name)
  }

  #field(kind: string): string | undefined {
    const stat = this.#stat
    const mount = mountOf(this.#process, this.#name)
    const device = stat.device ?? { major: 0, minor: 0 }
    const time = (ms: number): string => strftime('%Y-%m-%d %H:%M:%S.%N %z', localTime(ms, this.#zone), nanoseconds(ms, stat.inode))
    const fields: Record<string, () => string> = {
      a: () => stat.mode.toString(8),
      A: () => modeString(stat),
      b: () => String(stat.type === 'directory' ? 8 : blocksOf(stat) * 2),
      B: () => '512',
      C: () => '?',
      d: () => String(mount.device.major * 256 + mount.device.minor),
      D: () => (mount.device.major * 256 + mount.device.minor).toString(16),
      Hd: () => String(mount.device.major),
      Ld: () => String(mount.device.minor),
      f: () => rawMode(stat).toString(16),
      F: () => (stat.type === 'file' && stat.size === 0 ? 'regular empty file' : KINDS[stat.type]),
      g: () => String(stat.gid),
      G: () => groupNameOrUnknown(this.#process, stat.gid),
      h: () => String(stat.links),
      i: () => String(stat.inode),
      m: () => mount.path,
      n: () => this.#name,
      N: () => this.#named(quoted),
      o: () => (mount.type === 'proc' || mount.type === 'sysfs' ? '1024' : '4096'),
      s: () => String(stat.size),
      t: () => device.major.toString(16),
      T: () => device.minor.toString(16),
      Hr: () => String(device.major),
      Lr: () => String(device.minor),
      r: () => String(device.major * 256 + device.minor),
      u: () => String(stat.uid),
      U: () => userNameOrUnknown(this.#process, stat.uid),
      // Birth is the earliest time known of the inode.
      w: () => time(Math.min(stat.ctime, stat.mtime, stat.atime)),
      W: () => String(Math.floor(Math.min(stat.ctime, stat.mtime, stat.atime) / 1000)),
      x: () => time(stat.atime),
      X: () => String(Math.floor(stat.atime / 1000)),
      y: () => time(stat.mtime),
      Y: () => String(Math.floor(stat.mtime / 1000)),
      z: () => time(stat.ctime),
      Z: () => String(Math.floor(stat.ctime / 1000)),
    }
    return Object.hasOwn(fields, kind) ? (fields[kind] as () => string)() : undefined
  }
}

/** Below the millisecond that the host keeps; times set by hand or unpacked from archives are whole seconds. */
function nanoseconds(ms: number, inode: number): number {
  return ms % 1000 === 0 ? 0 : (Math.abs(ms) % 1000) * 1e6 + ((inode * 7919 + Math.floor(ms)) % 1_000_000)
}

/** stat quotes names for `%N` like ls would, but plain names have no quotes in the standard block. */
function quotedName(name: HostText): string {
  return /^[A-Za-z0-9_./,:@%+=-]+$/.test(name) ? name : quoted(name)
}

function userNameOrUnknown(process: Process, uid: number): string {
  const name = userName(process, uid)
  return name === String(uid) ? 'UNKNOWN' : name
}

function groupNameOrUnknown(process: Process, gid: number): string {
  const name = groupName(process, gid)
  return name === String(gid) ? 'UNKNOWN' : name
}

function escapes(text: string): string {
  const table: Record<string, string> = { n: '\n', t: '\t', '\\': '\\', '"': '"', a: '\x07', b: '\b', e: '\x1b', f: '\f', r: '\r', v: '\v' }
  return text.replace(
    /\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)/g,
    (_, code: string) =>
      table[code] ??
      (code.startsWith('x')
        ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
        : /^[0-7]/.test(code)
          ? String.fromCharCode(Number.parseInt(code, 8))
          : `\\${code}`),
  )
}

function fileSystemText(process: Process, name: HostText, format: string | undefined, printf: boolean): string {
  const fs = fileSystemOf(process, name)
  const fields: Record<string, string> = {
    a: String(fs.availableBlocks),
    b: String(fs.blocks),
    c: String(fs.inodes),
    d: String(fs.freeInodes),
    f: String(fs.freeBlocks),
    i: fs.id,
    l: '255',
    n: name,
    s: '4096',
    S: '4096',
    t: fs.magic,
    T: fs.name,
  }
  if (format !== undefined) {
    const text = format.replace(/%([a-zA-Z%])/g, (whole, kind: string) => (kind === '%' ? '%' : (fields[kind] ?? whole)))
    return printf ? escapes(text) : `${text}\n`
  }
  return `  File: ${quotedName(name).startsWith("'") ? quotedName(name) : `"${name}"`}
    ID: ${fs.id.padEnd(16)} Namelen: 255     Type: ${fs.name}
Block size: 4096       Fundamental block size: 4096
Blocks: Total: ${String(fs.blocks).padEnd(10)} Free: ${String(fs.freeBlocks).padEnd(10)} Available: ${fs.availableBlocks}
Inodes: Total: ${String(fs.inodes).padEnd(10)} Free: ${fs.freeInodes}
`
}
