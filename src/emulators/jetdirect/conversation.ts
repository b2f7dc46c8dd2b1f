import { recordIndicators } from '../../sensor/indicators.ts'
import { BackChannel } from './back-channel.ts'
import type { Body, Piece } from './decoder.ts'
import { type Device, type SourceMemory, VARIABLES } from './device.ts'
import { clip, type JetdirectVisit } from './events.ts'
import { answerFiles, storeFile } from './files.ts'
import { info, statusLines } from './info.ts'
import { factsOf } from './job.ts'
import { encodeReply, type PjlCommand } from './pjl.ts'
import { answerPml, decodePml, resetIn } from './pml.ts'

type Status = 'DEVICE' | 'JOB' | 'PAGE'
/** Seconds between two status messages, PJL reference, USTATUS TIMED. */
const TIMED = { min: 5, max: 300 }

/** Commands that the printer takes without an answer. */
const SILENT = new Set([
  '',
  'COMMENT',
  'ENTER',
  'RESET',
  'INITIALIZE',
  'OPMSG',
  'STMSG',
  'RDYMSG',
  'SET',
  'DEFAULT',
  'JOB',
  'EOJ',
  'USTATUS',
])

/** One connection to the printer: environment, status messages asked for, the job under way. */
export class PrinterConversation {
  readonly #visit: JetdirectVisit
  readonly #device: Device
  readonly #memory: SourceMemory
  /** SET changes these until the job ends; DEFAULT those of the memory. */
  #environment: Map<string, string>
  readonly #asked = new Set<Status>()
  #timedSeconds = 0
  #jobName = ''
  #jobUser = ''
  #jobComment = ''
  #jobPages = 0
  #isUnlocked = false
  #backChannel: BackChannel | undefined
  /** A program that never ends holds the connection. */
  #isBusy = false

  constructor(visit: JetdirectVisit, device: Device) {
    this.#visit = visit
    this.#device = device
    this.#memory = device.memoryOf(visit.source.ip)
    this.#environment = new Map(this.#memory.defaults)
  }

