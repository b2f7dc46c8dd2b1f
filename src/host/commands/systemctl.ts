import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { Services, type UnitState } from '../world/services.ts'
import { gnuCommand } from './gnu/command.ts'
import { askEngine } from './gnu/help.ts'
import { multiCall } from './gnu/multi-call.ts'
import { parseOptions } from './gnu/options.ts'
import halt from './halt.ts'
import { pageAsSystemd } from './pager/less.ts'
import poweroff from './poweroff.ts'
import reboot from './reboot.ts'
import shutdown from './shutdown.ts'
import { statusText, unitTable } from './systemd/show.ts'
import { timerTable } from './systemd/timers.ts'

const MULTI_USER = '/etc/systemd/system/multi-user.target.wants'
const LONG: Record<string, string> = {
  type: 't',
  state: 'state=',
  all: 'a',
  now: 'now',
  quiet: 'q',
  'no-pager': 'no-pager',
  'no-legend': 'no-legend',
  plain: 'plain',
  force: 'f',
  full: 'l',
  lines: 'n',
  output: 'o',
  property: 'p',
  signal: 's',
  user: 'user',
  system: 'system',
  failed: 'failed',
  runtime: 'runtime',
  host: 'H',
  value: 'value',
  'no-block': 'no-block',
  'kill-who': 'kill-who=',
}

const systemctl = gnuCommand({
  name: 'systemctl',
  package: 'systemd',
  usage: '[OPTIONS...] COMMAND ...',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const options = parseOptions(process.argv.slice(1), { short: 'afhH:ln:o:p:qrs:t:M:', long: LONG })
    const [verb = 'list-units', ...names] = options.operands
    if (options.has('version')) {
      const version = process.world.persona.packages.find((entry) => entry.startsWith('systemd '))?.split(' ')[1] ?? '252.38-1~deb12u1'
      await process.stdout.write(
        `systemd ${version.split('.')[0]?.split('-')[0]} (${version})\n+PAM +AUDIT +SELINUX +APPARMOR +IMA +SMACK +SECCOMP +GCRYPT -GNUTLS +OPENSSL +ACL +BLKID +CURL +ELFUTILS +FIDO2 +IDN2 -IDN +IPTC +KMOD +LIBCRYPTSETUP +LIBFDISK +PCRE2 -PWQUALITY +P11KIT +QRENCODE +TPM2 +BZIP2 +LZ4 +XZ +ZLIB +ZSTD -BPF_FRAMEWORK -XKBCOMMON +UTMP +SYSVINIT default-hierarchy=unified\n`,
      )
      return 0
    }
    return new Systemctl(
      process,
      options.has('now'),
      options.has('q'),
      options.has('failed'),
      options.has('a'),
      options.value('t'),
      options.values('p'),
      options.has('value'),
      options.has('no-pager'),
    ).run(verb, names)
  },
})

class Systemctl {
  readonly #process: Process
  readonly #services: Services
  readonly #now: boolean
  readonly #quiet: boolean
  readonly #failed: boolean
  readonly #all: boolean
  readonly #type: string | undefined
  readonly #properties: string[]
  readonly #valueOnly: boolean
  readonly #noPager: boolean

  constructor(
    process: Process,
    now: boolean,
    quiet: boolean,
    failed: boolean,
    all: boolean,
    type: string | undefined,
    properties: string[],
    valueOnly: boolean,
    noPager: boolean,
  ) {
    this.#process = process
    this.#services = Services.of(process.world)
    this.#now = now
    this.#quiet = quiet
    this.#failed = failed
    this.#all = all
    this.#type = type
    this.#properties = properties
    this.#valueOnly = valueOnly
    this.#noPager = noPager
  }

