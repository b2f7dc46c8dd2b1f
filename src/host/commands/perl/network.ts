import { connect, noteIndicator, REACH_TEXT, resolve } from '../net/target.ts'
import type { Machine } from './machine.ts'
import { Unsupported } from './syntax.ts'
import type { Value } from './value.ts'

/** A connection that a program asks for: it is written down, and fails as the machine's network does. */
export async function connectTo(machine: Machine, host: string, port: number): Promise<Value> {
  noteIndicator(machine.process, 'host', `${host}:${port}`, 'perl socket')
  machine.hasActed = true
  await machine.flush()
  const found = await resolve(machine.process, host)
  if (!('address' in found)) {
    machine.setScalar('!', 'Invalid argument')
    return ''
  }
  const reach = await connect(machine.process, found.address, port)
  if (reach.state === 'open') throw new Unsupported('a connection')
  machine.setScalar('!', REACH_TEXT[reach.state])
  return ''
}
