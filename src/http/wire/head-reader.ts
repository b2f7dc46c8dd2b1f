import { HeaderList } from '../headers.ts'
import type { Refusal, WebServer } from '../server.ts'
import type { Framing } from './framing.ts'
import type { Inbox } from './inbox.ts'
import { endOfHead, parseRequestHead, parseRequestLine, type RequestHead } from './request-head.ts'

/** A head that came, judged by the played server. `cut` = it was refused for its size before its end had come. */
export type HeadResult =
  | { kind: 'accepted'; head: RequestHead; headers: HeaderList; framing: Framing; simple: boolean }
  | { kind: 'refused'; refusal: Refusal; head: RequestHead; cut: boolean }
  /** The connection ends without an answer; `raw` is what had come. */
  | { kind: 'ended'; raw: Buffer; slow: boolean }

const LF = 0x0a
const NO_BODY: Framing = { kind: 'none' }

/** Reads the next request head, as tolerant or strict as the played server is. */
export async function readHead(inbox: Inbox, server: WebServer, first: boolean): Promise<HeadResult> {
  const { limits } = server
  const started = performance.now()
  // The first request must come within the time for a head, later ones may be awaited for the time of keep-alive.
  let deadline = started + (first ? limits.headMs : limits.idleMs)
  let hasBegun = false
  let judgedLine = false
  let searched = 0
  let emptyLines = first ? server.emptyLines.first : server.emptyLines.later
  const skipsBareLf = !first || server.emptyLines.bareLf

  for (;;) {
    if (!judgedLine) emptyLines -= skipEmptyLines(inbox, emptyLines, skipsBareLf)
    if (inbox.length > 0 && !hasBegun) {
      hasBegun = true
      deadline = performance.now() + limits.headMs
    }
    const bytes = inbox.bytes
    const lf = bytes.indexOf(LF)
    if (!judgedLine) {
      const verdict = judgeRequestLine(bytes, lf, server)
      if (verdict === 'simple') return simpleRequest(inbox, lf)
      if (verdict) return bytes.length > limits.requestLine ? refuseEarly(inbox, verdict) : refuse(inbox, verdict)
      judgedLine = lf >= 0
    }
    const end = judgedLine ? endOfHead(bytes, searched) : -1
    if (end >= 0) return judgeHead(inbox.take(end), server)
    searched = Math.max(0, bytes.length - 2)
    const excess = judgedLine ? excessOf(bytes, lf, server) : undefined
    if (excess) return refuseEarly(inbox, excess)

    const got = await inbox.more(deadline - performance.now())
    if (got === 'more') continue
    const refusal = got === 'slow' && hasBegun ? server.timeout(judgedLine ? 'head' : 'line') : undefined
    if (refusal) return refuse(inbox, refusal)
    return { kind: 'ended', raw: inbox.take(inbox.length), slow: got === 'slow' }
  }
}

function judgeRequestLine(bytes: Buffer, lf: number, server: WebServer): Refusal | 'simple' | undefined {
  if (lf < 0) {
    const early = bytes.length > 0 ? server.judgePartialLine(bytes) : undefined
    // The CR of a line that is just short enough may be here before its LF.
    return early ?? (bytes.length > server.limits.requestLine + 1 ? server.tooLarge('request-line') : undefined)
  }
  const bareLf = bytes[lf - 1] !== 0x0d
  const line = bytes.subarray(0, bareLf ? lf : lf - 1)
  if (line.length > server.limits.requestLine) return server.tooLarge('request-line')
  return server.judgeLine(parseRequestLine(line, bareLf))
}

/** A head that is too large is refused before its end has come. */
function excessOf(bytes: Buffer, lf: number, { limits, tooLarge }: WebServer): Refusal | undefined {
  if (bytes.length > limits.head) return tooLarge('head')
  const lastLine = bytes.length - 1 - Math.max(lf, bytes.lastIndexOf(LF))
  return lastLine > limits.headerLine + 1 ? tooLarge('header-line') : undefined
}

function judgeHead(raw: Buffer, server: WebServer): HeadResult {
  const { limits } = server
  const head = parseRequestHead(raw)
  const headers = new HeaderList(head.headers)
  const framing = server.framing(headers)
  const refusal =
    (head.longestLine > limits.headerLine ? server.tooLarge('header-line') : undefined) ??
    (raw.length > limits.head ? server.tooLarge('head') : undefined) ??
    (head.lines > limits.headers ? server.tooLarge('headers') : undefined) ??
    server.judgeHead(head, headers, framing)
  return refusal ? { kind: 'refused', refusal, head, cut: false } : { kind: 'accepted', head, headers, framing, simple: false }
}

function simpleRequest(inbox: Inbox, lf: number): HeadResult {
  const head = parseRequestHead(inbox.take(lf + 1))
  return { kind: 'accepted', head, headers: new HeaderList(), framing: NO_BODY, simple: true }
}

function refuse(inbox: Inbox, refusal: Refusal): HeadResult {
  return { kind: 'refused', refusal, head: parseRequestHead(inbox.take(inbox.length)), cut: false }
}

/** Leaves what came in the inbox, for {@link readWhole}. */
function refuseEarly(inbox: Inbox, refusal: Refusal): HeadResult {
  return { kind: 'refused', refusal, head: parseRequestHead(Buffer.from(inbox.bytes)), cut: true }
}

/** Reads a head that is refused already to its end, for the record: `most` bytes of it, and not longer than `wait` says. */
export async function readWhole(inbox: Inbox, most: number, wait: { pieceMs: number; totalMs: number }): Promise<RequestHead> {
  const deadline = performance.now() + wait.totalMs
  let end = endOfHead(inbox.bytes)
  while (end < 0 && inbox.length < most) {
    const searched = Math.max(0, inbox.length - 2)
    if ((await inbox.more(Math.min(wait.pieceMs, deadline - performance.now()))) !== 'more') break
    end = endOfHead(inbox.bytes, searched)
  }
  return parseRequestHead(inbox.take(end < 0 ? Math.min(inbox.length, most) : end))
}

/** @returns how many were skipped, `most` at most */
function skipEmptyLines(inbox: Inbox, most: number, skipsBareLf: boolean): number {
  const { bytes } = inbox
  let at = 0
  let count = 0
  for (; count < most; count++) {
    if (bytes[at] === LF && skipsBareLf) at += 1
    else if (bytes[at] === 0x0d && bytes[at + 1] === LF) at += 2
    else break
  }
  if (at > 0) inbox.drop(at)
  return count
}