  async run(verb: string, names: readonly string[]): Promise<number> {
    const { stdout } = this.#process
    switch (verb) {
      case 'list-units':
        await this.#page(unitTable(this.#process, this.#services, { failed: this.#failed, all: this.#all, type: this.#type }))
        return 0
      case 'list-unit-files':
        await this.#page(this.#unitFiles())
        return 0
      case 'status':
        return this.#status(names)
      case 'show':
        return this.#show(names)
      case 'is-active':
      case 'is-enabled':
      case 'is-failed':
        return this.#is(verb, names)
      case 'is-system-running':
        await stdout.write('running\n')
        return 0
      case 'get-default':
        await stdout.write(`${this.#process.world.persona.os.family === 'ubuntu' ? 'graphical' : 'multi-user'}.target\n`)
        return 0
      case 'cat':
        return this.#cat(names)
      case 'list-timers':
        await this.#page(timerTable(this.#process))
        return 0
      case 'daemon-reload':
      case 'daemon-reexec':
      case 'reset-failed':
        return this.#allowed() ? 0 : this.#denied(verb)
      case 'start':
      case 'stop':
      case 'restart':
      case 'reload':
      case 'try-restart':
      case 'reload-or-restart':
      case 'kill':
        return this.#control(verb, names)
      case 'enable':
      case 'disable':
      case 'mask':
      case 'unmask':
        return this.#install(verb, names)
      case 'reboot':
      case 'poweroff':
      case 'halt':
        return this.#process.run([verb])
      default: {
        const asked = askEngine(this.#process)
        if (asked) return asked
        await this.#process.stderr.write(`Unknown command verb ${verb}.\n`)
        return 1
      }
    }
  }

  #allowed(): boolean {
    return this.#process.uid === 0
  }

