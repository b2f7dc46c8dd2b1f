/**
 * A BACnet/IP controller of a water works.
 *
 *   scanner:  Who-Is                                     us: I-Am, device 81734, vendor 178, to the asker alone
 *   nmap:     ReadProperty device,4194303 model-name     us: LIOB-585
 *   attacker: WriteProperty analog-value,3 85 = 0.0 @8   us: SimpleACK; the valve closes over every protocol   → a write
 *   attacker: ReinitializeDevice, password "admin"       us: Error security, password-failure                  → login
 *
 * apdu.ts and tags.ts are the codec, services.ts what is served, objects.ts and properties.ts the plant as objects.
 */
import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import { plantOf } from '../../host/plant/plant.ts'
import { ByteReader } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import { defineLure } from '../../sensor/lure.ts'
import type { Datagram } from '../../sensor/visit.ts'
import {
  type Apdu,
  abortion,
  BVLC,
  complexAck,
  decodeApdu,
  decodeFrame,
  encodeFrame,
  encodeResult,
  PDU,
  reading,
  rejection,
  simpleAck,
  unconfirmed,
} from './apdu.ts'
import { Device } from './device.ts'
import { type Action, bacnetEvents, TECHNIQUES } from './events.ts'
import { MAX_APDU } from './properties.ts'
import {
  alarmSummary,
  CONFIRMED,
  ERROR,
  eventInformation,
  guarded,
  iAm,
  iHave,
  isMeant,
  type Noted,
  readFile,
  readMultiple,
  readProperty,
  type Served,
  ServiceError,
  subscribe,
  TooLong,
  timeOf,
  writeMultiple,
  writePropertyService,
} from './services.ts'
import { BacnetError, number, objectBytes, type Value, writeBracket, writeContext, writeValue } from './tags.ts'

type BacnetDatagram = Datagram<typeof bacnetEvents>

/** What a device that is no broadcast manager says to the requests for one (annex J.2.1). */
const NAKS: Record<number, number> = {
  [BVLC.writeTable]: 0x10,
  [BVLC.readTable]: 0x20,
  [BVLC.registerForeign]: 0x30,
  [BVLC.readForeign]: 0x40,
  [BVLC.deleteForeign]: 0x50,
  [BVLC.distribute]: 0x60,
}
const UNRECOGNIZED_SERVICE = 9
const INVALID_TAG = 4
const SEGMENTATION_NOT_SUPPORTED = 4
const TIME = 6
const UTC_TIME = 9
const UNCONFIRMED = {
  0: 'I-Am',
  1: 'I-Have',
  2: 'COVNotification',
  6: 'TimeSynchronization',
  7: 'Who-Has',
  8: 'Who-Is',
  9: 'UTCTimeSynchronization',
} as Record<number, string>
const NAMES = new Map<number, string>(Object.entries(CONFIRMED).map(([name, choice]) => [choice, name[0]!.toUpperCase() + name.slice(1)]))
const COV_NOTIFICATION = { confirmed: 1, unconfirmed: 2 } as const
/** First octets of a confirmed request: no segments, answers of 1024 bytes. */
const CONFIRMED_HEAD = [PDU.confirmed << 4, 0x04]

export default defineLure({
  name: 'bacnet',
  standsFor: ['Conpot'],
  about: 'BACnet/IP controller of a water works',
  profiles: ['standard', 'ics'],
  ports: [{ transport: 'udp', port: 47808 }],
  options: z.strictObject({}),
  events: bacnetEvents,

  start: ({ identity, persona, state }) => new Device(identity, plantOf({ identity, state, persona }), state),

  answer(datagram, { room: device }) {
    // A device that restarts hears nothing; what was said to it is written down all the same.
    const { isAway } = device
    try {
      const { function: kind, npdu } = decodeFrame(datagram.bytes)
      const nak = NAKS[kind]
      if (nak !== undefined || !npdu) {
        datagram.record('bacnet.network', { function: kind }, TECHNIQUES.scan)
        return nak === undefined || isAway ? undefined : encodeResult(nak)
      }
      if (npdu.networkMessage !== undefined || !npdu.isForUs) {
        datagram.record('bacnet.network', {
          function: kind,
          ...(npdu.networkMessage === undefined ? {} : { message: npdu.networkMessage }),
        })
        return undefined
      }
      const answers = answersTo(decodeApdu(npdu.apdu), datagram, device)
      return isAway ? undefined : answers.map((apdu) => encodeFrame(apdu, npdu.origin))
    } catch (error) {
      if (!(error instanceof BacnetError)) throw error
      datagram.record('bacnet.malformed', { message: error.message })
      return undefined
    }
  },
})

