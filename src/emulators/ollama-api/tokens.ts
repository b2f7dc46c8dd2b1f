import { digestOf } from './catalog.ts'

const TOKEN = / ?[^\s]{1,7}|\s+/g

/** A text in pieces of the size that a model writes them in. */
export function tokenPieces(text: string): string[] {
  return text.match(TOKEN) ?? []
}

/** How many tokens a text has, about; long texts are not cut up for it. */
export function tokensOf(text: string): number {
  return text.length > 20_000 ? Math.ceil(text.length / 4) : tokenPieces(text).length
}

/** Most token ids that an answer shows. */
const MOST_IDS = 4_096
/** The turn of a user and the head of the assistant's in Llama 3's vocabulary. */
const USER_TURN = [128006, 882, 128007, 271]
const ASSISTANT_TURN = [128009, 128006, 78191, 128007, 271]

/** Token ids of prompt and answer, the `context` of /api/generate: the same for the same texts. */
export function contextOf(before: readonly unknown[], prompt: string, answer: string): number[] {
  const kept = before.filter((id): id is number => Number.isInteger(id)).slice(-MOST_IDS)
  return [...kept, ...USER_TURN, ...idsOf(prompt), ...ASSISTANT_TURN, ...idsOf(answer)]
}

function idsOf(text: string): number[] {
  const pieces = tokenPieces(text.slice(0, 20_000)).slice(0, MOST_IDS)
  const known = new Map<string, number>()
  return pieces.map((piece) => {
    let id = known.get(piece)
    if (id === undefined) {
      id = 220 + (Number.parseInt(digestOf(piece).slice(0, 8), 16) % 99_000)
      known.set(piece, id)
    }
    return id
  })
}
