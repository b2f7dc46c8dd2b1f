import { createHash, createHmac, getHashes, randomBytes } from 'node:crypto'
import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { hashPassword } from '../crypt.ts'
import { toText } from '../text.ts'
import { installedVersion } from '../world/packages.ts'
import { gnuCommand } from './gnu/command.ts'
import { askEngine } from './gnu/help.ts'
import { connect, noteIndicator, REACH_TEXT, resolve } from './net/target.ts'
import { CipherFault, cipherOf, transform } from './openssl/cipher.ts'

const DIGESTS: Record<string, string> = {
  md5: 'MD5',
  sha1: 'SHA1',
  sha224: 'SHA2-224',
  sha256: 'SHA2-256',
  sha384: 'SHA2-384',
  sha512: 'SHA2-512',
  sha512_256: 'SHA2-512/256',
  rmd160: 'RIPEMD160',
}
const MOST_RANDOM = 16 * 1024 * 1024
const BASE64_COLUMNS = 64

export default gnuCommand({
  name: 'openssl',
  package: 'openssl',
  usage: 'command [options]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const [command, ...words] = process.argv.slice(1)
    switch (command) {
      case 'version':
        return version(process, words)
      case 'passwd':
        return passwd(process, words)
      case 'rand':
        return rand(process, words)
      case 'base64':
        return base64(process, words)
      case 'enc':
        return encrypt(process, words)
      case 'dgst':
        return digest(process, 'sha256', words)
      case 's_client':
        return client(process, words)
      case undefined:
      case 'help':
        await process.stderr.write(
          'help:\n\nStandard commands\nasn1parse         ca                ciphers           cms               \ndgst              enc               pkcs12            rand              \nreq               rsa               s_client          x509              \n\n',
        )
        return 0
      default:
        if (Object.hasOwn(DIGESTS, command)) return digest(process, command, words)
        if (cipherOf([`-${command}`])) return encrypt(process, [`-${command}`, ...words])
        return other(process)
    }
  },
})

async function other(process: Process): Promise<number> {
  const answer = askEngine(process)
  if (answer) return answer
  await process.stderr.write(`Invalid command '${process.argv[1]}'; type "help" for a list.\n`)
  return 1
}

async function version(process: Process, words: readonly string[]): Promise<number> {
  const upstream = (installedVersion(process.world, 'openssl') ?? '3.0.17-1').replace(/^\d+:/, '').replace(/-.*$/, '')
  const line = `OpenSSL ${upstream} 1 Jul 2025 (Library: OpenSSL ${upstream} 1 Jul 2025)`
  await process.stdout.write(
    words.includes('-a')
      ? `${line}\nbuilt on: Thu Jul  3 17:21:58 2025 UTC\nplatform: debian-amd64\nOPENSSLDIR: "/usr/lib/ssl"\nENGINESDIR: "/usr/lib/x86_64-linux-gnu/engines-3"\n`
      : `${line}\n`,
  )
  return 0
}

async function passwd(process: Process, words: readonly string[]): Promise<number> {
  const at = words.indexOf('-salt')
  const salt = at < 0 ? undefined : words[at + 1]
  const scheme = words.includes('-6') ? 'sha512' : 'md5'
  const secrets = words.filter((word, i) => !word.startsWith('-') && !(at >= 0 && i === at + 1))
  if (words.includes('-stdin'))
    secrets.push(
      ...toText(Buffer.from(await process.stdin.all()))
        .split('\n')
        .filter(Boolean),
    )
  if (secrets.length === 0) {
    await process.stderr.write('Password: ')
    process.terminal?.setMode('no-echo')
    const line = (await process.stdin.line()) ?? ''
    process.terminal?.setMode('cooked')
    await process.stderr.write('\n')
    secrets.push(line.replace(/\n$/, ''))
  }
  for (const secret of secrets.slice(0, 100)) await process.stdout.write(`${hashPassword(process.world.identity, secret, scheme, salt)}\n`)
  return 0
}

