import { RE2JS } from 're2js'
import { z } from 'zod'

/** Beelzebub's name for answers of the model. */
export const LLM_PLUGIN = 'LLMHoneypot'

/** How what a client sends is cut into messages: see messages.ts. */
export const Framing = z.enum(['auto', 'line', 'block', 'chunk'])
export type Framing = z.infer<typeof Framing>

const LONGEST_TEXT = 64 * 1024

const Pattern = z
  .string()
  .min(1)
  .max(2_000)
  .superRefine((source, context) => {
    try {
      RE2JS.compile(source)
    } catch (error) {
      context.addIssue({
        code: 'custom',
        message: `no regular expression of RE2: ${(error as Error).message}`,
        params: { cure: 'write it as Go does: without look-around and back-references' },
      })
    }
  })

const Text = z.string().max(LONGEST_TEXT)

const Port = z.union([z.string(), z.number()]).transform((address, context) => {
  const [, digits] = /(?:^|:)(\d{1,5})$/.exec(String(address)) ?? []
  const port = Number(digits)
  if (digits !== undefined && port >= 1 && port <= 65_535) return port
  context.addIssue({
    code: 'custom',
    message: 'no address of a port',
    params: { cure: 'write ":2181"' },
  })
  return z.NEVER
})

/** How a message is answered. */
const Answer = z.strictObject({
  /** Sent as it is; with `plugin` what is answered while no model is there. */
  handler: Text.default(''),
  plugin: z.union([z.literal(LLM_PLUGIN), z.literal('')], { error: `the only plugin of a TCP service is ${LLM_PLUGIN}` }).default(''),
  name: z.string().max(64).default(''),
  /** Ends the connection after the answer. */
  close: z.boolean().default(false),
  // Of Beelzebub's HTTP services; they mean nothing here.
  headers: z.array(z.string()).optional(),
  statusCode: z.number().optional(),
})

/** What is answered to messages that a pattern fits. With groups named `user` and `password` it is a login. */
const Command = Answer.extend({
  regex: Pattern,
  /** The answer to a login that is let in; without it none is. */
  accepted: Text.optional(),
  /** Holds only before or only after a login. */
  loggedIn: z.boolean().optional(),
})
export type Command = z.infer<typeof Command>

const Login = z.strictObject({
  user: Text.default('login: '),
  password: Text.default('Password: '),
  failed: Text.default('Login incorrect\r\n'),
  /** After so many wrong ones the connection ends. */
  tries: z.number().int().min(1).max(20).default(3),
})

/**
 * One service as its file says it: Beelzebub's keys for `protocol: tcp`, and ours besides. Keys of Beelzebub's that are the
 * business of sundew.yaml here (model servers, certificates, proxies) are read over.
 */
export const Service = z.strictObject({
  apiVersion: z.string().optional(),
  protocol: z.literal('tcp'),
  address: Port,
  description: z.string().max(1_000).default(''),
  banner: Text.default(''),
  serverName: z.string().max(256).default(''),
  serverVersion: z.string().max(256).default(''),
  /** Pattern of passwords that are let in; without it the persona's policy holds. */
  passwordRegex: Pattern.or(z.literal('')).default(''),
  /** The connection lasts no longer. */
  deadlineTimeoutSeconds: z.number().int().min(1).max(86_400).default(60),
  commands: z.array(Command).max(500).default([]),
  fallbackCommand: Answer.extend({ regex: z.string().optional() }).optional(),
  plugin: z
    .strictObject({
      /** What the model is told of the service. */
      prompt: z.string().max(16_000).default(''),
      openAISecretKey: z.unknown(),
      host: z.unknown(),
      llmModel: z.unknown(),
      llmProvider: z.unknown(),
      inputValidationEnabled: z.unknown(),
      inputValidationPrompt: z.unknown(),
      outputValidationEnabled: z.unknown(),
      outputValidationPrompt: z.unknown(),
      rateLimitEnabled: z.unknown(),
      rateLimitRequests: z.unknown(),
      rateLimitWindowSeconds: z.unknown(),
    })
    .partial()
    .prefault({}),
  tlsCertPath: z.unknown().optional(),
  tlsKeyPath: z.unknown().optional(),
  trustedProxies: z.unknown().optional(),
  tools: z.unknown().optional(),
  // Ours.
  tls: z.boolean().default(false),
  input: Framing.default('auto'),
  lineEnd: z.enum(['crlf', 'lf']).default('crlf'),
  /** Sent before the first message and after every answer: `switch> `. */
  linePrompt: Text.default(''),
  login: Login.optional(),
})
export type Service = z.infer<typeof Service> & {
  /** Name of its file without `.yaml`. */
  name: string
}
