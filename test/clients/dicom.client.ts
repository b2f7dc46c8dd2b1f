import { execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { EXPLICIT, encodeDataset, valueText } from '../../src/emulators/dicom/dataset.ts'
import { encodeFile } from '../../src/emulators/dicom/file.ts'
import { imageOf } from '../../src/emulators/dicom/image.ts'
import dicom from '../../src/emulators/dicom/index.ts'
import { TAG } from '../../src/emulators/dicom/query.ts'
import { hospitalRecords } from '../../src/host/hospital/records.ts'
import { type Playing, play } from '../harness.ts'
import { freePort } from './servers.ts'

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
    await run('dcmj2pnm', ['--write-png', join(out, files[0]!), join(out, 'image.png')])
    expect(readFileSync(join(out, 'image.png')).subarray(1, 4).toString()).toBe('PNG')
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

describe('beside a real dcmqrscp that holds the same images', () => {
  let real: ReturnType<typeof spawn>
  let port: number

  beforeAll(async () => {
    const images = join(folder, 'images')
    const database = join(folder, 'database')
    for (const path of [images, database]) mkdirSync(path)
    // The first image of each study, as it leaves our archive: what the index answers a study with.
    for (const [i, study] of hospitalRecords(new Identity(Buffer.alloc(32, 7))).studies.entries()) {
      const series = study.series[0]!
      const image = series.images[0]!
      const attributes = imageOf({ study, series, image }, 'TRAINING HOSPITAL')
      const file = encodeFile(valueText(attributes, TAG.sopClass), image.uid, EXPLICIT, encodeDataset(attributes, EXPLICIT))
      writeFileSync(join(images, `${1000 + i}.dcm`), file)
    }
    await run('dcmqridx', [
      database,
      ...readdirSync(images)
        .toSorted()
        .map((name) => join(images, name)),
    ])
    port = await freePort()
    const table = `COMMON ${database} R (500, 1024mb) ANY`
    const config = ['HostTable', 'VendorTable'].map((name) => `${name} BEGIN\n${name} END\n`).join('')
    writeFileSync(
      join(folder, 'dcmqrscp.cfg'),
      `NetworkTCPPort = ${port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n${config}AETable BEGIN\n${table}\nAETable END\n`,
    )
    real = spawn('dcmqrscp', ['-c', join(folder, 'dcmqrscp.cfg')], { stdio: 'ignore' })
    for (let tries = 0; (await dcmtk('echoscu', [], { port })).code !== 0; tries++) {
      if (tries === 100) throw new Error('dcmqrscp does not start')
      await sleep(100)
    }
  })
  afterAll(() => void real.kill())

  /** What `findscu` prints of the answers, in an order of their own. */
  const answers = async (model: string, keys: string[], at: number): Promise<string[]> => {
    const { text } = await dcmtk('findscu', ['-v', model, ...keys.flatMap((key) => ['-k', key])], { port: at })
    return text
      .split(/---------------------------|(?=I: Received Final)/)
      .map((part) => part.replace(/ +#.*$|Find Response: \d+|^I: (?:Requesting|Association|Sending|Releasing).*|^I: *$/gm, ''))
      .map((part) => part.replace(/\n+/g, '\n').trim())
      .toSorted()
  }

  it.each([
    [
      '-S',
      'PatientName',
      'PatientID',
      'StudyDate',
      'StudyTime',
      'StudyDescription',
      'ReferringPhysicianName',
      'StudyID',
      'AccessionNumber',
    ],
    ['-S', 'PatientAge', 'PatientWeight', 'NumberOfStudyRelatedInstances', 'ModalitiesInStudy', 'Modality', 'SeriesNumber', 'SOPClassUID'],
    ['-S', 'StudyDate=20250101-20250601', 'StudyTime=0900-1500'],
    ['-S', 'StudyDate=202501*'],
    ['-S', 'PatientName=zzdoe*'],
    ['-S', 'PatientName=ZZD?E*^*A', 'PatientSex=F'],
    ['-S', 'SpecificCharacterSet=ISO_IR 192', 'StudyDescription=*HEAD*'],
    ['-S', 'StudyInstanceUID=2.25.3*'],
  ])('a search for studies brings the same: %s %s', async (model, ...keys) => {
    const query = [
      'QueryRetrieveLevel=STUDY',
      ...(keys.some((key) => key.startsWith('StudyInstanceUID')) ? [] : ['StudyInstanceUID']),
      ...keys,
    ]
    expect(await answers(model, query, open.port())).toEqual(await answers(model, query, port))
  })

  it.each([
    ['-P', 'QueryRetrieveLevel=PATIENT', 'PatientName=ZZT*', 'PatientID', 'PatientBirthDate', 'StudyInstanceUID'],
    ['-P', 'QueryRetrieveLevel=STUDY', 'StudyInstanceUID'],
    ['-O', 'QueryRetrieveLevel=PATIENT', 'PatientID=99000*'],
    ['-S', 'QueryRetrieveLevel=PATIENT', 'PatientID'],
    ['-S', 'QueryRetrieveLevel=IMAGE', 'SOPInstanceUID'],
    ['-S', 'QueryRetrieveLevel=series', 'StudyInstanceUID=1.2', 'SeriesInstanceUID'],
    ['-S', 'QueryRetrieveLevel=FOO', 'StudyInstanceUID'],
  ])('a search at other levels brings the same: %s %s', async (model, ...keys) => {
    expect(await answers(model, keys, open.port())).toEqual(await answers(model, keys, port))
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
