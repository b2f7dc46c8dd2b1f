import type { HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { fingerprint, readKey } from '../../keys/key-files.ts'
import { toText } from '../../text.ts'
import { connect, noteIndicator, REACH_TEXT, resolve } from './target.ts'

/** Result of dialling an SSH server: undefined when it may be talked to. */
export async function dialSsh(process: Process, host: HostText, port: number, how: string): Promise<'open' | 'failed'> {
  noteIndicator(process, 'host', port === 22 ? host : `${host}:${port}`, how)
  const found = await resolve(process, host)
  if ('failure' in found) {
    await process.stderr.write(
      `ssh: Could not resolve hostname ${host.toLowerCase()}: ${found.failure === 'unreachable' ? 'Temporary failure in name resolution' : 'Name or service not known'}\r\n`,
    )
    return 'failed'
  }
  const reach = await connect(process, found.address, port)
  if (reach.state !== 'open') {
    await process.stderr.write(`ssh: connect to host ${host} port ${port}: ${REACH_TEXT[reach.state]}\r\n`)
    return 'failed'
  }
  if (!reach.local) {
    await process.sleep(900)
    await process.stderr.write(
      `kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by ${found.address} port ${port}\r\n`,
    )
    return 'failed'
  }
  return 'open'
}

/** The question about a new host key, then its answer. */
export async function trustsKey(process: Process, host: HostText, options: readonly string[]): Promise<boolean> {
  if (options.some((option) => /StrictHostKeyChecking[= ]*(no|accept-new|off)/i.test(option))) {
    await process.stderr.write(`Warning: Permanently added '${host}' (ED25519) to the list of known hosts.\r\n`)
    return true
  }
  if (!process.stdin.isTerminal || options.some((option) => /BatchMode[= ]*yes/i.test(option))) {
    await process.stderr.write('Host key verification failed.\r\n')
    return false
  }
  const print = ownFingerprint(process)
  await process.stdout.write(
    `The authenticity of host '${host} (${host})' can't be established.\r\nED25519 key fingerprint is ${print}.\r\nThis key is not known by any other names.\r\nAre you sure you want to continue connecting (yes/no/[fingerprint])? `,
  )
  const answer = ((await process.stdin.line()) ?? '').trim()
  if (answer !== 'yes') {
    await process.stderr.write('Host key verification failed.\r\n')
    return false
  }
  await process.stderr.write(`Warning: Permanently added '${host}' (ED25519) to the list of known hosts.\r\n`)
  return true
}

/** Only our own host is ever reached: its key is the one in /etc/ssh. */
function ownFingerprint(process: Process): string {
  try {
    const key = readKey(toText(process.world.files.read('/etc/ssh/ssh_host_ed25519_key.pub')))
    if (key) return fingerprint(key.blob)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
  }
  return `SHA256:${process.world.identity.bytes('own-host-key', 32).toString('base64').replace(/=+$/, '')}`
}

/** Three tries at a password, none of which is right. */
export async function failsPassword(process: Process, user: HostText, host: HostText): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await process.stderr.write(`${user}@${host}'s password: `)
    process.terminal?.setMode('no-echo')
    const password = await process.stdin.line()
    process.terminal?.setMode('cooked')
    await process.stderr.write('\r\n')
    if (password === undefined) return
    await process.sleep(2100)
    if (i < 2) await process.stderr.write('Permission denied, please try again.\r\n')
  }
  await process.stderr.write(`${user}@${host}: Permission denied (publickey,password).\r\n`)
}
