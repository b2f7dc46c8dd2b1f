import { createHash } from 'node:crypto'
import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { fingerprint, kindOf, readKey, readPrivateKey } from '../keys/key-files.ts'
import { connectAgent, type SshAgent } from '../ssh-agent.ts'
import { toText } from '../text.ts'
import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'
import { askPassword } from './gnu/passwords.ts'
import { statIfThere } from './gnu/tree.ts'

const DEFAULT_FILES = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk', 'id_xmss', 'id_dsa']
const LARGEST_KEY_FILE = 64 * 1024
const FRAME = '@'.repeat(59)
const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

export default gnuCommand({
  name: 'ssh-add',
  package: 'openssh-client',
  usage: '[-cDdKkLlqvXx] [-E fingerprint_hash] [-H hostkey_file] [-h destination_constraint] [-S provider] [-t life] [file ...]',
  applet: false,
  short: 'vqcDdKklLXxTE:H:h:M:m:s:S:t:e:',
  async run(process, options) {
    const socket = process.env.get('SSH_AUTH_SOCK')
    if (socket === undefined || socket === '') return say(process, 'Could not open a connection to your authentication agent.', 2)
    let agent: SshAgent
    try {
      agent = connectAgent(process.world, process.files, socket)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      return say(process, `Error connecting to agent: ${error.message}`, 2)
    }
    if (options.has('l', 'L')) return list(process, agent, options)
    if (options.has('x', 'X')) return setLock(process, agent, options.has('x'))
    if (options.has('D')) {
      return agent.remove() ? say(process, 'All identities removed.', 0) : say(process, 'Failed to remove all identities.', 1)
    }
    const home = accountsOf(process).userById(process.uid)?.home ?? '/'
    const defaults = DEFAULT_FILES.map((name) => `${home}/.ssh/${name}`).filter((path) => statIfThere(process, path))
    const files = options.operands.length > 0 ? options.operands : defaults
    const results: boolean[] = []
    for (const file of files)
      results.push(options.has('d') ? await removeKey(process, agent, file, options) : await addKey(process, agent, file, options))
    const isDone = options.operands.length > 0 ? results.every((one) => one) : results.some((one) => one)
    return isDone ? 0 : 1
  },
})

async function say(process: Process, text: string, status: number): Promise<number> {
  await process.stderr.write(`${text}\n`)
  return status
}

async function list(process: Process, agent: SshAgent, options: Options): Promise<number> {
  const identities = agent.identities(process.world.now())
  if (identities.length === 0) {
    await process.stdout.write('The agent has no identities.\n')
    return 1
  }
  for (const { blob, comment } of identities) {
    const { name, bits } = kindOf(blob)
    const type = blob.toString('latin1', 4, 4 + blob.readUInt32BE(0))
    const print = options.value('E') === 'md5' ? md5Print(blob) : fingerprint(blob)
    await process.stdout.write(
      options.has('L') ? `${type} ${blob.toString('base64')}${comment && ` ${comment}`}\n` : `${bits} ${print} ${comment} (${name})\n`,
    )
  }
  return 0
}

function md5Print(blob: Buffer): string {
  return `MD5:${createHash('md5').update(blob).digest('hex').match(/../g)?.join(':')}`
}

async function addKey(process: Process, agent: SshAgent, file: HostText, options: Options): Promise<boolean> {
  const text = await readPrivate(process, file)
  if (text === undefined) return false
  const key = readPrivateKey(text)
  if (key === 'encrypted') return askPassphrase(process, file)
  if (!key) {
    await say(process, `Error loading key "${file}": ${/^-----BEGIN/m.test(text) ? 'invalid format' : 'error in libcrypto'}`, 1)
    return false
  }
  const life = options.value('t')
  const seconds = life === undefined ? undefined : secondsOf(life)
  const comment = key.comment || file
  const until = seconds === undefined ? {} : { until: process.world.now() + seconds * 1000 }
  if (!agent.add({ blob: key.blob, comment, ...until })) {
    await say(process, `Could not add identity "${file}": agent refused operation`, 1)
    return false
  }
  if (options.has('q')) return true
  await say(process, `Identity added: ${file} (${comment})`, 0)
  if (seconds !== undefined) await say(process, `Lifetime set to ${seconds} seconds`, 0)
  if (options.has('c')) await say(process, 'The user must confirm each use of the key', 0)
  return true
}

/** `90`, `10m`, `1h30m`. */
function secondsOf(text: string): number {
  let seconds = 0
  for (const [, count, unit] of text.matchAll(/(\d{1,9})([smhdw]?)/gi)) seconds += Number(count) * (UNITS[(unit ?? '').toLowerCase()] ?? 1)
  return seconds
}

/** A key that others may read is not used (authfile.c, sshkey_perm_ok). */
async function readPrivate(process: Process, file: HostText): Promise<string | undefined> {
  try {
    const stat = process.files.stat(file)
    if (stat.uid === process.uid && (stat.mode & 0o077) !== 0) {
      const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0')
      await process.stderr.write(
        `${FRAME}\r\n@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\r\n${FRAME}\r\nPermissions ${mode} for '${file}' are too open.\r\n` +
          'It is required that your private key files are NOT accessible by others.\r\nThis private key will be ignored.\r\n',
      )
      return undefined
    }
    return stat.size > LARGEST_KEY_FILE ? '' : toText(process.files.read(file))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await say(process, `${file}: ${error.message}`, 1)
    return undefined
  }
}

/** Nobody's passphrase is right: an empty one ends it. */
async function askPassphrase(process: Process, file: HostText): Promise<boolean> {
  let prompt = `Enter passphrase for ${file}: `
  for (;;) {
    const word = await askPassword(process, prompt)
    if (!word) return false
    prompt = `Bad passphrase, try again for ${file}: `
  }
}

async function removeKey(process: Process, agent: SshAgent, file: HostText, options: Options): Promise<boolean> {
  const paths = [file, `${file}.pub`]
  const public_ = paths.toReversed().find((path) => process.files.may('r', path))
  const key = public_ === undefined ? undefined : readKey(toText(process.files.read(public_)))
  if (!key) {
    await process.stdout.write(`Bad key file ${file}: ${public_ === undefined ? 'No such file or directory' : 'invalid format'}\n`)
    return false
  }
  if (!agent.remove(key.blob)) {
    await say(process, `Could not remove identity "${file}": agent refused operation`, 1)
    return false
  }
  if (!options.has('q')) await say(process, `Identity removed: ${file} ${kindOf(key.blob).name} (${key.comment})`, 0)
  return true
}

async function setLock(process: Process, agent: SshAgent, locks: boolean): Promise<number> {
  const word = await askPassword(process, 'Enter lock password: ')
  if (locks && (await askPassword(process, 'Again: ')) !== word) return say(process, 'Passwords do not match.', 1)
  const isRefused = !word || (locks ? agent.lock !== undefined : agent.lock !== word)
  if (isRefused) return say(process, `Failed to ${locks ? 'lock' : 'unlock'} agent: agent refused operation`, 1)
  agent.lock = locks ? word : undefined
  return say(process, `Agent ${locks ? 'locked' : 'unlocked'}.`, 0)
}
