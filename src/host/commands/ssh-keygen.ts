import { generateKeyPair, type KeyObject } from 'node:crypto'
import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { fingerprint, type KeyType, kindOf, openSshKey, publicBlob, publicLine, randomArt, readKey } from '../keys/key-files.ts'
import { toText } from '../text.ts'
import { Failure, gnuCommand } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'

const TYPES: Record<string, { type: KeyType; file: string; shown: string }> = {
  rsa: { type: 'ssh-rsa', file: 'id_rsa', shown: 'rsa' },
  ecdsa: { type: 'ecdsa-sha2-nistp256', file: 'id_ecdsa', shown: 'ecdsa' },
  ed25519: { type: 'ssh-ed25519', file: 'id_ed25519', shown: 'ed25519' },
}
/** Making a key takes the square of its length; longer ones are made of this length. */
const MOST_BITS = 4096

export default gnuCommand({
  name: 'ssh-keygen',
  package: 'openssh-client',
  usage: '[-q] [-a rounds] [-b bits] [-C comment] [-f output_keyfile] [-m format] [-N new_passphrase] [-O option] [-t type]',
  applet: false,
  short: 'qlyvBApceHLa:b:C:f:F:R:m:N:O:t:P:E:I:s:',
  async run(process, options) {
    if (options.has('l')) return showFingerprint(process, options)
    if (options.has('y')) return showPublic(process, options)
    if (options.has('F') || options.has('R')) return searchKnownHosts(process, options)
    return makeKey(process, options)
  },
})

async function fileOf(process: Process, options: Options, usual: string): Promise<string> {
  const given = options.value('f')
  if (given !== undefined) return given
  const path = `${homeOf(process)}/.ssh/${usual}`
  await process.stdout.write(`Enter file in which ${options.has('l') || options.has('y') ? 'the key is' : 'to save the key'} (${path}): `)
  return (await process.stdin.line())?.trim() || path
}

function homeOf(process: Process): HostText {
  return process.env.get('HOME') ?? '/root'
}

async function readOrFail(process: Process, path: string): Promise<string> {
  try {
    if (process.files.stat(path).size > 64 * 1024) throw new Failure(`${path} is not a public key file.`, 255, true)
    return toText(process.files.read(path))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await process.stderr.write(`${process.argv[0]}: ${path}: ${error.message}\r\n`)
    throw new Failure('', 255, true)
  }
}

async function showFingerprint(process: Process, options: Options): Promise<number> {
  const path = await fileOf(process, options, 'id_rsa')
  const text = await present(process, path)
  if (text === undefined) return 255
  // The comment of a private key is in its encrypted part; ssh-keygen takes it from the .pub file beside it.
  const beside = process.files.may('r', `${path}.pub`) ? readKey(toText(process.files.read(`${path}.pub`))) : undefined
  const key = readKey(text)
  if (!key) {
    await process.stdout.write(`${path} is not a public key file.\n`)
    return 255
  }
  const { name, bits } = kindOf(key.blob)
  await process.stdout.write(`${bits} ${fingerprint(key.blob)} ${key.comment || beside?.comment || 'no comment'} (${name})\n`)
  if (options.has('v')) await process.stdout.write(randomArt(key.blob))
  return 0
}

async function present(process: Process, path: string): Promise<string | undefined> {
  try {
    return await readOrFail(process, path)
  } catch (error) {
    if (error instanceof Failure && error.message === '') return undefined
    throw error
  }
}

async function showPublic(process: Process, options: Options): Promise<number> {
  const path = await fileOf(process, options, 'id_rsa')
  const text = await present(process, path)
  if (text === undefined) return 255
  const key = text.includes('PRIVATE KEY') ? readKey(text) : undefined
  if (!key) {
    await process.stderr.write(`Load key "${path}": error in libcrypto\r\n`)
    return 255
  }
  const beside = process.files.may('r', `${path}.pub`) ? readKey(toText(process.files.read(`${path}.pub`))) : undefined
  const type = key.blob.toString('latin1', 4, 4 + key.blob.readUInt32BE(0))
  await process.stdout.write(`${type} ${key.blob.toString('base64')}${beside?.comment ? ` ${beside.comment}` : ''}\n`)
  return 0
}

