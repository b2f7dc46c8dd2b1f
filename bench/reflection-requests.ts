const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const text = (...lines: string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n`)

/** For each lure with a UDP port, the request of it that attackers have amplified, or that scanners send. */
export const AMPLIFIED: Readonly<Record<string, Buffer>> = {
  /** Who-Is, unconfirmed, global broadcast. */
  bacnet: hex('810b000c 0120ffff00ff 1008'),
  chargen: Buffer.from('\n'),
  /** IKEv1 main mode: header and one security association with one proposal. */
  'cisco-asa': hex(
    `${'11'.repeat(8)}${'00'.repeat(8)} 01100200 00000000 00000054 00000038 00000001 00000001 0000002c 00010001 00000024 00010000 80010005 80020002 80030001 80040002 800b0001 000c0004 00007080`,
  ),
  /** Search of the root for all attributes over CLDAP. */
  ldap: hex('3025 020101 6320 0400 0a0100 0a0100 020100 020100 010100 870b 6f626a656374436c617373 3000'),
  cldap: hex('3025 020101 6320 0400 0a0100 0a0100 020100 020100 010100 870b 6f626a656374436c617373 3000'),
  /** GET /.well-known/core. */
  coap: hex('40017d70 bb2e77656c6c2d6b6e6f776e 04636f7265'),
  /** Discover. */
  dhcp: hex(`01010600 3903f326 ${'00'.repeat(20)} 020000000001 ${'00'.repeat(202)} 63825363 350101 ff`),
  /** ANY of a name that was made to be large, with EDNS. */
  dns: hex('1234 0100 0001 0000 0000 0001 08 6c616e73696e6700 00ff 0001 00 0029 1000 0000 0000 0000'),
  /** ListIdentity. */
  enip: hex(`6300 ${'00'.repeat(22)}`),
  /** A browse packet of CUPS (CVE-2024-47176). */
  ipp: Buffer.from('0 3 http://203.0.113.7:631/printers/x "l" "i"\n'),
  /** Get Channel Authentication Capabilities. */
  ipmi: hex('0600ff07 000000000000000000 09 2018c88100388e04b5'),
  memcached: hex('0000 0000 0001 0000 73746174730d0a'),
  /** SQL Server Browser: all instances. */
  mssql: hex('02'),
  /** NBSTAT of *. */
  netbios: hex('a2480000000100000000000020 434b 4141414141414141414141414141414141414141414141414141414141 41 00 0021 0001'),
  /** MON_GETLIST_1. */
  ntp: hex('1700032a00000000'),
  sip: text(
    'OPTIONS sip:100@203.0.113.7 SIP/2.0',
    'Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK-1;rport',
    'From: <sip:100@1.1.1.1>;tag=1',
    'To: <sip:100@1.1.1.1>',
    'Call-ID: 1',
    'CSeq: 1 OPTIONS',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
  ),
  /** GetBulk of 1.3.6.1.2.1 with 2,250 repetitions, community public. */
  snmp: hex('3026 020101 0406 7075626c6963 a519 020411223344 020100 020208ca 300b 3009 06052b06010201 0500'),
  ssdp: text('M-SEARCH * HTTP/1.1', 'HOST: 239.255.255.250:1900', 'MAN: "ssdp:discover"', 'MX: 1', 'ST: ssdp:all', ''),
  upnp: text('M-SEARCH * HTTP/1.1', 'HOST: 239.255.255.250:1900', 'MAN: "ssdp:discover"', 'MX: 1', 'ST: ssdp:all', ''),
  /** Read of a file. */
  tftp: Buffer.from('\0\x01startup-config\0octet\0'),
}
