/** What can be said of a print job without printing it. */
export interface JobFacts {
  /** `postscript`, `pcl`, `pclxl`, `pdf`, `xps`, `ejl`, `http`, `tls`, `text`, `data`. */
  language: string
  title: string
  pages: number
  preview: Buffer
}

const PREVIEW = 512
/** Bytes looked at for pages and titles. */
const LOOKED_AT = 1024 * 1024
const LINES_OF_A_PAGE = 60

const SIGNS: readonly [string, RegExp][] = [
  ['postscript', /^\x04?\s{0,8}%!/],
  ['pdf', /^\s{0,8}%PDF-/],
  ['pclxl', /^(?:.{0,64}\n)?\) HP-PCL XL/s],
  ['ejl', /^(?:\x1b?@EJL|\x1bEJL)/],
  ['pcl', /^\x1b[E%&*()]/],
  ['xps', /^PK\x03\x04/],
  ['tls', /^\x16\x03[\x00-\x04]/],
  ['http', /^[A-Z]{3,8} \S{1,2048} HTTP\//],
  ['text', /^[\x09-\x0d\x20-\x7e\x80-\xff]+$/],
]

/** @param announced language of `@PJL ENTER LANGUAGE` */
export function factsOf(bytes: Buffer, announced: string | undefined): JobFacts {
  const head = bytes.toString('latin1', 0, LOOKED_AT)
  const language = languageOf(head.slice(0, 4096), announced)
  return { language, title: titleIn(head), pages: pagesIn(head, language), preview: bytes.subarray(0, PREVIEW) }
}

function languageOf(head: string, announced: string | undefined): string {
  const sniffed = SIGNS.find(([, sign]) => sign.test(head))?.[0] ?? 'data'
  if (announced === undefined || announced === 'AUTO' || (sniffed !== 'text' && sniffed !== 'data')) return sniffed
  return /^[A-Z0-9]{1,16}$/.test(announced) ? announced.toLowerCase() : sniffed
}

/** The title of a document after the structuring conventions of PostScript, or of a PDF. */
function titleIn(head: string): string {
  const [, comment = ''] = /%%Title: {0,4}([^\r\n]{1,200})/.exec(head) ?? []
  if (comment !== '') return comment.replace(/^\((.*)\)$/, '$1')
  return /\/Title {0,4}\(([^)]{1,200})\)/.exec(head)?.[1] ?? ''
}

function pagesIn(head: string, language: string): number {
  const count = (sign: RegExp): number => head.match(sign)?.length ?? 0
  switch (language) {
    case 'postscript':
      // A program that shows no page prints none.
      return Math.max(count(/%%Page: /g), count(/\bshowpage\b/g))
    case 'pdf':
      return Math.max(1, count(/\/Type {0,2}\/Page\b/g))
    case 'pcl':
      return Math.max(/\S/.test(head.replace(/\x1b[!-/]?[^@-Z\x1b]{0,32}[@-Z]?/g, '')) ? 1 : 0, count(/\f/g))
    case 'text':
    case 'http':
      return Math.max(1, count(/\f/g) + 1, Math.ceil(count(/\n/g) / LINES_OF_A_PAGE))
    default:
      return 1
  }
}
