import { createSocket } from 'node:dgram'

/** Sends one datagram and gives what comes back: as many as are expected, or what comes within a short while when none is. */
export async function ask(port: number, request: Uint8Array, { address = '127.0.0.1', expected = 1 } = {}): Promise<Buffer[]> {
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
  await Promise.race([enough, new Promise((resolve) => setTimeout(resolve, expected > 0 ? 5000 : 100))])
  socket.close()
  return answers
}
