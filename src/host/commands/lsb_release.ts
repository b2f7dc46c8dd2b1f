import { HostError } from '../contract.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'lsb_release',
  package: 'lsb-release',
  usage: '[options]',
  showsUsage: true,
  applet: false,
  short: 'hvidrcas',
  long: { version: 'v', id: 'i', description: 'd', release: 'r', codename: 'c', all: 'a', short: 's', help: 'h' },
  async run(process, options) {
    const release = releaseFile(process.world.files.read.bind(process.world.files))
    const rows = [
      ['i', 'Distributor ID', capital(release.get('ID') ?? 'n/a')],
      ['d', 'Description', release.get('PRETTY_NAME') ?? 'n/a'],
      ['r', 'Release', release.get('VERSION_ID') ?? 'n/a'],
      ['c', 'Codename', release.get('VERSION_CODENAME') ?? 'n/a'],
    ] as const
    const all = options.has('a')
    // Debian 12's is a script that knows nothing of modules.
    if (!options.has('s') && process.world.persona.os.family === 'ubuntu')
      await process.stderr.write(all || options.given.length === 0 ? 'No LSB modules are available.\n' : '')
    for (const [key, title, value] of rows) {
      if (!all && !options.has(key)) continue
      await process.stdout.write(options.has('s') ? `${key === 'd' ? `${value}` : value}\n` : `${title}:\t${value}\n`)
    }
    return 0
  },
})

function releaseFile(read: (path: string) => Buffer): Map<string, string> {
  try {
    const lines = read('/etc/os-release').toString('utf8').split('\n')
    return new Map(lines.flatMap((line) => (line.includes('=') ? [pair(line)] : [])))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return new Map()
  }
}

function pair(line: string): [string, string] {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1).replace(/^"(.*)"$/, '$1')]
}

function capital(id: string): string {
  return `${id.charAt(0).toUpperCase()}${id.slice(1)}`
}