async function rand(process: Process, words: readonly string[]): Promise<number> {
  const count = Number(words.find((word) => /^\d+$/.test(word)))
  if (!Number.isInteger(count) || count <= 0 || count > MOST_RANDOM) {
    await process.stderr.write('rand: Use -help for summary.\n')
    return 1
  }
  const bytes = randomBytes(count)
  const output = optionValue(words, '-out')
  const data = words.includes('-hex') ? `${bytes.toString('hex')}\n` : words.includes('-base64') ? lines64(bytes) : bytes
  if (output !== undefined) process.files.write(output, Buffer.from(data))
  else await process.stdout.write(data)
  return 0
}

async function base64(process: Process, words: readonly string[]): Promise<number> {
  const input = await bytesOf(process, optionValue(words, '-in'))
  if (!input) return 1
  const one = words.includes('-A')
  const data = words.includes('-d')
    ? Buffer.from(input.toString('latin1'), 'base64')
    : Buffer.from(one ? input.toString('base64') : lines64(input))
  const output = optionValue(words, '-out')
  if (output !== undefined) process.files.write(output, data)
  else await process.stdout.write(data)
  return 0
}

async function encrypt(process: Process, words: readonly string[]): Promise<number> {
  const cipher = cipherOf(words)
  const isArmoured = words.some((word) => word === '-base64' || word === '-a')
  if (!cipher) {
    if (isArmoured) return base64(process, words)
    const wrong = words.find((word) => /^-[a-z]/.test(word) && !['-d', '-e', '-p', '-salt', '-in', '-out', '-k'].includes(word))
    if (wrong === undefined) return other(process)
    await process.stderr.write(`enc: Unknown cipher: ${wrong.slice(1)}\nenc: Use -help for summary.\n`)
    return 1
  }
  const given = passphrase(process, optionValue(words, '-pass') ?? '') ?? optionValue(words, '-k')
  const isKeyed = words.includes('-K')
  if (given === undefined && !isKeyed && !process.terminal) {
    await process.stderr.write(`enter ${cipher.name} ${words.includes('-d') ? 'de' : 'en'}cryption password:bad password read\n`)
    return 1
  }
  const secret =
    given ?? (isKeyed ? '' : await ask(process, `enter ${cipher.name} ${words.includes('-d') ? 'de' : 'en'}cryption password:`))
  const input = await bytesOf(process, optionValue(words, '-in'))
  if (!input) return 1
  const isDecryption = words.includes('-d')
  const isOld = !words.some((word) => word === '-pbkdf2' || word === '-iter') && !isKeyed
  if (isOld) await process.stderr.write('*** WARNING : deprecated key derivation used.\nUsing -iter or -pbkdf2 would be better.\n')
  await process.spend(Math.min(200_000, Number(optionValue(words, '-iter') ?? 10_000)) + (input.length >> 4))
  try {
    const made = transform(isDecryption && isArmoured ? Buffer.from(input.toString('latin1'), 'base64') : input, cipher, {
      secret,
      isDecryption,
      isSalted: !words.includes('-nosalt'),
      iterations: isOld ? undefined : Math.min(200_000, Number(optionValue(words, '-iter') ?? 10_000) || 10_000),
      digest: optionValue(words, '-md') ?? 'sha256',
      salt: optionValue(words, '-S'),
      key: optionValue(words, '-K'),
      iv: optionValue(words, '-iv'),
    })
    const data = isArmoured && !isDecryption ? Buffer.from(words.includes('-A') ? made.toString('base64') : lines64(made)) : made
    const output = optionValue(words, '-out')
    if (output !== undefined) process.files.write(output, data)
    else await process.stdout.write(data)
    return 0
  } catch (error) {
    if (!(error instanceof CipherFault)) throw error
    await process.stderr.write(`${error.message}\n`)
    return 1
  }
}

