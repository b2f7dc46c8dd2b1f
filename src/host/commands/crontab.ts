import { evidence } from '../../events/bytes.ts'
import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { toBytes } from '../text.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { confirms } from './gnu/confirm.ts'
import { EMPTY_CRONTAB, wrongLine } from './gnu/crontab-file.ts'
import { runEditor } from './gnu/sensible-editor.ts'

const USAGE = `usage:\tcrontab [-u user] [-n] file
\tcrontab [ -u user ] [ -i ] { -e | -l | -r }

\t-h\t(displays this help message)

\tfile\t(default operation is replace, per 1003.2)
\t-n\t(dry run: checks the syntax, then bails out)
\t-u user\t(choose the user whose crontab is touched)

\t-e\t(edit user's crontab)
\t-l\t(list user's crontab)
\t-r\t(delete user's crontab)

\t-i\t(prompt before deleting user's crontab)
`

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
      await process.stderr.write(`crontab: usage error: file name must be specified for replace\n${USAGE}`)
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
    const process = this.#process
    const { files, stderr } = process
    const folder = temporaryFolder(process.pid)
    const file = `${folder}/crontab`
    files.mkdir(folder, 0o700)
    const before = this.#read() ?? EMPTY_CRONTAB
    files.write(file, before, 0o600)
    if (!this.#read()) await stderr.write(`no crontab for ${this.#user} - using an empty one\n`)
    for (;;) {
      const editor = await runEditor(process, file)
      if (editor.status !== 0) {
        await stderr.write(`crontab: "${editor.name}" exited with status ${editor.status}\n`)
        return 1
      }
      const after = files.read(file)
      const clean = (): void => {
        files.remove(file)
        files.rmdir(folder)
      }
      if (after.equals(before)) {
        await stderr.write('No modification made\n')
        clean()
        return 0
      }
      await stderr.write('crontab: installing new crontab\n')
      if ((await this.#store(after, file)) === 0) {
        clean()
        return 0
      }
      if (await this.#retries()) continue
      await stderr.write(`crontab: edits left in ${file}\n`)
      return 1
    }
  }

  async #retries(): Promise<boolean> {
    const { stdout, stdin } = this.#process
    for (;;) {
      await stdout.write('Do you want to retry the same edit? (y/n) ')
      const answer = await stdin.line()
      if (answer === undefined || /^[nN]/.test(answer)) return false
      if (/^[yY]/.test(answer)) return true
      await stdout.write('Enter Y or N\n')
    }
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
    return this.#store(bytes, file === '-' ? '-' : file)
  }

  async #store(bytes: Buffer, name: HostText): Promise<number> {
    const wrong = isBusyBox(this.#process) ? undefined : wrongLine(bytes.toString('utf8'))
    this.#process.recorder.capture(bytes, { how: 'crontab', name: evidence(toBytes(this.#path)) })
    if (wrong) {
      await this.#process.stderr.write(`"${name}":${wrong.line}: bad ${wrong.what}\nerrors in crontab file, can't install.\n`)
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

/** mkdtemp's name, made of the process. */
function temporaryFolder(pid: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  let rest = pid * 2_654_435_761
  let name = ''
  for (let i = 0; i < 6; i++) {
    name += letters[rest % letters.length]
    rest = Math.floor(rest / 7) + 12_345 * (i + 1)
  }
  return `/tmp/crontab.${name}`
}