function answersTo(apdu: Apdu, datagram: BacnetDatagram, device: Device): Buffer[] {
  if (apdu.kind === 'answer') return []
  if (apdu.kind === 'unconfirmed') return answerUnconfirmed(apdu, datagram, device)
  const { invoke, service, body } = apdu
  const note = (result: string, noted: Noted = {}): void =>
    record(datagram, NAMES.get(service) ?? `Service ${service}`, actionOf(service), noted, result)
  try {
    if (apdu.isSegmented) throw new TooLong()
    const served = reading(() => serve(service, body, datagram, device))
    if (!served) {
      note('reject: unrecognized-service')
      return [rejection(invoke, UNRECOGNIZED_SERVICE)]
    }
    const ack = served.body ? complexAck(invoke, service, served.body) : simpleAck(invoke, service)
    if (ack.length > Math.min(apdu.largest, MAX_APDU)) throw new TooLong()
    note('ack', served.noted)
    return served.notification ? [ack, notificationOf(served.notification)] : [ack]
  } catch (error) {
    if (error instanceof ServiceError) {
      note(`error: class ${error.error[0]} code ${error.error[1]}`, error.noted)
      return [errorPdu(invoke, service, error)]
    }
    if (error instanceof TooLong) {
      note('abort: segmentation-not-supported')
      return [abortion(invoke, SEGMENTATION_NOT_SUPPORTED)]
    }
    if (!(error instanceof BacnetError)) throw error
    note('reject: invalid-tag')
    return [rejection(invoke, INVALID_TAG)]
  }
}

/** Undefined for a service that this device does not have. @throws ServiceError, TooLong, BacnetError */
function serve(service: number, body: Buffer, datagram: BacnetDatagram, device: Device): Served | undefined {
  switch (service) {
    case CONFIRMED.readProperty:
      return readProperty(device, body)
    case CONFIRMED.readPropertyMultiple:
      return readMultiple(device, body)
    case CONFIRMED.writeProperty:
      return writePropertyService(device, body)
    case CONFIRMED.writePropertyMultiple:
      return writeMultiple(device, body)
    case CONFIRMED.subscribeCov:
      return subscribe(device, body)
    case CONFIRMED.atomicReadFile:
      return readFile(body)
    case CONFIRMED.getEventInformation:
      return eventInformation(device)
    case CONFIRMED.getAlarmSummary:
      return alarmSummary(device)
    case CONFIRMED.deviceCommunicationControl:
      return control(body, 2, datagram)
    case CONFIRMED.reinitializeDevice:
      return reinitialize(body, datagram, device)
    default:
      return undefined
  }
}

function control(body: Buffer, passwordTag: number, datagram: BacnetDatagram): Served {
  const { password } = guarded(body, passwordTag)
  loginOf(password, datagram)
  throw new ServiceError(ERROR.passwordFailure)
}

/** A warm or cold start needs no password where none was set, as on most devices; the device is away for a while then. */
function reinitialize(body: Buffer, datagram: BacnetDatagram, device: Device): Served {
  const { state, password } = guarded(body, 1)
  loginOf(password, datagram)
  if (password !== undefined) throw new ServiceError(ERROR.passwordFailure)
  if (state > 1) throw new ServiceError(ERROR.noSpace)
  device.restart()
  return { noted: { text: state === 0 ? 'coldstart' : 'warmstart' } }
}

