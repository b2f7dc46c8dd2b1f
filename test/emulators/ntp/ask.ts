import { createSocket } from 'node:dgram'

/** Sends one datagram and gives what comes back: as many as are expected, or what comes within `quietMs`. */
export async function ask(
  port: number,
  request: Uint8Array,
  { address = '127.0.0.1', expected = 1, quietMs }: { address?: string; expected?: number; quietMs?: number } = {},
): Promise<Buffer[]> {
  const socket = createSocket('udp4')
  const answers: Buffer[] = []
  await new Promise<void>((resolve) => socket.bind(0, address, resolve))
  const enough = new Promise<void>((resolve) => {
    socket.on('message', (bytes) => {
      answers.push(bytes)
      if (answers.length >= expected) resolve()
    })
  })
  socket.send(request, port, '127.0.0.1')
  await Promise.race([enough, new Promise((resolve) => setTimeout(resolve, quietMs ?? (expected > 0 ? 700 : 100)))])
  socket.close()
  return answers
}
