import { describe, expect, it } from 'vitest'
import { Breaker } from '../../src/llm/breaker.ts'

function breakerOn() {
  let now = 0
  const breaker = new Breaker({ failures: 2, pauseMs: 100 }, () => now)
  const fail = (grave = false) => {
    breaker.started()
    breaker.failed(grave)
  }
  return { breaker, fail, pass: (ms: number) => (now += ms) }
}

describe('the breaker', () => {
  it('opens after failures in a row, not after some with a success between', () => {
    const { breaker, fail } = breakerOn()
    fail()
    breaker.succeeded()
    fail()
    expect(breaker.state).toBe('closed')
    fail()
    expect([breaker.state, breaker.lets]).toEqual(['open', false])
  })

  it('opens at once when trying again soon makes no sense', () => {
    const { breaker, fail } = breakerOn()
    fail(true)
    expect(breaker.state).toBe('open')
  })

  it('lets one probe through after the pause, and closes when it succeeds', () => {
    const { breaker, fail, pass } = breakerOn()
    fail(true)
    pass(100)
    expect([breaker.state, breaker.lets]).toEqual(['half-open', true])
    breaker.started()
    expect([breaker.state, breaker.lets]).toEqual(['half-open', false])
    breaker.succeeded()
    expect(breaker.state).toBe('closed')
  })

  it('waits twice as long after each failed probe, up to eight times', () => {
    const { breaker, fail, pass } = breakerOn()
    fail(true)
    const waits = Array.from({ length: 5 }, () => {
      pass(breaker.waitMs)
      fail()
      return breaker.waitMs
    })
    expect(waits).toEqual([200, 400, 800, 800, 800])
  })

  it('takes a cancelled probe as none', () => {
    const { breaker, fail, pass } = breakerOn()
    fail(true)
    pass(100)
    breaker.started()
    breaker.cancelled()
    expect(breaker.lets).toBe(true)
  })
})
