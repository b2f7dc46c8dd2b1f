import type { Directory, Entry } from './directory.ts'
import subschema from './subschema.json' with { type: 'json' }

/** OID of StartTLS (RFC 4511 §4.14). */
export const START_TLS = '1.3.6.1.4.1.1466.20037'
export const WHO_AM_I = '1.3.6.1.4.1.4203.1.11.3'
export const MODIFY_PASSWORD = '1.3.6.1.4.1.4203.1.11.1'
export const CANCEL = '1.3.6.1.1.8'

/** Of slapd 2.5 with Debian's libsasl2-modules, strongest first. */
export const SASL_MECHANISMS = [
  'SCRAM-SHA-512',
  'SCRAM-SHA-384',
  'SCRAM-SHA-256',
  'SCRAM-SHA-224',
  'SCRAM-SHA-1',
  'DIGEST-MD5',
  'CRAM-MD5',
  'NTLM',
] as const

const CONTROLS = [
  '2.16.840.1.113730.3.4.18',
  '2.16.840.1.113730.3.4.2',
  '1.3.6.1.4.1.4203.1.10.1',
  '1.3.6.1.1.22',
  '1.2.840.113556.1.4.319',
  '1.2.826.0.1.3344810.2.3',
  '1.3.6.1.1.13.2',
  '1.3.6.1.1.13.1',
  '1.3.6.1.1.12',
]
export const KNOWN_CONTROLS: ReadonlySet<string> = new Set(CONTROLS)

/** What slapd says of itself under the empty name. @param startTls whether it has a certificate */
export function rootDse({ suffix }: Directory, startTls: boolean): Entry {
  return {
    dn: '',
    name: [],
    attributes: [['objectClass', ['top', 'OpenLDAProotDSE']]],
    operational: [
      ['structuralObjectClass', ['OpenLDAProotDSE']],
      ['configContext', ['cn=config']],
      ['namingContexts', [suffix]],
      ['supportedControl', CONTROLS],
      ['supportedExtension', [...(startTls ? [START_TLS] : []), MODIFY_PASSWORD, WHO_AM_I, CANCEL, '1.3.6.1.1.21.3', '1.3.6.1.1.21.1']],
      ['supportedFeatures', ['1.3.6.1.1.14', ...[1, 2, 3, 4, 5].map((n) => `1.3.6.1.4.1.4203.1.5.${n}`)]],
      ['supportedLDAPVersion', ['3']],
      ['supportedSASLMechanisms', [...SASL_MECHANISMS]],
      ['entryDN', ['']],
      ['subschemaSubentry', ['cn=Subschema']],
    ],
  }
}

/** The schemas core, cosine, nis and inetorgperson, as slapd 2.5.13 shows them. @param stamp generalized time of its start */
export function subschemaEntry(stamp: string): Entry {
  return {
    dn: 'cn=Subschema',
    name: ['cn=subschema'],
    attributes: [
      ['objectClass', ['top', 'subentry', 'subschema', 'extensibleObject']],
      ['cn', ['Subschema']],
    ],
    operational: [
      ['structuralObjectClass', ['subentry']],
      ['createTimestamp', [stamp]],
      ['modifyTimestamp', [stamp]],
      ['ldapSyntaxes', subschema.ldapSyntaxes],
      ['matchingRules', subschema.matchingRules],
      ['matchingRuleUse', subschema.matchingRuleUse],
      ['attributeTypes', subschema.attributeTypes],
      ['objectClasses', subschema.objectClasses],
      ['entryDN', ['cn=Subschema']],
      ['subschemaSubentry', ['cn=Subschema']],
    ],
  }
}
