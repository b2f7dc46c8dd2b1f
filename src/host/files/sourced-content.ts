import type { HoneytokenMint } from '../honeytokens/mint.ts'
import type { Diary } from '../world/logs/diary.ts'
import type { Content } from './content.ts'

/** Who looks at a file that is not the same for all. */
export interface SourceView {
  /** Address of the attacker. */
  source: string
  mint: HoneytokenMint
  diary: Diary
}

/** Content of the image that each source sees in its own way: secrets minted for it, logs that tell what it did. */
export interface SourcedContent extends Content {
  forSource(view: SourceView): Content
}

export function isSourced(content: Content | undefined): content is SourcedContent {
  return content !== undefined && 'forSource' in content
}
