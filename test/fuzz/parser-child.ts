/** Parses what the fuzzer sends, in a process that the fuzzer can end when the parser does not come back. */
import { parseText } from '../../src/host/shell/grammar.ts'

export interface Parsing {
  ms: number
  fault?: { message: string; stack: string }
}

process.on('message', (text: string) => {
  const startedAt = performance.now()
  const answer: Parsing = { ms: 0 }
  try {
    parseText(text)
  } catch (error) {
    const { message, stack = '' } = error as Error
    answer.fault = { message, stack }
  }
  answer.ms = performance.now() - startedAt
  process.send?.(answer)
})
