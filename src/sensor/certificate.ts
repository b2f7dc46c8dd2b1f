// @peculiar/x509 builds on decorators and asks for this before it is loaded.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import * as x509 from '@peculiar/x509'
import type { Identity } from '../config/identity.ts'

x509.cryptoProvider.set(webcrypto as unknown as Crypto)

export interface CertificateSubject {
  /** Name under which it is kept; one certificate an install and name. */
  name: string
  /** Distinguished name, e.g. `CN=web01.corp.local, O=Corp`. */
  subject: string
  /** DNS names and IP addresses for the subject alternative name; empty = extension left out. */
  alternativeNames: { type: 'dns' | 'ip'; value: string }[]
  /** Days valid, beginning some time before first start. */
  days?: number
}

export interface Certificate {
  key: string
  cert: string
}

/** The self-signed certificate of a name: made at first use, the same after every restart, different in every install. */
export async function certificateOf(identity: Identity, wanted: CertificateSubject): Promise<Certificate> {
  const file = `tls.${wanted.name}.json`
  const kept = identity.kept(file)
  if (kept !== undefined) return JSON.parse(kept) as Certificate
  // An RSA key pair cannot be derived from a seed, so it is kept.
  const made = JSON.stringify(await makeCertificate(identity, wanted))
  return JSON.parse(identity.keep(file, () => made)) as Certificate
}

async function makeCertificate(
  identity: Identity,
  { name, subject, alternativeNames, days = 3650 }: CertificateSubject,
): Promise<Certificate> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 }
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const issuedDaysAgo = identity.integer(`tls/${name}/age`, 20, 700)
  const notBefore = new Date(Date.now() - issuedDaysAgo * 86_400_000)
  const serial = identity.bytes(`tls/${name}/serial`, 16)
  // RFC 5280 §4.1.2.2: a positive integer.
  serial[0] = (serial[0]! & 0x7f) | 0x40
  const extensions: x509.Extension[] = [new x509.BasicConstraintsExtension(false)]
  if (alternativeNames.length) extensions.push(new x509.SubjectAlternativeNameExtension(alternativeNames))
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial.toString('hex'),
    name: subject,
    notBefore,
    notAfter: new Date(notBefore.getTime() + days * 86_400_000),
    keys: keys as never,
    signingAlgorithm: algorithm,
    extensions,
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  return { cert: certificate.toString('pem'), key: pem('PRIVATE KEY', pkcs8) }
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** TLS as old clients and scanners still speak it: bots of 2012 count too. */
export function secureContextOf({ key, cert }: Certificate): SecureContext {
  return createSecureContext({ key, cert, minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' })
}
