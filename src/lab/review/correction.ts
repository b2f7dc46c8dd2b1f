import type { z } from 'zod'
import { ServiceAnswer } from '../../emulators/tcp/ask-engine.ts'
import { ShellAnswer } from '../../host/ask.ts'
import { GeneratedPage } from '../../http/site/page.ts'
import { exampleText } from '../../llm/prompt.ts'
import type { Turn } from '../../store/transcript.ts'
import { LabProblem } from '../lab-problem.ts'

/** The form of an answer to each kind of question. */
const FORMS: Readonly<Record<string, z.ZodType>> = { shell: ShellAnswer, web: GeneratedPage, tcp: ServiceAnswer }

/** Characters: a prompt has little room, and an attacker should not fill it. */
const LONGEST_EXAMPLE = 4_000

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

/** A few-shot example in the form of a question and its answer, without an empty line. Braces of an attacker must not become variables. */
export function exampleOf(input: string, answer: unknown): string {
  const text = exampleText(input, answer)
  if (text.length > LONGEST_EXAMPLE)
    throw new LabProblem(`the example would have ${text.length} characters, ${LONGEST_EXAMPLE} are allowed`)
  return text.replaceAll('{{', '{ {').replaceAll('}}', '} }')
}

/** A prompt text with one example more. What changes with time stays last, so that a model server keeps all before it. */
export function withExample(text: string, example: string): string {
  const paragraphs = text.trimEnd().split('\n\n')
  const changing = paragraphs.at(-1)?.includes('{{time}}') ? paragraphs.splice(-1) : []
  const list = /^#* ?examples:?$/im.test(text) ? [] : ['Examples']
  const last = paragraphs.at(-1) ?? ''
  // Examples stand in one paragraph: the end of an answer is followed by the next question.
  const isExample = last.includes('\n</input>\n')
  const told = isExample ? [...paragraphs.slice(0, -1), `${last}\n${example}`] : [...paragraphs, ...list, example]
  return `${[...told, ...changing].join('\n\n')}\n`
}
