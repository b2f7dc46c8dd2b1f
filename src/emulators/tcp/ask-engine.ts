import { z } from 'zod'
import { evidence, evidenceText } from '../../events/bytes.ts'
import type { Answer, Question } from '../../llm/question.ts'
import type { VisitContext } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import { fill } from './fill.ts'
import type { Past } from './history.ts'
import type { Service } from './service.ts'

/** The answer to a message, as the model gives it. */
export const ServiceAnswer = z.object({
  output: z
    .string()
    .max(16 * 1024)
    .describe('exactly what the service sends back, without the next prompt; empty when it sends nothing'),
})
type ServiceAnswer = z.infer<typeof ServiceAnswer>

export interface Asking {
  visit: Visit
  context: Pick<VisitContext<unknown, unknown>, 'persona' | 'identity' | 'state' | 'engine'>
  service: Service
  past: Past
  /** Whom the service takes the client for. */
  user: string | undefined
}

/** What the service would answer to a message, made by the model; `otherwise` while none is there. */
export function askEngine(message: Buffer, otherwise: string, asking: Asking): Promise<Answer<ServiceAnswer>> {
  return asking.context.engine.ask(questionOf(message, otherwise, asking))
}

function questionOf(message: Buffer, otherwise: string, { visit, context, service, past, user }: Asking): Question<ServiceAnswer> {
  const { persona } = context
  const input = evidenceText(evidence(message))
  const told = (lines: string[]): string => fill(lines.join('\n'), service.name, visit.source.ip, {}, context)
  return {
    kind: 'tcp',
    persona,
    schema: ServiceAnswer,
    instructions: told([
      `The system is a network service on port ${service.address} of the host ${persona.hostname}: ${titleOf(service)}.`,
      'The input is what a client has sent over its connection; bytes that are no text stand as \\xNN.',
      ...(service.linePrompt === '' ? [] : [`After each answer it prints ${JSON.stringify(service.linePrompt)} by itself.`]),
      service.plugin.prompt ?? '',
    ]),
    state: user === undefined ? '' : `Logged in as ${JSON.stringify(user.slice(0, 64))}.`,
    history: [...past.turns],
    input,
    key: [service.name, past.path, input].filter(Boolean).join(' '),
    share: 'persona',
    asker: { ip: visit.source.ip, session: visit.session },
    fallback: () => ({ output: otherwise }),
    signal: visit.signal,
  }
}

function titleOf({ description, serverName, serverVersion, name }: Service): string {
  return [description || name, serverVersion, serverName && `named ${serverName}`].filter(Boolean).join(', ')
}
