import type { CommandFile, Process } from '../../command.ts'
import { app, startApp, stopApp } from './apps.ts'

/** `am`, the activity manager's command line (ActivityManagerShellCommand of Android 9). */
export const am: CommandFile = {
  name: 'am',
  paths: [],
  async run(process) {
    const [, verb = '', ...words] = process.argv
    const intent = readIntent(words)
    switch (verb) {
      case 'start':
      case 'start-activity':
        return startActivity(process, intent)
      case 'startservice':
      case 'start-service':
      case 'start-foreground-service':
        return startService(process, intent)
      case 'broadcast':
        await process.stdout.write(`Broadcasting: Intent { ${shown({ ...intent, flags: '0x400000' })} }\nBroadcast completed: result=0\n`)
        return 0
      case 'force-stop':
      case 'kill':
        for (const name of words.filter((word) => /^[\w.]+$/.test(word))) stopApp(process.world, name)
        return 0
      case 'kill-all':
      case 'stopservice':
      case 'stop-service':
        return 0
      default:
        await process.stderr.write(verb === '' ? USAGE : `Unknown command: ${verb}\n`)
        return verb === '' ? 0 : 255
    }
  },
}

interface Intent {
  action?: string
  data?: string
  type?: string
  component?: string
  package?: string
  flags?: string
}

const KEYS: Readonly<Record<string, keyof Intent>> = { '-a': 'action', '-d': 'data', '-t': 'type', '-n': 'component', '-p': 'package' }

function readIntent(words: readonly string[]): Intent {
  const intent: Intent = {}
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    const key = KEYS[word]
    if (key) intent[key] = words[++i] ?? ''
    else if (/^--(user|es|ei|ez|el|ef)$/.test(word)) i += word === '--user' ? 1 : 2
    else if (!word.startsWith('-') && /^[\w.]+\/[\w.$]+$/.test(word)) intent.component = word
    else if (!word.startsWith('-') && word.includes(':')) intent.data = word
  }
  return intent
}

/** The intent as Intent.toShortString has it: of a web address only scheme and host. */
function shown({ action, data, type, component, package: packageName, flags }: Intent): string {
  const short = data === undefined ? undefined : data.replace(/^([a-z]+:\/\/[^/?#]*)\/.*$/s, '$1/...')
  return [
    action && `act=${action}`,
    short && `dat=${short}`,
    type && `typ=${type}`,
    flags && `flg=${flags}`,
    packageName && `pkg=${packageName}`,
    component && `cmp=${component}`,
  ]
    .filter(Boolean)
    .join(' ')
}

async function startActivity({ world, stdout, stderr }: Process, intent: Intent): Promise<number> {
  await stdout.write(`Starting: Intent { ${shown(intent)} }\n`)
  const [name, activity = ''] = intent.component?.split('/') ?? []
  if (name === undefined) {
    if (intent.action || intent.data) return 0
    await stderr.write('Error: Activity not started, unable to resolve Intent { flg=0x10000000 }\n')
    return 1
  }
  if (!app(world, name)) {
    await stderr.write(
      `Error type 3\nError: Activity class {${name}/${activity.startsWith('.') ? name + activity : activity}} does not exist.\n`,
    )
    return 1
  }
  if (world.processes.list().some((process) => process.argv[0] === name))
    await stderr.write('Warning: Activity not started, its current task has been brought to the front\n')
  startApp(world, name)
  return 0
}

async function startService({ world, stdout, stderr }: Process, intent: Intent): Promise<number> {
  await stdout.write(`Starting service: Intent { ${shown(intent)} }\n`)
  const name = intent.component?.split('/')[0] ?? ''
  if (app(world, name)) {
    startApp(world, name)
    return 0
  }
  await stderr.write('Error: Not found; no service started.\n')
  return 1
}

const USAGE = `Activity manager (activity) commands:
  help
      Print this help text.
  start-activity [-D] [-N] [-W] [-P <FILE>] [--start-profiler <FILE>]
          [--sampling INTERVAL] [--streaming] [-R COUNT] [-S]
          [--track-allocation] [--user <USER_ID> | current] <INTENT>
      Start an Activity.
  start-service [--user <USER_ID> | current] <INTENT>
      Start a Service.
  broadcast [--user <USER_ID> | all | current] <INTENT>
      Send a broadcast Intent.
  force-stop [--user <USER_ID> | all | current] <PACKAGE>
      Completely stop the given application package.
`
