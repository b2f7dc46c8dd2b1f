const MONTHS = ['JANUARY', 'FEBRUARY', 'MARCH', 'APRIL', 'MAY', 'JUNE', 'JULY', 'AUGUST', 'SEPTEMBER', 'OCTOBER', 'NOVEMBER', 'DECEMBER']
const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY']
const ELEMENTS = /FM|YYYY|RRRR|YY|RR|MONTH|MON|MM|MI|DAY|DY|DDD|DD|HH24|HH12|HH|SSSSS|SS|FF[1-9]?|AM|PM|Q|D|"[^"]*"/gi
const LONGEST_MASK = 200

/** A date by a format model: `YYYY-MM-DD HH24:MI:SS`. @param ms UTC */
export function formatDate(ms: number, mask: string): string {
  const date = new Date(ms)
  const two = (n: number): string => String(n).padStart(2, '0')
  const year = String(date.getUTCFullYear()).padStart(4, '0')
  const month = MONTHS[date.getUTCMonth()] as string
  const hour = date.getUTCHours()
  const midnight = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate())
  const cased = (element: string, word: string): string =>
    element === element.toUpperCase() ? word : element[1] === element[1]?.toUpperCase() ? word : word[0] + word.slice(1).toLowerCase()
  return mask.slice(0, LONGEST_MASK).replace(ELEMENTS, (element) => {
    switch (element.toUpperCase()) {
      case 'YYYY':
      case 'RRRR':
        return year
      case 'YY':
      case 'RR':
        return year.slice(2)
      case 'MONTH':
        return cased(element, month)
      case 'MON':
        return cased(element, month.slice(0, 3))
      case 'MM':
        return two(date.getUTCMonth() + 1)
      case 'DAY':
        return cased(element, DAYS[date.getUTCDay()] as string)
      case 'DY':
        return cased(element, (DAYS[date.getUTCDay()] as string).slice(0, 3))
      case 'DDD':
        return String(Math.floor((ms - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1).padStart(3, '0')
      case 'DD':
        return two(date.getUTCDate())
      case 'D':
        return String(date.getUTCDay() + 1)
      case 'Q':
        return String(Math.floor(date.getUTCMonth() / 3) + 1)
      case 'HH24':
        return two(hour)
      case 'HH':
      case 'HH12':
        return two(hour % 12 || 12)
      case 'MI':
        return two(date.getUTCMinutes())
      case 'SS':
        return two(date.getUTCSeconds())
      case 'SSSSS':
        return String(Math.floor((ms - midnight) / 1000))
      case 'AM':
      case 'PM':
        return hour < 12 ? 'AM' : 'PM'
      case 'FM':
        return ''
      default:
        return /^FF/i.test(element) ? String(date.getUTCMilliseconds()).padStart(3, '0').padEnd(6, '0') : element.slice(1, -1)
    }
  })
}

/** Milliseconds of a text that a format model describes; undefined when it does not fit. */
export function parseDate(text: string, mask: string): number | undefined {
  const parts = { year: new Date().getUTCFullYear(), month: 1, day: 1, hour: 0, minute: 0, second: 0, isAfternoon: false }
  let at = 0
  const number = (digits: number): number => {
    let end = at
    while (end < at + digits && /\d/.test(text[end] ?? '')) end++
    const value = end > at ? Number(text.slice(at, end)) : Number.NaN
    at = end
    return value
  }
  for (const [element] of mask.slice(0, LONGEST_MASK).matchAll(new RegExp(`${ELEMENTS.source}|[^A-Za-z]`, 'gi'))) {
    const upper = element.toUpperCase()
    if (upper === 'YYYY' || upper === 'RRRR') parts.year = number(4)
    else if (upper === 'YY' || upper === 'RR') parts.year = 2000 + number(2)
    else if (upper === 'MM') parts.month = number(2)
    else if (upper === 'DD') parts.day = number(2)
    else if (upper.startsWith('HH')) parts.hour = number(2)
    else if (upper === 'MI') parts.minute = number(2)
    else if (upper === 'SS') parts.second = number(2)
    else if (upper.startsWith('FF')) number(9)
    else if (upper === 'AM' || upper === 'PM') {
      parts.isAfternoon = /^p/i.test(text.slice(at))
      at += 2
    } else if (upper === 'MON' || upper === 'MONTH') {
      const index = MONTHS.findIndex((month) => text.slice(at, at + 3).toUpperCase() === month.slice(0, 3))
      parts.month = index + 1 || Number.NaN
      at +=
        upper === 'MONTH' &&
        text
          .slice(at)
          .toUpperCase()
          .startsWith(MONTHS[index] ?? ' ')
          ? (MONTHS[index] as string).length
          : 3
    } else if (at < text.length && !/[A-Za-z0-9]/.test(text[at] as string)) at++
  }
  const { year, month, day, hour, minute, second, isAfternoon } = parts
  const ms = Date.UTC(year, month - 1, day, isAfternoon && hour < 12 ? hour + 12 : hour, minute, second)
  return Number.isNaN(ms) || month > 12 || day > 31 ? undefined : ms
}

/** A number as TO_CHAR gives it; `.5` has no zero before its point. */
export function formatNumber(value: number, mask?: string): string {
  if (mask === undefined) return String(value).replace(/^(-?)0\./, '$1.')
  const [, whole = '', fraction = ''] = /^([^.D]{0,60})(?:[.D]([09]{0,30}))?$/i.exec(mask.replace(/^FM/i, '')) ?? []
  const fixed = Math.abs(value).toFixed(Math.min(20, fraction.length))
  const [integer = '0', digits] = fixed.split('.')
  const grouped = /[,G]/i.test(whole) ? integer.replace(/\B(?=(\d{3})+(?!\d))/g, ',') : integer
  const padded = grouped.padStart((whole.match(/0.*/)?.[0].length ?? 0) || 1, '0')
  const text = `${value < 0 ? '-' : ''}${padded}${digits === undefined ? '' : `.${digits}`}`
  return /^FM/i.test(mask) ? text : text.padStart(mask.length + 1)
}
