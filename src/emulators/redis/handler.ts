import type { Args } from './arguments.ts'
import type { RedisClient } from './client.ts'
import type { Reply } from './codec.ts'

/** Runs another command for the same client: what EXEC and redis.call() need. */
export type Run = (words: readonly string[], how?: { fromScript: boolean }) => Promise<Nested>

export interface Nested {
  reply: Reply
  error?: string
  /** Why it was not run at all. */
  refused?: 'unknown' | 'arity' | 'forbidden'
}

/** Does one command for one client. Throws CommandError to refuse; every other error is a fault of ours. */
export type Handler = (client: RedisClient, args: Args, name: string, run: Run) => Reply | Promise<Reply>

/** Handlers by command name; a subcommand is `config|get`, and its arguments begin after it. */
export type CommandTable = Record<string, Handler>
