import type { HostText, Process, ProcessInput } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { isBusyBox } from '../busybox/flavour.ts'
import { complain } from './command.ts'
import { quotedIfNeeded } from './quote.ts'

/**
 * Opens each operand in turn (`-` and no operand = standard input), hands it on and complains of those that cannot be read.
 * @param unopened what GNU says of a file that cannot be used
 * @returns whether all could be read
 */
export async function eachInput(
  process: Process,
  operands: readonly HostText[],
  use: (input: ProcessInput, name: HostText) => Promise<void>,
  unopened: (name: HostText, error: HostError) => string = (name, error) => `${quotedIfNeeded(name)}: ${error.message}`,
): Promise<boolean> {
  let fine = true
  for (const name of operands.length ? operands : ['-']) {
    try {
      await use(name === '-' ? process.stdin : process.openInput(name), name)
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      fine = false
      if (isBusyBox(process) && error.code !== 'EISDIR') await complain(process, `can't open '${name}': ${error.message}`)
      else await complain(process, unopened(name, error))
    }
  }
  return fine
}
