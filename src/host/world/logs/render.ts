import type { Chronicle } from './chronicle.ts'
import { offsetOf } from './days.ts'
import type { Diary } from './diary.ts'
import type { LogMessage } from './message.ts'

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** What a log file is written from. */
export interface LogSources {
  chronicle: Chronicle
  /** What the source that looks has done; absent for those who look from outside of any machine. */
  diary: Diary | undefined
}

/** Messages of the chronicle and of the diary within a time, oldest first. */
export function messagesBetween({ chronicle, diary }: LogSources, from: number, to: number): LogMessage[] {
  const own = (diary?.messages ?? []).filter(({ at }) => at >= from && at < to)
  const messages = chronicle.between(from, to)
  return own.length ? [...messages, ...own].sort((a, b) => a.at - b.at) : messages
}

/** Lines as rsyslog writes them: with RFC 3339 times since Debian 12, with the traditional ones on Ubuntu. */
export function syslogLines(messages: readonly LogMessage[], sources: LogSources): string {
  const { os, timezone, hostname } = sources.chronicle.past.persona
  const clock = os.family === 'ubuntu' ? traditional : precise
  return messages
    .map(
      ({ at, identifier, pid, text }) =>
        `${clock(at, offsetOf(at, timezone))} ${hostname} ${identifier}${pid === undefined ? '' : `[${pid}]`}: ${text}\n`,
    )
    .join('')
}

function traditional(at: number, offset: number): string {
  const t = new Date(at + offset)
  return `${MONTHS[t.getUTCMonth()]} ${String(t.getUTCDate()).padStart(2)} ${t.toISOString().slice(11, 19)}`
}

function precise(at: number, offset: number): string {
  const micros = String((Math.floor(at * 7919) % 1000) + 1000).slice(1)
  return `${new Date(at + offset).toISOString().slice(0, 23)}${micros}${zoneSuffix(offset)}`
}

function zoneSuffix(offset: number): string {
  const minutes = Math.abs(offset) / 60_000
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

function two(n: number): string {
  return String(n).padStart(2, '0')
}

/** `2026-11-24 06:22:35,123` as programs in Python log it. */
export function pythonClock(at: number, offset: number): string {
  return new Date(at + offset).toISOString().slice(0, 23).replace('T', ' ').replace('.', ',')
}

/** `24/Nov/2026:06:22:35 +0100` as web servers log it. */
export function webClock(at: number, offset: number): string {
  const t = new Date(at + offset)
  const day = `${two(t.getUTCDate())}/${MONTHS[t.getUTCMonth()]}/${t.getUTCFullYear()}`
  return `${day}:${t.toISOString().slice(11, 19)} ${zoneSuffix(offset).replace(':', '')}`
}
