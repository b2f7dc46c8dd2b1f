import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { EventBus } from '../../src/events/bus.ts'

/** What outputs stand on that bring nothing back. */
export const withoutWayBack = {
  artifacts: {
    get: () => undefined,
    put(): never {
      throw new Error('nothing is kept here')
    },
  },
  bus: new EventBus('test'),
}

export interface Received {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

/** What the server does with a request: an answer, or one of the ways in which servers fail. */
export type Behaviour = { status: number; body?: string; headers?: Record<string, string> } | 'reset' | 'slow'

/** An HTTP receiver that does with its n-th request what `script` says; the last entry holds for all that follow. */
export async function fakeHttp(...script: Behaviour[]): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const behaviour = script[Math.min(received.length, script.length - 1)] ?? { status: 200 }
      received.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      })
      if (behaviour === 'reset') request.socket.resetAndDestroy()
      else if (behaviour !== 'slow') response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body ?? '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

/** A TCP receiver; `onConnection` plays the protocol. */
export async function fakeTcp(onConnection: (socket: Socket) => void): Promise<{ port: number; connections: number }> {
  const state = { port: 0, connections: 0 }
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    state.connections++
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  state.port = (server.address() as AddressInfo).port
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return state
}
