import type { ProcessOutput } from '../command.ts'
import { attempt, complainOf, gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'tee',
  usage: '[OPTION]... [FILE]...',
  about: 'Copy standard input to each FILE, and also to standard output.',
  authors: 'Mike Parker, Richard M. Stallman, and David MacKenzie',
  short: 'aip',
  long: { append: 'a', 'ignore-interrupts': 'i', 'output-error': 'output-error?' },
  async run(process, options) {
    const outputs: ProcessOutput[] = [process.stdout]
    let status = 0
    for (const name of options.operands) {
      const fine = await attempt(
        () => void outputs.push(process.openOutput(name, options.has('a') ? 'append' : 'truncate')),
        (error) => complainOf(process, name, error),
      )
      if (!fine) status = 1
    }
    if (options.has('i')) process.onSignal('INT', () => undefined)
    for (let chunk = await process.stdin.read(); chunk !== undefined; chunk = await process.stdin.read()) {
      for (const output of outputs) await output.write(chunk)
    }
    return status
  },
})
