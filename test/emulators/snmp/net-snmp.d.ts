declare module 'net-snmp' {
  export interface Varbind {
    oid: string
    type: number
    value: unknown
  }
  export interface Session {
    get(oids: string[], done: (error: Error | null, varbinds: Varbind[]) => void): void
    set(varbinds: Varbind[], done: (error: Error | null, varbinds: Varbind[]) => void): void
    subtree(oid: string, repetitions: number, feed: (varbinds: Varbind[]) => void, done: (error: Error | null) => void): void
    close(): void
  }
  export const Version1: number
  export const Version2c: number
  export const ObjectType: Record<string, number>
  export function createSession(target: string, community: string, options: Record<string, unknown>): Session
}
