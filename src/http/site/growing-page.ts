import type { Streaming } from '../../llm/question.ts'
import type { KnownParts } from '../../llm/showing.ts'
import { flawsOf, GeneratedPage } from './page.ts'

/**
 * A page while the model writes it. It begins when its head is known and its body is seen to be HTML: what other bodies are, and
 * what a server makes of an error, shows at their end.
 */
export class GrowingPage implements Streaming<GeneratedPage> {
  readonly field = 'body'
  /** Resolves with the page's head and first lines; never, when nothing may be shown before the end. */
  readonly begun: Promise<GeneratedPage>
  readonly #begin: (page: GeneratedPage) => void
  readonly #onWritten: (page: GeneratedPage) => void
  #head: GeneratedPage | undefined
  #text = ''
  #wake: () => void = () => undefined

  /** @param onWritten told of the page as far as it is written, before that is sent */
  constructor(onWritten: (page: GeneratedPage) => void) {
    const { promise, resolve } = Promise.withResolvers<GeneratedPage>()
    this.begun = promise
    this.#begin = resolve
    this.#onWritten = onWritten
  }

  get hasBegun(): boolean {
    return this.#head !== undefined
  }

  give = (piece: string, known: KnownParts): void => {
    this.#text += piece
    const page = this.#head ? { ...this.#head, body: this.#text } : beginningOf(this.#text, known)
    if (!page) return
    this.#onWritten(page)
    if (!this.#head) this.#begin(page)
    this.#head = page
    this.#wake()
  }

  /** What was shown is the page, with its end tags. */
  end = (shown: string, known: KnownParts): GeneratedPage => {
    const isOpen = /<html[\s>]/i.test(shown) && !/<\/html>/i.test(shown)
    const page = GeneratedPage.safeParse({ ...known, body: isOpen ? `${shown}</body>\n</html>\n` : shown })
    return page.success ? page.data : { status: 200, headers: [], body: shown }
  }

  /** The body as it comes. @param whole all of it, which begins with what was shown */
  async *pieces(whole: Promise<string>): AsyncGenerator<Buffer> {
    const ended = whole.then((body) => {
      this.#text = body
      return true
    })
    ended.catch(() => undefined)
    for (let sent = 0, isWhole = false; ; ) {
      const { promise: more, resolve } = Promise.withResolvers<boolean>()
      this.#wake = () => resolve(false)
      const piece = this.#text.slice(sent)
      sent = this.#text.length
      if (piece !== '') yield Buffer.from(piece)
      if (isWhole && sent === this.#text.length) return
      if (sent === this.#text.length) isWhole = await Promise.race([ended, more])
    }
  }
}

function beginningOf(body: string, known: KnownParts): GeneratedPage | undefined {
  const { data: page } = GeneratedPage.safeParse({ ...known, body })
  const type = page?.headers.find(({ name }) => name.toLowerCase() === 'content-type')?.value ?? ''
  const isPage = page?.status === 200 && /^text\/html\b/i.test(type) && /^\s*<[^?]/.test(body)
  return isPage && flawsOf(page).length === 0 ? page : undefined
}
