import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { stateLine } from '../world/logs/logrotate-state.ts'
import { gnuCommand } from './gnu/command.ts'
import { configText, includedFiles } from './gnu/config-files.ts'
import { OptionError, type Options, parseOptions } from './gnu/options.ts'
import { fromLocal, localTime, strftime, zoneOf } from './gnu/strftime.ts'
import { statIfThere } from './gnu/tree.ts'

const STATE = '/var/lib/logrotate/status'
const USAGE = `logrotate 3.21.0 - Copyright (C) 1995-2001 Red Hat, Inc.
This may be freely redistributed under the terms of the GNU General Public License

Usage: logrotate [-dfv?] [-d|--debug] [-f|--force] [-m|--mail=command]
        [-s|--state=statefile] [--skip-state-lock] [--wait-for-state-lock]
        [-v|--verbose] [-l|--log=logfile] [--version] [-?|--help] [--usage]
        [OPTION...] <configfile>
`
const DEBUG =
  'warning: logrotate in debug mode does nothing except printing debug messages!  Consider using verbose mode (-v) instead if this is not what you want.\n\n'
const PERIODS: Record<string, number> = {
  hourly: 3_600_000,
  daily: 86_400_000,
  weekly: 604_800_000,
  monthly: 2_592_000_000,
  yearly: 31_536_000_000,
}
const KNOWN =
  /^(hourly|daily|weekly|monthly|yearly|rotate|size|minsize|maxsize|minage|maxage|compress|nocompress|delaycompress|nodelaycompress|missingok|nomissingok|ifempty|notifempty|create|nocreate|createolddir|olddir|noolddir|copy|nocopy|copytruncate|nocopytruncate|renamecopy|dateext|nodateext|dateformat|dateyesterday|extension|addextension|mail|nomail|mailfirst|maillast|shred|noshred|shredcycles|start|su|tabooext|taboopat|include|compresscmd|uncompresscmd|compressext|compressoptions|sharedscripts|nosharedscripts|allowhardlink|noallowhardlink|prerotate|postrotate|preremove|firstaction|lastaction|endscript)$/
const MOST_FILES = 500

interface Rule {
  patterns: string[]
  settings: Map<string, string>
}

export default gnuCommand({
  name: 'logrotate',
  package: 'logrotate',
  paths: ['/usr/sbin/logrotate'],
  usage: '[OPTION...] <configfile>',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    let options: Options
    try {
      options = parseOptions(process.argv.slice(1), {
        short: 'dfvm:s:l:?',
        long: {
          debug: 'd',
          force: 'f',
          verbose: 'v',
          mail: 'm',
          state: 's',
          log: 'l',
          usage: 'usage',
          'skip-state-lock': 'x',
          'wait-for-state-lock': 'x',
        },
      })
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      await process.stderr.write(`logrotate: bad argument ${/'([^']+)'$/.exec(error.message)?.[1] ?? ''}: unknown option\n`)
      return 2
    }
    if (options.has('version')) {
      await process.stderr.write(
        'logrotate 3.21.0\n\n    Default mail command:       /usr/bin/mail\n    Default compress command:   /bin/gzip\n    Default uncompress command: /bin/gunzip\n    Default compress extension: .gz\n    Default state file path:    /var/lib/logrotate/status\n    ACL support:                yes\n    SELinux support:            yes\n',
      )
      return 0
    }
    if (options.operands.length === 0) {
      await process.stderr.write(USAGE)
      return 1
    }
    if (options.has('d')) await process.stderr.write(DEBUG)
    return new Logrotate(process, options).run()
  },
})

class Logrotate {
  readonly #process: Process
  readonly #options: Options
  readonly #rules: Rule[] = []
  readonly #stateFile: string
  #files = 0
  #status = 0

  constructor(process: Process, options: Options) {
    this.#process = process
    this.#options = options
    this.#stateFile = options.value('s') ?? STATE
  }

