import { createHmac } from 'node:crypto'
import type { AlertDestination } from '../../config/alerts.ts'
import { printableLine } from '../../events/printable.ts'
import { secretOf } from '../secret.ts'
import type { Alert } from './counter.ts'

/** A request that tells of an alert. */
export interface AlertRequest {
  url: string
  headers: Record<string, string>
  body: string
}

/** One line for people. What an attacker sent is made harmless: no line breaks, no control characters. */
export function wordsOf({ rule, group, count, sessions }: Alert, sensor: string): string {
  const whom = group === 'all' ? '' : ` of ${printableLine(group)}`
  const what = count === 1 ? 'a session' : `${count} sessions`
  return `${sensor}: ${rule}: ${what}${whom}; sundew show ${sessions.at(-1) ?? ''}`
}

/** @throws ConfigProblem when a secret's variable is not set */
export function requestOf(destination: Exclude<AlertDestination, { kind: 'mail' }>, alert: Alert, sensor: string): AlertRequest {
  const text = wordsOf(alert, sensor)
  const key = `alerts.destinations.${destination.name}`
  const json = { 'content-type': 'application/json' }
  switch (destination.kind) {
    case 'webhook': {
      const body = JSON.stringify({ ...alert, sensor, text })
      const signature: Record<string, string> = destination.secret
        ? { 'x-sundew-signature': `sha256=${createHmac('sha256', secretOf(destination.secret, key)).update(body).digest('hex')}` }
        : {}
      return { url: destination.url, headers: { ...json, ...signature }, body }
    }
    case 'slack':
      // Its markup is switched off: text of attackers must not become links or mentions.
      return { url: secretOf(destination.url, key), headers: json, body: JSON.stringify({ text: escapeSlack(text), mrkdwn: false }) }
    case 'discord':
      return {
        url: secretOf(destination.url, key),
        headers: json,
        body: JSON.stringify({ content: text, allowed_mentions: { parse: [] } }),
      }
    case 'telegram':
      return {
        url: `${destination.url}/bot${secretOf(destination.token, key)}/sendMessage`,
        headers: json,
        body: JSON.stringify({ chat_id: destination.chat, text, link_preview_options: { is_disabled: true } }),
      }
    case 'ntfy': {
      const token: Record<string, string> = destination.token ? { authorization: `Bearer ${secretOf(destination.token, key)}` } : {}
      return { url: destination.url, headers: { title: `Sundew: ${alert.rule}`, tags: 'warning', ...token }, body: text }
    }
  }
}

function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
