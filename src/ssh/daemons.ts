import type { KexInit } from './transport/kexinit.ts'

/**
 * What sets one SSH server apart from another on the wire. Recorded from the real ones: truth/daemons/openssh.json and
 * dropbear.json, `ssh -vvv` against Debian 12's packages, myproposal.h of V_8_9_P1 and V_9_2_P1.
 */
export interface Daemon {
  software: 'openssh' | 'dropbear'
  offer: KexInit
  /** Content of EXT_INFO, RFC 8308, for clients that take it. */
  extensions: readonly (readonly [name: string, value: string])[]
  /** OpenSSH waits for the client's identification before its KEXINIT; dropbear sends both at once. */
  kexInitAtOnce: boolean
  /** Key types that it has, in the order in which it loads them. */
  hostKeys: readonly HostKeyType[]
  /** Signature algorithms by which it takes a client's key of this type. */
  keyAlgorithms(type: string): readonly string[]
  /** Failed attempts until the connection is cut. */
  maxAuthTries: number
  /** Session channels at a time. */
  maxSessions: number
  /** Window and largest packet that it grants a session channel. OpenSSH opens with 0 and grants once a program runs. */
  sessionWindow: { atOpen: number; atStart: number; packet: number }
}

export type HostKeyType = 'ssh-rsa' | 'ecdsa-sha2-nistp256' | 'ssh-ed25519'

const OPENSSH_CIPHERS = [
  'chacha20-poly1305@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
]

const OPENSSH_MACS = [
  'umac-64-etm@openssh.com',
  'umac-128-etm@openssh.com',
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha1-etm@openssh.com',
  'umac-64@openssh.com',
  'umac-128@openssh.com',
  'hmac-sha2-256',
  'hmac-sha2-512',
  'hmac-sha1',
]

const STRICT = 'kex-strict-s-v00@openssh.com'

const OPENSSH_9_2: Daemon = {
  software: 'openssh',
  offer: offer({
    kex: [
      'sntrup761x25519-sha512',
      'sntrup761x25519-sha512@openssh.com',
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group-exchange-sha256',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group18-sha512',
      'diffie-hellman-group14-sha256',
      STRICT,
    ],
    hostKey: ['rsa-sha2-512', 'rsa-sha2-256', 'ecdsa-sha2-nistp256', 'ssh-ed25519'],
    cipher: OPENSSH_CIPHERS,
    mac: OPENSSH_MACS,
    compression: ['none', 'zlib@openssh.com'],
  }),
  extensions: [
    [
      'server-sig-algs',
      'ssh-ed25519,sk-ssh-ed25519@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,' +
        'sk-ecdsa-sha2-nistp256@openssh.com,webauthn-sk-ecdsa-sha2-nistp256@openssh.com,ssh-dss,ssh-rsa,rsa-sha2-256,rsa-sha2-512',
    ],
    ['publickey-hostbound@openssh.com', '0'],
  ],
  kexInitAtOnce: false,
  hostKeys: ['ssh-rsa', 'ecdsa-sha2-nistp256', 'ssh-ed25519'],
  // Since 8.8 no RSA with SHA-1 (PubkeyAcceptedAlgorithms of sshd_config(5)).
  keyAlgorithms: (type) => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : type === 'ssh-dss' ? [] : [type]),
  maxAuthTries: 6,
  maxSessions: 10,
  sessionWindow: { atOpen: 0, atStart: 2 * 1024 * 1024, packet: 32 * 1024 },
}

/** Ubuntu 22.04; its patches from 0.6 on have strict key exchange. */
const OPENSSH_8_9: Daemon = {
  ...OPENSSH_9_2,
  offer: {
    ...OPENSSH_9_2.offer,
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'sntrup761x25519-sha512@openssh.com',
      'diffie-hellman-group-exchange-sha256',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group18-sha512',
      'diffie-hellman-group14-sha256',
      STRICT,
    ],
  },
  extensions: [
    [
      'server-sig-algs',
      'ssh-ed25519,sk-ssh-ed25519@openssh.com,ssh-rsa,rsa-sha2-256,rsa-sha2-512,ssh-dss,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,' +
        'ecdsa-sha2-nistp521,sk-ecdsa-sha2-nistp256@openssh.com,webauthn-sk-ecdsa-sha2-nistp256@openssh.com',
    ],
    ['publickey-hostbound@openssh.com', '0'],
  ],
}

const DROPBEAR: Daemon = {
  software: 'dropbear',
  offer: offer({
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp521',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp256',
      'diffie-hellman-group14-sha256',
      'diffie-hellman-group14-sha1',
      'kexguess2@matt.ucc.asn.au',
      STRICT,
    ],
    hostKey: ['ssh-ed25519', 'rsa-sha2-256', 'ssh-rsa'],
    cipher: ['chacha20-poly1305@openssh.com', 'aes128-ctr', 'aes256-ctr'],
    mac: ['hmac-sha1', 'hmac-sha2-256'],
    compression: ['zlib@openssh.com', 'none'],
  }),
  extensions: [
    [
      'server-sig-algs',
      'ssh-ed25519,sk-ssh-ed25519@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,' +
        'sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-256,ssh-rsa,ssh-dss',
    ],
  ],
  kexInitAtOnce: true,
  hostKeys: ['ssh-rsa', 'ssh-ed25519'],
  keyAlgorithms: (type) => (type === 'ssh-rsa' ? ['rsa-sha2-256', 'ssh-rsa'] : [type]),
  maxAuthTries: 10,
  maxSessions: 1000,
  sessionWindow: { atOpen: 24 * 1024, atStart: 0, packet: 32759 },
}

/** The daemon that says `identification` of itself, e.g. `SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10`. */
export function daemonOf(identification: string): Daemon {
  if (identification.includes('dropbear')) return DROPBEAR
  if (/OpenSSH_8\.\d/.test(identification)) return OPENSSH_8_9
  return OPENSSH_9_2
}

interface Lists {
  kex: string[]
  hostKey: string[]
  cipher: string[]
  mac: string[]
  compression: string[]
}

function offer({ kex, hostKey, cipher, mac, compression }: Lists): KexInit {
  return {
    kex,
    hostKey,
    cipherIn: cipher,
    cipherOut: cipher,
    macIn: mac,
    macOut: mac,
    compressionIn: compression,
    compressionOut: compression,
    languageIn: [],
    languageOut: [],
    firstKexFollows: false,
  }
}
