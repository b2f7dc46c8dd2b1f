import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'

/** Longer lines are no log lines; they are left out and counted. */
const LONGEST = 1024 * 1024

/** The lines of a log, unpacked when it is a `.gz`, without ever holding more than one. An empty text stands for a line that is too long. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path)
  const stream = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  let unread: Buffer = Buffer.alloc(0)
  let isSkipping = false
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    unread = unread.length > 0 ? Buffer.concat([unread, chunk]) : chunk
    for (let end = unread.indexOf(10); end >= 0; end = unread.indexOf(10)) {
      yield isSkipping ? '' : unread.subarray(0, end).toString('utf8').trimEnd()
      isSkipping = false
      unread = unread.subarray(end + 1)
    }
    if (unread.length > LONGEST) {
      isSkipping = true
      unread = Buffer.alloc(0)
    }
  }
  if (unread.length > 0 && !isSkipping) yield unread.toString('utf8').trimEnd()
}