  /** What goes back for one piece; often nothing. */
  take(piece: Piece): Buffer {
    switch (piece.is) {
      case 'part':
        return this.#converse(piece.bytes)
      case 'job':
        return this.#print(piece, piece.language)
      case 'file':
        storeFile(piece.command, piece, this.#memory, this.#visit)
        return NOTHING
      case 'command':
        return this.#command(piece.command)
    }
  }

  /** Seconds after which a silent client is told the status unasked; 0 is never. */
  get timedSeconds(): number {
    return this.#timedSeconds
  }

  timedStatus(): string {
    return encodeReply(['@PJL USTATUS TIMED', ...statusLines(this.#device)])
  }

  #command(command: PjlCommand): Buffer {
    const answer = this.#answer(command)
    const known = answer !== undefined || SILENT.has(command.command) || command.command.startsWith('FS')
    const tags = command.command === 'INFO' ? ['attack:T1082'] : []
    this.#visit.record('jetdirect.command', { command: clip(command.command, 64), text: clip(command.text, 1024), known }, tags)
    if (this.#isBusy) return NOTHING
    return typeof answer === 'string' ? Buffer.from(answer, 'latin1') : (answer ?? NOTHING)
  }

  #answer(command: PjlCommand): string | Buffer | undefined {
    const { text, words } = command
    switch (command.command) {
      case 'ECHO':
        return encodeReply([`@PJL ECHO ${text}`])
      case 'INFO':
        return this.#info(words[0] ?? '')
      case 'INQUIRE':
        return this.#inquire('INQUIRE', words, this.#environment)
      case 'DINQUIRE':
        return this.#inquire('DINQUIRE', words, this.#memory.defaults)
      case 'USTATUS':
        return this.#ustatus(command)
      case 'USTATUSOFF':
        this.#asked.clear()
        this.#timedSeconds = 0
        return ''
      case 'SET':
      case 'DEFAULT':
        return this.#set(command)
      case 'JOB':
        return this.#beginJob(command)
      case 'EOJ':
        return this.#endJob()
      case 'RDYMSG':
      case 'OPMSG':
      case 'STMSG':
        return this.#show(command)
      case 'COMMENT':
        this.#jobComment = text.replace(/^"(.*)"$/, '$1')
        return undefined
      case 'DMINFO':
      case 'DMCMD':
        return this.#manage(command)
      case 'RESET':
      case 'INITIALIZE':
        this.#environment = new Map(this.#memory.defaults)
        return undefined
      default:
        return answerFiles(command, this.#memory, this.#visit)
    }
  }

  #info(category: string): string {
    const lines = info(category, this.#device, this.#memory) ?? ['"?"']
    // The file systems' table has its size in the first line (PJL reference, INFO FILESYS).
    const [first = '', ...rest] = lines
    return first.startsWith('[')
      ? encodeReply([`@PJL INFO ${category} ${first}`, ...rest])
      : encodeReply([`@PJL INFO ${category}`, ...lines])
  }

  #inquire(verb: string, words: readonly string[], from: ReadonlyMap<string, string>): string {
    const language = languageIn(words)
    const name = inLanguage(language, words.find((word) => word !== language) ?? '')
    return encodeReply([`@PJL ${verb} ${name}`, from.get(name) ?? '"?"'])
  }

  #ustatus({ options }: PjlCommand): string {
    for (const [name, value] of options) {
      if (name === 'TIMED') this.#timedSeconds = Number(value) ? Math.min(TIMED.max, Math.max(TIMED.min, Number(value))) : 0
      if (name !== 'DEVICE' && name !== 'JOB' && name !== 'PAGE') continue
      if (value.toUpperCase() === 'OFF') this.#asked.delete(name)
      else this.#asked.add(name)
    }
    return options.has('DEVICE') && this.#asked.has('DEVICE') ? encodeReply(['@PJL USTATUS DEVICE', ...statusLines(this.#device)]) : ''
  }

  /** DMINFO is answered, DMCMD not (PML over PJL). */
  #manage({ command, options }: PjlCommand): string {
    const hex = options.get('ASCIIHEX') ?? ''
    const request = decodePml(hex)
    if (!request) return ''
    const reset = resetIn(request)
    const { object, isSet, value } = request
    this.#visit.record(
      'jetdirect.management',
      { object: clip(object), value: clip(value.toString('hex')), isSet },
      reset ? ['attack:T1529'] : isSet ? ['attack:T1565'] : ['attack:T1082'],
    )
    if (reset === 'factory') this.#memory.reset()
    if (reset) this.#environment = new Map(this.#memory.defaults)
    if (command === 'DMCMD') return ''
    return encodeReply([`@PJL DMINFO ASCIIHEX="${hex}"`, `"${answerPml(request, this.#device.printer, this.#device.pages)}"`])
  }

