import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Loaded } from '../config/load.ts'
import { membershipFile } from '../config/membership.ts'
import type { Settings } from '../config/schema.ts'
import { certificates, outputFolders } from '../outputs/files.ts'

const PROJECT = resolve(import.meta.dirname, '../..')

/**
 * Flags of Node's permission model for the sensor: it reads its own code, configuration and prompts, writes its data
 * folder and those of its outputs, uses the network, and can do nothing else: no child processes, workers, add-ons, WASI or inspector.
 */
export function permissionFlags({ settings, file }: Loaded): string[] {
  const writes = [settings.data, ...outputFolders(settings)]
  const reads = [
    PROJECT,
    settings.prompts,
    ...writes,
    ...(file ? [dirname(file)] : []),
    ...certificates(settings),
    ...databaseCertificates(settings),
  ]
  return [
    '--permission',
    '--allow-net',
    ...[...new Set(reads)].map((path) => `--allow-fs-read=${path}`),
    ...writes.map((path) => `--allow-fs-write=${path}`),
  ]
}

/**
 * The same for the broker: it reads its code and what it is configured by, uses the network, and writes nothing at all.
 */
export function brokerFlags({ settings, file }: Loaded): string[] {
  const { tls } = settings.broker
  // The settings look for a sundew.yaml, and whether this machine is a hive's sensor.
  const reads = [PROJECT, file ?? resolve('sundew.yaml'), membershipFile(settings.data), ...(tls ? [tls.cert, tls.key] : [])]
  return ['--permission', '--allow-net', ...[...new Set(reads)].map((path) => `--allow-fs-read=${resolve(path)}`)]
}

/** Files that the address of PostgreSQL names: `?sslmode=verify-full&sslrootcert=/etc/ssl/db.pem`. */
function databaseCertificates({ store }: Settings): string[] {
  const parameters = store.url === undefined ? undefined : new URL(store.url).searchParams
  return ['sslrootcert', 'sslcert', 'sslkey'].flatMap((name) => parameters?.get(name) ?? [])
}

/**
 * Starts this same command again under the permission model, in this same process id. Returns only when that has been
 * done already, or where a process cannot replace itself (Windows).
 */
export function confine(loaded: Loaded): 'confined' | 'unconfined' {
  if (process.permission) return 'confined'
  if (!process.execve) return 'unconfined'
  for (const folder of [loaded.settings.data, ...outputFolders(loaded.settings)]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  // Compiled code of two thousand modules makes later starts a third shorter. Only confined processes read it: what somebody could write
  // there would run with no more permissions than he had.
  return startOver(permissionFlags(loaded), { NODE_COMPILE_CACHE: join(loaded.settings.data, 'compile-cache') })
}

/** {@link confine} for the broker. */
export function confineBroker(loaded: Loaded): 'confined' | 'unconfined' {
  return process.permission ? 'confined' : startOver(brokerFlags(loaded))
}

/** @param environment what the confined process gets besides our own */
function startOver(permissions: readonly string[], environment: Record<string, string> = {}): 'unconfined' {
  if (!process.execve) return 'unconfined'
  const script = resolve(PROJECT, 'src/main.ts')
  // The warning would say that the permission model is on, which is what we want. A smaller young generation keeps the resident
  // memory of an idle sensor about 50 MB lower (bench/start-up.ts) at no cost that a benchmark shows.
  const flags = ['--max-semi-space-size=8', '--disable-warning=SecurityWarning', '--disable-warning=ExperimentalWarning', ...permissions]
  // One arena of the C library's allocator instead of one a thread: another 45 MB.
  const all = { MALLOC_ARENA_MAX: '1', ...process.env, ...environment } as Record<string, string>
  process.execve(process.execPath, [process.execPath, ...flags, script, ...process.argv.slice(2)], all)
  return 'unconfined'
}
