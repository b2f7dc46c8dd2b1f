import type { ProcessOutput } from '../../../command.ts'
import { toBytes } from '../../../text.ts'
import { childEnvironment, startProgram } from '../children.ts'
import { PyFile } from '../file.ts'
import type { Machine } from '../machine.ts'
import { asInteger } from '../operators.ts'
import { isHostError, raisedFrom } from '../os-error.ts'
import { functions } from '../signature.ts'
import { bytes, T, tuple } from '../types.ts'
import { PyBytes, PyClass, PyDict, PyList, PyObject, PyTuple, type Value } from '../value.ts'

/** A child that subprocess has started. */
class Child extends PyObject {
  readonly stop = new AbortController()
  readonly output: Buffer[] = []
  readonly errors: Buffer[] = []
  ended!: Promise<number>
  status: number | undefined
}

const CHILD = new PyClass('Child', [T.object], new Map(), true, T.type)

/** Where a stream of a child goes: `pipe`, `null`, a descriptor, or as the parent's. */
function target(m: Machine, given: Value, parts: Buffer[]): ProcessOutput | undefined {
  if (given === null) return undefined
  if (given === 'pipe')
    return {
      isTerminal: false,
      write: async (data) => {
        const part = Buffer.from(data as Uint8Array)
        m.allocate(part.length)
        parts.push(part)
      },
    }
  if (given === 'null') return { isTerminal: false, write: async () => undefined }
  if (given instanceof PyFile)
    return { isTerminal: false, write: async (data) => given.write(data as Uint8Array).then(() => given.flush()) }
  const fd = asInteger(given)
  const file = fd === undefined ? undefined : m.process.descriptors.get(Number(fd))
  return (
    file && {
      isTerminal: file.isTerminal,
      write: async (data) => file.write(typeof data === 'string' ? toBytes(data) : data, m.process.block),
    }
  )
}

/** Starts a program: words, what it reads, where its streams go, its directory and environment. */
async function start(m: Machine, args: Value, input: Value, stdout: Value, stderr: Value, cwd: Value, env: Value): Promise<Value> {
  const child = new Child(CHILD)
  const words = args instanceof PyList || args instanceof PyTuple ? args.items.map(String) : [String(args)]
  const output = target(m, stdout, child.output)
  const errors = stderr === 'stdout' ? (output ?? target(m, 1n, [])) : target(m, stderr, child.errors)
  try {
    const { ended } = startProgram(m, words, {
      ...(input instanceof PyBytes && { stdin: input.data }),
      ...(output && { stdout: output }),
      ...(errors && { stderr: errors }),
      ...(typeof cwd === 'string' && { cwd }),
      ...(env instanceof PyDict && { env: childEnvironment(env) }),
      signal: child.stop.signal,
    })
    child.ended = ended.then((status) => (child.status = status))
    child.ended.catch(() => (child.status = 127))
  } catch (error) {
    if (isHostError(error)) throw raisedFrom(error, error.code === 'ENOTDIR' && typeof cwd === 'string' ? cwd : (words[0] ?? ''))
    throw error
  }
  return child
}

/** Waits so long in seconds, or for ever; gives whether it has ended. */
async function wait(m: Machine, child: Child, seconds: Value): Promise<Value> {
  if (child.status !== undefined) return true
  if (seconds === null) {
    m.process.signal.throwIfAborted()
    await m.process.block<void>((done) => {
      void child.ended.then(
        () => done(),
        () => done(),
      )
      return () => undefined
    })
    return true
  }
  await Promise.race([child.ended.catch(() => 127), m.process.sleep(Math.min(Number(seconds), 86_400) * 1000)])
  return child.status !== undefined
}

export function* childModule(): Iterable<readonly [string, Value]> {
  yield* functions({
    start: ['args, input, stdout, stderr, cwd, env', start],
    wait: ['child, timeout', wait],
    status: [
      'child',
      (_m, child: Child) =>
        child.status === undefined ? null : BigInt(child.status > 128 && child.status < 160 ? 128 - child.status : child.status),
    ],
    output: [
      'child',
      (_m, child: Child) => tuple(bytes(Buffer.concat(child.output.splice(0))), bytes(Buffer.concat(child.errors.splice(0)))),
    ],
    stop: [
      'child',
      (_m, child: Child) => {
        child.stop.abort()
        return null
      },
    ],
    pid: ['child', (m) => BigInt(m.process.kernel.table.lastPid)],
    no_interrupts: [
      'change',
      (m, change: bigint) => {
        m.ignoresInterrupts += Number(change)
        return null
      },
    ],
  })
}
