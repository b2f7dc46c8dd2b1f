import { once } from 'node:events'
import { createConnection } from 'node:net'
import { Client, type ClientChannel, type ConnectConfig, type SFTPWrapper } from 'ssh2'

/** A connected ssh2 client. */
export async function connectClient(port: number, config: Partial<ConnectConfig> = {}): Promise<Client> {
  const client = new Client()
  const ready = once(client, 'ready')
  // ssh2 writes a packet in three pieces, of which Nagle's algorithm would make 40 ms.
  const sock = createConnection({ host: '127.0.0.1', port, noDelay: true })
  client.connect({ sock, username: 'root', password: 'x', ...config })
  await ready
  // Whatever ends it later is the business of the test.
  client.on('error', () => undefined)
  return client
}

export interface Ran {
  stdout: string
  stderr: string
  code: number | null
  signal: string | undefined
}

/** Runs a command to its end. */
export function exec(client: Client, command: string, input?: Uint8Array | string): Promise<Ran> {
  // Listening from within the callback: a fast answer comes in the same packet as the start.
  return new Promise((resolve, reject) =>
    client.exec(command, (error, channel) => {
      if (error) reject(error)
      else finish(channel, input).then(resolve, reject)
    }),
  )
}

export async function finish(channel: ClientChannel, input?: Uint8Array | string): Promise<Ran> {
  const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  channel.on('data', (b: Buffer) => parts.stdout.push(b))
  channel.stderr.on('data', (b: Buffer) => parts.stderr.push(b))
  let code: number | null = null
  let signal: string | undefined
  channel.on('exit', (status: number | null, name?: string) => {
    code = status
    signal = name
  })
  const closed = once(channel, 'close')
  channel.end(input)
  await closed
  return { stdout: Buffer.concat(parts.stdout).toString(), stderr: Buffer.concat(parts.stderr).toString(), code, signal }
}

export function sftpOf(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp))))
}

/** Calls a method that takes a callback as its last argument. */
export function call<T = unknown>(start: (done: (error: Error | null | undefined, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value as T))))
}
