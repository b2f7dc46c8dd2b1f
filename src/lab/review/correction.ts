import type { z } from 'zod'
import { ServiceAnswer } from '../../emulators/tcp/ask-engine.ts'
import { ShellAnswer } from '../../host/ask.ts'
import { GeneratedPage } from '../../http/site/page.ts'
import type { Turn } from '../../store/transcript.ts'
import { LabProblem } from '../lab-problem.ts'

/** The form of an answer to each kind of question. */
const FORMS: Readonly<Record<string, z.ZodType>> = { shell: ShellAnswer, web: GeneratedPage, tcp: ServiceAnswer }

const LONGEST_EXAMPLE = 2_000

/**
 * A corrected answer in the form that its question needs.
 * @throws {LabProblem} when it does not fit, or the turn was no question
 */
export function checkedAnswer(turn: Turn, answer: unknown): { kind: string; key: string; answer: unknown } {
  const asked = turn.generation?.question
  if (!asked) throw new LabProblem("no model was asked for this turn, the host itself answered: change the persona's files instead")
  const form = FORMS[asked.kind]
  const verdict = form?.safeParse(answer)
  if (!verdict?.success) {
    const first = verdict?.error.issues[0]
    throw new LabProblem(
      `this is no answer to a ${asked.kind} question: ${first ? `${first.path.join('.')} ${first.message}` : 'unknown kind'}`,
    )
  }
  return { ...asked, answer: verdict.data }
}

/** A few-shot example as one line of a prompt text, both sides as JSON. */
export function exampleLine(input: string, answer: unknown): string {
  return `- ${quoted(input)} → ${quoted(answer)}`
}

/** A prompt text with one example more, in its list of examples or in a new one at its end. */
export function withExample(text: string, line: string): string {
  const lines = text.trimEnd().split('\n')
  const start = lines.findIndex((one) => /^#* ?examples:?$/i.test(one.trim()))
  if (start < 0) return `${lines.join('\n')}\n\nExamples\n${line}\n`
  const end = lines.findIndex((one, n) => n > start && !/^[-*] /.test(one))
  return `${lines.toSpliced(end < 0 ? lines.length : end, 0, line).join('\n')}\n`
}

/**
 * JSON cannot end its own quotes, and in backticks the guard takes it for no order of ours. Braces of an attacker must not
 * become variables of the prompt, nor `</` a mark of it.
 */
function quoted(value: unknown): string {
  const text = JSON.stringify(value).slice(0, LONGEST_EXAMPLE)
  return `\`${text.replaceAll('`', '\\u0060').replaceAll('</', '<\\/').replaceAll('{{', '{ {').replaceAll('}}', '} }')}\``
}
