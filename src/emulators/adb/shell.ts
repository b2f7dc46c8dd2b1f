import type { HostProcess } from '../../host/contract.ts'
import type { TerminalRecord } from '../../host/terminal-record.ts'
import { AdbError } from './codec.ts'
import { type AdbStream, StreamClosed } from './stream.ts'

/** Frames of `shell,v2` (shell_protocol.h): id, length in four bytes, data. */
export const FRAME = { stdin: 0, stdout: 1, stderr: 2, exit: 3, closeStdin: 4, windowSize: 5 } as const
const FRAME_HEAD = 5
const LARGEST_FRAME = 1024 * 1024

export function frame(id: number, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(FRAME_HEAD + data.length)
  bytes.writeUInt8(id, 0)
  bytes.writeUInt32LE(data.length, 1)
  bytes.set(data, FRAME_HEAD)
  return bytes
}

/** `24x80,640x480`: rows, columns, and pixels, which nobody needs. */
export function parseWindowSize(text: string): { rows: number; columns: number } | undefined {
  const [, rows, columns] = /^(\d{1,5})x(\d{1,5})(,|$)/.exec(text) ?? []
  return rows === undefined ? undefined : { rows: Math.min(Number(rows), 1000), columns: Math.min(Number(columns), 1000) }
}

/** Carries a process over a stream in frames, with its exit code at the end. */
export async function runFramed(stream: AdbStream, process: HostProcess, record: TerminalRecord | undefined): Promise<void> {
  await run(stream, process, {
    output: (id, bytes) => {
      if (id === FRAME.stdout) record?.output(Buffer.from(bytes))
      return stream.write(frame(id, bytes))
    },
    input: () => framedInput(stream, process, record),
    ended: (code) => stream.write(frame(FRAME.exit, Buffer.of(code & 0xff))),
  })
}

/** Carries a process over a stream as it is: output and errors in one, the exit code nowhere. */
export async function runPlain(stream: AdbStream, process: HostProcess, record: TerminalRecord | undefined): Promise<void> {
  await run(stream, process, {
    output: (_, bytes) => {
      record?.output(Buffer.from(bytes))
      return stream.write(bytes)
    },
    input: async () => {
      for (let bytes = await stream.read(); bytes; bytes = await stream.read()) {
        record?.input(bytes)
        process.stdin.write(bytes)
        await process.stdin.drained?.()
      }
    },
    ended: async () => undefined,
  })
}

interface Carriage {
  output(id: number, bytes: Uint8Array): Promise<void>
  input(): Promise<void>
  ended(code: number): Promise<void>
}

async function run(stream: AdbStream, process: HostProcess, carriage: Carriage): Promise<void> {
  stream.onClose = () => process.hangup()
  const pump = async (id: number, source: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const bytes of source) await carriage.output(id, bytes)
  }
  const broken = new Promise<never>((_, reject) => {
    carriage.input().catch((error: unknown) => {
      if (!(error instanceof StreamClosed)) reject(error)
    })
  })
  try {
    await Promise.race([Promise.all([pump(FRAME.stdout, process.stdout), pump(FRAME.stderr, process.stderr)]), broken])
    const { code } = await process.exited
    await carriage.ended(code)
  } finally {
    process.hangup()
  }
}

async function framedInput(stream: AdbStream, process: HostProcess, record: TerminalRecord | undefined): Promise<void> {
  for (;;) {
    const head = await stream.exactly(FRAME_HEAD)
    const length = head.readUInt32LE(1)
    if (length > LARGEST_FRAME) throw new AdbError(`a shell frame of ${length} bytes`)
    const data = await stream.exactly(length)
    switch (head.readUInt8(0)) {
      case FRAME.stdin:
        record?.input(data)
        process.stdin.write(data)
        await process.stdin.drained?.()
        break
      case FRAME.closeStdin:
        process.stdin.end()
        break
      case FRAME.windowSize: {
        const size = parseWindowSize(data.toString('latin1'))
        if (!size) break
        record?.resize(size.columns, size.rows)
        process.resize(size.columns, size.rows)
        break
      }
    }
  }
}
