import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import dicom from '../../src/emulators/dicom/index.ts'
import { type Playing, play } from '../harness.ts'

const run = promisify(execFile)
let open: Playing
let guarded: Playing
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dicom-client-'))
  open = await play(dicom, { persona: 'hospital-integration', options: { aeTitle: 'COMMON' } })
  guarded = await play(dicom, { persona: 'hospital-integration', options: { aeTitle: 'COMMON', checkCalledAe: true } })
})
afterAll(async () => {
  await Promise.all([open.stop(), guarded.stop()])
  rmSync(folder, { recursive: true, force: true })
})

/** Runs one of DCMTK's tools: its exit code, and what it printed. */
async function dcmtk(
  tool: string,
  args: string[],
  { port = open.port(), called = 'COMMON' } = {},
): Promise<{ code: number; text: string }> {
  const where = ['-aec', called, '127.0.0.1', String(port)]
  // Files to send come behind host and port.
  const files = args.filter((one) => one.startsWith('/'))
  const options = args.filter((one) => !one.startsWith('/'))
  try {
    const { stdout, stderr } = await run(tool, [...options, ...where, ...files], { encoding: 'latin1' })
    return { code: 0, text: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, text: stdout + stderr }
  }
}

const studyKeys = ['-k', 'QueryRetrieveLevel=STUDY', '-k', 'PatientName', '-k', 'StudyInstanceUID']

describe('echoscu', () => {
  it('is answered by DCMTK 3.6.7', async () => {
    const { code, text } = await dcmtk('echoscu', ['-d'])
    expect(code).toBe(0)
    expect(text).toContain('PDU Length: 184 + 6 bytes PDU header')
    expect(text).toContain('Their Implementation Class UID:    1.2.276.0.7230010.3.0.3.6.7')
    expect(text).toContain('Their Implementation Version Name: OFFIS_DCMTK_367')
    expect(text).toContain('Their Max PDU Receive Size:  16384')
    expect(text).toContain('Received Echo Response (Success)')
  })

  it('that calls another title is refused where titles are checked', async () => {
    const { code, text } = await dcmtk('echoscu', ['-v'], { port: guarded.port(), called: 'NOPE' })
    expect(code).toBe(1)
    expect(text).toContain('Result: Rejected Permanent, Source: Service User')
    expect(text).toContain('Reason: Called AE Title Not Recognized')
  })
})

