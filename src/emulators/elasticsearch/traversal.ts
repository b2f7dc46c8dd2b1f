import { evidence } from '../../events/bytes.ts'
import { HostError } from '../../host/contract.ts'
import type { Answer, Call } from './call.ts'
import { accountOf } from './script-service.ts'

const HOME = '/usr/share/elasticsearch/plugins'
const MOST_BYTES = 256 * 1024

/** CVE-2015-3337: before 1.4.5 a site plug-in serves what its path leads to, also above its folder. */
export function pluginFile(call: Call): Answer {
  const path = decodedPath(call.request.target)
  const [, plugin = '', rest = ''] = /^\/_plugin\/([^/]{1,64})\/(.*)$/s.exec(path) ?? []
  const isInstalled = call.release.plugins.some(({ name, site }) => site && name === plugin)
  if (!isInstalled) return { status: 404, text: '', contentType: 'text/plain; charset=UTF-8' }
  if (!rest.includes('..'))
    return rest === '' || rest === 'index.html' ? page() : { status: 404, text: '', contentType: 'text/plain; charset=UTF-8' }
  const bytes = readFile(call, absolute(`${HOME}/${plugin}/_site/${rest}`))
  call.visit.record('elasticsearch.traversal', { path: evidence(path), found: bytes !== undefined }, ['cve:CVE-2015-3337', 'attack:T1083'])
  return bytes ? { bytes, contentType: '' } : { status: 404, text: '', contentType: 'text/plain; charset=UTF-8' }
}

/** CVE-2015-5531: up to 1.6 the name of a snapshot is a path, and an error shows the bytes of what is no snapshot. */
export function snapshotFile(call: Call): Answer | undefined {
  const path = decodedPath(call.request.target)
  const [, name = ''] = /^\/_snapshot\/[^/]{1,255}\/(.*)$/s.exec(path) ?? []
  if (!name.includes('../')) return undefined
  // The node reads `snapshot-<name>` below the location of the repository: the first folder of the name goes with that.
  const bytes = readFile(call, absolute(`/tmp/backup/snapshot-${name}`))
  call.visit.record('elasticsearch.traversal', { path: evidence(path), found: bytes !== undefined }, ['cve:CVE-2015-5531', 'attack:T1083'])
  if (!bytes) return { status: 404, value: { error: `SnapshotMissingException[[${name}] is missing]`, status: 404 } }
  const list = [...bytes.subarray(0, 16_384)].map((byte) => (byte < 128 ? byte : byte - 256)).join(', ')
  return {
    status: 400,
    value: {
      error: `ElasticsearchParseException[Failed to derive xcontent from (offset=0, length=${bytes.length}): [${list}]]`,
      status: 400,
    },
  }
}

function readFile({ host }: Call, path: string): Buffer | undefined {
  try {
    return host.files(accountOf(host)).read(path).subarray(0, MOST_BYTES)
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

/** The path of a target as sent: decoded once, its `..` still there. */
function decodedPath(target: string): string {
  const [path = ''] = target.split('?')
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function absolute(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

function page(): Answer {
  const text =
    '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n<title>elasticsearch-head</title>\n</head>\n<body></body>\n</html>\n'
  return { text, contentType: 'text/html' }
}
