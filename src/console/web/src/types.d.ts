declare module 'asciinema-player' {
  interface Player {
    play(): Promise<void>
    pause(): Promise<void>
    dispose(): void
  }
  export function create(source: string, element: HTMLElement, options?: Record<string, unknown>): Player
}
