import type { Entry } from './entry.ts'

/**
 * Writes a batch. An entry that the database refuses for what it is would be refused whenever it is brought again, and keep all others out:
 * it is found by halves, and laid aside as a dead letter.
 * @param write one transaction
 * @param isUnfit whether an error is about what was to be written
 * @throws what `write` throws for other reasons; a part of the batch may be stored then
 */
export async function writeWhatFits(
  batch: readonly Entry[],
  write: (part: readonly Entry[]) => void | Promise<void>,
  isUnfit: (error: unknown) => boolean,
): Promise<void> {
  try {
    await write(batch)
  } catch (error) {
    if (!isUnfit(error)) throw error
    if (batch.length > 1) {
      const middle = batch.length >> 1
      await writeWhatFits(batch.slice(0, middle), write, isUnfit)
      await writeWhatFits(batch.slice(middle), write, isUnfit)
      return
    }
    const [entry] = batch
    if (entry === undefined || entry.rejected !== undefined) throw error
    await write([{ ...entry, rejected: `cannot be stored: ${error instanceof Error ? error.message : String(error)}` }])
  }
}
