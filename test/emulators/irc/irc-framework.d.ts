/** What the test uses of irc-framework, which has no types. */
declare module 'irc-framework' {
  import type { EventEmitter } from 'node:events'

  export class Client extends EventEmitter {
    connect(options: { host: string; port: number; nick: string; username: string; gecos: string; auto_reconnect: boolean }): void
    join(channel: string): void
    say(target: string, text: string): void
    quit(reason?: string): void
  }
}
