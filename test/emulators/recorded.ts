import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { expect } from 'vitest'
import { connect } from '../harness.ts'

/** One step of a conversation with a real server; `send: null` is its greeting, `tls` the change to TLS. */
export type Step = { send: string | null; reply: string; closed?: boolean } | { tls: true }

export interface Recording {
  /** What was recorded: product, version, how it was set up. */
  of: string
  dialogues: Step[][]
}

export function recording(file: URL): Recording {
  return JSON.parse(readFileSync(file, 'utf8')) as Recording
}

/** What of a dialogue its test is named after: the first commands. */
export const nameOf = (dialogue: readonly Step[]): string =>
  dialogue
    .flatMap((step) => ('send' in step && step.send ? [step.send.trim().split('\r\n')[0]] : []))
    .slice(0, 3)
    .join(' · ')

/** Holds a recorded conversation with what plays on `port`; every reply must be the recorded one, when both are masked. */
export async function holds(port: number, dialogue: readonly Step[], mask: (reply: string) => string, withinMs = 2500): Promise<void> {
  let socket: Socket = await connect(port)
  let got = ''
  let closed = false
  const listen = (): void => {
    socket.on('data', (chunk: Buffer) => {
      got += chunk.toString('latin1')
    })
    socket.on('close', () => {
      closed = true
    })
    socket.on('end', () => {
      closed = true
    })
    socket.on('error', () => undefined)
  }
  listen()
  const said: string[] = []
  try {
    for (const step of dialogue) {
      if ('tls' in step) {
        socket.removeAllListeners()
        const secure = tlsConnect({ socket, rejectUnauthorized: false })
        await new Promise((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject))
        socket = secure
        listen()
        continue
      }
      got = ''
      if (step.send) socket.write(Buffer.from(step.send, 'latin1'))
      said.push(step.send ?? '(greeting)')
      const wanted = mask(step.reply)
      const deadline = performance.now() + withinMs
      while ((mask(got) !== wanted || (step.closed && !closed)) && performance.now() < deadline) await new Promise((r) => setTimeout(r, 3))
      expect(mask(got), `answer to ${JSON.stringify(said.slice(-3))}`).toBe(wanted)
      if (step.closed) expect(closed, `connection after ${JSON.stringify(step.send)}`).toBe(true)
    }
  } finally {
    socket.destroy()
  }
}
