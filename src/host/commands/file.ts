import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { type Kind, kindOf } from './file/magic.ts'
import { gnuCommand } from './gnu/command.ts'
import { statIfThere } from './gnu/tree.ts'

const USAGE =
  'Usage: file [-bcCdEhikLlNnprsSvzZ0] [--apple] [--extension] [--mime-encoding]\n            [--mime-type] [-e <testname>] [-F <separator>]  [-f <namefile>]\n            [-m <magicfiles>] [-P <parameter=value>] [--exclude-quiet]\n            <file> ...\n       file -C [-m <magicfiles>]\n       file [--help]\n'

export default gnuCommand({
  name: 'file',
  package: 'file',
  version: 'file-5.44\nmagic file from /etc/magic:/usr/share/misc/magic',
  usage: '[OPTION...] [FILE...]',
  short: 'bcCdEe:F:f:hikLlm:NnP:prsSvzZ0',
  long: {
    brief: 'b',
    dereference: 'L',
    mime: 'i',
    'mime-type': 'mime-type',
    'mime-encoding': 'mime-encoding',
    separator: 'F',
    'no-dereference': 'h',
    'special-files': 's',
    uncompress: 'z',
  },
  async run(process, options) {
    if (options.has('v')) {
      await process.stdout.write('file-5.44\nmagic file from /etc/magic:/usr/share/misc/magic\n')
      return 0
    }
    if (options.operands.length === 0) {
      await process.stderr.write(USAGE)
      return 1
    }
    const longest = Math.max(...options.operands.map((name) => (name === '-' ? '/dev/stdin' : name).length))
    for (const name of options.operands) {
      const kind = await look(process, name, options.has('L'))
      const shown = options.has('i')
        ? kind.mime
        : options.has('mime-type')
          ? (kind.mime.split(';')[0] as string)
          : options.has('mime-encoding')
            ? (kind.mime.split('charset=')[1] ?? 'binary')
            : kind.text
      const label = name === '-' ? '/dev/stdin' : name
      await process.stdout.write(
        options.has('b') ? `${shown}\n` : `${label}${options.value('F') ?? ':'}${' '.repeat(longest - label.length)} ${shown}\n`,
      )
    }
    return 0
  },
})

async function look(process: Process, name: HostText, follow: boolean): Promise<Kind> {
  if (name === '-') return kindOf(Buffer.from(await process.stdin.all(1024 * 1024)))
  try {
    const stat = follow ? process.files.stat(name) : process.files.lstat(name)
    switch (stat.type) {
      case 'directory':
        return {
          text: `${stat.mode & 0o4000 ? 'setuid, ' : ''}${stat.mode & 0o2000 ? 'setgid, ' : ''}${stat.mode & 0o1000 ? 'sticky, ' : ''}directory`,
          mime: 'inode/directory; charset=binary',
        }
      case 'symlink': {
        const target = process.files.readlink(name)
        return { text: `${statIfThere(process, name) ? '' : 'broken '}symbolic link to ${target}`, mime: 'inode/symlink; charset=binary' }
      }
      case 'fifo':
        return { text: 'fifo (named pipe)', mime: 'inode/fifo; charset=binary' }
      case 'socket':
        return { text: 'socket', mime: 'inode/socket; charset=binary' }
      case 'character':
      case 'block':
        return {
          text: `${stat.type} special (${stat.device?.major ?? 0}/${stat.device?.minor ?? 0})`,
          mime: `inode/${stat.type === 'block' ? 'blockdevice' : 'chardevice'}; charset=binary`,
        }
      default: {
        const kind = kindOf(process.files.read(name).subarray(0, 1024 * 1024))
        const special = `${stat.mode & 0o4000 ? 'setuid, ' : ''}${stat.mode & 0o2000 ? 'setgid, ' : ''}`
        return kind.text.startsWith('ELF') && special ? { ...kind, text: special + kind.text } : kind
      }
    }
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    const text = error.code === 'EACCES' ? 'regular file, no read permission' : `cannot open \`${name}' (${error.message})`
    return { text, mime: text }
  }
}
