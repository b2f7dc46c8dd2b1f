const DAY = 86_400_000
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** How `{{day-N:form}}` writes a day: as ISO dates, access logs, syslog, file names and glog do. */
const FORMS: Record<string, (day: Date) => string> = {
  iso: (d) => d.toISOString().slice(0, 10),
  clf: (d) => `${pad(d.getUTCDate(), '0')}/${MONTHS[d.getUTCMonth()]}/${d.getUTCFullYear()}`,
  syslog: (d) => `${MONTHS[d.getUTCMonth()]} ${pad(d.getUTCDate(), ' ')}`,
  compact: (d) => d.toISOString().slice(0, 10).replaceAll('-', ''),
  glog: (d) => `${pad(d.getUTCMonth() + 1, '0')}${pad(d.getUTCDate(), '0')}`,
}

/**
 * Fills `{{hostname}}`, `{{facts.x}}` and the like, and `{{day-3:clf}}`, in the text or path of a seed, so that one seed
 * fits every installation and its logs never grow old. A mark it does not know stays: other languages use braces too.
 *
 * @param now UTC milliseconds that `day-0` falls on
 */
export function fillSeedText(text: string, values: ReadonlyMap<string, string>, now: number): string {
  return text.replace(/\{\{([a-z0-9_.:-]{1,60})\}\}/g, (mark, name: string) => {
    const [, days, form] = /^day-(\d{1,4}):([a-z]+)$/.exec(name) ?? []
    const write = FORMS[form ?? '']
    return write ? write(new Date(now - Number(days) * DAY)) : (values.get(name) ?? mark)
  })
}

/** Like fillSeedText over the bytes of a seed; bytes that are not UTF-8 text stay as they are. */
export function fillSeedBytes(bytes: Buffer, values: ReadonlyMap<string, string>, now: number): Buffer {
  if (!bytes.includes('{{') || bytes.includes(0)) return bytes
  return Buffer.from(fillSeedText(bytes.toString('utf8'), values, now))
}

function pad(n: number, fill: string): string {
  return String(n).padStart(2, fill)
}
