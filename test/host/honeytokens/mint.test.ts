import { createHash, createPrivateKey, sign, verify } from 'node:crypto'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HONEYTOKEN_KINDS, type HoneytokenKind, sshPublicKey } from '../../../src/config/honeytoken-kinds.ts'
import { Identity } from '../../../src/config/identity.ts'
import { HoneytokenMint, honeytokenLength } from '../../../src/host/honeytokens/mint.ts'
import { Recogniser } from '../../../src/host/honeytokens/recogniser.ts'
import { MemoryState } from '../../harness.ts'

const identity = new Identity(Buffer.alloc(32, 7))
const place = { kind: 'password', name: 'tw_portal', owner: 'debian-web', place: '/.env' } as const
const kinds = Object.keys(HONEYTOKEN_KINDS) as HoneytokenKind[]

/** The forms that gitleaks, trufflehog and the products' own documents give. */
const FORMS: Record<HoneytokenKind, RegExp> = {
  password: /^[A-Za-z0-9]{14}$/,
  hex32: /^[0-9a-f]{32}$/,
  hex40: /^[0-9a-f]{40}$/,
  hex48: /^[0-9a-f]{48}$/,
  hex64: /^[0-9a-f]{64}$/,
  'api-key': /^[A-Za-z0-9]{32}$/,
  'jwt-secret': /^[\w-]{64}$/,
  base64key: /^[A-Za-z0-9+/]{43}=$/,
  'session-id': /^[a-v0-9]{26}$/,
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  'wordpress-reset-key': /^[A-Za-z0-9]{20}$/,
  'wordpress-salt': /^[^'\\]{64}$/,
  'aws-key-id': /^AKIA[A-Z2-7]{16}$/,
  'aws-secret': /^[A-Za-z0-9/+]{40}$/,
  'github-token': /^ghp_[0-9a-zA-Z]{36}$/,
  'npm-token': /^npm_[0-9a-zA-Z]{36}$/,
  'gitlab-token': /^glpat-[0-9a-zA-Z_-]{20}$/,
  'slack-token': /^xoxb-[0-9]{10,13}-[0-9]{10,13}-[a-zA-Z0-9]{24}$/,
  'slack-webhook': /^T[A-Z0-9]{10}\/B[A-Z0-9]{10}\/[A-Za-z0-9]{24}$/,
  'stripe-key': /^sk_live_51[0-9a-zA-Z]{97}$/,
  'sendgrid-key': /^SG\.[\w-]{22}\.[\w-]{43}$/,
  'openai-key': /^sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}$/,
  'huggingface-token': /^hf_[A-Za-z]{34}$/,
  'google-api-key': /^AIza[\w-]{35}$/,
  'telegram-token': /^[1-9][0-9]{9}:AA[\w-]{33}$/,
  'netscaler-cookie': /^[0-9a-f]{100}45525d5f4f58455e445a4a42$/,
  'ssh-key': /^-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=]{1,70}\n)+-----END OPENSSH PRIVATE KEY-----$/,
  'ssh-public-key': /^AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}$/,
}

