import { describe, expect, it } from 'vitest'
import { FairQueue } from '../../src/host/process/fair-queue.ts'

interface Named {
  name: string
  virtualMs: number
}

/** Gives turns of 2 ms; who has had one waits again. */
function turns(queue: FairQueue<Named>, count: number): string[] {
  return Array.from({ length: count }, () => {
    const next = queue.least() as Named
    queue.serve(next)
    queue.charge(next, 2)
    queue.delete(next)
    queue.add(next)
    return next.name
  })
}

describe('FairQueue', () => {
  it('gives all who wait the same', () => {
    const queue = new FairQueue<Named>()
    for (const name of ['a', 'b', 'c']) queue.add({ name, virtualMs: 0 })
    const had = turns(queue, 30)
    for (const name of ['a', 'b', 'c']) expect(had.filter((one) => one === name)).toHaveLength(10)
  })

  it('lets a newcomer in near the present, not at zero: it has no claim on the time before it came', () => {
    const queue = new FairQueue<Named>()
    queue.add({ name: 'old', virtualMs: 0 })
    turns(queue, 1000)
    queue.add({ name: 'new', virtualMs: 0 })
    const had = turns(queue, 100).filter((name) => name === 'new').length
    expect(had).toBeGreaterThanOrEqual(50)
    expect(had).toBeLessThan(60)
  })

  it('serves who waits though newcomers never end', () => {
    const queue = new FairQueue<Named>()
    const waiting = { name: 'waiting', virtualMs: 40 }
    queue.add(waiting)
    let served = 0
    for (; served < 1000; served++) {
      queue.add({ name: 'new', virtualMs: 0 })
      const next = queue.least() as Named
      if (next === waiting) break
      queue.serve(next)
      queue.charge(next, 2)
      queue.delete(next)
    }
    expect(served).toBeLessThan(200)
  })
})