  #set({ command, words, options }: PjlCommand): undefined {
    const isDefault = command === 'DEFAULT'
    for (const [own, value] of options) {
      const name = inLanguage(languageIn(words), own)
      if (name === 'JOBATTR') this.#attribute(value)
      const old = (isDefault ? this.#memory.defaults : this.#environment).get(name) ?? ''
      const accepted = isDefault && name === 'PASSWORD' ? this.#changePassword(value) : this.#assign(name, value, isDefault)
      this.#visit.record(
        'jetdirect.set',
        { variable: clip(name), value: clip(value), old: clip(old), accepted },
        accepted && isDefault ? ['attack:T1565'] : [],
      )
    }
  }

  /** How drivers say whose job it is: `JobAcct1=eve`, `JobName=x`. */
  #attribute(attribute: string): void {
    const [, name = '', value = ''] = /^(\w{1,32})=(.{0,256})$/s.exec(attribute) ?? []
    if ((name === 'JobAcct1' || name === 'JobAcct8' || name === 'UserName') && value) this.#jobUser = value
    if (name === 'JobName' && value) this.#jobName = value
  }

  #assign(name: string, value: string, isDefault: boolean): boolean {
    if (name === 'JOBATTR') return !isDefault
    const variable = VARIABLES.find((one) => one.name === name)
    if (!variable || variable.readOnly || value.length > 256 || (isDefault && this.#isLocked)) return false
    const { choices, range } = variable
    const wanted = choices ? value.toUpperCase() : value
    if (choices && !choices.includes(wanted)) return false
    if (range && !(Number(value) >= Number(range[0]) && Number(value) <= Number(range[1]))) return false
    if (isDefault) this.#memory.defaults.set(name, wanted)
    this.#environment.set(name, wanted)
    return true
  }

  get #isLocked(): boolean {
    return this.#memory.password !== 0 && !this.#isUnlocked
  }

  #changePassword(value: string): boolean {
    const password = passwordOf(value)
    if (password === undefined || this.#isLocked) return false
    this.#memory.password = password
    this.#memory.defaults.set('PASSWORD', password === 0 ? 'DISABLED' : 'ENABLED')
    this.#isUnlocked = true
    return true
  }

  #beginJob({ options }: PjlCommand): string {
    const password = options.get('PASSWORD')
    if (password !== undefined) {
      const accepted = passwordOf(password) === this.#memory.password
      this.#isUnlocked = accepted
      this.#visit.login({ method: 'pjl', username: '', password: clip(password), accepted })
    }
    this.#jobName = options.get('NAME') ?? options.get('DISPLAY') ?? ''
    this.#jobPages = 0
    return this.#asked.has('JOB') ? encodeReply(['@PJL USTATUS JOB', 'START', `NAME="${this.#jobName.slice(0, 80)}"`]) : ''
  }

  #endJob(): string {
    const [name, pages] = [this.#jobName.slice(0, 80), this.#jobPages]
    this.#isUnlocked = false
    this.#environment = new Map(this.#memory.defaults)
    return this.#asked.has('JOB') ? encodeReply(['@PJL USTATUS JOB', 'END', `NAME="${name}"`, `PAGES=${pages}`]) : ''
  }

  #show({ command, options }: PjlCommand): string {
    const text = options.get('DISPLAY') ?? ''
    this.#device.display = text
    if (command !== 'RDYMSG') this.#device.goOffline()
    this.#visit.record('jetdirect.display', { text: clip(text), by: command }, ['attack:T1491.001'])
    return this.#asked.has('DEVICE') ? encodeReply(['@PJL USTATUS DEVICE', ...statusLines(this.#device)]) : ''
  }

  /** Programs that ask the printer get their answers while they run. */
  #converse(bytes: Buffer): Buffer {
    if (this.#isBusy) return NOTHING
    this.#backChannel ??= new BackChannel(this.#device, this.#memory, this.#visit)
    return this.#backChannel.feed(bytes)
  }

  #print({ bytes, size, sha256 }: Body, announced: string | undefined): Buffer {
    const last = this.#backChannel?.end() ?? NOTHING
    this.#isBusy ||= this.#backChannel?.isBusy ?? false
    this.#backChannel = undefined
    const facts = factsOf(bytes, announced)
    const copies = Math.min(Number(this.#environment.get('COPIES')) || 1, 100)
    const title = facts.title || this.#environment.get('JOBNAME') || this.#jobName || this.#jobComment
    this.#visit.record('jetdirect.job', {
      language: facts.language,
      size,
      sha256,
      truncated: bytes.length < size,
      title: clip(title),
      user: clip(this.#environment.get('USERNAME') || this.#jobUser),
      pages: facts.pages,
      preview: clip(facts.preview.toString('latin1'), 512),
    })
    this.#visit.capture(bytes, { name: clip(title || `print-job.${facts.language}`), how: 'print-job' })
    recordIndicators(this.#visit, bytes.toString('latin1', 0, 64 * 1024), 'jetdirect.job')
    this.#device.printed(facts.pages * copies)
    this.#jobPages += facts.pages
    if (this.#isBusy) return NOTHING
    if (!this.#asked.has('PAGE')) return last
    const pages = Array.from({ length: Math.min(facts.pages, 100) }, (_, i) => encodeReply(['@PJL USTATUS PAGE', String(i + 1)]))
    return Buffer.concat([last, Buffer.from(pages.join(''), 'latin1')])
  }
}

/** `LPARM:PCL`: whose variable is meant, when it is one of a printer language. */
function languageIn(words: readonly string[]): string | undefined {
  return words.find((word) => word.startsWith('LPARM:') || word.startsWith('IPARM:'))
}

function inLanguage(language: string | undefined, name: string): string {
  return language ? `${language} ${name}` : name
}

/** A PJL password: a number of 16 bits. */
function passwordOf(text: string): number | undefined {
  const n = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  return n <= 65_535 ? n : undefined
}

const NOTHING = Buffer.alloc(0)