function loginOf(password: string | undefined, datagram: BacnetDatagram): void {
  if (password === undefined) return
  datagram.login({ method: 'bacnet-password', username: '', password: evidence(password), accepted: false })
}

function answerUnconfirmed({ service, body }: Extract<Apdu, { kind: 'unconfirmed' }>, datagram: BacnetDatagram, device: Device): Buffer[] {
  const answer = reading(() => {
    if (service === TIME || service === UTC_TIME) {
      const at = timeOf(body)
      if (at !== undefined) device.setClock(at, service === UTC_TIME)
      return undefined
    }
    if (service === 8) return isMeant(device, new ByteReader(body)) ? unconfirmed(0, iAm(device)) : undefined
    if (service !== 7) return undefined
    const have = iHave(device, body)
    return have && unconfirmed(1, have)
  })
  const name = UNCONFIRMED[service] ?? `Unconfirmed ${service}`
  record(datagram, name, service === TIME || service === UTC_TIME ? 'write' : 'scan', {}, answer ? 'ack' : 'silence')
  return answer ? [answer] : []
}

function errorPdu(invoke: number, service: number, { error, failed }: ServiceError): Buffer {
  const writer = new ByteWriter()
    .u8(PDU.error << 4)
    .u8(invoke)
    .u8(service)
  const isMultiple = service === CONFIRMED.writePropertyMultiple && failed !== undefined
  if (isMultiple) writeBracket(writer, 0, 'opening')
  for (const value of error) writeValue(writer, { kind: 'enumerated', value })
  if (!isMultiple) return writer.done()
  // WritePropertyMultiple-Error (clause 21) says which write was the first that failed.
  writeBracket(writer, 0, 'closing')
  writeBracket(writer, 1, 'opening')
  writeContext(writer, 0, objectBytes(failed.object))
  writeContext(writer, 1, number(failed.property))
  if (failed.index !== undefined) writeContext(writer, 2, number(failed.index))
  writeBracket(writer, 1, 'closing')
  return writer.done()
}

function notificationOf({ body, isConfirmed }: NonNullable<Served['notification']>): Buffer {
  if (!isConfirmed) return unconfirmed(COV_NOTIFICATION.unconfirmed, body)
  return Buffer.concat([Buffer.of(...CONFIRMED_HEAD, randomInt(256), COV_NOTIFICATION.confirmed), body])
}

function actionOf(service: number): Action {
  switch (service) {
    case CONFIRMED.writeProperty:
    case CONFIRMED.writePropertyMultiple:
    case CONFIRMED.atomicWriteFile:
    case CONFIRMED.createObject:
    case CONFIRMED.deleteObject:
      return 'write'
    case CONFIRMED.subscribeCov:
      return 'subscribe'
    case CONFIRMED.reinitializeDevice:
      return 'restart'
    case CONFIRMED.deviceCommunicationControl:
      return 'silence'
    default:
      return NAMES.has(service) ? 'read' : 'scan'
  }
}

function record(datagram: BacnetDatagram, service: string, action: Action, noted: Noted, result: string): void {
  const { object, property, value, priority, text } = noted
  const shown = text ?? (value && valueText(value))
  datagram.record(
    'bacnet.request',
    {
      service,
      action,
      ...(object ? { object: `${object.type},${object.instance}` } : {}),
      ...(property === undefined ? {} : { property }),
      ...(shown === undefined ? {} : { value: evidence(shown) }),
      ...(priority === undefined ? {} : { priority }),
      result,
      raw: datagram.bytes.subarray(0, 512).toString('hex'),
    },
    TECHNIQUES[action],
  )
}

function valueText(value: Value): string {
  if (value.kind === 'null') return 'null'
  if (Buffer.isBuffer(value.value)) return value.value.toString('hex')
  return typeof value.value === 'object' ? JSON.stringify(value.value) : String(value.value)
}
