import type { Rectangle } from './codec.ts'
import { type Colour, GLYPH, type Picture, type Shape } from './picture.ts'

const WIDTH = 1024
const HEIGHT = 768
const PALETTE: readonly Colour[] = [
  [36, 54, 66],
  [22, 33, 41],
  [245, 245, 243],
  [51, 51, 51],
  [160, 164, 166],
  [255, 255, 255],
  [58, 122, 164],
  [176, 42, 48],
]
const INK = { background: 0, bar: 1, panel: 2, text: 3, border: 4, white: 5, button: 6, error: 7 } as const

const PANEL: Rectangle = { x: 342, y: 264, width: 340, height: 232 }
const FIELD = { x: PANEL.x + 30, width: PANEL.width - 60, height: 28 }
const USER_Y = PANEL.y + 72
const PASSWORD_Y = PANEL.y + 128
const LONGEST = 64

/** X11 keysyms of the keys that a login screen takes; the rest of RFC 6143 §7.5.4 are characters. */
const KEY: Readonly<Record<number, string>> = {
  65288: 'BackSpace',
  65289: 'Tab',
  65293: 'Return',
  65307: 'Escape',
  65421: 'KP_Enter',
  65360: 'Home',
  65361: 'Left',
  65362: 'Up',
  65363: 'Right',
  65364: 'Down',
  65505: 'Shift_L',
  65506: 'Shift_R',
  65507: 'Control_L',
  65508: 'Control_R',
  65513: 'Alt_L',
  65514: 'Alt_R',
  65515: 'Super_L',
  65535: 'Delete',
}

/** The character of a keysym, or its name in angle brackets; undefined for shift keys alone. */
export function keyText(key: number): string | undefined {
  if ((key >= 0x20 && key <= 0x7e) || (key >= 0xa0 && key <= 0xff)) return String.fromCharCode(key)
  if (key >= 0x0100_0000 && key <= 0x0110_ffff) return String.fromCodePoint(key - 0x0100_0000)
  const name = KEY[key] ?? `0x${key.toString(16)}`
  return name.startsWith('Shift') ? undefined : `<${name}>`
}

export interface Credentials {
  user: string
  password: string
}

/** The login screen of a display manager. It lets nobody in; what is typed into it is told. */
export class Greeter {
  readonly #title: string
  readonly #clock: string
  #user = ''
  #password = ''
  #inPassword = false
  #failed = false

  constructor(title: string, clock: string) {
    this.#title = title
    this.#clock = clock
  }

  /** Takes a key that goes down; gives credentials when they were sent off with it. */
  press(key: number): Credentials | undefined {
    const text = keyText(key)
    if (text === undefined) return undefined
    if (text === '<Tab>') this.#inPassword = !this.#inPassword
    else if (text === '<BackSpace>') this.#type((old) => old.slice(0, -1))
    else if (text === '<Return>' || text === '<KP_Enter>') return this.#enter()
    else if (text.length <= 2) this.#type((old) => (old + text).slice(0, LONGEST))
    return undefined
  }

  /** Takes a click; the fields and the button are where they are seen. */
  click(x: number, y: number): Credentials | undefined {
    if (x < FIELD.x || x >= FIELD.x + FIELD.width) return undefined
    if (y >= USER_Y && y < USER_Y + FIELD.height) this.#inPassword = false
    if (y >= PASSWORD_Y && y < PASSWORD_Y + FIELD.height) this.#inPassword = true
    const onButton = y >= PANEL.y + 180 && y < PANEL.y + 210 && x >= PANEL.x + PANEL.width - 120
    return onButton ? this.#enter(true) : undefined
  }

  /** The part of the screen that keys change. */
  readonly panel: Rectangle = PANEL

  picture(): Picture {
    const centred = (text: string): number => PANEL.x + Math.round((PANEL.width - text.length * GLYPH.width) / 2)
    const title = this.#title.slice(0, 36)
    const shapes: Shape[] = [
      { x: 0, y: 0, width: WIDTH, height: HEIGHT, colour: INK.background },
      { x: 0, y: 0, width: WIDTH, height: 28, colour: INK.bar },
      { x: 12, y: 8, text: this.#title.slice(0, 60), colour: INK.white, scale: 1 },
      { x: WIDTH - 12 - this.#clock.length * GLYPH.width, y: 8, text: this.#clock, colour: INK.white, scale: 1 },
      { ...PANEL, colour: INK.panel },
      { x: centred(title), y: PANEL.y + 22, text: title, colour: INK.text, scale: 1 },
      ...this.#field('Username', USER_Y, this.#user, !this.#inPassword),
      ...this.#field('Password', PASSWORD_Y, '*'.repeat(this.#password.length), this.#inPassword),
      { x: PANEL.x + PANEL.width - 120, y: PANEL.y + 180, width: 90, height: 30, colour: INK.button },
      { x: PANEL.x + PANEL.width - 120 + 25, y: PANEL.y + 189, text: 'Log In', colour: INK.white, scale: 1 },
    ]
    if (this.#failed)
      shapes.push({ x: PANEL.x + 30, y: PANEL.y + 216, text: 'Incorrect password, please try again', colour: INK.error, scale: 1 })
    return { width: WIDTH, height: HEIGHT, palette: PALETTE, shapes }
  }

  #field(label: string, y: number, text: string, isActive: boolean): Shape[] {
    const shown = text.slice(-32)
    return [
      { x: FIELD.x, y: y - 16, text: label, colour: INK.text, scale: 1 },
      { ...FIELD, y, colour: isActive ? INK.button : INK.border },
      { x: FIELD.x + 1, y: y + 1, width: FIELD.width - 2, height: FIELD.height - 2, colour: INK.white },
      { x: FIELD.x + 8, y: y + 8, text: shown, colour: INK.text, scale: 1 },
      ...(isActive ? [{ x: FIELD.x + 9 + shown.length * GLYPH.width, y: y + 6, width: 1, height: 16, colour: INK.text }] : []),
    ]
  }

  #type(change: (old: string) => string): void {
    if (this.#inPassword) this.#password = change(this.#password)
    else this.#user = change(this.#user)
  }

  #enter(withButton = false): Credentials | undefined {
    if (!this.#inPassword && !withButton) {
      this.#inPassword = true
      return undefined
    }
    const given = { user: this.#user, password: this.#password }
    this.#password = ''
    this.#failed = true
    return given
  }
}

export const SCREEN = { width: WIDTH, height: HEIGHT } as const
