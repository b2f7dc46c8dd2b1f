import { readFileSync } from 'node:fs'
import { Identity } from '../../src/config/identity.ts'
import { loadPersona } from '../../src/config/personas.ts'
import { lettersOf } from '../../src/host/mail/letters.ts'
import { MemoryState } from '../harness.ts'

const identity = new Identity(Buffer.alloc(32, 7))

/** State in which alice of `mail-host` has exactly the messages of the recorded mailboxes, under UIDs from 1 on. */
export function recordedMailbox(folders: readonly ('INBOX' | 'Sent')[]): MemoryState {
  const persona = loadPersona('test/fixtures/prompts', 'mail-host', identity)
  const tomorrow = Date.now() + 86_400_000
  const gone = lettersOf({ persona, identity, user: 'alice' }, tomorrow).map(({ uid }) => uid)
  const appended = folders.flatMap((folder) =>
    messagesOf(`${folder.toLowerCase()}.mbox`).map(({ bytes, time }, i) => ({
      folder,
      uid: i + 1,
      at: 0,
      time,
      flags: [],
      base64: bytes.toString('base64'),
      isRecent: true,
    })),
  )
  const state = new MemoryState()
  const changes = { gone, flags: {}, folders: [], removed: [], subscribed: ['Drafts', 'Sent', 'Trash'], appended }
  state.set('mail', 'mail-host 127.0.0.1 alice', JSON.stringify(changes))
  return state
}

/** The messages of an mbox file as Dovecot gives them: CRLF, without the line between two messages. */
function messagesOf(file: string): { bytes: Buffer; time: number }[] {
  const text = readFileSync(new URL(`recorded-mail/${file}`, import.meta.url), 'latin1')
  return text
    .split(/^From /m)
    .slice(1)
    .map((message) => {
      const lf = message.indexOf('\n')
      const time = Date.parse(`${message.slice(0, lf).replace(/^\S+ /, '')} UTC`)
      return {
        time,
        bytes: Buffer.from(
          message
            .slice(lf + 1)
            .replace(/\n$/, '')
            .replace(/\n/g, '\r\n'),
          'latin1',
        ),
      }
    })
}
