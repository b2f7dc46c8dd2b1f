/**
 * The raw port of an office printer (HP JetDirect): PJL, and whatever is to be printed.
 *
 *   client:   UEL @PJL INFO ID CR LF UEL                 us: @PJL INFO ID CR LF "HP LaserJet 4250" CR LF FF
 *   attacker: @PJL RDYMSG DISPLAY="PWNED"                us: nothing; INFO STATUS shows it, to everybody    → jetdirect.display
 *   attacker: @PJL FSUPLOAD NAME="0:\..\..\etc\passwd" … us: the file                                       → jetdirect.file
 *   client:   @PJL ENTER LANGUAGE=POSTSCRIPT  %!PS … UEL us: nothing; the job is kept                       → jetdirect.job
 *
 * decoder.ts cuts the stream, pjl.ts reads a line, conversation.ts answers, volume.ts holds the files, device.ts what outlives
 * a connection. back-channel.ts answers jobs that ask: PostScript in postscript/, PCL in pcl.ts; pml.ts is management in PJL. Which printer it is says host/printer.ts, for every protocol of the printer alike.
 */
import { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import { defineLure } from '../../sensor/lure.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import { LimitReached } from '../../sensor/visit.ts'
import { PrinterConversation } from './conversation.ts'
import { BodyMemory, type Piece, PrintDecoder } from './decoder.ts'
import { Device } from './device.ts'
import { type JetdirectVisit, jetdirectEvents } from './events.ts'

const PIECES = 20_000
/** Silence after which the printer closes, ms; HP's default for its idle timeout is 270 s. */
const IDLE_MS = 120_000
/** Memory for jobs on their way in: of all together, and of one. */
const JOBS_BYTES = 64 * 1024 * 1024
const JOB_BYTES = 16 * 1024 * 1024
const TURN_BYTES = 2048

interface Room {
  device: Device
  memory: BodyMemory
}

export default defineLure({
  name: 'jetdirect',
  standsFor: ['Miniprint'],
  about: 'raw port of an HP LaserJet, PJL and print jobs',
  profiles: ['standard'],
  ports: [{ transport: 'tcp', port: 9100 }],
  options: z.strictObject({}),
  events: jetdirectEvents,
  limits: { idleMs: IDLE_MS },

  start: ({ identity, persona, state }): Room => ({
    device: new Device(identity, persona, state),
    memory: new BodyMemory(JOBS_BYTES, JOB_BYTES),
  }),

  async serve(visit, { room }) {
    const conversation = new PrinterConversation(visit, room.device)
    const decoder = new PrintDecoder(room.memory)
    const slice = new TimeSlice()
    try {
      for (let pieces = 0; ; ) {
        const bytes = await next(visit, conversation)
        if (bytes) decoder.push(bytes)
        else decoder.end()
        for (let piece = decoder.next(); piece; piece = decoder.next()) {
          if (piece.is !== 'part' && ++pieces > PIECES) throw new LimitReached('pieces', PIECES)
          await slice.turn()
          await answer(visit, conversation, piece)
        }
        if (!bytes) return
      }
    } catch (error) {
      // A sender who falls silent has printed what came until then.
      if (error instanceof LimitReached && error.limit !== 'pieces') keepRest(decoder, conversation)
      throw error
    } finally {
      decoder.close()
    }
  },
})

/** The next bytes; a client that asked to be told the status from time to time is told it while it is silent. */
async function next(visit: JetdirectVisit, conversation: PrinterConversation): Promise<Buffer | undefined> {
  for (let silentMs = 0; conversation.timedSeconds && silentMs < IDLE_MS; ) {
    const within = conversation.timedSeconds * 1000
    silentMs += within
    try {
      return await visit.read({ within })
    } catch (error) {
      if (!(error instanceof LimitReached) || error.limit !== 'read-deadline') throw error
      await visit.write(conversation.timedStatus())
    }
  }
  return visit.read()
}

function keepRest(decoder: PrintDecoder, conversation: PrinterConversation): void {
  decoder.end()
  for (let piece = decoder.next(); piece; piece = decoder.next()) conversation.take(piece)
}

async function answer(visit: JetdirectVisit, conversation: PrinterConversation, piece: Piece): Promise<void> {
  const startedAt = performance.now()
  const output = conversation.take(piece)
  if (piece.is === 'command') {
    visit.record('turn', {
      kind: 'jetdirect',
      input: evidence(Buffer.from(`@PJL ${piece.command.command} ${piece.command.text}`.slice(0, TURN_BYTES), 'latin1')),
      output: evidence(output.subarray(0, TURN_BYTES)),
      source: 'static',
      durationMs: performance.now() - startedAt,
    })
  }
  if (output.length) await visit.write(output)
}