  async run(): Promise<number> {
    const { files } = this.#process
    for (const file of this.#options.operands) await this.#read(file, new Map([['rotate', '0']]))
    const isDebug = this.#options.has('d')
    if (!isDebug) await this.#say(`acquired lock on state file ${this.#stateFile}`)
    const text = configText(files, this.#stateFile)
    if (text instanceof HostError && text.code === 'EACCES') {
      await this.#process.stderr.write(`error: error opening state file ${this.#stateFile}: Permission denied\n`)
      return 1
    }
    await this.#say(`Reading state from file: ${this.#stateFile}\n`)
    if (text instanceof HostError && isDebug) await this.#say(`state file ${this.#stateFile} does not exist\n`)
    const state = stateOf(text instanceof HostError ? '' : text, zoneOf(this.#process))
    await this.#say('Allocating hash table for state file, size 64 entries\n')
    await this.#say('Creating new state\n'.repeat(state.size))
    await this.#say(`\nHandling ${this.#rules.length} logs\n`)
    for (const rule of this.#rules) await this.#handle(rule, state)
    if (!isDebug) {
      try {
        const lines = [...state].map(([path, at]) => stateLine(path, at, zoneOf(this.#process)))
        files.write(this.#stateFile, Buffer.from(`logrotate state -- version 2\n${lines.join('')}`))
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        await this.#process.stderr.write(`error: error creating output file ${this.#stateFile}.tmp: ${error.message}\n`)
        return 1
      }
    }
    return this.#status
  }

  /** What is said with -v or -d. */
  async #say(text: string): Promise<void> {
    if (this.#options.has('v', 'd')) await this.#process.stderr.write(text)
  }

  async #fail(text: string): Promise<void> {
    this.#status = 1
    await this.#process.stderr.write(`error: ${text}\n`)
  }

  async #read(file: string, common: Map<string, string>): Promise<void> {
    if (this.#files++ > MOST_FILES) return
    const text = configText(this.#process.files, file)
    if (text instanceof HostError) {
      await this.#fail(`cannot stat ${file}: ${text.message}`)
      return
    }
    await this.#say(`reading config file ${file}\n`)
    let rule: Rule | undefined
    let patterns: string[] = []
    let isScript = false
    for (const [i, raw] of text.split('\n').slice(0, 20_000).entries()) {
      const line = raw.replace(/^\s+|\s+$/g, '')
      if (isScript) {
        isScript = line !== 'endscript'
        continue
      }
      if (line === '' || line.startsWith('#')) continue
      if (line === '}') {
        if (rule) this.#rules.push(rule)
        rule = undefined
        continue
      }
      const opens = line.endsWith('{')
      const words = (opens ? line.slice(0, -1) : line).split(/\s+/).filter(Boolean)
      const [name = '', value = ''] = words
      if (!rule && (opens || name.startsWith('/') || name.startsWith('"'))) {
        patterns.push(...words.map((word) => word.replace(/^"|"$/g, '')))
        if (opens) {
          rule = { patterns, settings: new Map(common) }
          patterns = []
        }
      } else if (!KNOWN.test(name)) await this.#complain(`${file}:${i + 1} unknown option '${name}' -- ignoring line`)
      else if (/^(prerotate|postrotate|preremove|firstaction|lastaction)$/.test(name)) isScript = true
      else if (name === 'include') {
        await this.#say(`including ${value}\n`)
        for (const inner of this.#included(value)) await this.#read(inner, common)
      } else (rule?.settings ?? common).set(PERIODS[name] === undefined ? name : 'period', PERIODS[name] === undefined ? value : name)
    }
  }

  async #complain(text: string): Promise<void> {
    await this.#process.stderr.write(`error: ${text}\n`)
  }

  #included(path: string): string[] {
    const isFolder = statIfThere(this.#process, path)?.type === 'directory'
    return includedFiles(this.#process.files, isFolder ? `${path.replace(/\/$/, '')}/*` : path).filter(
      (file) => !/\.(dpkg-\w+|bak|swp|rpm\w+)$|~$/.test(file),
    )
  }

  async #handle({ patterns, settings }: Rule, state: Map<string, number>): Promise<void> {
    const period = settings.get('period') ?? 'weekly'
    const force = this.#options.has('f')
    const count = Number(settings.get('rotate') ?? 0) || 0
    await this.#say(
      `\nrotating pattern: ${patterns.join(' ')}  ${force ? 'forced from command line' : settings.has('size') ? `${settings.get('size')} bytes` : period === 'daily' ? 'after 1 days' : period} (${count ? `${count} rotations` : 'no old logs will be kept'})\n${settings.has('notifempty') ? 'empty log files are not rotated' : 'empty log files are rotated'}, old logs are removed\n`,
    )
    for (const pattern of patterns) {
      const found = includedFiles(this.#process.files, pattern)
      if (found.length === 0) {
        await this.#say(`considering log ${pattern}\n`)
        if (settings.has('missingok')) await this.#say(`  log ${pattern} does not exist -- skipping\n`)
        else await this.#fail(`stat of ${pattern} failed: No such file or directory`)
      }
      for (const file of found) await this.#consider(file, settings, state, PERIODS[period] as number, count)
    }
  }

  async #consider(
    file: string,
    settings: ReadonlyMap<string, string>,
    state: Map<string, number>,
    period: number,
    count: number,
  ): Promise<void> {
    const { world } = this.#process
    const zone = zoneOf(this.#process)
    const when = (at: number): string => strftime('%Y-%m-%d %H:%M', localTime(at, zone))
    await this.#say(`considering log ${file}\n`)
    const now = world.now()
    if (!state.has(file)) {
      await this.#say('Creating new state\n')
      state.set(file, now - (now % 3_600_000))
    }
    const last = state.get(file) as number
    const stat = statIfThere(this.#process, file)
    await this.#say(`  Now: ${when(now)}\n  Last rotated at ${when(last)}\n`)
    if (!stat) return
    if (settings.has('notifempty') && stat.size === 0) {
      await this.#say('  log does not need rotating (log is empty)\n')
      return
    }
    if (!this.#options.has('f') && now - last < period) {
      await this.#say('  log does not need rotating (log has already been rotated)\n')
      return
    }
    await this.#say('  log needs rotating\n')
    state.set(file, now)
    if (this.#options.has('d')) return
    try {
      await this.#turn(file, settings, stat, count)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await this.#fail(`failed to rename ${file} to ${file}.1: ${error.message}`)
    }
  }

  /** Moves the old logs on by one, the log to `.1`, and makes a new one. */
  async #turn(
    file: string,
    settings: ReadonlyMap<string, string>,
    { mode, uid, gid }: { mode: number; uid: number; gid: number },
    count: number,
  ): Promise<void> {
    const { files } = this.#process
    await this.#say(`rotating log ${file}, log->rotateCount is ${count}\n`)
    const isThere = (path: string): boolean => statIfThere(this.#process, path) !== undefined
    for (let i = Math.min(count, 100); i >= 1; i--)
      for (const suffix of ['', '.gz']) {
        const old = `${file}.${i}${suffix}`
        if (!isThere(old)) continue
        if (i === count) files.remove(old)
        else files.rename(old, `${file}.${i + 1}${suffix}`)
      }
    if (settings.has('copytruncate')) {
      if (count > 0) files.write(`${file}.1`, files.read(file), mode)
      files.truncate(file, 0)
    } else if (count > 0) {
      await this.#say(`renaming ${file} to ${file}.1\n`)
      files.rename(file, `${file}.1`)
    } else files.remove(file)
    if (settings.has('create') && !isThere(file)) {
      files.write(file, Buffer.alloc(0), mode)
      files.chmod(file, mode)
      files.chown(file, uid, gid)
    }
    if (settings.has('compress') && !settings.has('nocompress')) {
      const whole = settings.has('delaycompress') ? `${file}.2` : `${file}.1`
      if (isThere(whole)) await this.#process.run(['/bin/gzip', whole])
    }
  }
}

/** Logs and when each was turned. */
function stateOf(text: string, zone: string): Map<string, number> {
  const state = new Map<string, number>()
  for (const line of text.split('\n').slice(0, 10_000)) {
    const found = /^"([^"]+)" (\d+)-(\d+)-(\d+)-(\d+):(\d+):(\d+)$/.exec(line)
    if (!found) continue
    const [year, month, day, hour, minute, second] = found.slice(2).map(Number) as [number, number, number, number, number, number]
    state.set(found[1] as string, fromLocal(year, month - 1, day, hour, minute, second, zone))
  }
  return state
}
