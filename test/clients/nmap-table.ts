/**
 * What `nmap -sV` calls every port of a running Sundew: `npm run nmap-table` writes docs/nmap.md.
 *
 * Starts the process with profile `everything` in a network of its own (`unshare -n`), so that each lure has its own port, and nmap the
 * probes that belong to it. Needs nmap and root (ports below 1024, UDP scans), and some five minutes: nmap is patient with who is silent.
 * Exits 1 when a port has no name that should have one, has one that is not expected, or is called a honeypot.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunningState } from '../../src/running-file.ts'
import { isNamed, namesHoneypot, nmapServices, type Service, wordsOf } from './nmap-services.ts'
import { ran } from './ran.ts'

const HOST = '127.0.0.1'
const SCAN_MS = 1_200_000
/** It serves any port that nobody else has, by what is spoken there; nmap speaks every protocol there is. */
const ANY_PORT = 'catch-all'

/** Ports that nmap 7.93 has no name for, though the product that is played stands there. */
const UNNAMED: Record<string, string> = {
  'cisco-asa udp/4500': 'no probe; IKE over NAT-T is answered',
  'cisco-asa udp/5000': 'no probe; silent as the DTLS port of an ASA is',
  'dhcp udp/67': 'no probe; DHCPDISCOVER is answered',
  'dicom tcp/104': 'no probe; the real DCMTK is unnamed too (dicom-ping finds it)',
  'dicom tcp/11112': 'no probe; the real DCMTK is unnamed too (dicom-ping finds it)',
  'elasticsearch tcp/9200': 'nmap’s lines end with version 6; 7.17 has another header first, as the real one',
  'elasticsearch tcp/9300': 'the transport of 7.17 closes on what is not its own, as the real one',
  'guardian-ast tcp/10001': 'no line; a TLS-350 says nothing before SOH',
  'hl7 tcp/2575': 'no probe; MLLP engines are silent to what is not HL7',
  'http-proxy tcp/8118': 'nmap’s lines end before Privoxy 3.0.34, whose answer this is',
  'iec104 tcp/2404': 'no probe (iec-identify finds it)',
  'ipp udp/631': 'a port that listens for printers and never answers',
  'kamstrup tcp/1025': 'no probe; silent to all but its own frames',
  'kamstrup tcp/50100': 'no line; its greeting is seen',
  'ldap udp/389': 'nmap’s line is for Active Directory; this is OpenLDAP',
  'log4shell tcp/8446': 'no line for this product; its pages are seen',
  'log4shell tcp/9202': 'no line for this product; its pages are seen',
  'memcached udp/11211': 'nmap’s line wants one datagram; the statistics of 1.6 fill two',
  'modbus tcp/502': 'no probe that a controller answers (modbus-discover finds it)',
  'netbios udp/138': 'no probe; datagrams are taken, not answered',
  'ollama-api tcp/11434': 'no line; the real Ollama is unnamed too',
  'ssh-tarpit tcp/2223': 'an endless banner of chance: no name, or one by chance',
  'tftp udp/69': 'no probe; RRQ and WRQ are answered',
  'traps tcp/2087': 'no line for this product; its pages are seen',
  'traps tcp/8445': 'no line for this product; its pages are seen',
  'upnp udp/1900': 'no probe (upnp-info reads it)',
}
/** Their name is chance. */
const BY_CHANCE = 'ssh-tarpit tcp/2223'

interface Row extends Service {
  lure: string
}

if (process.getuid?.() !== 0) {
  console.error('nmap-table needs root: ports below 1024, and UDP scans')
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'sundew-nmap-'))
const sensor = await start()
try {
  const rows = await scanned()
  writeFileSync('docs/nmap.md', page(rows))
  const wrong = rows.flatMap((row) => complaint(row) ?? [])
  for (const line of wrong) console.error(line)
  console.log(`${rows.length} ports, ${rows.filter(isNamed).length} named, ${wrong.length} wrong: docs/nmap.md`)
  process.exitCode = wrong.length ? 1 : 0
} finally {
  sensor.kill()
  await once(sensor, 'exit')
  rmSync(folder, { recursive: true, force: true })
}

async function start(): Promise<ChildProcess> {
  const config = join(folder, 'sundew.json')
  writeFileSync(
    config,
    JSON.stringify({
      profile: 'everything',
      prompts: join(process.cwd(), 'prompts'),
      listen: { host: HOST, offset: 0 },
      limits: { connectionsPerSource: 4096 },
      console: { enabled: false },
      llm: { backends: [] },
    }),
  )
  const words = ['bin/sundew.js', 'start', '--data', join(folder, 'data'), '--config', config]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.includes('exposed') && resolve())
    child.once('exit', (code) => reject(new Error(`sundew start ended with ${code}`)))
  })
  child.removeAllListeners('exit')
  return child
}

/** TCP, then UDP: side by side their answers would come late. */
async function scanned(): Promise<Row[]> {
  const { ports } = JSON.parse(readFileSync(join(folder, 'data', 'running.json'), 'utf8')) as RunningState
  const rows: Row[] = []
  for (const transport of ['tcp', 'udp'] as const) {
    const own = new Map(ports.filter((row) => row.transport === transport && row.lure !== ANY_PORT).map((row) => [row.port, row.lure]))
    const list = [...own.keys()].sort((a, b) => a - b).join(',')
    const kind = transport === 'tcp' ? ['-sT', '--allports'] : ['-sU']
    const { stdout } = await ran('nmap', ['-n', '-Pn', ...kind, '-sV', '-p', list, '-oX', '-', HOST], undefined, SCAN_MS)
    for (const service of nmapServices(stdout)) rows.push({ ...service, lure: own.get(service.port) ?? '?' })
  }
  return rows
}

function keyOf({ lure, transport, port }: Row): string {
  return `${lure} ${transport}/${port}`
}

function complaint(row: Row): string | undefined {
  const key = keyOf(row)
  if (namesHoneypot(row)) return `${key} is called a honeypot: ${wordsOf(row)}`
  if (row.state === 'closed') return `${key} is closed`
  if (key === BY_CHANCE) return undefined
  if (!isNamed(row) && !UNNAMED[key]) return `${key} has no name: ${wordsOf(row)}`
  if (isNamed(row) && UNNAMED[key]) return `${key} has a name now: ${wordsOf(row)}`
  return undefined
}

function page(rows: readonly Row[]): string {
  const line = (row: Row): string =>
    `| ${row.port}/${row.transport} | \`${row.lure}\` | ${isNamed(row) ? wordsOf(row).replaceAll('|', '\\|') : `– ${UNNAMED[keyOf(row)] ?? ''}`} |`
  return [
    '# What nmap calls us',
    '',
    '`nmap -sV` (7.93) over every port of profile `everything`; `npm run nmap-table` makes this page, and fails when a port that should',
    'have a name has none, or when one is called a honeypot. A dash is a port without a name, and why: what is played there has none',
    'in nmap either. `catch-all` serves the ports that are left, as what is spoken there.',
    '',
    '| port | lure | nmap says |',
    '| --- | --- | --- |',
    ...rows.map(line),
    '',
  ].join('\n')
}
