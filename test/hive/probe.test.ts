import { createServer, type Server } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { certificateAt } from '../../src/hive/probe.ts'

/** @returns its address as a token has it */
async function serverThatSays(greeting: string | undefined): Promise<string> {
  const server: Server = createServer((socket) => {
    // Who has read enough resets the connection.
    socket.on('error', () => undefined)
    if (greeting === undefined) socket.destroy()
    else socket.end(greeting)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `nats://127.0.0.1:${(server.address() as { port: number }).port}`
}

it('says why a server cannot be the hive’s, before anything secret is said', async () => {
  const bad: [greeting: string | undefined, words: RegExp][] = [
    ['SSH-2.0-OpenSSH_9.2p1\r\n', /is something else than nats-server\n +cure: ask for a token/],
    ['INFO {"server_id":"x","tls_required":false}\r\n', /speaks no TLS\n +cure: run nats-server with the configuration/],
    [`INFO ${'x'.repeat(100_000)}`, /speaks no TLS/],
    ['INFO {"tls_required": true}\r\nno handshake follows', /cure:/],
    [undefined, /cure:/],
  ]
  for (const [greeting, words] of bad) {
    await expect(certificateAt(await serverThatSays(greeting), 'a'.repeat(64)), greeting?.slice(0, 40)).rejects.toThrow(words)
  }
})
