import { type Evidence, evidence } from '../../events/bytes.ts'
import { decodeHeader, decodeMessage, encodeMessage, GROUP, IppFormatError, type IppGroup, type IppMessage, TAG } from './codec.ts'
import names from './facts/operations.json' with { type: 'json' }
import { type Handler, Operation, type OperationAnswer } from './operation.ts'
import { administrationHandlers } from './operations/administration.ts'
import { jobHandlers } from './operations/jobs.ts'
import { printerHandlers } from './operations/printers.ts'
import { subscriptionHandlers } from './operations/subscriptions.ts'
import { IppFault, STATUS } from './status.ts'
import { attribute, Given, plainValue } from './values.ts'

const HANDLERS: ReadonlyMap<string, Handler> = new Map(
  Object.entries({ ...printerHandlers, ...jobHandlers, ...administrationHandlers, ...subscriptionHandlers }),
)
const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(names).map(([code, name]) => [Number.parseInt(code, 16), name]))
/** Operations that are for the server, not for a printer. */
const SERVER_WIDE = /^(CUPS-Get-(Default|Printers|Classes|Devices|PPDs)|CUPS-Get-PPD)$/

type Parts = Omit<ConstructorParameters<typeof Operation>[0], 'message'>

/**
 * Answers one message as CUPS's scheduler does, check by check in its order and its words.
 *
 * @returns the answer; undefined when the bytes are no IPP message, which the server refuses as HTTP
 */
export async function answerMessage(bytes: Buffer, parts: Parts): Promise<Buffer | undefined> {
  const header = decodeHeader(bytes)
  const message = decode(bytes, parts)
  if (!message || !header) return undefined
  const { status, sentence, answer, unsupported } = await judge(message, parts)
  record(message, status, parts)
  const groups = [
    headGroup(message, sentence, answer.groups),
    ...(unsupported ? [unsupported] : []),
    ...(answer.groups ?? []).filter(({ tag }) => tag !== GROUP.operation),
  ]
  return encodeMessage({
    version: message.version,
    code: status,
    requestId: message.requestId,
    groups,
    data: answer.data ?? Buffer.alloc(0),
  })
}

function decode(bytes: Buffer, { visit }: Parts): IppMessage | undefined {
  try {
    return decodeMessage(bytes)
  } catch (error) {
    if (!(error instanceof IppFormatError)) throw error
    visit.record('ipp.malformed', { reason: error.message, bytes: evidence(bytes.subarray(0, 4096)) })
    return undefined
  }
}

interface Judgement {
  status: number
  sentence: string | undefined
  answer: OperationAnswer
  unsupported: IppGroup | undefined
}

async function judge(message: IppMessage, parts: Parts): Promise<Judgement> {
  try {
    checkHeader(message)
    checkOperationAttributes(message)
    const operation = new Operation({ ...parts, message })
    const name = NAMES.get(message.code)
    if (parts.reach.devicePath !== undefined) checkDevice(operation, name)
    const handler = name === undefined ? undefined : HANDLERS.get(name)
    if (!handler) throw new IppFault(STATUS.operation, `${name ?? `0x${message.code.toString(16).padStart(4, '0')}`} not supported.`)
    return { status: STATUS.ok, sentence: undefined, answer: await handler(operation), unsupported: undefined }
  } catch (error) {
    if (!(error instanceof IppFault)) throw error
    return { status: error.status, sentence: error.message, answer: {}, unsupported: error.unsupported }
  }
}

/** @throws IppFault */
function checkHeader({ version, requestId, groups }: IppMessage): void {
  const { major, minor } = version
  if (major !== 1 && major !== 2) throw new IppFault(STATUS.version, `Bad request version number ${major}.${minor}.`)
  if (requestId <= 0) throw new IppFault(STATUS.badRequest, `Bad request ID ${requestId}.`)
  if (groups.every(({ attributes }) => attributes.length === 0)) throw new IppFault(STATUS.badRequest, 'No attributes in request.')
  const tags = groups.map(({ tag }) => tag)
  if (tags.some((tag, n) => n > 0 && tag < (tags[n - 1] as number)))
    throw new IppFault(STATUS.badRequest, 'Attribute groups are out of order.')
}

