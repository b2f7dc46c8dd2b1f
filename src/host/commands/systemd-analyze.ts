import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { pageAsSystemd } from './pager/less.ts'
import { kernelTime, unitTimes, userspaceTime } from './systemd/boot-times.ts'
import { drawsLines, span, systemdCommand } from './systemd/command.ts'

const SECTIONS: Record<string, RegExp> = {
  Unit: /^(Description|Documentation|Requires|Requisite|Wants|BindsTo|PartOf|Upholds|Conflicts|Before|After|OnFailure|OnSuccess|Propagates\w+|JoinsNamespaceOf|RequiresMountsFor|DefaultDependencies|StopWhenUnneeded|Refuse\w+|AllowIsolate|IgnoreOnIsolate|Condition\w+|Assert\w+|StartLimit\w+|JobTimeout\w+|FailureAction|SuccessAction|RebootArgument|SourcePath|CollectMode)$/,
  Service:
    /^(Type|ExitType|RemainAfterExit|GuessMainPID|PIDFile|BusName|Exec\w+|RestartSec|Timeout\w+|RuntimeMaxSec|WatchdogSec|Restart|SuccessExitStatus|Restart\w+|RootDirectory\w*|NonBlocking|NotifyAccess|Sockets|FileDescriptorStoreMax|USBFunction\w+|OOMPolicy|User|Group|WorkingDirectory|Environment|EnvironmentFile|PassEnvironment|UnsetEnvironment|Standard\w+|Syslog\w+|Log\w+|TTY\w+|Kill\w+|SendSIG\w+|FinalKillSignal|Limit\w+|Nice|OOMScoreAdjust|IO\w+|CPU\w+|Memory\w+|Tasks\w+|Device\w+|Slice|Delegate|Private\w+|Protect\w+|Read\w+|Inaccessible\w+|Bind\w+|Capability\w+|AmbientCapabilities|NoNewPrivileges|SecureBits|SystemCall\w+|Restrict\w+|UMask|RuntimeDirectory\w*|StateDirectory\w*|CacheDirectory\w*|LogsDirectory\w*|ConfigurationDirectory\w*|DynamicUser|SupplementaryGroups|PAMName|IP\w+|Lock\w+|MountFlags|TemporaryFileSystem|Keyring\w+|Load\w+|Set\w+|Umask)$/,
  Install: /^(Alias|WantedBy|RequiredBy|Also|DefaultInstance)$/,
}

export default systemdCommand({
  name: 'systemd-analyze',
  usage: '[OPTIONS...] COMMAND ...',
  short: 'H:M:q',
  long: {
    user: 'user',
    system: 'system',
    order: 'order',
    require: 'require',
    fuzz: 'fuzz=',
    man: 'man?',
    iterations: 'iterations=',
    root: 'root=',
  },
  async run(process, options) {
    const [verb = 'time', ...words] = options.operands
    const { world, stdout, stderr } = process
    switch (verb) {
      case 'time': {
        const [kernel, userspace] = [kernelTime(world), userspaceTime(world)]
        await stdout.write(
          `Startup finished in ${span(kernel)} (kernel) + ${span(userspace)} (userspace) = ${span(kernel + userspace)} \n${target(process)} reached after ${span(userspace - 12)} in userspace.\n`,
        )
        return 0
      }
      case 'blame': {
        const times = unitTimes(world).sort((a, b) => b.took - a.took)
        const width = Math.max(...times.map(({ took }) => span(took).length))
        await pageAsSystemd(process, times.map(({ took, unit }) => `${span(took).padStart(width)} ${unit}\n`).join(''))
        return 0
      }
      case 'critical-chain':
        await pageAsSystemd(process, chain(process))
        return 0
      case 'verify': {
        if (words.length === 0) return few(process)
        let status = 0
        for (const file of words) status = (await verify(process, file)) || status
        return status
      }
      case 'timespan': {
        if (words.length === 0) return few(process)
        for (const word of words) {
          const us = Number(/^(\d{1,12})s?$/.exec(word)?.[1] ?? Number.NaN) * 1e6
          if (Number.isNaN(us)) {
            await stderr.write(`Failed to parse time span '${word}': Invalid argument\n`)
            return 1
          }
          await stdout.write(`Original: ${word}\n      us: ${us}\n   Human: ${human(us / 1e6)}\n`)
        }
        return 0
      }
      case 'unit-paths':
        await stdout.write(
          [
            '/etc/systemd/system.control',
            '/run/systemd/system.control',
            '/run/systemd/transient',
            '/run/systemd/generator.early',
            '/etc/systemd/system',
            '/etc/systemd/system.attached',
            '/run/systemd/system',
            '/run/systemd/system.attached',
            '/run/systemd/generator',
            '/usr/local/lib/systemd/system',
            '/lib/systemd/system',
            '/usr/lib/systemd/system',
            '/run/systemd/generator.late',
          ]
            .map((path) => `${path}\n`)
            .join(''),
        )
        return 0
      default:
        await stderr.write(`Unknown command verb ${verb}.\n`)
        return 1
    }
  },
})

