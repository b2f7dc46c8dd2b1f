declare module 'nodes7' {
  type Values = Record<string, unknown>
  export default class NodeS7 {
    constructor(options?: { silent?: boolean })
    initiateConnection(
      options: { port: number; host: string; rack: number; slot: number; timeout?: number },
      done: (error?: unknown) => void,
    ): void
    addItems(items: string | string[]): void
    removeItems(): void
    readAllItems(done: (anythingBad: boolean, values: Values) => void): void
    writeItems(items: string | string[], values: unknown, done: (anythingBad: boolean) => void): void
    dropConnection(done?: () => void): void
  }
}
