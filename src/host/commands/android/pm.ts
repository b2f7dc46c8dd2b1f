import { evidence } from '../../../events/bytes.ts'
import type { CommandFile, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { toBytes } from '../../text.ts'
import { apkFacts } from './apk.ts'
import { type App, app, apps, installApp, uninstallApp } from './apps.ts'

/** Larger packages do not fit on the box. */
const LARGEST_APK = 64 * 1024 * 1024
/** What dexopt takes at least. */
const INSTALL_MS = 900

/** `pm`, the package manager's command line (PackageManagerShellCommand of Android 9). */
export const pm: CommandFile = { name: 'pm', paths: [], run: (process) => packageCommand(process, process.argv.slice(1)) }

/** `cmd SERVICE …`: the services that have a command line; adb installs by `cmd package`. */
export const cmd: CommandFile = {
  name: 'cmd',
  paths: [],
  async run(process) {
    const [, service = '', ...words] = process.argv
    if (service === 'package') return packageCommand(process, words)
    if (service === '-l') await process.stdout.write('Currently running services:\n  activity\n  package\n  settings\n  wifi\n')
    else if (service === '') await process.stderr.write('cmd: No service specified; use -l to list all services\n')
    else if (['activity', 'settings'].includes(service)) return process.run([service === 'activity' ? 'am' : service, ...words])
    else await process.stderr.write(`cmd: Can't find service: ${service}\n`)
    return service === '-l' ? 0 : 20
  },
}

async function packageCommand(process: Process, [verb = '', ...words]: readonly string[]): Promise<number> {
  const { world, stdout, stderr } = process
  const operands = words.filter((word, i) => !word.startsWith('-') && !['--user', '-S', '-i'].includes(words[i - 1] ?? ''))
  const [name = ''] = operands
  switch (verb) {
    case 'list':
      return list(process, words)
    case 'path': {
      const found = app(world, name)
      if (found) await stdout.write(`package:${found.path}\n`)
      return found ? 0 : 1
    }
    case 'install':
      return install(process, words, name)
    case 'uninstall':
      await stdout.write(uninstallApp(world, name) ? 'Success\n' : 'Failure [DELETE_FAILED_INTERNAL_ERROR]\n')
      return 0
    case 'clear':
      await stdout.write(app(world, name) ? 'Success\n' : 'Failed\n')
      return app(world, name) ? 0 : 1
    case 'disable':
    case 'disable-user':
    case 'enable':
    case 'hide':
    case 'unhide':
      return changeState(process, verb, name)
    case 'grant':
    case 'revoke':
    case 'trim-caches':
    case 'set-install-location':
      return 0
    default:
      await stderr.write(verb === '' ? USAGE : `Unknown command: ${verb}\n`)
      return verb === '' ? 0 : 255
  }
}

async function list(process: Process, words: readonly string[]): Promise<number> {
  const [what = '', ...rest] = words
  if (what !== 'packages' && what !== 'package') {
    if (what === 'features') await process.stdout.write(FEATURES.map((feature) => `feature:${feature}\n`).join(''))
    else if (what === 'users') await process.stdout.write('Users:\n\tUserInfo{0:Owner:13} running\n')
    else await process.stderr.write(`Error: unknown list type '${what}'\n`)
    return ['features', 'users'].includes(what) ? 0 : 255
  }
  const filter = rest.find((word, i) => !word.startsWith('-') && rest[i - 1] !== '--user')
  const chosen = apps(process.world).filter(
    (one) =>
      (!rest.includes('-3') || !one.isSystem) &&
      (!rest.includes('-s') || one.isSystem) &&
      !rest.includes('-d') &&
      (filter === undefined || one.name.includes(filter)),
  )
  const shown = (one: App): string => (rest.includes('-f') ? `package:${one.path}=${one.name}\n` : `package:${one.name}\n`)
  await process.stdout.write(chosen.map(shown).join(''))
  return 0
}

async function install(process: Process, words: readonly string[], path: string): Promise<number> {
  const size = words.indexOf('-S') < 0 ? undefined : Number(words[words.indexOf('-S') + 1])
  if (size !== undefined && (path === '' || path === '-')) return installStream(process, size)
  let apk: Buffer
  try {
    apk = process.files.read(path)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await process.stderr.write(
      path === ''
        ? 'Error: must either specify a package size or an APK file\n'
        : `Error: failed to open file: ${path}: ${error.message}\n`,
    )
    return 1
  }
  return finish(process, apk, path)
}

/** The package comes over standard input, as `adb install` sends it. */
async function installStream(process: Process, size: number): Promise<number> {
  if (!Number.isSafeInteger(size) || size <= 0) {
    await process.stderr.write('Error: must either specify a package size or an APK file\n')
    return 1
  }
  const parts: Uint8Array[] = []
  let left = size
  for (let kept = 0; left > 0; ) {
    const part = await process.stdin.read(Math.min(left, 65_536))
    if (!part) break
    left -= part.length
    if (kept + part.length > LARGEST_APK) continue
    kept += part.length
    parts.push(part)
  }
  const apk = Buffer.concat(parts)
  if (left > 0) {
    if (apk.length > 0) process.recorder.capture(apk, { name: evidence('base.apk'), how: 'adb.install' })
    await process.stdout.write('Failure [INSTALL_PARSE_FAILED_NOT_APK: Failed to parse /data/app/vmdl.tmp/base.apk]\n')
    return 1
  }
  return finish(process, apk, 'base.apk')
}

async function finish(process: Process, apk: Buffer, path: string): Promise<number> {
  process.recorder.capture(apk, { name: evidence(toBytes(path)), how: 'adb.install' })
  const facts = apkFacts(apk)
  if (!facts) {
    const staged = `/data/app/vmdl${process.world.identity.integer(`session/${apk.length}`, 100_000_000, 1_999_999_999)}.tmp/base.apk`
    await process.stdout.write(`Failure [INSTALL_PARSE_FAILED_NOT_APK: Failed to parse ${staged}]\n`)
    return 1
  }
  await process.sleep(INSTALL_MS)
  try {
    installApp(process.world, facts.package, apk)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await process.stdout.write('Failure [INSTALL_FAILED_INSUFFICIENT_STORAGE]\n')
    return 1
  }
  await process.stdout.write('Success\n')
  return 0
}

async function changeState({ world, stdout, stderr, uid }: Process, verb: string, name: string): Promise<number> {
  if (!app(world, name)) {
    await stderr.write(`Error: java.lang.IllegalArgumentException: Unknown package: ${name}\n`)
    return 255
  }
  if ((verb === 'hide' || verb === 'unhide' || verb === 'disable') && uid !== 0) {
    await stderr.write(`Error: java.lang.SecurityException: Neither user ${uid} nor current process has android.permission.MANAGE_USERS.\n`)
    return 255
  }
  const states: Record<string, string> = { disable: 'disabled', 'disable-user': 'disabled-user', enable: 'enabled' }
  await stdout.write(
    states[verb] ? `Package ${name} new state: ${states[verb]}\n` : `Package ${name} new hidden state: ${verb === 'hide'}\n`,
  )
  return 0
}

const FEATURES = [
  'reqGlEsVersion=0x20000',
  'android.hardware.ethernet',
  'android.hardware.hdmi.cec',
  'android.hardware.wifi',
  'android.software.leanback',
  'android.software.live_tv',
]

const USAGE = `Package manager (package) commands:
  help
    Print this help text.

  path [--user USER_ID] PACKAGE
    Print the path to the .apk of the given PACKAGE.

  list packages [-f] [-d] [-e] [-s] [-3] [-i] [-l] [-u] [-U]
      [--uid UID] [--user USER_ID] [FILTER]

  install [-lrtsfdg] [-i PACKAGE] [--user USER_ID|all|current]
       [-p INHERIT_PACKAGE] [--install-location 0/1/2]
       [--force-uuid internal|UUID] [-S BYTES] [PATH|-]

  uninstall [-k] [--user USER_ID] [--versionCode VERSION_CODE] PACKAGE [SPLIT]

  clear [--user USER_ID] PACKAGE
`
