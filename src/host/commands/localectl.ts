import { HostError } from '../contract.ts'
import { configText } from './gnu/config-files.ts'
import { systemdCommand } from './systemd/command.ts'

export default systemdCommand({
  name: 'localectl',
  usage: '[OPTIONS...] COMMAND ...',
  short: 'lH:M:',
  long: { full: 'l', 'no-convert': 'no-convert', 'no-ask-password': 'no-ask-password' },
  async run(process, options) {
    const [verb = 'status', ...words] = options.operands
    const { stdout, stderr, world } = process
    switch (verb) {
      case 'status': {
        const locale = setting(world.files, '/etc/default/locale', 'LANG') ?? setting(world.files, '/etc/locale.conf', 'LANG')
        const layout = setting(world.files, '/etc/default/keyboard', 'XKBLAYOUT')
        const model = setting(world.files, '/etc/default/keyboard', 'XKBMODEL')
        const rows: [string, string][] = [
          ['System Locale', locale === undefined ? 'n/a' : `LANG=${locale}`],
          ['VC Keymap', setting(world.files, '/etc/vconsole.conf', 'KEYMAP') ?? '(unset)'],
          ['X11 Layout', layout ?? '(unset)'],
          ...(model === undefined ? [] : ([['X11 Model', model]] as [string, string][])),
        ]
        await stdout.write(rows.map(([title, value]) => `${title.padStart(13)}: ${value}\n`).join(''))
        return 0
      }
      case 'list-locales':
        await stdout.write(
          ['C.UTF-8', ...(world.persona.locale === 'C.UTF-8' ? [] : [world.persona.locale])].map((name) => `${name}\n`).join(''),
        )
        return 0
      case 'list-keymaps':
        await stderr.write("Couldn't find any console keymaps.\n")
        return 1
      case 'set-locale': {
        if (process.uid !== 0) {
          await stderr.write('Failed to issue method call: Interactive authentication required.\n')
          return 1
        }
        if (words.length === 0) {
          await stderr.write('Too few arguments.\n')
          return 1
        }
        const lines = words.map((word) => (word.includes('=') ? word : `LANG=${word}`))
        world.files.write('/etc/default/locale', Buffer.from(lines.map((line) => `${line}\n`).join('')))
        return 0
      }
      case 'set-keymap':
      case 'set-x11-keymap':
        await stderr.write('Failed to set keymap: Not supported\n')
        return 1
      default:
        await stderr.write(`Unknown command verb ${verb}.\n`)
        return 1
    }
  },
})

function setting(files: Parameters<typeof configText>[0], path: string, name: string): string | undefined {
  const text = configText(files, path)
  if (text instanceof HostError) return undefined
  for (const line of text.split('\n')) {
    const pair = /^(\w+)="?([^"]*)"?$/.exec(line.trim())
    if (pair?.[1] === name && pair[2]) return pair[2]
  }
  return undefined
}
