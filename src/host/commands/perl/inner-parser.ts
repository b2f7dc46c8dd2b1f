import { type Node, Unsupported } from './syntax.ts'

type InnerParser = (source: string, file: string, line: number) => Node
let parser: InnerParser | undefined

/** The parser of whole programs stands above the readers of texts, which need it for the code in them. */
export function setInnerParser(whole: InnerParser): void {
  parser = whole
}

/** Code within a text: `@{[ … ]}`, the replacement of `s///e`, a variable with its subscripts. */
export function parseInner(source: string, file: string, line: number): Node {
  if (!parser) throw new Unsupported('code in a text')
  return parser(source, file, line)
}
