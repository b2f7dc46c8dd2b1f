import { evidence } from '../../events/bytes.ts'
import type { Host, SpawnRequest } from '../../host/contract.ts'
import { TerminalRecord } from '../../host/terminal-record.ts'
import { toText } from '../../host/text.ts'
import type { Visit } from '../../sensor/visit.ts'
import { parseShellService, type ShellService } from './codec.ts'
import type { AdbEvents } from './events.ts'
import type { Reverses } from './reverses.ts'
import { runFramed, runPlain } from './shell.ts'
import type { AdbStream } from './stream.ts'
import { serveSync } from './sync.ts'

export interface ServiceSetup {
  visit: Visit<AdbEvents>
  host: Host
  /** Folder of the terminal recordings. */
  recordings: string
  /** Whether this source has made adbd run as root. */
  isRoot: () => boolean
  setRoot: (on: boolean) => void
  /** What `adb reverse` has set up over this link. */
  reverses: Reverses
  /** Production builds refuse `adb root`. */
  rootAllowed: boolean
  /** Ends the link, as a new start of adbd does. */
  restart: () => Promise<void>
}

type Serve = (stream: AdbStream) => Promise<void>

/** How long the client has to read the last answer before adbd is gone. */
const LAST_WORDS_MS = 150

/** The services of adbd by name (services.cpp of Android 9); undefined for one that it does not have. */
export function serviceOf(name: Buffer, setup: ServiceSetup): Serve | undefined {
  const { visit } = setup
  const shell = parseShellService(name)
  if (shell) return (stream) => serveShell(stream, shell, setup)
  const text = name.toString('latin1')
  const [kind = ''] = text.split(':')
  const argument = name.subarray(Math.min(name.length, kind.length + 1))
  switch (kind) {
    case 'exec':
      return (stream) => serveShell(stream, { isV2: false, isPty: false, term: 'dumb', command: argument }, setup)
    case 'sync':
      return (stream) => serveSync(stream, { visit, files: setup.host.files(userOf(setup)) })
    case 'root':
    case 'unroot':
    case 'remount':
    case 'reboot':
    case 'tcpip':
    case 'usb':
      visit.record('adb.control', { action: kind, argument: evidence(argument) })
      return (stream) => control(stream, kind, toText(argument), setup)
    case 'reverse':
      visit.record('adb.reverse', { request: evidence(argument) })
      return (stream) => stream.write(setup.reverses.answer(toText(argument)))
    case 'log':
      return (stream) => serveShell(stream, { isV2: false, isPty: false, term: 'dumb', command: Buffer.from('exec logcat') }, setup)
    case 'tcp':
    case 'local':
    case 'localabstract':
    case 'localreserved':
    case 'localfilesystem':
    case 'dev':
      visit.record('adb.forward', { destination: evidence(name) })
      return undefined
    default:
      return undefined
  }
}

function userOf({ isRoot }: ServiceSetup): string {
  return isRoot() ? 'root' : 'shell'
}

async function serveShell(stream: AdbStream, service: ShellService, setup: ServiceSetup): Promise<void> {
  const { visit, host, recordings } = setup
  const terminal = service.isPty ? { term: service.term, columns: 80, rows: 24 } : undefined
  const request: SpawnRequest = {
    user: userOf(setup),
    ...(service.command && { command: toText(service.command) }),
    ...(terminal && { terminal }),
    environment: { TERM: service.term },
    oneOutput: !service.isV2,
    remote: visit.source,
    local: visit.local,
    via: 'adbd',
    recorder: visit,
  }
  const record =
    terminal && new TerminalRecord({ folder: recordings, name: `${visit.session}-${stream.localId}`, ...terminal, cooked: true })
  try {
    await (service.isV2 ? runFramed : runPlain)(stream, host.spawn(request), record)
  } finally {
    if (record) visit.record('adb.terminal', await record.close())
  }
}

/** Says what adbd says, and starts it again where that is what adbd does. */
async function control(stream: AdbStream, action: string, argument: string, setup: ServiceSetup): Promise<void> {
  const answer = answerTo(action, argument, setup)
  if (answer.text) await stream.write(Buffer.from(answer.text))
  await stream.close()
  if (!answer.restarts) return
  await setup.visit.pause(LAST_WORDS_MS)
  await setup.restart()
}

function answerTo(action: string, argument: string, { isRoot, setRoot, rootAllowed }: ServiceSetup): { text: string; restarts: boolean } {
  switch (action) {
    case 'root':
      if (isRoot()) return { text: 'adbd is already running as root\n', restarts: false }
      if (!rootAllowed) return { text: 'adbd cannot run as root in production builds\n', restarts: false }
      setRoot(true)
      return { text: 'restarting adbd as root\n', restarts: true }
    case 'unroot':
      if (!isRoot()) return { text: 'adbd not running as root\n', restarts: false }
      setRoot(false)
      return { text: 'restarting adbd as non root\n', restarts: true }
    case 'remount':
      return { text: isRoot() ? 'remount succeeded\n' : 'Not running as root. Try "adb root" first.\n', restarts: false }
    case 'tcpip':
      return /^\d{1,5}$/.test(argument) && Number(argument) > 0 && Number(argument) < 65_536
        ? { text: `restarting in TCP mode port: ${Number(argument)}\n`, restarts: true }
        : { text: `invalid port ${argument}\n`, restarts: false }
    case 'usb':
      return { text: 'restarting in USB mode\n', restarts: true }
    default:
      setRoot(false)
      return { text: '', restarts: true }
  }
}
