import { evidence } from '../../../events/bytes.ts'
import type { HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { toBytes } from '../../text.ts'
import { askEngine } from '../gnu/help.ts'
import { noteIndicator } from '../net/target.ts'
import { type Dialect, evaluateList, NotSimple, type Scalar } from './expression.ts'

export interface Language extends Dialect {
  name: string
  /** Statement separators. */
  split: RegExp
  /** Text between the words of a print statement and at its end. */
  printGlue: string
  printEnd: string
  /** The print statement: its argument text in group 1, or 2 without parentheses. */
  print: RegExp
}

/** Calls of a shell in every scripting language that attackers use: `os.system("…")`, `exec "/bin/sh"`, `pty.spawn(…)`. */
const SHELL_CALL =
  /\b(?:os\.system|os\.popen|subprocess\.(?:call|run|Popen|check_output|getoutput)|pty\.spawn|os\.exec[lv]p?e?|system|exec|passthru|shell_exec|popen)\s*\(?\s*\[?\s*(?:b|r)?(["'])((?:\\.|(?!\1).){1,4000})\1/

/**
 * Runs a short program as far as that is plain: prints of literals and arithmetic, and calls of a shell. The rest is the
 * engine's; without one it runs silently.
 */
export async function runOneLiner(process: Process, code: HostText, language: Language): Promise<number> {
  process.recorder.capture(toBytes(code), { how: `${language.name} program`, name: evidence(language.name) })
  for (const [url] of code.matchAll(/\b(?:https?|ftp):\/\/[^\s"'`<>\\)]{1,2000}/g)) noteIndicator(process, 'url', url, language.name)
  for (const found of code.matchAll(/\(\s*["']((?:\d{1,3}\.){3}\d{1,3}|[\w.-]{1,200}\.[a-z]{2,20})["']\s*,\s*(\d{2,5})\s*\)/g))
    noteIndicator(process, 'host', `${found[1]}:${found[2]}`, `${language.name} socket`)
  const output = printed(code, language)
  if (output !== undefined) {
    await process.stdout.write(output)
    return 0
  }
  const call = SHELL_CALL.exec(code)
  if (call) return runShell(process, call[2] as string)
  return askEngine(process) ?? 0
}

async function runShell(process: Process, text: string): Promise<number> {
  const command = text.replace(/\\(["'\\])/g, '$1')
  try {
    if (/^\S*\/?(ba|da|a|z)?sh$/.test(command)) return await process.run([command], { stdin: 'inherit' })
    return await process.run(['sh', '-c', command], { stdin: 'inherit' })
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
    return 1
  }
}

/** All that a program of prints alone writes; undefined when it does more. */
function printed(code: string, language: Language): string | undefined {
  let text = ''
  for (const statement of code
    .split(language.split)
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^(import|use|from)\b/.test(part))) {
    const found = language.print.exec(statement)
    if (!found) return undefined
    let values: Scalar[]
    try {
      values = evaluateList(found[1] ?? found[2] ?? '', language)
    } catch (error) {
      if (error instanceof NotSimple) return undefined
      throw error
    }
    text += values.map((value) => language.show(value)).join(language.printGlue) + language.printEnd
  }
  return text === '' ? undefined : text
}
