import { promisify } from 'node:util'
import { gunzip, inflate, inflateRaw } from 'node:zlib'
import { evidence } from '../../events/bytes.ts'
import { GROUP, TAG } from './codec.ts'
import type { Job } from './job.ts'
import type { Operation } from './operation.ts'
import { IppFault, STATUS } from './status.ts'
import { attribute } from './values.ts'

const UNPACKED = 64 * 1024 * 1024
const unpackGzip = promisify(gunzip)
const unpackZlib = promisify(inflate)
const unpackRaw = promisify(inflateRaw)

const SUPPORTED = new Set([
  'application/octet-stream',
  'application/pdf',
  'application/postscript',
  'application/vnd.cups-raster',
  'application/vnd.cups-raw',
  'application/vnd.cups-command',
  'application/vnd.cups-pdf',
  'image/gif',
  'image/jpeg',
  'image/png',
  'image/pwg-raster',
  'image/tiff',
  'image/urf',
  'text/css',
  'text/html',
  'text/plain',
])

/** @throws IppFault for a format or compression that the server does not take */
export function checkDocument({ given }: Operation): void {
  const compression = given.text('compression')
  if (compression !== undefined && !['none', 'gzip', 'deflate'].includes(compression)) {
    throw new IppFault(STATUS.compression, `Unsupported 'compression' value "${compression}".`, {
      tag: GROUP.unsupported,
      attributes: [attribute('compression', TAG.keyword, compression)],
    })
  }
  const format = given.text('document-format')
  if (format === undefined || SUPPORTED.has(format.toLowerCase())) return
  throw new IppFault(STATUS.documentFormat, `Unsupported 'document-format' value "${format}".`, {
    tag: GROUP.unsupported,
    attributes: [attribute('document-format', TAG.mimeType, format)],
  })
}

/** Keeps a document as the client meant it, unpacked, and counts its pages. @throws IppFault when it cannot be unpacked */
export async function keepDocument(operation: Operation, job: Job): Promise<{ bytes: number; pages: number; format: string }> {
  const { given, message, visit } = operation
  const compression = given.text('compression')
  const document = await unpacked(message.data, compression)
  const name = given.text('document-name') ?? job.name
  const artifact = visit.capture(document, { how: 'print-job', name: evidence(name.slice(0, 512)) })
  const format = formatOf(document, given.text('document-format'))
  visit.record(
    'ipp.document',
    {
      job: job.id,
      name: evidence(name.slice(0, 512)),
      user: evidence(job.user),
      format: format.slice(0, 127),
      ...(compression ? { compression } : {}),
      sha256: artifact.sha256,
      size: document.length,
    },
    ['attack:T1491.001'],
  )
  return { bytes: document.length, pages: pagesOf(document, format), format }
}

async function unpacked(data: Buffer, compression: string | undefined): Promise<Buffer> {
  if (compression !== 'gzip' && compression !== 'deflate') return data
  try {
    return await unpackerOf(compression, data)(data, { maxOutputLength: UNPACKED })
  } catch {
    // zlib has no error class of its own; whatever it says, the client's data is not what it was said to be.
    throw new IppFault(STATUS.compressionError, 'Unable to decompress document data.')
  }
}

/** `deflate` is the zlib format (RFC 8011 §5.4.32), but CUPS's own tools send it without the header of zlib. */
function unpackerOf(compression: 'gzip' | 'deflate', data: Buffer): typeof unpackGzip {
  if (compression === 'gzip') return unpackGzip
  return data.length > 1 && (data[0] as number) % 16 === 8 && data.readUInt16BE(0) % 31 === 0 ? unpackZlib : unpackRaw
}

/** What the bytes are, where the client says only that they are bytes. */
function formatOf(document: Buffer, given: string | undefined): string {
  if (given !== undefined && given !== 'application/octet-stream') return given
  const start = document.subarray(0, 64).toString('latin1')
  if (start.startsWith('%PDF-')) return 'application/pdf'
  if (start.startsWith('%!') || start.startsWith('\x04%!')) return 'application/postscript'
  if (start.includes('\x1b%-12345X') || start.startsWith('\x1bE')) return 'application/vnd.cups-raw'
  return /^[\x09\x0a\x0c\x0d\x1b\x20-\x7e\x80-\xff]+$/.test(start) ? 'text/plain' : 'application/octet-stream'
}

const SEARCHED = 1024 * 1024

/** An estimate: pages of a PDF or PostScript as it counts them, of text by its lines. */
function pagesOf(document: Buffer, format: string): number {
  const text = document.subarray(0, SEARCHED).toString('latin1')
  if (format === 'application/pdf') return Math.max(1, text.match(/\/Type\s{0,4}\/Page(?!s)/g)?.length ?? 1)
  if (format === 'application/postscript') return Math.max(1, text.match(/^%%Page:/gm)?.length ?? 1)
  return Math.max(1, Math.ceil((text.match(/\n/g)?.length ?? 0) / 60))
}