/** `pass:TEXT`, `env:NAME`, `file:PATH`, or `stdin` whose first line it is. */
function passphrase(process: Process, source: string): string | undefined {
  const [, kind, rest = ''] = /^(pass|env|file):([\s\S]*)$/.exec(source) ?? []
  if (kind === 'pass') return rest
  if (kind === 'env') return process.env.get(rest)
  return kind === 'file' ? toText(process.files.read(rest)).split('\n')[0] : undefined
}

async function ask(process: Process, prompt: string): Promise<string> {
  await process.stderr.write(prompt)
  process.terminal?.setMode('no-echo')
  const line = (await process.stdin.line()) ?? ''
  process.terminal?.setMode('cooked')
  await process.stderr.write('\n')
  return line.replace(/\n$/, '')
}

async function digest(process: Process, usual: string, words: readonly string[]): Promise<number> {
  const chosen = words.find((word) => Object.hasOwn(DIGESTS, word.slice(1)))?.slice(1) ?? usual
  const algorithm = chosen.replace('_', '-')
  if (!getHashes().some((name) => name.toLowerCase() === algorithm)) return other(process)
  const key = optionValue(words, '-hmac')
  const files = words.filter((word, i) => !word.startsWith('-') && !['-hmac', '-out', '-in'].includes(words[i - 1] ?? ''))
  let status = 0
  for (const file of files.length ? files : [undefined]) {
    const bytes = await bytesOf(process, file)
    if (!bytes) {
      status = 1
      continue
    }
    const made = (key === undefined ? createHash(algorithm) : createHmac(algorithm, key)).update(bytes).digest()
    const name = key === undefined ? DIGESTS[chosen] : `HMAC-${DIGESTS[chosen]}`
    if (words.includes('-binary')) await process.stdout.write(made)
    else if (words.includes('-r')) await process.stdout.write(`${made.toString('hex')} *${file ?? 'stdin'}\n`)
    else await process.stdout.write(`${name}(${file ?? 'stdin'})= ${made.toString('hex')}\n`)
  }
  return status
}

async function client(process: Process, words: readonly string[]): Promise<number> {
  const [host = 'localhost', port = '443'] = (optionValue(words, '-connect') ?? words.find((word) => !word.startsWith('-')) ?? '').split(
    ':',
  )
  noteIndicator(process, 'host', `${host}:${port}`, 'openssl s_client')
  const found = await resolve(process, host)
  if (!('address' in found)) {
    await process.stderr.write(
      `40A7F1E27F7F0000:error:10080002:BIO routines:BIO_lookup_ex:system lib:../crypto/bio/bio_addr.c:738:Temporary failure in name resolution\nconnect:errno=0\n`,
    )
    return 1
  }
  const reach = await connect(process, found.address, Number(port) || 443)
  if (reach.state !== 'open') {
    const errno = { refused: 111, unreachable: 113, timeout: 110 }[reach.state]
    await process.stderr.write(
      `40A7F1E27F7F0000:error:8000006F:system library:BIO_connect:${REACH_TEXT[reach.state]}:../crypto/bio/bio_sock2.c:114:calling connect()\nconnect:errno=${errno}\n`,
    )
    return 1
  }
  await process.stdout.write(
    'CONNECTED(00000003)\nwrite:errno=104\n---\nno peer certificate available\n---\nNo client certificate CA names sent\n---\nSSL handshake has read 0 bytes and written 293 bytes\nVerification: OK\n---\n',
  )
  return 1
}

function optionValue(words: readonly string[], name: string): string | undefined {
  const at = words.indexOf(name)
  return at < 0 ? undefined : words[at + 1]
}

async function bytesOf(process: Process, file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return Buffer.from(await process.stdin.all())
  try {
    return process.files.read(file)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await process.stderr.write(`Can't open "${file}" for reading, ${error.message}\n`)
    return undefined
  }
}

function lines64(bytes: Buffer): string {
  return bytes.toString('base64').replace(new RegExp(`.{1,${BASE64_COLUMNS}}`, 'g'), '$&\n')
}