describe('a minted secret', () => {
  it.each(kinds)('%s has its form and always the same length', (kind) => {
    const mint = HoneytokenMint.of({ identity, state: new MemoryState() })
    for (let n = 0; n < 50; n++) {
      const value = mint.mint({ ...place, kind }, `192.0.2.${n}`)
      expect(value).toMatch(FORMS[kind])
      expect(value).toHaveLength(honeytokenLength(kind)!)
    }
  })

  it('is another one for every install, owner, kind, name and source, and else the same', () => {
    const of = (from: Identity, given: object, source: string): string =>
      HoneytokenMint.of({ identity: from, state: new MemoryState() }).mint({ ...place, ...given }, source)
    const first = of(identity, {}, '192.0.2.1')
    expect(of(identity, { place: '/other' }, '192.0.2.1')).toBe(first)
    const others = [
      of(new Identity(Buffer.alloc(32, 8)), {}, '192.0.2.1'),
      of(identity, { owner: 'other' }, '192.0.2.1'),
      of(identity, { name: 'root' }, '192.0.2.1'),
      of(identity, {}, '192.0.2.2'),
    ]
    expect(new Set([first, ...others]).size).toBe(5)
  })

  it("has GitHub's checksum", () => {
    const token = HoneytokenMint.of({ identity, state: new MemoryState() }).mint({ ...place, kind: 'github-token' }, '192.0.2.1')
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
    const value = [...token.slice(-6)].reduce((sum, letter) => sum * 62 + digits.indexOf(letter), 0)
    expect(value).toBe(crc32(token.slice(4, 34)))
  })

  it('as an SSH key signs what its public half verifies', () => {
    const seed = Buffer.alloc(32, 3)
    const pem = HONEYTOKEN_KINDS['ssh-key'](() => seed)
    const body = Buffer.from(pem.split('\n').slice(1, -1).join(''), 'base64')
    expect(body.includes(sshPublicKey(seed))).toBe(true)
    expect(body.includes(seed)).toBe(true)
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), sshPublicKey(seed).subarray(-32)])
    const signature = sign(null, Buffer.from('x'), createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }))
    expect(verify(null, Buffer.from('x'), { key: spki, format: 'der', type: 'spki' }, signature)).toBe(true)
  })
})

describe('the mint', () => {
  it('knows what it has shown, to whom and when, after a restart too', () => {
    const state = new MemoryState()
    const value = HoneytokenMint.of({ identity, state }).mint(place, '192.0.2.1', 5000)
    const restarted = new MemoryState()
    for (const { key, value: kept } of state.entries('honeytokens')) restarted.set('honeytokens', key, kept)
    const mint = HoneytokenMint.of({ identity, state: restarted })
    expect(mint.find(`mysql -u tw_portal -p${value} tw`)).toMatchObject([{ ...place, value, mintedFor: '192.0.2.1', mintedAt: 5000 }])
    expect(mint.find(`mysql -p${value.slice(1)}`)).toEqual([])
    expect(mint.passwordsOf('debian-web', 'tw_portal')).toEqual([value])
  })

  it('knows an SSH key by its fingerprint', () => {
    const mint = HoneytokenMint.of({ identity, state: new MemoryState() })
    const line = mint.mint({ ...place, kind: 'ssh-public-key' }, '192.0.2.1')
    const pem = mint.mint({ ...place, kind: 'ssh-key' }, '192.0.2.1')
    expect(Buffer.from(pem.split('\n').slice(1, -1).join(''), 'base64').includes(Buffer.from(line, 'base64'))).toBe(true)
    const fingerprint = createHash('sha256').update(Buffer.from(line, 'base64')).digest('base64').slice(0, 43)
    expect(mint.find(`SHA256:${fingerprint}`).map(({ kind }) => kind)).toEqual(['ssh-public-key', 'ssh-key'])
  })

  it('forgets the oldest beyond its bound, in the store as well', () => {
    const state = new MemoryState()
    const mint = HoneytokenMint.of({ identity, state }, 3)
    const values = [1, 2, 3, 4].map((n) => mint.mint(place, `192.0.2.${n}`))
    expect([...state.entries('honeytokens')]).toHaveLength(3)
    expect(values.map((value) => mint.find(value).length)).toEqual([0, 1, 1, 1])
    expect(mint.passwordsOf('debian-web', 'tw_portal')).toEqual(values.slice(1).reverse())
    expect(mint.mint(place, '192.0.2.1')).toBe(values[0])
  })
})

describe('the recogniser', () => {
  it('finds what a plain search finds, in any text', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '{'), minLength: 8, maxLength: 12 })
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 5 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'é', '{'), maxLength: 200 }),
        (words, text) => {
          const recogniser = new Recogniser<string>()
          for (const one of words) recogniser.add(one, one)
          expect(new Set(recogniser.find(text))).toEqual(new Set(words.filter((one) => text.includes(one))))
        },
      ),
    )
  })
})
