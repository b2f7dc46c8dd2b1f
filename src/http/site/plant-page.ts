import type { Plant } from '../../host/plant/plant.ts'
import { escapeHtml } from '../html.ts'
import type { WebRequest } from '../request.ts'
import { redirect, type WebResponse } from '../response.ts'

/** What server-side includes call a variable: https://httpd.apache.org/docs/2.4/mod/mod_include.html */
const ECHO = /<!--#echo var="([A-Z0-9_]{1,32})" -->/g
const MARK = Buffer.from('<!--#echo var="')
const STATES = ['between', 'open', 'closed', 'fault']

/** Whether a page shows values that the server fills in with every request. */
export function isPlantPage(page: Buffer): boolean {
  return page.includes(MARK)
}

/**
 * A page with the plant's values of this moment: each mark `<!--#echo var="LT101" -->` becomes what that tag reads. `SITE` is the
 * name of the site, `ALARMS` the rows of a table with all alarms that stand.
 */
export function plantPage(page: Buffer, plant: Plant): string {
  return page.toString('utf8').replace(ECHO, (_, name: string) => {
    if (name === 'SITE') return escapeHtml(plant.design.site)
    if (name === 'ALARMS') return alarmRows(plant)
    return plant.kind.points.has(name) ? escapeHtml(shown(plant, name)) : '(none)'
  })
}

function shown(plant: Plant, tag: string): string {
  const { kind, unit, range } = plant.kind.points.get(tag)
  const value = plant.read(tag)
  if (kind === 'bit') return value ? 'ON' : 'OFF'
  if (kind === 'position') return STATES[value] ?? 'fault'
  if (kind === 'count') return String(Math.floor(value))
  const digits = unit === '' ? 0 : Math.max(...range) > 500 ? 1 : 2
  return `${value.toFixed(digits)} ${unit}`.trim()
}

function alarmRows(plant: Plant): string {
  const alarms = plant.alarms()
  if (alarms.length === 0) return '<tr><td colspan="3">No alarms</td></tr>'
  const about = new Map([...plant.kind.points].map(({ path, about }) => [path, about]))
  const local = (at: number): string => new Date((at + plant.design.utcOffset * 3600) * 1000).toISOString().slice(0, 19).replace('T', ' ')
  return alarms
    .map(({ name, since, acknowledged }) => {
      const text = escapeHtml(about.get(`alarms.${name}.active`) ?? name)
      return `<tr class="alarm"><td>${local(since)}</td><td>${text}</td><td>${acknowledged ? 'ACK' : 'NEW'}</td></tr>`
    })
    .join('\n')
}

/** A form with `tag` and `value` was sent: what an operator's panel enters. Back to the page that it came from. */
export function commandPlant(request: WebRequest, plant: Plant, back: string): WebResponse {
  const tag = request.form().get('tag') ?? ''
  const value = Number(request.form().get('value') ?? Number.NaN)
  request.visit.tag('attack:T0855', 'attack:T0836')
  if (plant.kind.points.has(tag) && Number.isFinite(value)) plant.write(tag, value)
  return redirect(back)
}
