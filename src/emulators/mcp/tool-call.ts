import { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import { HostError } from '../../host/contract.ts'
import { recordIndicators } from '../../sensor/indicators.ts'
import type { Tool } from './catalog.ts'
import { queryDatabase } from './database.ts'
import { fillText } from './fill.ts'
import { type McpContext, ToolError } from './mcp-context.ts'
import { checkArguments } from './pydantic.ts'

export interface ToolResult {
  text: string
  isError: boolean
}

/** Of a result so much is sent, characters. */
const LONGEST_RESULT = 256 * 1024
const KEPT = 16 * 1024
/** The account that the server runs as. */
const ACCOUNT = 'root'

/** Calls a tool and writes down the call with its arguments. */
export async function callTool(name: string, given: Record<string, unknown>, mcp: McpContext): Promise<ToolResult> {
  const tool = mcp.catalog.tools.find((one) => one.name === name)
  const result = tool ? await resultOf(tool, given, mcp) : { text: `Unknown tool: ${name}`, isError: true }
  const said = JSON.stringify(given)
  mcp.visit.record(
    'mcp.call',
    {
      tool: evidence(name.slice(0, 256)),
      arguments: evidence(said.slice(0, KEPT)),
      known: tool !== undefined,
      isError: result.isError,
      output: evidence(result.text.slice(0, KEPT)),
    },
    (tool?.attack ?? []).map((technique) => `attack:${technique}`),
  )
  if (said.length > KEPT) mcp.visit.capture(Buffer.from(said), { how: 'mcp.call', name: evidence(name.slice(0, 256)) })
  recordIndicators(mcp.visit, said, 'mcp.call')
  return result
}

async function resultOf(tool: Tool, given: Record<string, unknown>, mcp: McpContext): Promise<ToolResult> {
  const checked = checkArguments(tool, given)
  if ('flaw' in checked) return { text: `Error executing tool ${tool.name}: ${checked.flaw}`, isError: true }
  try {
    const text = await answerOf(tool, checked.values, mcp)
    return { text: text.slice(0, LONGEST_RESULT), isError: false }
  } catch (error) {
    if (!(error instanceof ToolError || error instanceof HostError)) throw error
    return { text: `Error executing tool ${tool.name}: ${error.message}`, isError: true }
  }
}

type Values = Readonly<Record<string, string | number | boolean>>

async function answerOf({ name, answer }: Tool, values: Values, mcp: McpContext): Promise<string> {
  const { host } = mcp.context
  const given = (argument: string): string => String(values[argument] ?? '')
  if ('run' in answer) return runCommand(given(answer.run), mcp)
  if ('read' in answer) return onFile(given(answer.read), (path) => host.files(ACCOUNT).read(path).toString('utf8'))
  if ('list' in answer) return onFile(given(answer.list), (path) => host.files(ACCOUNT).list(path).toSorted().join('\n'))
  if ('write' in answer) return writeFile(given(answer.write), Buffer.from(given(answer.content)), mcp)
  if ('sql' in answer) return queryDatabase(given(answer.sql), mcp)
  if ('fetch' in answer) return refuseFetch(given(answer.fetch), mcp)
  if ('ask' in answer) return askEngine(given(answer.ask), fillText(answer.otherwise, values, `tool ${name}`, mcp), mcp)
  if ('text' in answer) return fillText(answer.text, values, `tool ${name}`, mcp)
  const chosen = given(answer.choose).toLowerCase()
  const text = Object.hasOwn(answer.of, chosen) ? answer.of[chosen] : undefined
  if (text === undefined) throw new ToolError(fillText(answer.otherwise, values, `tool ${name}`, mcp))
  return fillText(text, values, `tool ${name} ${chosen}`, mcp)
}

async function runCommand(command: string, { visit, context }: McpContext): Promise<string> {
  const request = { user: ACCOUNT, command, via: 'python3', remote: visit.source, local: visit.local, recorder: visit }
  const { stdout, stderr, exitCode } = await context.host.run(request)
  const output = `${stdout.toString('utf8')}${stderr.toString('utf8')}`
  return exitCode === 0 ? output : `${output}\n[exit code ${exitCode}]`
}

/** A failure of the file system, in Python's words. */
function onFile(path: string, act: (path: string) => string): string {
  try {
    return act(path)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    throw new ToolError(`[Errno ${ERRNO[error.code] ?? 5}] ${error.message}: '${path}'`)
  }
}

const ERRNO: Record<string, number> = { EPERM: 1, ENOENT: 2, EACCES: 13, EEXIST: 17, ENOTDIR: 20, EISDIR: 21, ENOSPC: 28, EROFS: 30 }

function writeFile(path: string, bytes: Buffer, { visit, context }: McpContext): string {
  visit.capture(bytes, { how: 'mcp.write', name: evidence(path.slice(0, 1_024)) })
  return onFile(path, (at) => {
    context.host.files(ACCOUNT).write(at, bytes)
    return `Wrote ${bytes.length} bytes to ${at}`
  })
}

/** What httpx says of an address that does not answer. Nothing is ever fetched. */
function refuseFetch(url: string, { visit }: McpContext): never {
  visit.record('indicator', { kind: 'url', value: evidence(url.slice(0, 2_048)), how: 'mcp.fetch' }, ['attack:T1090'])
  if (!/^https?:\/\//i.test(url)) throw new ToolError("Request URL is missing an 'http://' or 'https://' protocol.")
  const isAddress = /^https?:\/\/[\d.]+([:/]|$)/i.test(url)
  throw new ToolError(isAddress ? '[Errno 111] Connection refused' : '[Errno -3] Temporary failure in name resolution')
}

const Found = z.object({ answer: z.string().min(1).max(4_000) })

async function askEngine(question: string, otherwise: string, { visit, context }: McpContext): Promise<string> {
  const { persona, engine } = context
  const { value } = await engine.ask({
    kind: 'mcp',
    persona,
    schema: Found,
    instructions: `The system is the search of the operations runbooks of the host ${persona.hostname}: ${persona.summary}. The input is a question of an operator. "answer" is the passage of the runbook that it finds, in plain text, at most 120 words.`,
    state: '',
    history: [],
    input: question,
    key: question.trim().toLowerCase().slice(0, 2_000),
    share: 'persona',
    asker: { ip: visit.source.ip, session: visit.session },
    fallback: () => ({ answer: otherwise }),
    signal: visit.signal,
  })
  return value.answer
}