async function few(process: Process): Promise<number> {
  await process.stderr.write('Too few arguments.\n')
  return 1
}

function target({ world }: Process): string {
  return `${world.persona.os.family === 'ubuntu' ? 'graphical' : 'multi-user'}.target`
}

function human(seconds: number): string {
  const parts: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ]
  let rest = seconds
  return (
    parts
      .flatMap(([size, unit]) => {
        const count = Math.floor(rest / size)
        rest -= count * size
        return count ? [`${count}${unit}`] : []
      })
      .join(' ') || '0'
  )
}

/** The units that the last one waited for: the slowest of those that were there before it, and so on. */
function chain(process: Process): string {
  const lines = drawsLines(process)
  const times = unitTimes(process.world).sort((a, b) => b.at - a.at)
  const rows = [`${target(process)} @${span(userspaceTime(process.world) - 12)}`]
  let before = Number.POSITIVE_INFINITY
  for (const { unit, at, took } of times) {
    if (rows.length > 8) break
    if (at > before) continue
    const start = Math.max(1, at - took)
    rows.push(`${'  '.repeat(rows.length - 1)}${lines ? '└─' : '`-'}${unit} @${span(start)} +${span(took)}`)
    before = start
  }
  return `The time when unit became active or started is printed after the "@" character.\nThe time the unit took to start is printed after the "+" character.\n\n${rows.map((row) => `${row}\n`).join('')}`
}

async function verify(process: Process, file: string): Promise<number> {
  const { stderr, files } = process
  const name = file.slice(file.lastIndexOf('/') + 1)
  if (!/\.(service|socket|timer|target|mount|path|slice|scope|swap|automount|device)$/.test(name)) {
    await stderr.write(`Failed to prepare filename ${file}: Invalid argument\n`)
    return 1
  }
  const path = file.includes('/') ? files.realpath(file.startsWith('/') ? file : `${process.cwd}/${file}`) : `/etc/systemd/system/${name}`
  let text: string
  try {
    text = files.read(path).toString('utf8')
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await stderr.write(`Unit ${name} not found.\n`)
    return 1
  }
  let section = ''
  let status = 0
  for (const [i, raw] of text.split('\n').slice(0, 5000).entries()) {
    const line = raw.trim()
    if (line === '' || /^[#;]/.test(line)) continue
    const head = /^\[(.+)\]$/.exec(line)?.[1]
    const key = /^([^=]+)=/.exec(line)?.[1]?.trim()
    if (head !== undefined) {
      section = head
      if (!SECTIONS[head] && !/^(X-|Socket$|Timer$|Mount$|Path$|Slice$|Scope$|Swap$|Automount$)/.test(head))
        await stderr.write(`${path}:${i + 1}: Unknown section '${head}'. Ignoring.\n`)
    } else if (section === '') await stderr.write(`${path}:${i + 1}: Assignment outside of section. Ignoring.\n`)
    else if (key === undefined) await stderr.write(`${path}:${i + 1}: Missing '=', ignoring line.\n`)
    else if (SECTIONS[section]?.test(key) === false)
      await stderr.write(`${path}:${i + 1}: Unknown key '${key}' in section [${section}], ignoring.\n`)
    const program = /^ExecStart=[-@:+!]*(\S+)/.exec(line)?.[1]
    if (program?.startsWith('/') && !files.may('x', program)) {
      await stderr.write(`${name}: Command ${program} is not executable: No such file or directory\n`)
      status = 1
    }
  }
  return status
}
