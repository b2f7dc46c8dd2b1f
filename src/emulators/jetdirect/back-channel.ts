import { evidence } from '../../events/bytes.ts'
import type { Device, SourceMemory } from './device.ts'
import { clip, type JetdirectVisit } from './events.ts'
import { note } from './files.ts'
import { PclDialogue } from './pcl.ts'
import drawing from './postscript/drawing.json' with { type: 'json' }
import { Machine } from './postscript/machine.ts'
import { PsError } from './postscript/objects.ts'
import { LANGUAGE } from './postscript/operators.ts'
import { type PsHost, printerOperators } from './postscript/printer.ts'
import { FileError, pathOf, VOLUME } from './volume.ts'

const DRAWING = new Set(drawing.split(' '))
/** Bytes of a job and of its answer that are written down. */
const TURN_BYTES = 2048
const HEAD_BYTES = 8

/** ATT&CK: operators that do harm. */
const TECHNIQUES: Record<string, string> = {
  initializedisk: 'attack:T1561',
  setsystemparams: 'attack:T1565',
  deletefile: 'attack:T1070.004',
}

/** What the printer answers to a job while it comes: PostScript and PCL can ask it. */
export class BackChannel {
  readonly #device: Device
  readonly #memory: SourceMemory
  readonly #visit: JetdirectVisit
  readonly #startedAt = performance.now()
  /** The first bytes, while they do not tell what language it is. */
  #head = ''
  #input = ''
  #output = ''
  #program: Machine | PclDialogue | 'none' | undefined

  constructor(device: Device, memory: SourceMemory, visit: JetdirectVisit) {
    this.#device = device
    this.#memory = memory
    this.#visit = visit
  }

  feed(bytes: Buffer): Buffer {
    return this.#run(bytes.toString('latin1'), false)
  }

  /** The job is over: what it still says, and the record of the dialogue. */
  end(): Buffer {
    const last = this.#run('', true)
    if (this.#program instanceof Machine && this.#program.used.size) {
      const operators = [...this.#program.used]
      const tags = operators.flatMap((name) => TECHNIQUES[name] ?? [])
      this.#visit.record(
        'jetdirect.postscript',
        { operators: operators.map((name) => clip(name, 64)), output: clip(this.#output, TURN_BYTES), isEndless: this.isBusy },
        this.isBusy ? [...tags, 'attack:T1499'] : tags,
      )
    }
    if (this.#output) {
      this.#visit.record('turn', {
        kind: 'jetdirect',
        input: evidence(Buffer.from(this.#input, 'latin1')),
        output: evidence(Buffer.from(this.#output.slice(0, TURN_BYTES), 'latin1')),
        source: 'static',
        durationMs: performance.now() - this.#startedAt,
      })
    }
    return last
  }

  get isBusy(): boolean {
    return this.#program instanceof Machine && this.#program.isBusy
  }

  #run(text: string, isAll: boolean): Buffer {
    if (this.#input.length < TURN_BYTES) this.#input += text.slice(0, TURN_BYTES - this.#input.length)
    let due = text
    if (this.#program === undefined) {
      this.#head += text
      if (this.#head.length < HEAD_BYTES && !isAll && !isTelling(this.#head)) return Buffer.alloc(0)
      this.#program = this.#choose(this.#head)
      due = this.#head
    }
    if (this.#program === 'none') return Buffer.alloc(0)
    const answer = this.#program instanceof Machine ? this.#program.feed(due, isAll) : this.#program.feed(due)
    if (this.#output.length < TURN_BYTES) this.#output += answer
    return Buffer.from(answer, 'latin1')
  }

  #choose(head: string): Machine | PclDialogue | 'none' {
    if (/^\x04?\s{0,8}%!/.test(head)) return new Machine(new Map([...LANGUAGE, ...printerOperators(this.#psHost())]), DRAWING)
    if (/^\s{0,8}\x1b[E*&(]/.test(head)) return new PclDialogue(this.#memory.macros, Math.floor(this.#device.printer.memory * 0.42))
    return 'none'
  }

  #psHost(): PsHost {
    const [device, memory, visit] = [this.#device, this.#memory, this.#visit]
    const { printer } = device
    return {
      product: printer.name,
      version: '3010.107',
      revision: Number(/(\d\d\.\d{3}\.\d)$/.exec(printer.firmware)?.[1]?.replaceAll('.', '') ?? 1),
      buildTime: Number(printer.firmware.slice(0, 8)),
      serial: printer.mac.split(':').reduce((sum, byte) => (sum * 256 + Number.parseInt(byte, 16)) % 0x7fffffff, 0),
      memory: printer.memory,
      pages: device.pages,
      startedAt: device.startedAt,
      get password(): string {
        return memory.psPassword
      },
      set password(password: string) {
        memory.psPassword = password
      },
      list: () => memory.volume.files(VOLUME),
      read: (name) => onDisk('read', name, visit, (path) => memory.volume.read(path).toString('latin1')),
      write: (name, data, isAppended) => {
        const bytes = Buffer.from(data, 'latin1')
        visit.capture(bytes, { name: clip(name), how: 'jetdirect.write' })
        onDisk(isAppended ? 'append' : 'write', name, visit, (path) => memory.volume.place(path, bytes, isAppended))
      },
      remove: (name) => onDisk('delete', name, visit, (path) => memory.volume.remove(path)),
      format: () => onDisk('format', '', visit, (path) => memory.volume.clear(path)),
      changed: (variable, value, accepted) =>
        visit.record(
          'jetdirect.set',
          { variable: clip(variable), value: clip(value), old: '', accepted },
          accepted ? ['attack:T1565'] : [],
        ),
    }
  }
}

/** Whether the first bytes say already what the rest is. */
function isTelling(head: string): boolean {
  return /^\x04?\s{0,8}%!|^\s{0,8}\x1b[E*&(]/.test(head)
}

function onDisk<T>(action: Parameters<typeof note>[0], name: string, visit: JetdirectVisit, act: (path: string) => T): T {
  try {
    const path = pathOf(`0:/${name}`)
    const result = act(path)
    note(action, `0:/${name}`, path, visit)
    return result
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    note(action, `0:/${name}`, undefined, visit, { error: error.code })
    throw new PsError(error.code === 3 ? 'undefinedfilename' : 'invalidfileaccess')
  }
}