/** Charset and language come first, then what the operation is for (RFC 8011 §4.1.4, §4.1.5). @throws IppFault */
function checkOperationAttributes(message: IppMessage): void {
  const [charset, language] = message.groups.find(({ tag }) => tag === GROUP.operation)?.attributes ?? []
  const isCharset = charset?.name === 'attributes-charset' && (charset.values[0]?.tag ?? 0) === TAG.charset
  const isLanguage = language?.name === 'attributes-natural-language' && (language.values[0]?.tag ?? 0) === TAG.language
  const given = new Given(message, GROUP.operation)
  const set = given.text('attributes-charset')?.toLowerCase()
  if (isCharset && set !== 'utf-8' && set !== 'us-ascii') throw new IppFault(STATUS.charset, `Unsupported character set "${set}".`)
  const isFor =
    ['printer-uri', 'job-uri', 'ppd-name'].some((name) => given.find(name) !== undefined) || SERVER_WIDE.test(NAMES.get(message.code) ?? '')
  if (!isCharset || !isLanguage || !isFor) throw new IppFault(STATUS.badRequest, 'Missing required attributes.')
}

/** Operations of a printer by itself. */
const DEVICE_OPERATIONS =
  /^(?:Print-(?:Job|URI)|Validate-Job|Create-Job|Send-(?:Document|URI)|Cancel-(?:Job|My-Jobs)|Get-Job(?:-Attribute)?s|Get-Printer-Attributes|Close-Job|Identify-Printer)$/

/** A printer knows its own address, and no administration. @throws IppFault */
function checkDevice({ given }: Operation, name = ''): void {
  const uri = given.text('printer-uri')
  if (uri !== undefined && !/^[a-z]{3,5}:\/\/[^/]{0,255}\/ipp\/print(?:\/\d{1,9})?$/i.test(uri))
    throw new IppFault(STATUS.notFound, `printer-uri ${uri.slice(0, 200)} not found.`)
  if (!DEVICE_OPERATIONS.test(name)) throw new IppFault(STATUS.operation, 'Operation not supported.')
}

function headGroup(message: IppMessage, sentence: string | undefined, groups: readonly IppGroup[] = []): IppGroup {
  const given = new Given(message, GROUP.operation)
  const own = groups.filter(({ tag }) => tag === GROUP.operation).flatMap(({ attributes }) => attributes)
  return {
    tag: GROUP.operation,
    attributes: [
      attribute('attributes-charset', TAG.charset, given.text('attributes-charset')?.slice(0, 63) ?? 'utf-8'),
      attribute('attributes-natural-language', TAG.language, given.text('attributes-natural-language')?.slice(0, 63) ?? 'en'),
      ...(sentence === undefined ? [] : [attribute('status-message', TAG.text, sentence.slice(0, 255))]),
      ...own,
    ],
  }
}

const LISTED = 40

function record({ version, code, groups }: IppMessage, status: number, { visit }: Parts): void {
  const given = new Given({ groups }, GROUP.operation)
  const target = given.text('printer-uri') ?? given.text('job-uri')
  const user = given.text('requesting-user-name')
  const attributes = groups.flatMap((group) => group.attributes).slice(0, LISTED)
  visit.record('ipp.operation', {
    operation: NAMES.get(code) ?? `0x${code.toString(16).padStart(4, '0')}`,
    code,
    version: `${version.major}.${version.minor}`,
    ...(target === undefined ? {} : { target: evidence(target.slice(0, 1024)) }),
    ...(user === undefined ? {} : { user: evidence(user.slice(0, 255)) }),
    attributes: attributes.map(({ name, values }): [string, Evidence] => [
      name.slice(0, 127),
      evidence(
        values
          .slice(0, 8)
          .map((value) => String(plainValue(value) ?? ''))
          .join(',')
          .slice(0, 1024),
      ),
    ]),
    status,
  })
}
