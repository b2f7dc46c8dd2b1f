import { describe, expect, it } from 'vitest'
import { ProcessorShare, ProcessorTime } from '../../src/host/process/processor.ts'

/** Works on until it is told to stop, as an endless loop of a shell does. */
async function burn(time: ProcessorTime, until: () => boolean): Promise<void> {
  while (!until()) {
    const wait = time.spend(1)
    if (wait) await wait
  }
}

describe('the processor shared by all hosts', () => {
  it('gives who works little its turn before who works without end, however many they are', async () => {
    let over = false
    const abusers = Array.from({ length: 50 }, () => new ProcessorTime(new ProcessorShare()))
    const ended = abusers.map((time) => burn(time, () => over))
    await new Promise((resolve) => setTimeout(resolve, 300))
    const quick = new ProcessorTime(new ProcessorShare())
    const usedMs = () => abusers.reduce((sum, time) => sum + time.usedMs, 0)
    const waits: number[] = []
    for (let i = 0; i < 15; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      const before = usedMs()
      await quick.spend(100)
      waits.push(usedMs() - before)
    }
    waits.sort((a, b) => a - b)
    // One slice of an abuser or two, not one of each of the fifty.
    expect(waits[10]).toBeLessThan(20)
    over = true
    await Promise.all(ended)
  })

  it('lets the sessions of one source share what it gets: another source has as much as all of them', async () => {
    let over = false
    const crowd = new ProcessorShare()
    const many = Array.from({ length: 20 }, () => new ProcessorTime(crowd))
    const one = new ProcessorTime(new ProcessorShare())
    const ended = [...many, one].map((time) => burn(time, () => over))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    over = true
    await Promise.all(ended)
    const together = many.reduce((sum, time) => sum + time.usedMs, 0)
    expect(one.usedMs).toBeGreaterThan(together / 3)
    expect(Math.min(...many.map((time) => time.usedMs))).toBeGreaterThan(0)
  })

  it('lets hosts that work without end share one half while another works', async () => {
    let over = false
    const abusers = Array.from({ length: 4 }, () => new ProcessorTime(new ProcessorShare()))
    const ended = abusers.map((time) => burn(time, () => over))
    await new Promise((resolve) => setTimeout(resolve, 800))
    const other = new ProcessorTime(new ProcessorShare())
    const before = abusers.reduce((sum, time) => sum + time.usedMs, 0)
    const at = performance.now()
    while (performance.now() - at < 400) {
      for (let i = 0; i < 100; i++) {
        const wait = other.spend(1)
        if (wait) await wait
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const share = (abusers.reduce((sum, time) => sum + time.usedMs, 0) - before) / (performance.now() - at)
    expect(share).toBeLessThan(0.75)
    over = true
    await Promise.all(ended)
  })

  it('kills who has used two minutes of it', () => {
    const time = new ProcessorTime(new ProcessorShare())
    expect(time.exhausted).toBe(false)
    time.usedMs = 121_000
    expect(time.exhausted).toBe(true)
  })
})
