import { expect, it } from 'vitest'
import { parseHttpDate } from '../../src/http/wire/http-date.ts'

it.each(['Thu, 05 Mar 2026 10:20:30 GMT', 'Thursday, 05-Mar-26 10:20:30 GMT', 'Thu Mar  5 10:20:30 2026'])('%s is a date', (text) => {
  expect(parseHttpDate(text)).toBe(Date.UTC(2026, 2, 5, 10, 20, 30))
})

it.each(['', 'yesterday', 'Thu, 05 Foo 2026 10:20:30 GMT', 'Thu, 5 Mar 2026 10:20:30 GMT'])('%s is none', (text) => {
  expect(parseHttpDate(text)).toBeUndefined()
})
