import type { HostProcess } from '../../host/contract.ts'
import type { TerminalRecord } from '../../host/terminal-record.ts'
import type { TelnetStream } from './stream.ts'

/** A client that has closed its side, as `printf … | nc` does, still gets what its lines give: until this long nothing has come. */
const LAST_WORDS_MS = 1500
const LAST_WORDS_AT_MOST_MS = 6000

export interface SessionSetup {
  stream: TelnetStream
  record: TerminalRecord
  spawn(): HostProcess
}

/** The shell on the terminal, until it exits or the client is gone. */
export async function runShell({ stream, spawn, record }: SessionSetup): Promise<void> {
  const process = spawn()
  stream.onWindow = (columns, rows) => {
    record.resize(columns, rows)
    process.resize(columns, rows)
  }
  let lastOutput = performance.now()
  const shown = (async () => {
    for await (const bytes of process.stdout) {
      lastOutput = performance.now()
      record.output(Buffer.from(bytes))
      await stream.write(Buffer.from(bytes))
    }
  })()
  try {
    await Promise.race([Promise.all([shown, process.exited]), typed(stream, process, record)])
    await Promise.race([process.exited, quiet(() => lastOutput)])
  } finally {
    process.hangup()
  }
  await shown
}

/** Carries keys to the terminal; ends when the client has closed its side. */
async function typed(stream: TelnetStream, process: HostProcess, record: TerminalRecord): Promise<void> {
  for (let keys = await stream.read(); keys; keys = await stream.read()) {
    record.input(keys)
    process.stdin.write(keys)
    await process.stdin.drained?.()
  }
}

async function quiet(lastOutput: () => number): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    const now = performance.now()
    const left = Math.min(Math.max(lastOutput(), startedAt) + LAST_WORDS_MS, startedAt + LAST_WORDS_AT_MOST_MS) - now
    if (left <= 0) return
    await new Promise((resolve) => setTimeout(resolve, left))
  }
}
