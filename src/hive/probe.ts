import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { busTrouble } from './bus.ts'
import { fingerprintOf } from './token.ts'

const PROBE_MS = 10_000
const INFO_BYTES = 64 * 1024

/** Why a server cannot be the hive's, and what to do. */
export class ProbeProblem extends Error {
  constructor({ what, cure }: { what: string; cure: string }) {
    super(`${what}\n    cure: ${cure}`)
    this.name = 'ProbeProblem'
  }
}

/**
 * The certificate (PEM) that a NATS server shows, when it is the one of the fingerprint. Nothing secret is said before.
 * @throws {ProbeProblem}
 */
export async function certificateAt(url: string, fingerprint: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 4222) })
  socket.setTimeout(PROBE_MS, () => socket.destroy(new Error('timeout')))
  try {
    const greeting = await firstLine(socket)
    if (!greeting.startsWith('INFO ')) {
      throw new ProbeProblem({ what: `${url} is something else than nats-server`, cure: 'ask for a token with the right address' })
    }
    if (!/"tls_(required|available)":\s*true/.test(greeting)) {
      throw new ProbeProblem({ what: `${url} speaks no TLS`, cure: 'run nats-server with the configuration that "sundew hive init" wrote' })
    }
    const certificate = await certificateOver(socket)
    if (fingerprintOf(certificate) !== fingerprint) {
      throw new ProbeProblem({
        what: `${url} shows another certificate (SHA-256 ${fingerprintOf(certificate)}) than the token says (${fingerprint})`,
        cure: 'if the hive was set up anew, ask for a new token; else somebody is in between: do not join',
      })
    }
    return certificate
  } catch (error) {
    throw error instanceof ProbeProblem ? error : new ProbeProblem(busTrouble(error, url))
  } finally {
    socket.destroy()
  }
}

function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onData = (bytes: Buffer): void => {
      text += bytes.toString('latin1')
      if (!text.includes('\r\n') && text.length < INFO_BYTES) return
      socket.off('data', onData)
      resolve(text)
    }
    socket.on('data', onData)
    // Also those after the greeting.
    socket.on('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed')))
  })
}

/** Any certificate is looked at here; whether it is the right one is asked by its hash. */
function certificateOver(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const secure = connectTls({ socket, rejectUnauthorized: false }, () => {
      const { raw } = secure.getPeerCertificate()
      resolve(`-----BEGIN CERTIFICATE-----\n${raw.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`)
    })
    secure.on('error', reject)
  })
}
