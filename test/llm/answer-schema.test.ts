import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readAnswer, wireSchema } from '../../src/llm/answer-schema.ts'
import { ShellAnswer, WebAnswer } from './setup.ts'

function stdout(text: string, structured: 'json_schema' | 'none' = 'json_schema'): string | undefined {
  const reading = readAnswer(text, ShellAnswer, structured)
  return reading.ok ? reading.value.stdout : undefined
}

describe('the schema on the wire', () => {
  it('is shape and small bounds only: servers compile lengths and patterns into grammars', () => {
    const schema = z.strictObject({
      path: z.string().min(1).max(4096).regex(/^\//),
      size: z.number().int(),
      code: z.number().int().min(0).max(255),
      few: z.array(z.boolean()).max(8),
      many: z.array(z.boolean()).max(4096),
    })
    expect(wireSchema(schema)).toEqual({
      type: 'object',
      properties: {
        path: { type: 'string' },
        size: { type: 'integer' },
        code: { type: 'integer', minimum: 0, maximum: 255 },
        few: { type: 'array', items: { type: 'boolean' }, maxItems: 8 },
        many: { type: 'array', items: { type: 'boolean' } },
      },
      required: ['path', 'size', 'code', 'few', 'many'],
      additionalProperties: false,
    })
  })

  it('keeps properties that are named like keywords, and spells unions as anyOf', () => {
    const schema = z.strictObject({
      pattern: z.string(),
      format: z.string(),
      what: z.discriminatedUnion('type', [z.strictObject({ type: z.literal('a') }), z.strictObject({ type: z.literal('b') })]),
    })
    const wire = wireSchema(schema) as { properties: Record<string, { anyOf?: unknown[] }> }
    expect(Object.keys(wire.properties)).toEqual(['pattern', 'format', 'what'])
    expect(wire.properties.what?.anyOf).toHaveLength(2)
  })
})

describe('an answer', () => {
  it.each([
    ['numbers as texts', '{"stdout":"a\\n","stderr":"","exitCode":"3","operations":[]}', { stdout: 'a\n', exitCode: 3 }],
    ['missing parts', '{"stdout":"a\\n"}', { stdout: 'a\n', stderr: '', exitCode: 0, operations: [] }],
    ['lines for a text', '{"stdout":["a","b"]}', { stdout: 'a\nb\n' }],
    ['parts that nobody asked for', '{"stdout":"a","explanation":"x"}', { stdout: 'a' }],
    ['null for nothing', '{"stdout":"a","stderr":null,"operations":null}', { stderr: '', operations: [] }],
  ])('with %s is read as it was meant', (_name, text, value) => {
    expect(readAnswer(text, ShellAnswer, 'json_schema')).toMatchObject({ ok: true, repaired: true, value })
  })

  it('of a web server may have headers as a map and a body as an object', () => {
    const text = '{"status":200,"headers":{"Content-Type":"application/json","Set-Cookie":["a=1","b=2"]},"body":{"error":"no"}}'
    expect(readAnswer(text, WebAnswer, 'none')).toMatchObject({
      ok: true,
      value: {
        headers: [
          { name: 'Content-Type', value: 'application/json' },
          { name: 'Set-Cookie', value: 'a=1' },
          { name: 'Set-Cookie', value: 'b=2' },
        ],
        body: '{"error":"no"}',
      },
    })
  })

  it('that was cut in its operations loses the half one and keeps its output whole', () => {
    const text =
      '{"stdout":"done\\n","stderr":"","exitCode":0,"operations":[{"type":"mkdir","path":"/a"},{"type":"write_file","path":"/b","content":"ha'
    expect(readAnswer(text, ShellAnswer, 'json_schema')).toMatchObject({
      ok: true,
      cut: 'operations',
      value: { stdout: 'done\n', operations: [{ path: '/a' }] },
    })
  })

  it('that was cut before what it is about is none', () => {
    expect(readAnswer('{"status":200,"headers":[{"name":"X-A","value":"', WebAnswer, 'json_schema').ok).toBe(false)
  })

  it('without JSON is its main text only where the server was not bound to a schema', () => {
    expect(stdout('active\n', 'none')).toBe('active\n')
    expect(stdout('active\n')).toBeUndefined()
  })

  it.each(['', '   ', '<think>only thoughts', '[]', '{"status":9}'])('%j is none', (text) => {
    expect(readAnswer(text, WebAnswer, 'json_schema').ok).toBe(false)
  })
})
