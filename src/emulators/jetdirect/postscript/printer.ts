/** Operators of the printer: what it is, its parameters, its files (PLRM §3.8, appendix C). */
import { wildcard } from '../../../sensor/wildcard.ts'
import type { Machine, Operator } from './machine.ts'
import { Leave } from './machine.ts'
import { MARK, type PsDict, PsError, PsFile, PsName, PsString, plainText } from './objects.ts'

/** The printer as a program sees it. */
export interface PsHost {
  product: string
  version: string
  revision: number
  /** Date of the firmware as a number: 20090508. */
  buildTime: number
  serial: number
  /** Bytes of RAM. */
  memory: number
  pages: number
  startedAt: number
  /** Passwords of `setsystemparams` and `startjob`; a fresh printer takes 0. */
  password: string
  /** Names of the files on the disk: `PostScript/x`. */
  list(): string[]
  /** @throws PsError */
  read(name: string): string
  write(name: string, data: string, isAppended: boolean): void
  remove(name: string): void
  format(): void
  /** A parameter that the program changed, or tried to. */
  changed(name: string, value: string, accepted: boolean): void
}

const DISK = '%disk0%'
const DEVICES = ['%rom0%', DISK]
const IO_DEVICES = ['%disk0%', '%rom0%', '%stdin%', '%stdout%', '%stderr%', '%lineedit%', '%statementedit%']
const MOST_DATA = 1024 * 1024

const text = (value: string): PsString => new PsString(value)

export function printerOperators(host: PsHost): [string, Operator][] {
  const locked = (given: string): boolean => host.password !== '' && host.password !== '0' && given !== host.password
  const named = (name: string, values: [string, Parameters<Machine['push']>[0]][]): [string, Operator] => [
    name,
    (m) => m.push(new Map(values)),
  ]
  return [
    ['product', (m) => m.push(text(host.product))],
    ['version', (m) => m.push(text(host.version))],
    ['revision', (m) => m.push(host.revision)],
    ['serialnumber', (m) => m.push(host.serial)],
    ['languagelevel', (m) => m.push(3)],
    ['realtime', (m) => m.push(Date.now() - host.startedAt)],
    ['usertime', (m) => m.push((Date.now() - host.startedAt) % 1_000_000)],
    ['vmstatus', (m) => m.push(1, Math.floor(host.memory / 180), Math.floor(host.memory / 7))],
    ['cachestatus', (m) => m.push(262_144, 1_048_576, 42, 1024, 310, 5000, 1_048_576)],
    ['ucachestatus', (m) => m.push(MARK, 0, 65_536, 0, 512, 32_768)],
    ['userdict', (m) => m.push(m.userDict)],
    ...['systemdict', 'statusdict', 'serverdict', 'globaldict'].map((name): [string, Operator] => named(name, [['systemdict', true]])),
    [
      'internaldict',
      (m) => m.push(m.number() === 1_183_615_869 ? new Map([['superexec', new PsName('exec', true)]]) : fail('invalidaccess')),
    ],
    ['currentsystemparams', (m) => m.push(systemParams(host))],
    ['currentuserparams', (m) => m.push(new Map([['JobName', text('')]]))],
    [
      'currentpagedevice',
      (m) =>
        m.push(
          new Map<string, PsString | boolean>([
            ['OutputDevice', text('')],
            ['PostRenderingEnhance', true],
          ]),
        ),
    ],
    ['currentdevparams', (m) => m.push(deviceParams(m.string().text))],
    ['setsystemparams', (m) => setSystemParams(m, host, locked)],
    ['checkpassword', (m) => m.push(!locked(plainText(m.pop())))],
    [
      'startjob',
      (m) => {
        const given = plainText(m.pop())
        m.boolean()
        m.push(!locked(given))
      },
    ],
    ['exitserver', (m) => exitServer(m, locked)],
    [
      'initializedisk',
      (m) => {
        m.stack.splice(-2)
        host.format()
      },
    ],
    ['devforall', (m) => enumerate(m, (pattern) => DEVICES.filter((one) => wildcard(pattern, one)))],
    ['resourceforall', resourceForAll],
    ['resourcestatus', resourceStatus],
    ['devstatus', deviceStatus],
    ['filenameforall', (m) => enumerate(m, (pattern) => filesLike(host, pattern))],
    ['status', (m) => status(m, host)],
    ['file', (m) => open(m, host)],
    ['read', readByte],
    ['readstring', readString],
    [
      'write',
      (m) => {
        const byte = m.number()
        writeTo(m, m.file(), String.fromCharCode(byte & 0xff))
      },
    ],
    [
      'writestring',
      (m) => {
        const { text: data } = m.string()
        writeTo(m, m.file(), data)
      },
    ],
    [
      'closefile',
      (m) => {
        const file = m.file()
        if (file.mode !== 'r' && !file.name.startsWith('%std')) host.write(file.name, file.data, file.mode.startsWith('a'))
      },
    ],
    ['flushfile', (m) => void m.file()],
    ['deletefile', (m) => host.remove(nameOnDisk(m.string().text))],
    [
      'renamefile',
      (m) => {
        const [to, from] = [nameOnDisk(m.string().text), nameOnDisk(m.string().text)]
        host.write(to, host.read(from), false)
        host.remove(from)
      },
    ],
    [
      'executive',
      (m) => {
        m.isInteractive = true
        m.write(`PostScript(r) Version ${host.version}\n`)
      },
    ],
  ]
}

function fail(error: string): never {
  throw new PsError(error)
}

