import { toBytes } from '../../../text.ts'
import { openFile } from '../builtins/open.ts'
import { PyFile } from '../file.ts'
import type { Machine } from '../machine.ts'
import { define } from '../signature.ts'
import { FILES } from '../types/others.ts'
import { PyBytes, type Value } from '../value.ts'

FILES.stringIO.make = (m, cls, args, keywords) =>
  define(
    'StringIO',
    'initial_value=, newline=',
    (machine: Machine, text: Value | undefined) =>
      new PyFile(machine, cls, { name: '', mode: 'r+', memory: toBytes(typeof text === 'string' ? text : '') }),
  ).native(m, args, keywords)
FILES.bytesIO.make = (m, cls, args, keywords) =>
  define(
    'BytesIO',
    'initial_bytes=',
    (machine: Machine, data: Value | undefined) =>
      new PyFile(machine, cls, { name: '', mode: 'rb+', memory: Buffer.from(data instanceof PyBytes ? data.data : '') }),
  ).native(m, args, keywords)
/** A text layer over a binary file. */
FILES.text.make = (m, _cls, args) => {
  const [file] = args
  if (!(file instanceof PyFile)) return null
  const encoding = args[1]
  const text = new PyFile(m, FILES.text, {
    name: file.name,
    mode: file.mode.replace('b', ''),
    backing: {
      fd: file.fd,
      isTerminal: file.isTerminal,
      read: async (max) => {
        const part = await file.readBytes(max)
        return part.length > 0 ? part : undefined
      },
      write: async (bytes) => {
        await file.write(bytes)
        await file.flush()
      },
      close: () => void file.close(),
    },
  })
  if (typeof encoding === 'string') text.encoding = encoding.toLowerCase()
  m.openFiles.add(text)
  return text
}

export function* ioModule(m: Machine): Iterable<readonly [string, Value]> {
  yield ['open', openFile]
  yield ['StringIO', FILES.stringIO]
  yield ['BytesIO', FILES.bytesIO]
  yield ['TextIOWrapper', FILES.text]
  yield ['BufferedReader', FILES.reader]
  yield ['BufferedWriter', FILES.writer]
  yield ['UnsupportedOperation', m.unsupportedOperation()]
  yield ['DEFAULT_BUFFER_SIZE', 8192n]
  yield ['SEEK_SET', 0n]
  yield ['SEEK_CUR', 1n]
  yield ['SEEK_END', 2n]
}
