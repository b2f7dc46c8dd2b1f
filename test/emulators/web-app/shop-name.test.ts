import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { shopNameOf } from '../../../src/emulators/web-app/shop-name.ts'

it('the shop has a name that depends on the install, and none that is written into a page', () => {
  const names = Array.from({ length: 12 }, (_, fill) => shopNameOf(new Identity(Buffer.alloc(32, fill))))
  expect(new Set(names.map(({ full }) => full)).size).toBeGreaterThan(6)
  const folder = 'src/emulators/web-app/pages/'
  const pages = readdirSync(folder).map((file) => readFileSync(folder + file, 'utf8'))
  expect(pages.filter((page) => names.some(({ short }) => page.toLowerCase().includes(short.toLowerCase())))).toEqual([])
})
