import { evidence } from '../../events/bytes.ts'
import { recordIndicators } from '../../sensor/indicators.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import type { Visit } from '../../sensor/visit.ts'
import {
  type ClientMessage,
  ENCODING,
  encodeColourMap,
  encodeUpdateHead,
  NATIVE_FORMAT,
  type PixelFormat,
  type Rectangle,
  readMessage,
} from './codec.ts'
import { encodeRaw, Zrle } from './encodings.ts'
import type { VncEvents } from './events.ts'
import { type Greeter, keyText, SCREEN } from './greeter.ts'
import { paint, pixelsOf } from './picture.ts'

const SHOWN_TEXT = 4096
/** Characters gathered before they are written down. */
const KEYS_A_RECORD = 200
const MOST_CLICKS = 200

/** A client that is in: it is shown the login screen, and everything that it does is written down. */
export class Desktop {
  readonly #visit: Visit<VncEvents>
  readonly #greeter: Greeter
  readonly #zrle = new Zrle()
  #format: PixelFormat = NATIVE_FORMAT
  #encodings: readonly number[] = []
  /** What has changed since it was last sent; undefined = nothing. */
  #dirty: Rectangle | undefined
  /** A request that waits for a change. */
  #waiting: Rectangle | undefined
  #keys = ''
  #buttons = 0
  #clicks = 0

  constructor(visit: Visit<VncEvents>, greeter: Greeter) {
    this.#visit = visit
    this.#greeter = greeter
  }

  /** Answers messages until the client goes. @throws RfbError */
  async serve(): Promise<void> {
    const slice = new TimeSlice()
    try {
      for (;;) {
        await this.#answer(await readMessage((n) => this.#visit.exactly(n)))
        await slice.turn()
      }
    } finally {
      this.#zrle.close()
      this.#recordKeys()
    }
  }

  async #answer(message: ClientMessage): Promise<void> {
    switch (message.type) {
      case 'format':
        this.#format = message.format
        if (!message.format.trueColour) await this.#visit.write(encodeColourMap())
        return
      case 'encodings':
        this.#encodings = message.encodings
        this.#visit.record('vnc.setup', { bitsPerPixel: this.#format.bitsPerPixel, encodings: message.encodings.slice(0, 64) })
        return
      case 'update':
        return this.#update(message.incremental, message.area)
      case 'key':
        if (message.down) this.#pressed(message.key)
        return this.#sendChange()
      case 'pointer':
        this.#pointed(message.buttons, message.x, message.y)
        return this.#sendChange()
      case 'clipboard': {
        const text = message.text.subarray(0, SHOWN_TEXT)
        this.#visit.record('vnc.clipboard', { text: evidence(text), size: message.text.length })
        recordIndicators(this.#visit, text.toString('latin1'), 'vnc clipboard')
      }
    }
  }

  async #update(incremental: boolean, area: Rectangle): Promise<void> {
    const clipped = clip(area)
    if (clipped.width === 0 || clipped.height === 0) return
    if (!incremental) return this.#send(clipped)
    this.#waiting = clipped
    await this.#sendChange()
  }

  async #sendChange(): Promise<void> {
    if (!this.#waiting || !this.#dirty) return
    const area = this.#dirty
    this.#waiting = undefined
    this.#dirty = undefined
    await this.#send(area)
  }

  async #send(area: Rectangle): Promise<void> {
    const picture = this.#greeter.picture()
    const indices = paint(picture, area)
    const pixels = pixelsOf(picture.palette, this.#format)
    const encoding = this.#encodings.find((one) => one === ENCODING.raw || one === ENCODING.zrle) ?? ENCODING.raw
    const body = encoding === ENCODING.zrle ? await this.#zrle.encode(indices, area, pixels, this.#format) : encodeRaw(indices, pixels)
    await this.#visit.write(Buffer.concat([encodeUpdateHead(area, encoding), body]))
  }

  #pressed(key: number): void {
    this.#keys += keyText(key) ?? ''
    if (this.#keys.length >= KEYS_A_RECORD) this.#recordKeys()
    this.#login(this.#greeter.press(key))
    this.#dirty = this.#greeter.panel
  }

  #pointed(buttons: number, x: number, y: number): void {
    const pressed = buttons & ~this.#buttons
    this.#buttons = buttons
    if (pressed === 0) return
    if (this.#clicks++ < MOST_CLICKS) this.#visit.record('vnc.click', { x, y, buttons })
    if ((pressed & 1) === 0) return
    this.#login(this.#greeter.click(x, y))
    this.#dirty = this.#greeter.panel
  }

  #login(given: ReturnType<Greeter['press']>): void {
    if (!given) return
    this.#recordKeys()
    this.#visit.login({ method: 'vnc-screen', username: evidence(given.user), password: evidence(given.password), accepted: false })
  }

  #recordKeys(): void {
    if (this.#keys !== '') this.#visit.record('vnc.keys', { text: evidence(this.#keys) })
    this.#keys = ''
  }
}

function clip({ x, y, width, height }: Rectangle): Rectangle {
  const left = Math.min(x, SCREEN.width)
  const top = Math.min(y, SCREEN.height)
  return { x: left, y: top, width: Math.min(width, SCREEN.width - left), height: Math.min(height, SCREEN.height - top) }
}
