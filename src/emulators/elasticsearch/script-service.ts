import { createHash } from 'node:crypto'
import { evidence } from '../../events/bytes.ts'
import type { Call } from './call.ts'
import { ElasticError, illegalArgument, ShardsFailed } from './elastic-error.ts'
import { plainResult, type ScriptIntent, scriptsIn, shownOutput } from './script.ts'

const LONGEST_OUTPUT = 64 * 1024

/**
 * Plays the scripts of a body. 1.4.2 runs them (CVE-2015-1427; MVEL, CVE-2014-3120, is of releases before it but is played
 * too), later releases refuse all that is not Painless.
 *
 * @returns results by the name of their script field
 * @throws ElasticError where the release refuses
 */
export async function playScripts(call: Call, body: unknown): Promise<Map<string, unknown>> {
  const results = new Map<string, unknown>()
  for (const intent of scriptsIn(body)) {
    const runs = call.release.major === 1
    recordScript(call, intent, runs)
    if (!runs) refuse(call, intent)
    else results.set(intent.field ?? '', await resultOf(call, intent))
  }
  return results
}

function recordScript({ visit }: Call, { text, lang, command, file }: ScriptIntent, ran: boolean): void {
  const isMvel = lang === 'mvel' || /\bimport java\.|new Scanner\(/.test(text)
  const reaches = command !== undefined || file !== undefined || /Runtime|forName|ProcessBuilder/.test(text)
  const tags = reaches ? [isMvel ? 'cve:CVE-2014-3120' : 'cve:CVE-2015-1427', 'attack:T1190', 'attack:T1059'] : []
  visit.record(
    'elasticsearch.script',
    {
      script: evidence(text),
      ...(lang === undefined ? {} : { lang: lang.slice(0, 64) }),
      ...(command === undefined ? {} : { command: evidence(command) }),
      ...(file === undefined ? {} : { file: evidence(file) }),
      ran,
    },
    tags,
  )
  for (const [url] of text.matchAll(/\b(?:https?|ftp|ldap|rmi):\/\/[^\s"'\\)]{3,500}/g))
    visit.record('indicator', { kind: 'url', value: url, how: 'script' })
}

async function resultOf(call: Call, { text, command, file }: ScriptIntent): Promise<unknown> {
  const { cluster, host } = call
  if (command !== undefined) {
    const output = await runOnHost(call, command)
    return (
      shownOutput(text, output) ??
      `java.lang.UNIXProcess@${createHash('sha256').update(command).digest('hex').slice(0, 8).replace(/^0/, '1')}`
    )
  }
  if (file !== undefined) return runOnHost(call, `cat -- '${file.replaceAll("'", "'\\''")}'`)
  return plainResult(text, {
    'os.name': 'Linux',
    'os.arch': cluster.node.os.arch,
    'os.version': cluster.node.os.kernel,
    'java.version': cluster.node.release.jvm.version,
    'java.io.tmpdir': '/tmp',
    'user.name': accountOf(host),
    'user.dir': '/',
    'file.separator': '/',
    'line.separator': '\n',
  })
}

/** The account of the service; a host without it runs Elasticsearch as root, as many did. */
export function accountOf(host: Call['host']): string {
  return host.userExists('elasticsearch') ? 'elasticsearch' : 'root'
}

export async function runOnHost({ host, visit }: Call, command: string): Promise<string> {
  const { stdout } = await host.run({
    user: accountOf(host),
    command,
    remote: visit.source,
    local: visit.local,
    via: 'java',
    recorder: visit,
  })
  return stdout.subarray(0, LONGEST_OUTPUT).toString('utf8')
}

function refuse({ cluster }: Call, { text, lang }: ScriptIntent): never {
  const index = cluster.indices[0]?.name ?? ''
  const fail = (cause: ElasticError): never => {
    throw new ShardsFailed(cause, cluster.node.id, index)
  }
  if (lang !== undefined && !['painless', 'expression', 'mustache'].includes(lang))
    return fail(illegalArgument(`script_lang not supported [${lang}]`))
  // Painless knows no Math.class: it stumbles over the first name that it does not know.
  const offset = Math.max(0, text.search(/\.class|Runtime|forName|import|new /))
  const shown = text.slice(Math.max(0, offset - 25), offset + 25)
  return fail(
    new ElasticError(400, 'script_exception', 'compile error', {
      script_stack: [
        `${text.length > 50 ? '... ' : ''}${shown}${text.length > offset + 25 ? ' ...' : ''}`,
        `${' '.repeat(Math.min(offset, 25) + (text.length > 50 ? 4 : 0))}^---- HERE`,
      ],
      script: text,
      lang: 'painless',
      position: { offset, start: Math.max(0, offset - 25), end: Math.min(text.length, offset + 25) },
      caused_by: { type: 'illegal_argument_exception', reason: `unknown variable [${/[A-Za-z]\w*/.exec(text)?.[0] ?? ''}]` },
    }),
  )
}
