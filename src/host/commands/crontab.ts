import { evidence } from '../../events/bytes.ts'
import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { toBytes } from '../text.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { confirms } from './gnu/confirm.ts'

export default gnuCommand({
  name: 'crontab',
  package: 'cron',
  usage: '[-u user] [-n] file',
  short: 'u:elirnc:',
  async run(process, options) {
    const user = options.value('u') ?? process.user
    if (!accountsOf(process).user(user)) {
      await process.stderr.write(`crontab:  user \`${user}' unknown\n`)
      return 1
    }
    if (user !== process.user && process.uid !== 0) {
      await process.stderr.write('must be privileged to use -u\n')
      return 1
    }
    const table = new Table(process, user)
    if (options.has('l')) return table.list()
    if (options.has('r'))
      return options.has('i') && !(await confirms(process, `crontab: really delete ${user}'s crontab? (y/n) `)) ? 0 : table.remove()
    if (options.has('e')) return table.edit()
    const [file] = options.operands
    if (file === undefined && process.stdin.isTerminal && !isBusyBox(process)) {
      await process.stderr.write(
        "crontab: usage error: file name or - (for stdin) must be specified\nUsage:\n crontab [options] file\n crontab [options]\n crontab -n [hostname]\n\nOptions:\n -u <user>  define user\n -e         edit user's crontab\n -l         list user's crontab\n -r         delete user's crontab\n -i         prompt before deleting\n",
      )
      return 1
    }
    return table.install(file ?? '-')
  },
})

class Table {
  readonly #process: Process
  readonly #user: string
  readonly #path: string

  constructor(process: Process, user: string) {
    this.#process = process
    this.#user = user
    this.#path = process.world.persona.os.family === 'openwrt' ? `/etc/crontabs/${user}` : `/var/spool/cron/crontabs/${user}`
  }

  #read(): Buffer | undefined {
    try {
      return this.#process.world.files.read(this.#path)
    } catch (error) {
      if (error instanceof HostError) return undefined
      throw error
    }
  }

  async #none(): Promise<number> {
    await this.#process.stderr.write(
      isBusyBox(this.#process) ? `crontab: can't open '${this.#user}': No such file or directory\n` : `no crontab for ${this.#user}\n`,
    )
    return 1
  }

  async list(): Promise<number> {
    const bytes = this.#read()
    if (!bytes) return this.#none()
    await this.#process.stdout.write(bytes)
    return 0
  }

  async remove(): Promise<number> {
    if (!this.#read()) return this.#none()
    this.#process.world.files.remove(this.#path)
    this.#log('DELETE')
    return 0
  }

  async edit(): Promise<number> {
    const folder = `/tmp/crontab.${Math.abs(this.#process.pid * 7919)
      .toString(36)
      .slice(-6)
      .padStart(6, 'x')}`
    const file = `${folder}/crontab`
    const { files } = this.#process
    files.mkdir(folder, 0o700)
    const before = this.#read() ?? Buffer.from('# Edit this file to introduce tasks to be run by cron.\n# \n# m h  dom mon dow   command\n')
    files.write(file, before, 0o600)
    if (!this.#read()) await this.#process.stderr.write(`no crontab for ${this.#user} - using an empty one\n`)
    await this.#process.run([this.#process.env.get('VISUAL') ?? this.#process.env.get('EDITOR') ?? 'editor', file])
    const after = files.read(file)
    files.remove(file)
    files.rmdir(folder)
    if (after.equals(before)) {
      await this.#process.stderr.write('No modification made\n')
      return 0
    }
    await this.#process.stderr.write('crontab: installing new crontab\n')
    return this.#store(after)
  }

  async install(file: HostText): Promise<number> {
    let bytes: Buffer
    try {
      bytes = Buffer.from(await (file === '-' ? this.#process.stdin : this.#process.openInput(file)).all(1024 * 1024))
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await this.#process.stderr.write(
        isBusyBox(this.#process) ? `crontab: can't open '${file}': ${error.message}\n` : `${file}: ${error.message}\n`,
      )
      return 1
    }
    return this.#store(bytes)
  }

  async #store(bytes: Buffer): Promise<number> {
    const wrong = isBusyBox(this.#process) ? undefined : wrongLine(bytes.toString('utf8'))
    this.#process.recorder.capture(bytes, { how: 'crontab', name: evidence(toBytes(this.#path)) })
    if (wrong) {
      await this.#process.stderr.write(`"-":${wrong.line}: bad ${wrong.what}\nerrors in crontab file, can't install.\n`)
      return 1
    }
    const { files } = this.#process.world
    files.write(this.#path, bytes, 0o600)
    const owner = accountsOf(this.#process).user(this.#user)
    if (owner) files.chown(this.#path, owner.uid, accountsOf(this.#process).group('crontab')?.gid ?? owner.gid)
    this.#log('REPLACE')
    return 0
  }

  #log(what: string): void {
    this.#process.world.logs.write({
      facility: 'cron',
      identifier: 'crontab',
      pid: this.#process.pid,
      unit: undefined,
      text: `(${this.#process.user}) ${what} (${this.#user})`,
    })
  }
}

const FIELDS = ['minute', 'hour', 'day-of-month', 'month', 'day-of-week']
const FIELD = /^(\*|[0-9A-Za-z]{1,9}(-[0-9A-Za-z]{1,9})?)(\/\d{1,3})?(,(\*|[0-9A-Za-z]{1,9}(-[0-9A-Za-z]{1,9})?)(\/\d{1,3})?)*$/

/** The first line that Vixie cron would refuse. */
function wrongLine(text: string): { line: number; what: string } | undefined {
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || /^[A-Za-z_]\w*\s*=/.test(line)) continue
    if (line.startsWith('@')) {
      if (!/^@(reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)\s+\S/.test(line)) return { line: i, what: 'time specifier' }
      continue
    }
    const words = line.split(/\s+/)
    for (const [k, name] of FIELDS.entries()) if (words[k] === undefined || !FIELD.test(words[k] as string)) return { line: i, what: name }
    if (words.length < 6) return { line: i, what: 'command' }
  }
  return undefined
}
