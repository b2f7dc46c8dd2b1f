import { createHash, createHmac, getHashes, type Hash, type Hmac, pbkdf2Sync } from 'node:crypto'
import { crypt } from '../../../crypt.ts'
import type { Machine } from '../machine.ts'
import { define, functions } from '../signature.ts'
import { getter } from '../types/others.ts'
import { bytes, raise, set, T, tupleOf, typeError, valueError } from '../types.ts'
import { PyBytes, PyClass, PyObject, type Value } from '../value.ts'
import { byteArgument } from './base64.ts'

const NAMES = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3_256', 'sha3_512', 'blake2b', 'blake2s', 'sha3_224', 'sha3_384']
const BLOCKS: Readonly<Record<string, number>> = { sha384: 128, sha512: 128, blake2b: 128 }

class PyHash extends PyObject {
  readonly name: string
  readonly hash: Hash | Hmac

  constructor(name: string, hash: Hash | Hmac, cls: PyClass) {
    super(cls)
    this.name = name
    this.hash = hash
  }

  digest(): Buffer {
    return this.hash instanceof Object && 'copy' in this.hash ? this.hash.copy().digest() : (this.hash as Hmac).digest()
  }
}

function nodeName(name: string): string {
  return { blake2b: 'blake2b512', blake2s: 'blake2s256' }[name] ?? name.replace('_', '-')
}

const HASH = new PyClass('HASH', [T.object], new Map(), true, T.type)
HASH.module = '_hashlib'

function data(value: Value): Buffer {
  if (typeof value === 'string') throw typeError('Strings must be encoded before hashing')
  if (!(value instanceof PyBytes)) throw typeError('object supporting the buffer API required')
  return value.data
}

for (const [name, run] of Object.entries({
  digest: (self: PyHash): Value => bytes(self.digest()),
  hexdigest: (self: PyHash): Value => self.digest().toString('hex'),
  copy: (self: PyHash): Value => new PyHash(self.name, (self.hash as Hash).copy(), HASH),
}))
  HASH.dict.set(
    name,
    define(name, 'self', (_m, self: PyHash) => run(self), true),
  )
HASH.dict.set(
  'update',
  define(
    'update',
    'self, data',
    async (m: Machine, self: PyHash, more: Value) => {
      self.hash.update(data(more))
      const pause = m.spend(1 + (data(more).length >> 7))
      if (pause) await pause
      return null
    },
    true,
  ),
)
getter(HASH, 'name', (self: PyHash) => self.name)
getter(HASH, 'digest_size', (self: PyHash) => BigInt(self.digest().length))
getter(HASH, 'block_size', (self: PyHash) => BigInt(BLOCKS[self.name] ?? 64))
HASH.dict.set(
  '__repr__',
  define(
    '__repr__',
    'self',
    (m, self: PyHash) => `<${self.name} ${self.hash instanceof Object ? '_hashlib.HASH' : ''} object @ ${m.address(self)}>`,
    true,
  ),
)

async function make(m: Machine, name: string, given: Value | undefined): Promise<Value> {
  const hash = createHash(nodeName(name))
  if (given !== undefined) {
    hash.update(data(given))
    const pause = m.spend(1 + (data(given).length >> 7))
    if (pause) await pause
  }
  return new PyHash(name, hash, HASH)
}

export function* hashlibModule(): Iterable<readonly [string, Value]> {
  const known = new Set(getHashes())
  const usable = NAMES.filter((name) => known.has(nodeName(name)))
  for (const name of usable)
    yield [
      name,
      define(`openssl_${name}`, 'string=, *, usedforsecurity=, digest_size=', (m, given: Value | undefined) => make(m, name, given)),
    ]
  yield ['algorithms_guaranteed', set(NAMES)]
  yield ['algorithms_available', set(NAMES)]
  yield* functions(
    {
      new: [
        'name, data=, **kw',
        (m, name: Value, given: Value | undefined) => {
          const plain = String(name).toLowerCase().replace('-', '_').replace(/^sha_/, 'sha')
          if (!usable.includes(plain)) throw valueError(`unsupported hash type ${name}`)
          return make(m, plain, given)
        },
      ],
      pbkdf2_hmac: [
        'hash_name, password, salt, iterations, dklen=',
        (_m, name: Value, password: Value, salt: Value, rounds: bigint, length: Value | undefined) => {
          if (rounds > 300_000n) throw raise('MemoryError')
          const size = { md5: 16, sha1: 20, sha256: 32, sha512: 64 }[String(name)] ?? 32
          return bytes(pbkdf2Sync(byteArgument(password), byteArgument(salt), Number(rounds), Number(length ?? size), String(name)))
        },
      ],
    },
    'py:hashlib',
  )
}

export function* hmacModule(m: Machine): Iterable<readonly [string, Value]> {
  const nameOf = (digest: Value): string =>
    typeof digest === 'string'
      ? digest
      : typeof digest === 'object' && digest !== null && 'name' in digest
        ? String((digest as { name: string }).name).replace('openssl_', '')
        : 'md5'
  const build = (key: Value, message: Value | undefined, digest: Value | undefined): Value => {
    if (digest === undefined) throw typeError("Missing required parameter 'digestmod'.")
    const hmac = createHmac(nodeName(nameOf(digest)), byteArgument(key))
    if (message !== undefined && message !== null) hmac.update(byteArgument(message))
    const digestBytes = hmac.digest()
    return new PyHash(
      `hmac-${nameOf(digest)}`,
      { update: () => undefined, copy: () => ({ digest: () => digestBytes }) } as unknown as Hash,
      HASH,
    )
  }
  void m
  yield* functions(
    {
      new: [
        'key, msg=, digestmod=',
        (_m, key: Value, message: Value | undefined, digest: Value | undefined) => build(key, message, digest),
      ],
      digest: [
        'key, msg, digest',
        (_m, key: Value, message: Value, digest: Value) => bytes((build(key, message, digest) as PyHash).digest()),
      ],
      compare_digest: ['a, b', (machine, a: Value, b: Value) => machine.equals(a, b)],
    },
    'py:hmac',
  )
}

/** crypt(3), for password hash generators. */
export function* cryptModule(): Iterable<readonly [string, Value]> {
  const methods: [string, string][] = [
    ['METHOD_SHA512', '$6$'],
    ['METHOD_SHA256', '$5$'],
    ['METHOD_MD5', '$1$'],
    ['METHOD_CRYPT', ''],
    ['METHOD_BLOWFISH', '$2b$'],
  ]
  for (const [name, prefix] of methods) yield [name, prefix]
  yield ['methods', tupleOf(methods.map(([, prefix]) => prefix))]
  const salt = (prefix: string): string =>
    prefix +
    [...createHash('sha256').update(String(Math.random())).digest('base64url')]
      .filter((c) => /[A-Za-z0-9]/.test(c))
      .slice(0, prefix === '' ? 2 : 16)
      .join('')
  yield* functions(
    {
      mksalt: ['method=, *, rounds=', (_m, method: Value | undefined) => salt(typeof method === 'string' ? method : '$6$')],
      crypt: [
        'word, salt=',
        (_m, word: Value, given: Value | undefined) => {
          const text =
            typeof given === 'string' && given !== '$6$' && given !== '$5$' && given !== '$1$'
              ? given
              : salt(typeof given === 'string' ? given : '$6$')
          return crypt(String(word), text) ?? null
        },
      ],
    },
    'py:crypt',
  )
}