async function searchKnownHosts(process: Process, options: Options): Promise<number> {
  const name = options.value('F') ?? options.value('R') ?? ''
  const path = options.value('f') ?? `${homeOf(process)}/.ssh/known_hosts`
  const text = process.files.may('r', path) ? toText(process.files.read(path)) : undefined
  if (text === undefined) {
    await process.stderr.write(
      `${options.has('R') ? 'Cannot stat' : 'do_known_hosts: hostkeys_foreach failed:'} ${options.has('R') ? `${path}: ` : ''}No such file or directory\r\n`,
    )
    return 255
  }
  const lines = text.split('\n')
  const found = lines.findIndex((line) => line.split(' ')[0]?.split(',').includes(name))
  if (options.has('F')) {
    if (found < 0) return 1
    await process.stdout.write(`# Host ${name} found: line ${found + 1}\n${lines[found]}\n`)
    return 0
  }
  if (found < 0) {
    await process.stdout.write(`Host ${name} not found in ${path}\n`)
    return 0
  }
  await process.stdout.write(`# Host ${name} found: line ${found + 1}\n${path} updated.\nOriginal contents retained as ${path}.old\n`)
  process.files.write(`${path}.old`, process.files.read(path), 0o600)
  process.files.write(path, Buffer.from(lines.filter((line) => !line.split(' ')[0]?.split(',').includes(name)).join('\n')))
  return 0
}

async function makeKey(process: Process, options: Options): Promise<number> {
  const kind = TYPES[options.value('t') ?? 'rsa']
  if (!kind) {
    await process.stderr.write(`unknown key type ${options.value('t')}\r\n`)
    return 255
  }
  const bits = Number(options.value('b') ?? 3072)
  if (kind.shown === 'rsa' && !(bits >= 1024 && bits <= 16384)) {
    await process.stderr.write(
      bits < 1024 ? 'Invalid RSA key length: minimum is 1024 bits\r\n' : 'Invalid RSA key length: maximum is 16384 bits\r\n',
    )
    return 255
  }
  const quiet = options.has('q')
  const say = async (text: string): Promise<void> => {
    if (!quiet) await process.stdout.write(text)
  }
  await say(`Generating public/private ${kind.shown} key pair.\n`)
  const path = await fileOf(process, options, kind.file)
  if (process.files.may('r', path)) {
    await process.stdout.write(`${path} already exists.\nOverwrite (y/n)? `)
    if (!/^y/i.test((await process.stdin.line()) ?? '')) return 1
  }
  const passphrase = options.value('N') ?? (await askPassphrase(process))
  if (passphrase === undefined) return 1
  const key = await generated(kind.type, Math.min(bits, MOST_BITS))
  const comment = options.value('C') ?? `${process.user}@${process.world.hostname}`
  const blob = publicBlob(kind.type, key)
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')))
  if (folder === `${homeOf(process)}/.ssh` && !process.files.may('x', folder)) {
    process.files.mkdir(folder, 0o700)
    await say(`Created directory '${folder}'.\n`)
  }
  try {
    process.files.write(path, Buffer.from(openSshKey(kind.type, key, comment)), 0o600)
    process.files.write(`${path}.pub`, Buffer.from(publicLine(kind.type, blob, comment)), 0o644)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await process.stderr.write(`Saving key "${path}" failed: ${error.message}\r\n`)
    return 1
  }
  await say(`Your identification has been saved in ${path}\nYour public key has been saved in ${path}.pub\n`)
  await say(`The key fingerprint is:\n${fingerprint(blob)} ${comment}\nThe key's randomart image is:\n${randomArt(blob)}`)
  return 0
}

async function askPassphrase(process: Process): Promise<string | undefined> {
  const asked: string[] = []
  for (const prompt of ['Enter passphrase (empty for no passphrase): ', 'Enter same passphrase again: ']) {
    await process.stderr.write(prompt)
    asked.push((await process.stdin.line()) ?? '')
    if (process.terminal) await process.stderr.write('\n')
  }
  if (asked[0] === asked[1]) return asked[0]
  await process.stdout.write('Passphrases do not match.  Try again.\n')
  return undefined
}

function generated(type: KeyType, bits: number): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, _public: KeyObject, key: KeyObject): void => (error ? reject(error) : resolve(key))
    if (type === 'ssh-rsa') generateKeyPair('rsa', { modulusLength: bits }, done)
    else if (type === 'ssh-ed25519') generateKeyPair('ed25519', {}, done)
    else generateKeyPair('ec', { namedCurve: 'prime256v1' }, done)
  })
}
