import { evidence } from '../../../../events/bytes.ts'
import { fetchTarget } from '../../net/fetch.ts'
import { parseTarget } from '../../net/url.ts'
import type { Machine } from '../machine.ts'
import { functions } from '../signature.ts'
import { bytes, list, tuple } from '../types.ts'
import { PyBytes, type Value } from '../value.ts'

/**
 * What urllib, http.client and requests of lib/ stand on: asks for a URL as wget and curl of this host do.
 * Gives `('answered', status, reason, headers, body)`, `('refused' | 'unreachable' | 'timeout',)`, `('unknown' | 'unresolved',)` or `('invalid',)`.
 */
async function answerOf(m: Machine, url: Value, body: Value): Promise<Value> {
  const target = parseTarget(String(url))
  if (!target) return tuple('invalid')
  if (body instanceof PyBytes && body.data.length > 0)
    m.process.recorder.capture(body.data.subarray(0, 1024 * 1024), { how: 'python http', name: evidence(target.text) })
  const fetched = await fetchTarget(m.process, target, 'python')
  if (fetched.state === 'unresolved') return tuple(fetched.failure === 'unknown' ? 'unknown' : 'unresolved')
  if (fetched.state === 'unconnected') return tuple(fetched.reach.state)
  m.allocate(fetched.body.length)
  return tuple(
    'answered',
    BigInt(fetched.status),
    fetched.reason,
    list(fetched.headers.map(([name, value]) => tuple(name, value))),
    bytes(fetched.body),
  )
}

export function* requestModule(): Iterable<readonly [string, Value]> {
  yield* functions({ fetch: ['url, body', answerOf] })
}
