import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { toText } from '../text.ts'
import { gnuCommand } from './gnu/command.ts'
import { ownAddress, post, withHeaders } from './postfix/queue.ts'

const MOST_LETTER = 10 * 1024 * 1024

export default gnuCommand({
  name: 'mail.mailutils',
  package: 'mailutils',
  usage: '[OPTION...] [address...]',
  applet: false,
  short: 'EeFf::Hinpqs:a:A:tu:M:r:b:c:',
  long: {
    subject: 's',
    append: 'a',
    attach: 'A',
    exist: 'e',
    file: 'f',
    headers: 'H',
    'headers-only': 'H',
    print: 'p',
    quit: 'q',
    read: 'p',
    to: 't',
    user: 'u',
    'return-address': 'r',
    'content-type': 'content-type=',
    encoding: 'encoding=',
    exec: 'exec=',
  },
  async run(process, options) {
    if (options.operands.length || options.has('t')) {
      const { operands } = options
      const subject = options.value('s') ?? (process.stdin.isTerminal ? await ask(process, 'Subject: ') : undefined)
      if (process.stdin.isTerminal) await ask(process, 'Cc: ')
      const body = process.stdin.isTerminal ? await typed(process) : toText(Buffer.from(await process.stdin.all(MOST_LETTER)))
      if (body === '' && !process.stdin.isTerminal) await process.stderr.write("mail: Null message body; hope that's ok\n")
      const sender = options.value('r') ?? ownAddress(process)
      const head = [
        ...(subject === undefined ? [] : [`Subject: ${subject}`]),
        `To: ${operands.join(', ')}`,
        'User-Agent: mail (GNU Mailutils 3.15)',
        ...options.values('a').filter((line) => line.includes(':')),
      ]
      await post(process, { sender, recipients: operands, text: withHeaders(process, sender, `${head.join('\n')}\n\n${body}`) })
      return 0
    }
    const user = options.value('u') ?? process.user
    const path = options.has('f') ? (options.value('f') ?? `${process.env.get('HOME') ?? ''}/mbox`) : `/var/mail/${user}`
    return new Mailbox(process, path, user).run(options.has('e'), options.has('H'), options.has('p'))
  },
})

async function ask(process: Process, prompt: string): Promise<string> {
  await process.stdout.write(prompt)
  return ((await process.stdin.line()) ?? '').replace(/\n$/, '')
}

/** A letter from the keyboard, to its end or a lone dot. */
async function typed(process: Process): Promise<string> {
  let body = ''
  for (;;) {
    const line = await process.stdin.line()
    if (line === undefined || line === '.\n' || body.length > MOST_LETTER) return body
    body += line
  }
}

class Mailbox {
  readonly #process: Process
  readonly #path: string
  readonly #user: string

  constructor(process: Process, path: string, user: string) {
    this.#process = process
    this.#path = path
    this.#user = user
  }

  async run(onlyAsks: boolean, onlyHeads: boolean, prints: boolean): Promise<number> {
    const { stdout, stderr } = this.#process
    let letters: string[]
    try {
      letters = split(toText(this.#process.files.read(this.#path)))
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      if (error.code === 'EACCES') {
        await stderr.write(`mail: Cannot open mailbox ${this.#path}: Permission denied\n`)
        return 1
      }
      letters = []
    }
    if (onlyAsks) return letters.length ? 0 : 1
    if (letters.length === 0) {
      await stdout.write(`No mail for ${this.#user}\n`)
      return onlyHeads ? 1 : 0
    }
    if (!onlyHeads)
      await stdout.write(`"${this.#path}": ${letters.length} message${letters.length === 1 ? '' : 's'} ${letters.length} new\n`)
    if (prints) {
      await stdout.write(letters.join(''))
      return 0
    }
    await stdout.write(letters.map((letter, i) => heading(letter, i)).join(''))
    return onlyHeads ? 0 : this.#dialogue(letters)
  }

  async #dialogue(letters: readonly string[]): Promise<number> {
    const { stdout } = this.#process
    const deleted = new Set<number>()
    let at = 0
    for (;;) {
      await stdout.write('? ')
      const line = (await this.#process.stdin.line())?.trim()
      if (line === undefined || /^(x|exit)/.test(line)) return 0
      if (/^q/.test(line)) {
        if (deleted.size) this.#process.files.write(this.#path, Buffer.from(letters.filter((_, i) => !deleted.has(i)).join('')))
        else await stdout.write(`Held ${letters.length} message${letters.length === 1 ? '' : 's'} in ${this.#path}\n`)
        return 0
      }
      const [, verb = '', number] = /^([a-z]*)\s*(\d+)?/.exec(line) ?? []
      const chosen = number === undefined ? at : Number(number) - 1
      const letter = letters[chosen]
      if (/^h/.test(verb)) await stdout.write(letters.map((entry, i) => heading(entry, i)).join(''))
      else if (letter === undefined) await stdout.write(`Invalid message number (${chosen + 1})\n`)
      else if (/^d/.test(verb)) deleted.add(chosen)
      else if (verb === '' || /^[pt]/.test(verb)) {
        await stdout.write(letter)
        at = chosen + 1
      } else await stdout.write(`Unknown command: ${verb}\n`)
    }
  }
}

function split(text: string): string[] {
  return text.split(/^(?=From )/m).filter((letter) => letter.startsWith('From '))
}

/** `>N   1 root               Wed Nov 25 02:12  12/400   subject`. */
function heading(letter: string, index: number): string {
  const from = /^From (\S+)\s+(\w{3} \w{3} +\d+ \d\d:\d\d)/.exec(letter)
  const subject = /^Subject: (.*)$/m.exec(letter)?.[1] ?? ''
  const lines = letter.split('\n').length - 1
  return `${index === 0 ? '>' : ' '}N ${String(index + 1).padStart(3)} ${(from?.[1] ?? '').slice(0, 18).padEnd(18)} ${from?.[2] ?? ''} ${String(lines).padStart(3)}/${String(letter.length).padEnd(5)} ${subject.slice(0, 30)}\n`
}
