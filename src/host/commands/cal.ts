import { gnuCommand } from './gnu/command.ts'
import { localTime, zoneOf } from './gnu/strftime.ts'

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']

export default gnuCommand({
  name: 'cal',
  package: 'ncal',
  usage: '[general options] [-hjy] [[month] year]',
  short: 'hjy3m:1',
  async run(process, options) {
    const now = localTime(process.world.now(), zoneOf(process))
    const numbers = options.operands.map(Number)
    const year = numbers.length ? (numbers.at(-1) as number) : now.year
    const month = numbers.length === 2 ? (numbers[0] as number) - 1 : now.month
    if (numbers.length === 1 || options.has('y')) {
      const rows = [0, 3, 6, 9].map((first) => sideBySide([0, 1, 2].map((i) => monthLines(year, first + i, undefined, false))))
      await process.stdout.write(`${centre(String(year), 64)}\n${rows.join('\n')}`)
    } else {
      const today = !options.has('h') && year === now.year && month === now.month && process.stdout.isTerminal ? now.day : undefined
      await process.stdout.write(`${monthLines(year, month, today, true).join('\n')}\n`)
    }
    return 0
  },
})

function centre(text: string, width: number): string {
  return `${' '.repeat(Math.max(0, Math.floor((width - text.length) / 2)))}${text}`
}

function monthLines(year: number, month: number, today: number | undefined, titledWithYear: boolean): string[] {
  const first = new Date(Date.UTC(year, month, 1)).getUTCDay()
  const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  const lines = [centre(`${MONTHS[month]}${titledWithYear ? ` ${year}` : ''}`, 20).padEnd(22), 'Su Mo Tu We Th Fr Sa  ']
  let line = '   '.repeat(first)
  for (let day = 1; day <= days; day++) {
    const text = String(day).padStart(2)
    line += `${day === today ? `\x1b[7m${text}\x1b[0m` : text} `
    if ((first + day) % 7 === 0 || day === days) {
      lines.push(line.padEnd(22))
      line = ''
    }
  }
  while (lines.length < 8) lines.push(' '.repeat(22))
  return lines
}

function sideBySide(months: readonly string[][]): string {
  return Array.from({ length: 8 }, (_, i) => `${months.map((lines) => lines[i]).join('')}\n`).join('')
}
