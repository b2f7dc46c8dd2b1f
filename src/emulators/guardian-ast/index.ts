/**
 * A Veeder-Root TLS-350 that watches the tanks of a filling station, or those of the persona's tank farm.
 *
 *   scanner:  SOH I20100                  us: SOH, IN-TANK INVENTORY of all tanks, ETX
 *   attacker: SOH S60201WE WERE HERE CR   us: the labels as they are now, which everybody sees       → guardian-ast.command, a write
 *   attacker: SOH S62300 100              us: the new limits; OVERFILL ALARM on every tank
 *   others:   GET / HTTP/1.0              us: nothing, as the console waits for SOH
 */
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { plantOf } from '../../host/plant/plant.ts'
import { defineLure } from '../../sensor/lure.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { CODE_BYTES, type Command, computerAnswer, displayAnswer, ETX, parseCommand, SOH, UNKNOWN } from './codec.ts'
import { Console } from './console.ts'
import { dateDigits, dateText, type Row } from './report.ts'
import { REPORTS } from './reports.ts'
import { set, TAKES_DATA } from './settings.ts'

const COMMANDS = 5000
const CODE_MS = 30_000
/** Data without an end is complete when nothing follows for this long. */
const DATA_MS = 600
const DATA_BYTES = 64
/** What technicians type to see whether a console answers: a short form of I20100, which ends with Enter. */
const INVENTORY = /^200[\r\n]$/
const INVENTORY_BYTES = 4
const ENDS = new Set([ETX, 0x0d, 0x0a, SOH])

const Action = z.enum(['read', 'write', 'alarm-clear', 'restart', 'scan'])
const events = {
  'guardian-ast.command': z.object({
    code: Evidence,
    /** Which tank; 0 is all. */
    tank: z.number().optional(),
    data: Evidence.optional(),
    security: Evidence.optional(),
    action: Action,
    known: z.boolean(),
  }),
}

/** ATT&CK for ICS: what the action is a sign of. */
const TECHNIQUES: Record<z.infer<typeof Action>, string[]> = {
  read: ['attack:T0801'],
  write: ['attack:T0836', 'attack:T0831'],
  'alarm-clear': ['attack:T0878'],
  restart: ['attack:T0816'],
  scan: ['attack:T0888'],
}

type AstVisit = Visit<typeof events>

export default defineLure({
  name: 'guardian-ast',
  standsFor: ['Conpot'],
  about: 'Veeder-Root TLS-350 of a filling station or a tank farm',
  profiles: ['standard', 'ics', 'mini'],
  ports: [{ transport: 'tcp', port: 10001 }],
  options: z.strictObject({}),
  events,

  start: ({ identity, persona, state }) =>
    new Console(identity, state, undefined, persona.plant === 'tank-farm' ? plantOf({ identity, persona, state }) : undefined),

  async serve(visit, { room: console }) {
    for (let commands = 0; commands < COMMANDS; commands++) {
      if (!(await reachesHeader(visit))) return
      const code = await nextCode(visit)
      if (code === undefined) continue
      const command = parseCommand(code.text)
      const data = command?.isSet && TAKES_DATA.has(command.function) ? await dataOf(visit) : ''
      const answer = command && answerTo(command, data, console)
      record(visit, code, command, data, answer !== undefined)
      await visit.write(answer ?? UNKNOWN)
    }
    throw new LimitReached('commands', COMMANDS)
  },
})

/** Drops everything before the next SOH; false when the client has left. */
async function reachesHeader(visit: AstVisit): Promise<boolean> {
  for (;;) {
    const bytes = await visit.read()
    if (!bytes) return false
    const at = bytes.indexOf(SOH)
    if (at < 0) continue
    visit.unread(bytes.subarray(at + 1))
    return true
  }
}

interface Code {
  text: string
  security?: Buffer
}

/** Six characters, with six of a security code before them when they do not begin as a function; undefined when another SOH comes between. */
async function nextCode(visit: AstVisit): Promise<Code | undefined> {
  if (INVENTORY.test((await visit.peek(INVENTORY_BYTES, { within: CODE_MS })).toString('latin1'))) {
    await visit.exactly(INVENTORY_BYTES)
    return { text: 'I20100' }
  }
  const first = await six(visit)
  if (!first || /^[IiSs]/.test(first.toString('latin1'))) return first && { text: first.toString('latin1') }
  const second = await six(visit)
  return second && { text: second.toString('latin1'), security: first }
}

async function six(visit: AstVisit): Promise<Buffer | undefined> {
  const bytes = await visit.exactly(CODE_BYTES, { within: CODE_MS })
  const again = bytes.indexOf(SOH)
  if (again < 0) return bytes
  visit.unread(bytes.subarray(again))
  return undefined
}

/** Data of an S command, up to CR, ETX or a pause. */
async function dataOf(visit: AstVisit): Promise<string> {
  let data = Buffer.alloc(0)
  while (data.length < DATA_BYTES) {
    const [byte] = await visit.peek(1, { within: DATA_MS })
    if (byte === undefined || ENDS.has(byte)) break
    data = Buffer.concat([data, await visit.exactly(1)])
  }
  return data.toString('latin1')
}

/** Undefined for a function that this console does not have. */
function answerTo(command: Command, data: string, console: Console): Buffer | undefined {
  const { function: code, device, echo, format } = command
  const report = Object.hasOwn(REPORTS, code) ? REPORTS[code] : undefined
  if (command.isSet ? !set(console, code, device, data) : !report) return undefined
  const isLine = code === '503' || code === '501'
  const rows: Row[] = console.readings.map((reading, i) => ({ number: i + 1, ...reading }))
  const chosen = device === 0 || isLine ? rows : rows.filter(({ number }) => number === device)
  if (chosen.length === 0) return undefined
  const { lines, data: values } = report?.(console, chosen) ?? { lines: [], data: '' }
  const clock = console.clock()
  if (format === 'computer') return computerAnswer(echo, dateDigits(clock), values)
  return displayAnswer(echo, dateText(clock), hasHeader(code) ? [...console.header, '', ...lines] : lines)
}

/** Whether a report has the station's header: those of what is set up, and of earlier leak tests, have none. */
function hasHeader(code: string): boolean {
  return code < '5' && code !== '208'
}

function record(visit: AstVisit, { text, security }: Code, command: Command | undefined, data: string, known: boolean): void {
  const action = !command
    ? 'scan'
    : !command.isSet
      ? 'read'
      : command.function === '003'
        ? 'alarm-clear'
        : command.function === '001'
          ? 'restart'
          : 'write'
  if (security) visit.login({ method: 'tls-350-security', username: '', password: evidence(security), accepted: known })
  visit.record(
    'guardian-ast.command',
    {
      code: evidence(Buffer.from(text, 'latin1')),
      ...(command ? { tank: command.device } : {}),
      ...(data === '' ? {} : { data: evidence(Buffer.from(data, 'latin1')) }),
      ...(security ? { security: evidence(security) } : {}),
      action,
      known,
    },
    TECHNIQUES[action],
  )
}
