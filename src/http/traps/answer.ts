import { randomInt } from 'node:crypto'
import type { HeaderLine } from '../headers.ts'
import type { WebResponse } from '../response.ts'
import { type Answer, Answer as AnswerSchema, type Product } from './schema.ts'
import { renderTemplate, type TemplateContext } from './template.ts'

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=UTF-8',
  json: 'application/json',
  xml: 'text/xml; charset=UTF-8',
  text: 'text/plain; charset=UTF-8',
  js: 'application/javascript',
  css: 'text/css',
  binary: 'application/octet-stream',
}

/** Makes the response that a trap or page describes. @throws NothingThere */
export async function respond(given: string | Answer, product: Product, context: TemplateContext): Promise<WebResponse> {
  const answer = typeof given === 'string' ? AnswerSchema.parse({ body: given }) : given
  const body = answer.base64 === undefined ? await renderTemplate(answer.body, context) : Buffer.from(answer.base64, 'base64')
  const lines = [...Object.entries(product.headers), ...Object.entries(answer.headers)]
  const own = new Set(Object.keys(answer.headers).map((name) => name.toLowerCase()))
  const headers: HeaderLine[] = own.has('content-type') ? [] : [['Content-Type', typeOf(answer.type, product)]]
  for (const [index, [name, value]] of lines.entries()) {
    const isOverridden = index < Object.keys(product.headers).length && own.has(name.toLowerCase())
    if (isOverridden) continue
    for (const template of [value].flat()) headers.push([name, oneLine(await renderTemplate(template, context))])
  }
  if (answer.delay !== undefined) await context.fields.request.visit.pause(delayOf(answer.delay))
  return {
    status: answer.status,
    ...(answer.reason === undefined ? {} : { reason: answer.reason }),
    headers,
    body,
    dynamic: true,
    ...(answer.close ? { close: true } : {}),
  }
}

/** Tomcat leaves the blank before the charset out. */
function typeOf(name: string, { server }: Product): string {
  const type = TYPES[name] ?? name
  return server.kind === 'tomcat' ? type.replace('; charset', ';charset') : type
}

function delayOf(delay: NonNullable<Answer['delay']>): number {
  return typeof delay === 'number' ? delay : randomInt(delay[0], Math.max(delay[0], delay[1]) + 1)
}

/** A header line cannot be left through a value: what an attacker sent has no line ends here. */
function oneLine(value: Buffer): string {
  return value
    .toString('latin1')
    .replace(/[\r\n\0]+/g, ' ')
    .trim()
    .slice(0, 8_000)
}
