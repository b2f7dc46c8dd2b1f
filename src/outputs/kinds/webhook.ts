import { createHmac } from 'node:crypto'
import type { OutputOf } from '../../config/outputs.ts'
import { Egress } from '../egress.ts'
import { demandTaken } from '../http-status.ts'
import { secretOf } from '../secret.ts'
import type { Sink } from '../sink.ts'

/** `{"events": […]}` by POST to an address of the operator, signed when there is a secret. */
export function openWebhook({ url, secret, headers, tls }: OutputOf<'webhook'>): Sink {
  const egress = new Egress([url], tls)
  const key = secret === undefined ? undefined : secretOf(secret, 'outputs.webhook.secret')
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secretOf(value, `outputs.webhook.headers.${name}`)]))
  return {
    async send(events, signal) {
      const body = JSON.stringify({ events })
      const signature: Record<string, string> =
        key === undefined ? {} : { 'x-sundew-signature': signatureOf(body, key, Math.floor(Date.now() / 1000)) }
      const answer = await egress.http('POST', url, {
        headers: { 'content-type': 'application/json', 'x-sundew-batch': events[0]?.id ?? '', ...own, ...signature },
        body,
        signal,
      })
      demandTaken(answer, 'the webhook')
    },
    close: () => egress.close(),
  }
}

/** Over the time too, so that a receiver can refuse what is old. */
export function signatureOf(body: string, secret: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}