  async #denied(verb: string): Promise<number> {
    await this.#process.stderr.write(`Failed to ${verb === 'daemon-reload' ? 'reload daemon' : `${verb} unit`}: Access denied\n`)
    return verb === 'daemon-reload' ? 1 : 4
  }

  #unitName(name: string): string {
    return /\.\w+$/.test(name) ? name : `${name}.service`
  }

  /** A unit of the machine, or one whose file the attacker wrote. */
  #find(name: string): UnitState | 'file' | undefined {
    const unit = this.#services.unit(name)
    if (unit) return unit
    return this.#unitFile(this.#unitName(name)) === undefined ? undefined : 'file'
  }

  #unitFile(name: string): { path: string; text: string } | undefined {
    for (const folder of ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system']) {
      try {
        return { path: `${folder}/${name}`, text: this.#process.world.files.read(`${folder}/${name}`).toString('utf8') }
      } catch (error) {
        if (!(error instanceof HostError)) throw error
      }
    }
    return undefined
  }

  async #status(names: readonly string[]): Promise<number> {
    if (names.length === 0) {
      await this.#page(statusText(this.#process, this.#services, undefined))
      return 0
    }
    let status = 0
    let text = ''
    for (const [i, name] of names.entries()) {
      const unit = this.#find(name)
      if (!unit) {
        await this.#process.stderr.write(`Unit ${this.#unitName(name)} could not be found.\n`)
        status = 4
        continue
      }
      if (unit === 'file') {
        const file = this.#unitFile(this.#unitName(name))
        const active = this.#process.world.processes.list().some((info) => info.argv.join(' ') === execStart(file?.text ?? ''))
        text += `${active ? '●' : '○'} ${this.#unitName(name)} - ${/^Description=(.*)$/m.exec(file?.text ?? '')?.[1] ?? this.#unitName(name)}\n     Loaded: loaded (${file?.path}; ${this.#isEnabled(name) ? 'enabled' : 'disabled'}; preset: enabled)\n     Active: ${active ? 'active (running)' : 'inactive (dead)'}\n`
        status = active ? 0 : 3
        continue
      }
      text += `${i ? '\n' : ''}${statusText(this.#process, this.#services, unit)}`
      if (unit.state !== 'active') status = 3
    }
    await this.#page(text)
    return status
  }

  #page(text: string): Promise<void> {
    return this.#noPager ? this.#process.stdout.write(text) : pageAsSystemd(this.#process, text)
  }

  async #show(names: readonly string[]): Promise<number> {
    const unit = names[0] === undefined ? undefined : this.#services.unit(names[0])
    const values: Record<string, string> = {
      Id: names[0] === undefined ? '' : this.#unitName(names[0]),
      LoadState: unit ? 'loaded' : 'not-found',
      ActiveState: unit?.state ?? 'inactive',
      SubState: unit?.state === 'active' ? 'running' : unit?.state === 'failed' ? 'failed' : 'dead',
      MainPID: String(unit?.pid ?? 0),
      Description: unit?.service.description ?? names[0] ?? '',
      UnitFileState: unit ? (unit.enabled ? 'enabled' : 'disabled') : '',
    }
    const wanted = this.#properties.flatMap((text) => text.split(','))
    const rows = Object.entries(values).filter(([name]) => wanted.length === 0 || wanted.includes(name))
    await this.#process.stdout.write(rows.map(([name, value]) => `${this.#valueOnly ? '' : `${name}=`}${value}\n`).join(''))
    return 0
  }

  #isEnabled(name: string): boolean {
    const unit = this.#services.unit(name)
    if (unit) return unit.enabled
    return this.#process.world.files.may('r', `${MULTI_USER}/${this.#unitName(name)}`)
  }

  async #is(verb: string, names: readonly string[]): Promise<number> {
    let good = false
    for (const name of names) {
      const unit = this.#find(name)
      let text: string
      if (verb === 'is-enabled') {
        if (!unit) {
          await this.#process.stderr.write(`Failed to get unit file state for ${this.#unitName(name)}: No such file or directory\n`)
          continue
        }
        text = unit !== 'file' && unit.masked ? 'masked' : this.#isEnabled(name) ? 'enabled' : 'disabled'
      } else text = !unit || unit === 'file' ? 'inactive' : unit.state
      good ||= text === (verb === 'is-enabled' ? 'enabled' : verb === 'is-failed' ? 'failed' : 'active')
      if (!this.#quiet) await this.#process.stdout.write(`${text}\n`)
    }
    return good ? 0 : verb === 'is-active' ? 3 : 1
  }

  async #cat(names: readonly string[]): Promise<number> {
    let status = 0
    for (const name of names) {
      const file = this.#unitFile(this.#unitName(name))
      const unit = this.#services.unit(name)
      if (file) await this.#process.stdout.write(`# ${file.path}\n${file.text}`)
      else if (unit)
        await this.#process.stdout.write(
          `# /lib/systemd/system/${unit.service.unit}.service\n[Unit]\nDescription=${unit.service.description}\nAfter=network.target\n\n[Service]\nExecStart=${unit.service.command}\nUser=${unit.service.user}\nRestart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n`,
        )
      else {
        status = 1
        await this.#process.stderr.write(`No files found for ${this.#unitName(name)}.\n`)
      }
    }
    return status
  }

  async #control(verb: string, names: readonly string[]): Promise<number> {
    if (names.length === 0) {
      await this.#process.stderr.write('Too few arguments.\n')
      return 1
    }
    if (!this.#allowed()) {
      await this.#process.stderr.write(
        `Failed to ${verb} ${this.#unitName(names[0] as string)}: Access denied\nSee system logs and 'systemctl status ${this.#unitName(names[0] as string)}' for details.\n`,
      )
      return 4
    }
    let status = 0
    for (const name of names) {
      const unit = this.#find(name)
      if (!unit) {
        await this.#process.stderr.write(
          `Failed to ${verb} ${this.#unitName(name)}: Unit ${this.#unitName(name)} not ${verb === 'stop' || verb === 'kill' ? 'loaded' : 'found'}.\n`,
        )
        status = 5
      } else if (unit === 'file') await this.#controlOwn(verb, name)
      else if (unit.masked && verb !== 'stop') {
        await this.#process.stderr.write(`Failed to ${verb} ${this.#unitName(name)}: Unit ${this.#unitName(name)} is masked.\n`)
        status = 1
      } else await this.#apply(verb, unit)
    }
    return status
  }

  async #apply(verb: string, unit: UnitState): Promise<void> {
    const name = `${unit.service.unit}.service`
    const log = (text: string): void =>
      this.#process.world.logs.write({ facility: 'daemon', identifier: 'systemd', pid: 1, unit: name, text })
    if (verb === 'reload') return
    await this.#process.sleep(verb === 'start' ? 120 : 260)
    if (verb !== 'start') {
      log(`Stopping ${name} - ${unit.service.description}...`)
      this.#services.stop(unit)
      log(`Stopped ${name} - ${unit.service.description}.`)
    }
    if (verb === 'stop' || verb === 'kill') return
    this.#services.start(unit)
    log(`Started ${name} - ${unit.service.description}.`)
  }

  /** A unit that the attacker wrote: its command is run as a daemon would be. */
  async #controlOwn(verb: string, name: string): Promise<void> {
    const text = this.#unitFile(this.#unitName(name))?.text ?? ''
    const command = execStart(text)
    if (verb === 'stop' || verb === 'restart' || verb === 'kill') {
      for (const info of this.#process.world.processes.list()) {
        if (info.argv.join(' ') === command) this.#process.world.processes.signal(info.pid, 'TERM', { uid: 0 })
      }
    }
    if (verb === 'stop' || verb === 'kill' || command === '') return
    try {
      await this.#process.run(command.split(/\s+/), { background: true, cwd: '/' })
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await this.#process.stderr.write(
        `Job for ${this.#unitName(name)} failed because the control process exited with error code.\nSee "systemctl status ${this.#unitName(name)}" and "journalctl -xeu ${this.#unitName(name)}" for details.\n`,
      )
    }
  }

  async #install(verb: string, names: readonly string[]): Promise<number> {
    if (!this.#allowed()) {
      await this.#process.stderr.write(`Failed to ${verb} unit: Access denied\n`)
      return 1
    }
    let status = 0
    for (const name of names) {
      const full = this.#unitName(name)
      const unit = this.#find(name)
      if (!unit) {
        await this.#process.stderr.write(`Failed to ${verb} unit: Unit file ${full} does not exist.\n`)
        status = 1
        continue
      }
      await this.#link(verb, full, unit)
      if (this.#now && (verb === 'enable' || verb === 'disable'))
        status = (await this.#control(verb === 'enable' ? 'start' : 'stop', [name])) || status
    }
    return status
  }

  async #link(verb: string, full: string, unit: UnitState | 'file'): Promise<void> {
    const { files } = this.#process.world
    const link = verb === 'mask' || verb === 'unmask' ? `/etc/systemd/system/${full}` : `${MULTI_USER}/${full}`
    const target = verb === 'mask' ? '/dev/null' : unit === 'file' ? `/etc/systemd/system/${full}` : `/lib/systemd/system/${full}`
    const making = verb === 'enable' || verb === 'mask'
    const was = unit === 'file' ? files.may('r', link) : verb.endsWith('mask') ? unit.masked : unit.enabled
    if (unit !== 'file') {
      if (verb.endsWith('mask')) unit.masked = making
      else unit.enabled = making
    }
    if (was === making) return
    try {
      if (making) {
        if (!files.may('r', MULTI_USER)) files.mkdir(MULTI_USER, 0o755)
        files.symlink(target, link)
      } else files.remove(link)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
    }
    if (!this.#quiet) await this.#process.stderr.write(making ? `Created symlink ${link} → ${target}.\n` : `Removed "${link}".\n`)
  }

  #unitFiles(): string {
    const rows = this.#services
      .units()
      .map(
        (unit) =>
          `${`${unit.service.unit}.service`.padEnd(40)} ${(unit.masked ? 'masked' : unit.enabled ? 'enabled' : 'disabled').padEnd(15)} enabled`,
      )
    return `UNIT FILE                                STATE           PRESET\n${rows
      .sort()
      .map((row) => `${row}\n`)
      .join('')}\n${rows.length} unit files listed.\n`
  }
}

function execStart(text: string): string {
  return (/^ExecStart=[-@:+!]*(.*)$/m.exec(text)?.[1] ?? '').trim()
}

export default multiCall(systemctl, [halt, poweroff, reboot, shutdown])