describe('findscu', () => {
  it('finds more than two hundred studies, one answer a study', async () => {
    const { code, text } = await dcmtk('findscu', ['-v', '-S', ...studyKeys])
    expect(code).toBe(0)
    expect(text.match(/Find Response: \d+ \(Pending\)/g)?.length).toBeGreaterThanOrEqual(200)
    expect(text).toMatch(/PN \[ZZ[A-Z]+\^[A-Z]+ ?\]/)
    expect(text).toContain('AE [COMMON]')
    expect(text).toContain('Received Final Find Response (Success)')
  })

  it('finds nobody by a name that nobody has, and by wildcard whom it fits', async () => {
    const nobody = await dcmtk('findscu', ['-v', '-S', '-k', 'QueryRetrieveLevel=STUDY', '-k', 'PatientName=ZZZ'])
    expect(nobody.text).not.toContain('Pending')
    expect(nobody.text).toContain('Received Final Find Response (Success)')
    const some = await dcmtk('findscu', ['-v', '-P', '-k', 'QueryRetrieveLevel=PATIENT', '-k', 'PatientName=ZZDOE*', '-k', 'PatientID'])
    expect(some.text).toMatch(/PN \[ZZDOE\^/)
    expect(some.text).not.toMatch(/PN \[ZZTEST\^/)
  })

  it('without a level, or for a worklist, is told what dcmqrscp tells', async () => {
    expect((await dcmtk('findscu', ['-v', '-S', '-k', 'PatientName=*'])).text).toContain('Error: DataSetDoesNotMatchSOPClass')
    const worklist = await dcmtk('findscu', ['-v', '-W', '-k', 'PatientName'])
    expect(worklist.code).toBe(2)
    expect(worklist.text).toContain('No Acceptable Presentation Contexts')
  })
})

describe('retrieval', () => {
  const uidOfOne = async (): Promise<string> => {
    const { text } = await dcmtk('findscu', ['-v', '-S', ...studyKeys])
    return /UI \[(2\.25\.\d+)\s*\].*StudyInstanceUID/.exec(text)?.[1] ?? ''
  }

  it('by movescu to an unknown host is refused, and the host noted', async () => {
    const keys = ['-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${await uidOfOne()}`]
    const { code, text } = await dcmtk('movescu', ['-v', '-S', '-aem', 'NOWHERE', ...keys])
    expect(code).toBe(69)
    expect(text).toContain('Refused: MoveDestinationUnknown')
    expect(open.data('indicator')).toContainEqual({ kind: 'host', value: 'NOWHERE', how: 'dicom.move' })
  })

  it('by getscu brings the images of a study, which dcmdump reads', async () => {
    const keys = ['-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${await uidOfOne()}`]
    const out = mkdtempSync(join(folder, 'got-'))
    const { stdout, stderr } = await run('getscu', ['-v', '-S', '-od', out, '-aec', 'COMMON', '127.0.0.1', String(open.port()), ...keys])
    const files = readdirSync(out)
    expect(files.length).toBeGreaterThan(0)
    expect(stdout + stderr).toContain(`Number of Completed Suboperations : ${files.length}`)
    const dump = await run('dcmdump', [join(out, files[0]!)], { encoding: 'latin1' })
    expect(dump.stdout).toMatch(/PN \[ZZ/)
    expect(dump.stdout).toContain('[Hollin Cross Hospital')
    expect(dump.stdout).toMatch(/\(7fe0,0010\) O[BW]/)
  })
})

describe('storescu', () => {
  it('brings an image that is kept as a file dcmdump reads', async () => {
    const source = join(folder, 'source.txt')
    writeFileSync(
      source,
      '(0008,0016) UI [1.2.840.10008.5.1.4.1.1.4]\n(0008,0018) UI [2.25.4711]\n(0010,0010) PN [EVIL^EVE]\n(0010,0020) LO [666]\n',
    )
    const file = join(folder, 'a.dcm')
    await run('dump2dcm', [source, file])
    const { code, text } = await dcmtk('storescu', ['-v', file])
    expect(text).toContain('Received Store Response (Success)')
    expect(code).toBe(0)
    expect(open.data('dicom.store')).toMatchObject([
      { sopInstance: '2.25.4711', patientName: 'EVIL^EVE', patientId: '666', truncated: false },
    ])
    const kept = join(folder, 'kept.dcm')
    writeFileSync(kept, [...open.artifacts.kept.values()][0]!)
    expect((await run('dcmdump', [kept])).stdout).toContain('PN [EVIL^EVE]')
  })
})

describe('others', () => {
  it('termscu is refused', async () => {
    expect((await dcmtk('termscu', ['-v'])).text).toContain('No Acceptable Presentation Contexts')
  })

  it('nmap dicom-brute guesses titles where they are checked, and each is noted', async () => {
    writeFileSync(join(folder, 'titles'), 'PACS\nORTHANC\nCOMMON\n')
    const words = [
      '-Pn',
      '-n',
      '--script',
      '+dicom-brute',
      '--script-args',
      `passdb=${join(folder, 'titles')}`,
      '-p',
      String(guarded.port()),
    ]
    expect((await run('nmap', [...words, '127.0.0.1'])).stdout).toMatch(
      /COMMON.* - Valid credentials|Called Application Entity Title: COMMON/,
    )
    const titles = guarded.data('dicom.associate').map(({ calledAe }) => calledAe)
    expect(titles).toEqual(expect.arrayContaining(['PACS', 'ORTHANC', 'COMMON']))
  })

  it('nmap -sV names no product, as it names none for the real one', async () => {
    const { stdout } = await run('nmap', ['-Pn', '-n', '-sV', '--version-light', '-p', String(open.port()), '127.0.0.1'])
    expect(stdout).toMatch(/open\s+(unknown|tcpwrapped)/)
    expect(open.data('lure.fault')).toEqual([])
  })

  it('nmap dicom-ping finds an archive that takes any title, or that does not', async () => {
    const ping = async (port: number): Promise<string> =>
      (await run('nmap', ['-Pn', '--script', '+dicom-ping', '-p', String(port), '127.0.0.1'])).stdout
    expect(await ping(open.port())).toContain('Any AET is accepted (Insecure)')
    expect(await ping(guarded.port())).toContain('Called AET check enabled')
  })
})