function systemParams({ memory, pages, buildTime, product }: PsHost): PsDict {
  return new Map<string, PsString | number | boolean>([
    ['BuildTime', buildTime],
    ['DoPrintErrors', true],
    ['DoStartPage', false],
    ['InstalledRam', memory],
    ['RamSize', Math.floor(memory * 0.71)],
    ['JobTimeout', 0],
    ['WaitTimeout', 300],
    ['PageCount', pages],
    ['PrinterName', text(product)],
    ['StartupMode', 0],
  ])
}

/** An entry `Password` must be right; the passwords themselves stay, the rest has no effect here. */
function setSystemParams(m: Machine, host: PsHost, locked: (given: string) => boolean): void {
  const params = m.dict()
  const given = params.get('Password')
  const isRefused = locked(given === undefined ? '' : plainText(given))
  for (const [name, value] of [...params].slice(0, 50)) {
    if (name !== 'Password') host.changed(name, plainText(value), !isRefused)
  }
  if (isRefused) fail('invalidaccess')
  const password = params.get('SystemParamsPassword') ?? params.get('StartJobPassword')
  if (password !== undefined) host.password = plainText(password).slice(0, 64)
}

function exitServer(m: Machine, locked: (given: string) => boolean): void {
  if (locked(plainText(m.pop()))) fail('invalidaccess')
  m.write('%%[ exitserver: permanent state may be changed ]%%\n')
}

/** Calls a procedure with each name, as `filenameforall` and its like do. */
function enumerate(m: Machine, namesOf: (pattern: string) => string[]): void {
  m.string()
  const body = m.pop()
  const names = namesOf(m.string().text)
  m.loop(() => {
    for (const name of names) {
      m.push(text(name))
      m.execute(body)
    }
  })
}

function resourceForAll(m: Machine): void {
  const category = plainText(m.pop())
  enumerate(m, (pattern) => (category === 'IODevice' ? IO_DEVICES.filter((one) => wildcard(pattern, one)) : []))
}

function resourceStatus(m: Machine): void {
  const [category, key] = [plainText(m.pop()), plainText(m.pop())]
  if (category === 'IODevice' && IO_DEVICES.includes(key)) m.push(0, 0, true)
  else m.push(false)
}

/** Searchable, writable, has names, mounted, removable, place in the search, free and all pages. */
function deviceStatus(m: Machine): void {
  const name = `%${m.string().text.replaceAll('%', '')}%`
  if (!DEVICES.includes(name)) return void m.push(false)
  const isDisk = name === DISK
  m.push(true, isDisk, true, true, false, isDisk ? 1 : 2, isDisk ? 8156 : 0, 8192, true)
}

function deviceParams(name: string): PsDict {
  if (!IO_DEVICES.includes(name)) fail('undefined')
  const isDisk = DEVICES.includes(name)
  const kind = new PsName(isDisk ? 'FileSystem' : 'Parameters', false)
  return new Map<string, PsName | boolean | number>(
    isDisk
      ? [
          ['Type', kind],
          ['HasNames', true],
          ['Mounted', true],
          ['LogicalSize', 8192],
        ]
      : [['Type', kind]],
  )
}

function filesLike(host: PsHost, pattern: string): string[] {
  const [, device = '', rest = ''] = /^(%[^%]{0,32}%)?(.*)$/s.exec(pattern) ?? []
  if (device !== '' && device !== DISK && device !== '%*%') return []
  return host
    .list()
    .filter((name) => wildcard(rest, name) || wildcard(rest, `/${name}`))
    .map((name) => (device === '' ? name : `${DISK}${name}`))
}

function nameOnDisk(name: string): string {
  const [, device = DISK, rest = ''] = /^(%[^%]{0,32}%)?(.*)$/s.exec(name) ?? []
  if (device !== DISK && device !== '%*%') fail('undefinedfilename')
  return rest
}

function status(m: Machine, host: PsHost): void {
  const { text: name } = m.string()
  try {
    const { length } = host.read(nameOnDisk(name))
    const installed = Math.floor(host.startedAt / 1000)
    m.push(Math.ceil(length / 1024), length, installed, installed, true)
  } catch (error) {
    if (!(error instanceof PsError)) throw error
    m.push(false)
  }
}

function open(m: Machine, host: PsHost): void {
  const [{ text: mode }, { text: name }] = [m.string(), m.string()]
  if (/^%std(?:in|out|err)$/.test(name)) return void m.push(new PsFile(name, mode, ''))
  if (name.startsWith('%') && !name.slice(1).includes('%')) throw new Leave('drawing')
  const onDisk = nameOnDisk(name)
  const data = mode.startsWith('r') ? host.read(onDisk) : ''
  m.spend(data.length)
  m.push(new PsFile(onDisk, mode[0] ?? '', data))
}

function readByte(m: Machine): void {
  const file = m.file()
  if (file.at >= file.data.length) m.push(false)
  else m.push(file.data.charCodeAt(file.at++), true)
}

function readString(m: Machine): void {
  const [{ length }, file] = [m.string().text, m.file()]
  const part = file.data.slice(file.at, file.at + length)
  file.at += part.length
  m.push(text(part), part.length === length)
}

function writeTo(m: Machine, file: PsFile, data: string): void {
  if (file.name === '%stdout' || file.name === '%stderr') return void m.write(data)
  if (file.mode === 'r') fail('invalidaccess')
  if (file.data.length + data.length > MOST_DATA) fail('ioerror')
  m.spend(data.length)
  file.data += data
}
