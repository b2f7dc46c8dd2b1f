import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { debianArchitecture } from '../world/packages.ts'
import { gnuCommand } from './gnu/command.ts'
import { configText, includedFiles } from './gnu/config-files.ts'

export default gnuCommand({
  name: 'apt-config',
  package: 'apt',
  usage: '[options] command',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const [verb, ...words] = process.argv.slice(1)
    const settings = settingsOf(process)
    switch (verb) {
      case 'dump':
        for (const [name, values] of settings)
          for (const [i, value] of values.entries()) await process.stdout.write(`${name}${i > 0 ? '::' : ''} "${value}";\n`)
        return 0
      case 'shell':
        for (let at = 0; at + 1 < words.length; at += 2) {
          const key = (words[at + 1] as string).replace(/\/[fdbi]$/, '').toLowerCase()
          const value = [...settings].find(([name]) => name.toLowerCase() === key)?.[1].at(-1)
          if (value !== undefined && value !== '') await process.stdout.write(`${words[at]}='${value}'\n`)
        }
        return 0
      default:
        await process.stderr.write(`E: Invalid operation ${verb ?? ''}\n`)
        return 100
    }
  },
})

/** apt's settings by name: the built-in ones, then the files of /etc/apt/apt.conf.d in their order. */
function settingsOf({ world, files }: Process): Map<string, string[]> {
  const settings = new Map<string, string[]>(
    [
      ['APT', ''],
      ['APT::Architecture', debianArchitecture(world.persona.os.kernel.machine)],
      ['APT::Build-Essential', ''],
      ['APT::Install-Recommends', '1'],
      ['APT::Install-Suggests', '0'],
      ['APT::Sandbox', ''],
      ['APT::Sandbox::User', '_apt'],
      ['Dir', '/'],
      ['Dir::State', 'var/lib/apt'],
      ['Dir::State::lists', 'lists/'],
      ['Dir::State::status', '/var/lib/dpkg/status'],
      ['Dir::Cache', 'var/cache/apt'],
      ['Dir::Cache::archives', 'archives/'],
      ['Dir::Etc', 'etc/apt'],
      ['Dir::Etc::sourcelist', 'sources.list'],
      ['Dir::Etc::sourceparts', 'sources.list.d'],
      ['Dir::Etc::trusted', 'trusted.gpg'],
      ['Dir::Etc::trustedparts', 'trusted.gpg.d'],
      ['Dir::Bin', ''],
      ['Dir::Bin::dpkg', '/usr/bin/dpkg'],
      ['Dir::Log', 'var/log/apt'],
      ['DPkg', ''],
    ].map(([name, value]) => [name as string, [value as string]]),
  )
  for (const path of includedFiles(files, '/etc/apt/apt.conf.d/*')) {
    const text = configText(files, path)
    if (text instanceof HostError) continue
    for (const line of text.split('\n').slice(0, 2000)) {
      const pair = /^\s*([\w:-]+)\s+"([^"]*)";/.exec(line)
      if (!pair) continue
      const name = pair[1] as string
      if (name.endsWith('::')) settings.set(name.slice(0, -2), [...(settings.get(name.slice(0, -2)) ?? ['']), pair[2] as string])
      else settings.set(name, [pair[2] as string])
    }
  }
  return settings
}
